-- The keys with which a dialplan asks where a call goes: of each its digest, and the addresses that it is taken from.
CREATE TABLE `vicishim_route_keys` (
    `key_id` INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    `name` VARCHAR(40) NOT NULL,
    `digest` VARCHAR(64) NOT NULL,
    `networks` TEXT NOT NULL,
    `made_at` BIGINT(20) NOT NULL,
    PRIMARY KEY (`key_id`),
    UNIQUE KEY `name` (`name`),
    UNIQUE KEY `digest` (`digest`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
