-- What VICIdial's tables cannot say of DIDs and extensions: schedules, conditions, caps; and the numbers of tenants and
-- extensions. For databases of our own only.

CREATE TABLE `vicishim_tenants` (
    `tenant_id` INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    `user_group` VARCHAR(20) NOT NULL DEFAULT '',
    `max_extensions` INT(10) UNSIGNED,
    PRIMARY KEY (`tenant_id`),
    UNIQUE KEY `user_group` (`user_group`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicishim_schedules` (
    `schedule_id` INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    `name` VARCHAR(50) NOT NULL DEFAULT '',
    `time_zone` VARCHAR(40) NOT NULL DEFAULT '',
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    PRIMARY KEY (`schedule_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicishim_schedule_hours` (
    `hours_id` INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    `schedule_id` INT(10) UNSIGNED NOT NULL DEFAULT 0,
    `day` VARCHAR(9) NOT NULL DEFAULT '',
    `opens` VARCHAR(5) NOT NULL DEFAULT '',
    `closes` VARCHAR(5) NOT NULL DEFAULT '',
    PRIMARY KEY (`hours_id`),
    KEY `schedule_id` (`schedule_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicishim_schedule_holidays` (
    `holiday_id` INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    `schedule_id` INT(10) UNSIGNED NOT NULL DEFAULT 0,
    `holiday_date` VARCHAR(10) NOT NULL DEFAULT '',
    `name` VARCHAR(50) NOT NULL DEFAULT '',
    PRIMARY KEY (`holiday_id`),
    KEY `schedule_id` (`schedule_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicishim_dids` (
    `did_id` INT(9) UNSIGNED NOT NULL DEFAULT 0,
    `status` VARCHAR(8) DEFAULT '',
    `dest_kind` VARCHAR(12),
    `dest_xform` TEXT,
    `max_channels` INT(10) UNSIGNED,
    `fax_mode` ENUM('voice','t38','passthrough') DEFAULT 'voice',
    `allow_anonymous` ENUM('Y','N') DEFAULT 'Y',
    `schedule_id` INT(10) UNSIGNED,
    `closed_dest_kind` VARCHAR(12),
    `closed_dest_id` VARCHAR(120),
    `closed_dest_xform` TEXT,
    `holiday_dest_kind` VARCHAR(12),
    `holiday_dest_id` VARCHAR(120),
    `holiday_dest_xform` TEXT,
    PRIMARY KEY (`did_id`),
    KEY `schedule_id` (`schedule_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicishim_did_routes` (
    `route_id` INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    `did_id` INT(9) UNSIGNED NOT NULL DEFAULT 0,
    `position` INT(10) UNSIGNED NOT NULL DEFAULT 0,
    `days` VARCHAR(27) NOT NULL DEFAULT '',
    `time_from` VARCHAR(5) NOT NULL DEFAULT '',
    `time_to` VARCHAR(5) NOT NULL DEFAULT '',
    `time_zone` VARCHAR(40) NOT NULL DEFAULT '',
    `dest_kind` VARCHAR(12) NOT NULL DEFAULT '',
    `dest_id` VARCHAR(120) NOT NULL DEFAULT '',
    `dest_xform` TEXT,
    PRIMARY KEY (`route_id`),
    KEY `did_id` (`did_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicishim_extensions` (
    `extension_id` INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    `extension` VARCHAR(100) NOT NULL DEFAULT '',
    `server_ip` VARCHAR(15) NOT NULL DEFAULT '',
    `dest_kind` VARCHAR(12),
    `dest_id` VARCHAR(120),
    `dest_xform` TEXT,
    `schedule_id` INT(10) UNSIGNED,
    `closed_dest_kind` VARCHAR(12),
    `closed_dest_id` VARCHAR(120),
    `closed_dest_xform` TEXT,
    `holiday_dest_kind` VARCHAR(12),
    `holiday_dest_id` VARCHAR(120),
    `holiday_dest_xform` TEXT,
    PRIMARY KEY (`extension_id`),
    UNIQUE KEY `extension` (`extension`, `server_ip`),
    KEY `schedule_id` (`schedule_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- VICIdial's own columns that may name an extension.
ALTER TABLE `vicidial_inbound_groups` ADD COLUMN `after_hours_action` ENUM('HANGUP','MESSAGE','EXTENSION','VOICEMAIL','IN_GROUP','CALLMENU','VMAIL_NO_INST') DEFAULT 'MESSAGE';
ALTER TABLE `vicidial_inbound_groups` ADD COLUMN `after_hours_exten` VARCHAR(20) DEFAULT '8300';
ALTER TABLE `vicidial_inbound_groups` ADD COLUMN `no_agent_action` ENUM('CALLMENU','INGROUP','DID','MESSAGE','EXTENSION','VOICEMAIL','VMAIL_NO_INST') DEFAULT 'MESSAGE';
ALTER TABLE `vicidial_inbound_groups` ADD COLUMN `no_agent_action_value` VARCHAR(255) DEFAULT 'nbdy-avail-to-take-call|vm-goodbye';
