-- What calls have changed, row by row, so that it can be read and taken back.
CREATE TABLE `vicishim_changes` (
    `change_id` BIGINT(20) NOT NULL AUTO_INCREMENT,
    `changed_at` BIGINT(20) NOT NULL,
    `user` VARCHAR(20) NOT NULL,
    `client` VARCHAR(64) NOT NULL,
    `source` VARCHAR(20) NOT NULL,
    `function` VARCHAR(40) NOT NULL,
    `request_id` VARCHAR(64) NOT NULL,
    `undone_by` BIGINT(20) NOT NULL DEFAULT 0,
    `undoes` TEXT NOT NULL,
    `subject` VARCHAR(150) COLLATE utf8mb4_bin NOT NULL,
    `detail` LONGTEXT NOT NULL,
    PRIMARY KEY (`change_id`),
    KEY `subject` (`subject`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What a change is about beside its first subject, such as `did 7275551212`.
CREATE TABLE `vicishim_changed` (
    `subject` VARCHAR(150) NOT NULL,
    `change_id` BIGINT(20) NOT NULL,
    PRIMARY KEY (`subject`, `change_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
