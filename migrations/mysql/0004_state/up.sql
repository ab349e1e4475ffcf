-- What our tables need to live beside a dialer's database (`--state`): the number to which a DID's settings belong, and the
-- changes of both databases that are under way.

ALTER TABLE `vicishim_dids` ADD COLUMN `did_pattern` VARCHAR(50) NOT NULL DEFAULT '';
UPDATE `vicishim_dids` s JOIN `vicidial_inbound_dids` d ON d.`did_id` = s.`did_id` SET s.`did_pattern` = d.`did_pattern`;
INSERT IGNORE INTO `vicishim_dids` (`did_id`, `did_pattern`)
    SELECT DISTINCT d.`did_id`, d.`did_pattern` FROM `vicidial_inbound_dids` d
    JOIN `vicishim_did_routes` r ON r.`did_id` = d.`did_id`;

ALTER TABLE `vicishim_requests` ADD COLUMN `owner` VARCHAR(64) NOT NULL DEFAULT '';

CREATE TABLE `vicishim_intentions` (
    `intention_id` INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    `owner` VARCHAR(64) NOT NULL,
    `planned` LONGTEXT NOT NULL,
    PRIMARY KEY (`intention_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `vicishim_intended` (
    `subject` VARCHAR(150) NOT NULL,
    `intention_id` INT(10) UNSIGNED NOT NULL,
    PRIMARY KEY (`subject`),
    KEY `intention_id` (`intention_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
