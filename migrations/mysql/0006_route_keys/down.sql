DROP TABLE `vicishim_route_keys`;
