-- The answers to calls that brought a request_id, so that a repeated one is answered as the first and not done again.
CREATE TABLE `vicishim_requests` (
    `user` VARCHAR(20) NOT NULL,
    `function` VARCHAR(40) NOT NULL,
    `request_id` VARCHAR(64) NOT NULL,
    `answered_at` BIGINT(20) NOT NULL,
    `reply` LONGTEXT NOT NULL,
    PRIMARY KEY (`user`, `function`, `request_id`),
    KEY `answered_at` (`answered_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
