DROP TABLE `vicishim_changed`;
DROP TABLE `vicishim_changes`;
