-- The ids that clients give to DIDs, extensions, schedules and tenants, and to what VICIdial has under names of its own.
-- They are compared letter by letter, and none is there twice.

ALTER TABLE `vicishim_dids` ADD COLUMN `client_id` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin, ADD UNIQUE KEY `client_id` (`client_id`);
ALTER TABLE `vicishim_extensions` ADD COLUMN `client_id` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin, ADD UNIQUE KEY `client_id` (`client_id`);
ALTER TABLE `vicishim_schedules` ADD COLUMN `client_id` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin, ADD UNIQUE KEY `client_id` (`client_id`);
ALTER TABLE `vicishim_tenants` ADD COLUMN `client_id` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin, ADD UNIQUE KEY `client_id` (`client_id`);

CREATE TABLE `vicishim_aliases` (
    `alias_id` INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    `client_id` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    `kind` VARCHAR(12) NOT NULL,
    `name` VARCHAR(101) NOT NULL,
    PRIMARY KEY (`alias_id`),
    UNIQUE KEY `client_id` (`client_id`),
    UNIQUE KEY `kind` (`kind`, `name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
