-- The tables and columns that vicishim uses, under VICIdial's own names and with its defaults, for an empty database of our own.
-- A VICIdial database is never migrated.

CREATE TABLE `phones` (
    `extension` VARCHAR(100),
    `dialplan_number` VARCHAR(20),
    `voicemail_id` VARCHAR(10),
    `server_ip` VARCHAR(15),
    `login` VARCHAR(15),
    `pass` VARCHAR(100),
    `status` VARCHAR(10),
    `active` ENUM('Y','N'),
    `fullname` VARCHAR(50),
    `protocol` ENUM('SIP','PJSIP','Zap','IAX2','EXTERNAL') DEFAULT 'SIP',
    `local_gmt` VARCHAR(6) DEFAULT '-5.00',
    `outbound_cid` VARCHAR(20),
    `email` VARCHAR(100),
    `template_id` VARCHAR(15) NOT NULL DEFAULT '',
    `phone_context` VARCHAR(20) DEFAULT 'default',
    `phone_ring_timeout` SMALLINT(3) DEFAULT 60,
    `conf_secret` VARCHAR(100) DEFAULT 'test',
    `delete_vm_after_email` ENUM('N','Y') DEFAULT 'N',
    `is_webphone` ENUM('Y','N','Y_API_LAUNCH') DEFAULT 'N',
    `use_external_server_ip` ENUM('Y','N') DEFAULT 'N',
    `on_hook_agent` ENUM('Y','N') DEFAULT 'N',
    `webphone_auto_answer` ENUM('Y','N') DEFAULT 'Y',
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    `outbound_alt_cid` VARCHAR(20) DEFAULT '',
    KEY `dialplan_number` (`dialplan_number`),
    UNIQUE KEY `extenserver` (`extension`, `server_ip`),
    KEY `server_ip` (`server_ip`),
    KEY `voicemail_id` (`voicemail_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `phones_alias` (
    `alias_id` VARCHAR(20) NOT NULL DEFAULT '',
    `alias_name` VARCHAR(50),
    `logins_list` VARCHAR(255),
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    PRIMARY KEY (`alias_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `servers` (
    `server_id` VARCHAR(10) NOT NULL DEFAULT '',
    `server_description` VARCHAR(255),
    `server_ip` VARCHAR(15) NOT NULL DEFAULT '',
    `active` ENUM('Y','N'),
    `asterisk_version` VARCHAR(20) DEFAULT '1.4.21.2',
    `local_gmt` VARCHAR(6) DEFAULT '-5.00',
    `active_asterisk_server` ENUM('Y','N') DEFAULT 'Y',
    `generate_vicidial_conf` ENUM('Y','N') DEFAULT 'Y',
    `rebuild_conf_files` ENUM('Y','N') DEFAULT 'Y',
    UNIQUE KEY `server_id` (`server_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `system_settings` (
    `use_non_latin` ENUM('0','1') DEFAULT '0',
    `pass_hash_enabled` ENUM('0','1') DEFAULT '0',
    `pass_key` VARCHAR(100) DEFAULT '',
    `pass_cost` TINYINT(2) UNSIGNED DEFAULT 2,
    `allow_ip_lists` ENUM('0','1','2') DEFAULT '0',
    `system_ip_blacklist` VARCHAR(30) DEFAULT '',
    `two_factor_auth_hours` SMALLINT(5) DEFAULT 0,
    `two_factor_container` VARCHAR(40) DEFAULT '---DISABLED---',
    `allow_web_debug` ENUM('0','1','2','3','4','5','6') DEFAULT '0'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_admin_log` (
    `admin_log_id` INT(9) UNSIGNED NOT NULL AUTO_INCREMENT,
    `event_date` DATETIME NOT NULL,
    `user` VARCHAR(20) NOT NULL DEFAULT '',
    `ip_address` VARCHAR(15) NOT NULL DEFAULT '',
    `event_section` VARCHAR(30) NOT NULL DEFAULT '',
    `event_type` ENUM('ADD','COPY','LOAD','RESET','MODIFY','DELETE','SEARCH','LOGIN','LOGOUT','CLEAR','OVERRIDE','EXPORT','OTHER') DEFAULT 'OTHER',
    `record_id` VARCHAR(50) NOT NULL DEFAULT '',
    `event_code` VARCHAR(255) NOT NULL DEFAULT '',
    `event_sql` MEDIUMTEXT,
    `event_notes` MEDIUMTEXT,
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    KEY `event_section` (`event_section`),
    PRIMARY KEY (`admin_log_id`),
    KEY `record_id` (`record_id`),
    KEY `user` (`user`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_api_log` (
    `api_id` INT(9) UNSIGNED NOT NULL AUTO_INCREMENT,
    `user` VARCHAR(20) NOT NULL DEFAULT '',
    `api_date` DATETIME,
    `api_script` VARCHAR(10),
    `function` VARCHAR(20) NOT NULL DEFAULT '',
    `agent_user` VARCHAR(20),
    `value` VARCHAR(255),
    `result` VARCHAR(10),
    `result_reason` VARCHAR(255),
    `source` VARCHAR(20),
    `data` TEXT,
    `run_time` VARCHAR(20) DEFAULT '0',
    `webserver` SMALLINT(5) UNSIGNED DEFAULT 0,
    `api_url` INT(9) UNSIGNED DEFAULT 0,
    KEY `api_date` (`api_date`),
    PRIMARY KEY (`api_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_api_urls` (
    `api_id` INT(9) UNSIGNED NOT NULL DEFAULT 0,
    `api_date` DATETIME,
    `remote_ip` VARCHAR(50),
    `url` MEDIUMTEXT,
    PRIMARY KEY (`api_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_call_menu` (
    `menu_id` VARCHAR(50) NOT NULL DEFAULT '',
    `menu_name` VARCHAR(100),
    `menu_prompt` VARCHAR(255),
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    PRIMARY KEY (`menu_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_campaigns` (
    `campaign_id` VARCHAR(8) NOT NULL DEFAULT '',
    `campaign_name` VARCHAR(40),
    `active` ENUM('Y','N'),
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    PRIMARY KEY (`campaign_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_campaign_cid_areacodes` (
    `campaign_id` VARCHAR(20) NOT NULL DEFAULT '',
    `areacode` VARCHAR(5) NOT NULL DEFAULT '',
    `outbound_cid` VARCHAR(20),
    `active` ENUM('Y','N','') DEFAULT '',
    `cid_description` VARCHAR(50),
    `call_count_today` MEDIUMINT(7) DEFAULT 0,
    KEY `areacode` (`areacode`),
    KEY `campaign_id` (`campaign_id`),
    UNIQUE KEY `campareacode` (`campaign_id`, `areacode`, `outbound_cid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_cid_groups` (
    `cid_group_id` VARCHAR(20) NOT NULL DEFAULT '',
    `cid_group_notes` VARCHAR(255) DEFAULT '',
    `cid_group_type` ENUM('AREACODE','STATE','NONE') DEFAULT 'AREACODE',
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    PRIMARY KEY (`cid_group_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_closer_log` (
    `closecallid` INT(9) UNSIGNED NOT NULL AUTO_INCREMENT,
    `lead_id` INT(9) UNSIGNED NOT NULL DEFAULT 0,
    `list_id` BIGINT(14) UNSIGNED,
    `campaign_id` VARCHAR(20),
    `call_date` DATETIME,
    `start_epoch` INT(10) UNSIGNED,
    `end_epoch` INT(10) UNSIGNED,
    `length_in_sec` INT(10),
    `status` VARCHAR(6),
    `phone_code` VARCHAR(10),
    `phone_number` VARCHAR(18),
    `user` VARCHAR(20),
    `uniqueid` VARCHAR(20) NOT NULL DEFAULT '',
    KEY `call_date` (`call_date`),
    KEY `campaign_id` (`campaign_id`),
    KEY `date_user` (`call_date`, `user`),
    KEY `lead_id` (`lead_id`),
    KEY `phone_number` (`phone_number`),
    PRIMARY KEY (`closecallid`),
    KEY `uniqueid` (`uniqueid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_conf_templates` (
    `template_id` VARCHAR(15) NOT NULL DEFAULT '',
    `template_name` VARCHAR(50) NOT NULL DEFAULT '',
    `template_contents` TEXT,
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    UNIQUE KEY `template_id` (`template_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_did_log` (
    `uniqueid` VARCHAR(20) NOT NULL DEFAULT '',
    `channel` VARCHAR(100) NOT NULL DEFAULT '',
    `server_ip` VARCHAR(15) NOT NULL DEFAULT '',
    `caller_id_number` VARCHAR(18),
    `caller_id_name` VARCHAR(20),
    `extension` VARCHAR(100),
    `call_date` DATETIME,
    `did_id` VARCHAR(9) DEFAULT '',
    `did_route` VARCHAR(20) DEFAULT '',
    KEY `caller_id_number` (`caller_id_number`),
    KEY `call_date` (`call_date`),
    KEY `extension` (`extension`),
    KEY `uniqueid` (`uniqueid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_filter_phone_groups` (
    `filter_phone_group_id` VARCHAR(20) NOT NULL DEFAULT '',
    `filter_phone_group_name` VARCHAR(40) NOT NULL DEFAULT '',
    `filter_phone_group_description` VARCHAR(100),
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    UNIQUE KEY `filter_phone_group_id` (`filter_phone_group_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_filter_phone_numbers` (
    `phone_number` VARCHAR(18) NOT NULL DEFAULT '',
    `filter_phone_group_id` VARCHAR(20) NOT NULL DEFAULT '',
    UNIQUE KEY `phonefilter` (`phone_number`, `filter_phone_group_id`),
    KEY `phone_number` (`phone_number`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_inbound_dids` (
    `did_id` INT(9) UNSIGNED NOT NULL AUTO_INCREMENT,
    `did_pattern` VARCHAR(50) NOT NULL DEFAULT '',
    `did_description` VARCHAR(50),
    `did_active` ENUM('Y','N') DEFAULT 'Y',
    `did_route` ENUM('EXTEN','VOICEMAIL','AGENT','PHONE','IN_GROUP','CALLMENU','VMAIL_NO_INST') DEFAULT 'EXTEN',
    `extension` VARCHAR(50) DEFAULT '9998811112',
    `exten_context` VARCHAR(50) DEFAULT 'default',
    `voicemail_ext` VARCHAR(10),
    `phone` VARCHAR(100),
    `server_ip` VARCHAR(15),
    `user` VARCHAR(20),
    `user_unavailable_action` ENUM('IN_GROUP','EXTEN','VOICEMAIL','PHONE','VMAIL_NO_INST') DEFAULT 'VOICEMAIL',
    `user_route_settings_ingroup` VARCHAR(20) DEFAULT 'AGENTDIRECT',
    `group_id` VARCHAR(20),
    `call_handle_method` VARCHAR(40) DEFAULT 'CID',
    `agent_search_method` ENUM('LO','LB','SO') DEFAULT 'LB',
    `list_id` BIGINT(14) UNSIGNED DEFAULT 999,
    `campaign_id` VARCHAR(8),
    `phone_code` VARCHAR(10) DEFAULT '1',
    `menu_id` VARCHAR(50) DEFAULT '',
    `record_call` ENUM('Y','N','Y_QUEUESTOP') DEFAULT 'N',
    `filter_inbound_number` ENUM('DISABLED','GROUP','URL','DNC_INTERNAL','DNC_CAMPAIGN','GROUP_AREACODE') DEFAULT 'DISABLED',
    `filter_phone_group_id` TEXT,
    `filter_url` VARCHAR(1000) DEFAULT '',
    `filter_action` ENUM('EXTEN','VOICEMAIL','AGENT','PHONE','IN_GROUP','CALLMENU','VMAIL_NO_INST') DEFAULT 'EXTEN',
    `filter_extension` VARCHAR(50) DEFAULT '9998811112',
    `filter_exten_context` VARCHAR(50) DEFAULT 'default',
    `filter_voicemail_ext` VARCHAR(10),
    `filter_phone` VARCHAR(100),
    `filter_server_ip` VARCHAR(15),
    `filter_user` VARCHAR(20),
    `filter_user_unavailable_action` ENUM('IN_GROUP','EXTEN','VOICEMAIL','PHONE','VMAIL_NO_INST') DEFAULT 'VOICEMAIL',
    `filter_user_route_settings_ingroup` VARCHAR(20) DEFAULT 'AGENTDIRECT',
    `filter_group_id` VARCHAR(20),
    `filter_call_handle_method` VARCHAR(40) DEFAULT 'CID',
    `filter_agent_search_method` ENUM('LO','LB','SO') DEFAULT 'LB',
    `filter_list_id` BIGINT(14) UNSIGNED DEFAULT 999,
    `filter_campaign_id` VARCHAR(8),
    `filter_phone_code` VARCHAR(10) DEFAULT '1',
    `filter_menu_id` VARCHAR(50) DEFAULT '',
    `filter_clean_cid_number` VARCHAR(20) DEFAULT '',
    `custom_one` VARCHAR(100) DEFAULT '',
    `custom_two` VARCHAR(100) DEFAULT '',
    `custom_three` VARCHAR(100) DEFAULT '',
    `custom_four` VARCHAR(100) DEFAULT '',
    `custom_five` VARCHAR(100) DEFAULT '',
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    `filter_dnc_campaign` VARCHAR(8) DEFAULT '',
    `filter_url_did_redirect` ENUM('Y','N') DEFAULT 'N',
    `no_agent_ingroup_redirect` ENUM('DISABLED','Y','NO_PAUSED','READY_ONLY') DEFAULT 'DISABLED',
    `no_agent_ingroup_id` VARCHAR(20) DEFAULT '',
    `no_agent_ingroup_extension` VARCHAR(50) DEFAULT '9998811112',
    `pre_filter_phone_group_id` TEXT,
    `pre_filter_extension` VARCHAR(50) DEFAULT '',
    `entry_list_id` BIGINT(14) UNSIGNED DEFAULT 0,
    `filter_entry_list_id` BIGINT(14) UNSIGNED DEFAULT 0,
    `max_queue_ingroup_calls` SMALLINT(5) DEFAULT 0,
    `max_queue_ingroup_id` VARCHAR(20) DEFAULT '',
    `max_queue_ingroup_extension` VARCHAR(50) DEFAULT '9998811112',
    `did_carrier_description` VARCHAR(255) DEFAULT '',
    `inbound_route_answer` ENUM('Y','N') DEFAULT 'Y',
    `pre_filter_recent_call` VARCHAR(20) DEFAULT '',
    `pre_filter_recent_extension` VARCHAR(50) DEFAULT '',
    `modify_stamp` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    UNIQUE KEY `did_pattern` (`did_pattern`),
    KEY `group_id` (`group_id`),
    PRIMARY KEY (`did_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_inbound_groups` (
    `group_id` VARCHAR(20) NOT NULL DEFAULT '',
    `group_name` VARCHAR(30),
    `group_color` VARCHAR(20),
    `active` ENUM('Y','N'),
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    PRIMARY KEY (`group_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_ip_lists` (
    `ip_list_id` VARCHAR(30) NOT NULL DEFAULT '',
    `ip_list_name` VARCHAR(100),
    `active` ENUM('N','Y') DEFAULT 'N',
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    UNIQUE KEY `ip_list_id` (`ip_list_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_ip_list_entries` (
    `ip_list_id` VARCHAR(30) NOT NULL DEFAULT '',
    `ip_address` VARCHAR(45) NOT NULL DEFAULT '',
    KEY `ip_address` (`ip_address`),
    KEY `ip_list_id` (`ip_list_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_two_factor_auth` (
    `auth_date` DATETIME,
    `auth_exp_date` DATETIME,
    `user` VARCHAR(20) DEFAULT '',
    `auth_stage` ENUM('0','1','2','3','4','5','6') DEFAULT '0',
    `auth_code` VARCHAR(20) DEFAULT '',
    `auth_code_exp_date` DATETIME,
    `auth_method` VARCHAR(20) DEFAULT 'EMAIL',
    `auth_attempts` SMALLINT(5) DEFAULT 0,
    KEY `auth_date` (`auth_date`),
    KEY `auth_exp_date` (`auth_exp_date`),
    KEY `user` (`user`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_urls` (
    `url_id` INT(9) UNSIGNED NOT NULL AUTO_INCREMENT,
    `url` VARCHAR(250) DEFAULT '',
    PRIMARY KEY (`url_id`),
    UNIQUE KEY `url` (`url`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_users` (
    `user_id` INT(9) UNSIGNED NOT NULL AUTO_INCREMENT,
    `user` VARCHAR(20) NOT NULL DEFAULT '',
    `pass` VARCHAR(100) NOT NULL DEFAULT '',
    `full_name` VARCHAR(50),
    `user_level` TINYINT(3) UNSIGNED DEFAULT 1,
    `user_group` VARCHAR(20),
    `ast_admin_access` ENUM('0','1') DEFAULT '0',
    `ast_delete_phones` ENUM('0','1') DEFAULT '0',
    `modify_campaigns` ENUM('0','1') DEFAULT '0',
    `modify_lists` ENUM('0','1') DEFAULT '0',
    `view_reports` ENUM('0','1') DEFAULT '0',
    `vdc_agent_api_access` ENUM('0','1') DEFAULT '0',
    `modify_inbound_dids` ENUM('0','1') DEFAULT '0',
    `delete_inbound_dids` ENUM('0','1') DEFAULT '0',
    `active` ENUM('Y','N') DEFAULT 'Y',
    `email` VARCHAR(100) DEFAULT '',
    `failed_login_count` TINYINT(3) UNSIGNED DEFAULT 0,
    `last_login_date` DATETIME DEFAULT '2001-01-01 00:00:01',
    `last_ip` VARCHAR(15) DEFAULT '',
    `pass_hash` VARCHAR(500) DEFAULT '',
    `api_allowed_functions` VARCHAR(1000) DEFAULT ' ALL_FUNCTIONS ',
    `api_only_user` ENUM('0','1') DEFAULT '0',
    `ignore_ip_list` ENUM('1','0') DEFAULT '0',
    `two_factor_override` ENUM('NOT_ACTIVE','ENABLED','DISABLED') DEFAULT 'NOT_ACTIVE',
    `failed_login_attempts_today` MEDIUMINT(8) UNSIGNED DEFAULT 0,
    `failed_login_count_today` SMALLINT(6) UNSIGNED DEFAULT 0,
    `failed_last_ip_today` VARCHAR(50) DEFAULT '',
    `failed_last_type_today` VARCHAR(20) DEFAULT '',
    PRIMARY KEY (`user_id`),
    UNIQUE KEY `user` (`user`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_user_groups` (
    `user_group` VARCHAR(20) NOT NULL DEFAULT '',
    `group_name` VARCHAR(40) NOT NULL DEFAULT '',
    `allowed_campaigns` TEXT,
    `admin_viewable_groups` TEXT,
    `api_ip_list` VARCHAR(30) DEFAULT '',
    UNIQUE KEY `user_group` (`user_group`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_voicemail` (
    `voicemail_id` VARCHAR(10) NOT NULL DEFAULT '',
    `active` ENUM('Y','N') DEFAULT 'Y',
    `pass` VARCHAR(10) NOT NULL DEFAULT '',
    `fullname` VARCHAR(100) NOT NULL DEFAULT '',
    `email` VARCHAR(100),
    `user_group` VARCHAR(20) DEFAULT '---ALL---',
    PRIMARY KEY (`voicemail_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE `vicidial_webservers` (
    `webserver_id` SMALLINT(5) UNSIGNED NOT NULL AUTO_INCREMENT,
    `webserver` VARCHAR(125) DEFAULT '',
    `hostname` VARCHAR(125) DEFAULT '',
    PRIMARY KEY (`webserver_id`),
    UNIQUE KEY `vdweb` (`webserver`, `hostname`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

INSERT INTO `system_settings` (`use_non_latin`) VALUES ('0');
