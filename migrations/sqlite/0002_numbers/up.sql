-- What VICIdial's tables cannot say of DIDs and extensions: schedules, conditions, caps; and the numbers of tenants and
-- extensions. For databases of our own only.

CREATE TABLE vicishim_tenants (
    tenant_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    user_group VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    max_extensions INT,
    UNIQUE (user_group)
);

CREATE TABLE vicishim_schedules (
    schedule_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name VARCHAR(50) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    time_zone VARCHAR(40) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---'
);

CREATE TABLE vicishim_schedule_hours (
    hours_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    schedule_id INT NOT NULL DEFAULT 0,
    day VARCHAR(9) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    opens VARCHAR(5) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    closes VARCHAR(5) COLLATE utf8_unicode_ci NOT NULL DEFAULT ''
);
CREATE INDEX vicishim_schedule_hours_schedule_id ON vicishim_schedule_hours (schedule_id);

CREATE TABLE vicishim_schedule_holidays (
    holiday_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    schedule_id INT NOT NULL DEFAULT 0,
    holiday_date VARCHAR(10) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    name VARCHAR(50) COLLATE utf8_unicode_ci NOT NULL DEFAULT ''
);
CREATE INDEX vicishim_schedule_holidays_schedule_id ON vicishim_schedule_holidays (schedule_id);

CREATE TABLE vicishim_dids (
    did_id INT NOT NULL DEFAULT 0,
    status VARCHAR(8) COLLATE utf8_unicode_ci DEFAULT '',
    dest_kind VARCHAR(12) COLLATE utf8_unicode_ci,
    dest_xform TEXT COLLATE utf8_unicode_ci,
    max_channels INT,
    fax_mode VARCHAR(11) COLLATE utf8_unicode_ci DEFAULT 'voice',
    allow_anonymous VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'Y',
    schedule_id INT,
    closed_dest_kind VARCHAR(12) COLLATE utf8_unicode_ci,
    closed_dest_id VARCHAR(120) COLLATE utf8_unicode_ci,
    closed_dest_xform TEXT COLLATE utf8_unicode_ci,
    holiday_dest_kind VARCHAR(12) COLLATE utf8_unicode_ci,
    holiday_dest_id VARCHAR(120) COLLATE utf8_unicode_ci,
    holiday_dest_xform TEXT COLLATE utf8_unicode_ci,
    PRIMARY KEY (did_id)
);
CREATE INDEX vicishim_dids_schedule_id ON vicishim_dids (schedule_id);

CREATE TABLE vicishim_did_routes (
    route_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    did_id INT NOT NULL DEFAULT 0,
    position INT NOT NULL DEFAULT 0,
    days VARCHAR(27) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    time_from VARCHAR(5) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    time_to VARCHAR(5) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    time_zone VARCHAR(40) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    dest_kind VARCHAR(12) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    dest_id VARCHAR(120) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    dest_xform TEXT COLLATE utf8_unicode_ci
);
CREATE INDEX vicishim_did_routes_did_id ON vicishim_did_routes (did_id);

CREATE TABLE vicishim_extensions (
    extension_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    extension VARCHAR(100) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    server_ip VARCHAR(15) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    dest_kind VARCHAR(12) COLLATE utf8_unicode_ci,
    dest_id VARCHAR(120) COLLATE utf8_unicode_ci,
    dest_xform TEXT COLLATE utf8_unicode_ci,
    schedule_id INT,
    closed_dest_kind VARCHAR(12) COLLATE utf8_unicode_ci,
    closed_dest_id VARCHAR(120) COLLATE utf8_unicode_ci,
    closed_dest_xform TEXT COLLATE utf8_unicode_ci,
    holiday_dest_kind VARCHAR(12) COLLATE utf8_unicode_ci,
    holiday_dest_id VARCHAR(120) COLLATE utf8_unicode_ci,
    holiday_dest_xform TEXT COLLATE utf8_unicode_ci,
    UNIQUE (extension, server_ip)
);
CREATE INDEX vicishim_extensions_schedule_id ON vicishim_extensions (schedule_id);

-- VICIdial's own columns that may name an extension.
ALTER TABLE vicidial_inbound_groups ADD COLUMN after_hours_action VARCHAR(13) COLLATE utf8_unicode_ci DEFAULT 'MESSAGE';
ALTER TABLE vicidial_inbound_groups ADD COLUMN after_hours_exten VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '8300';
ALTER TABLE vicidial_inbound_groups ADD COLUMN no_agent_action VARCHAR(13) COLLATE utf8_unicode_ci DEFAULT 'MESSAGE';
ALTER TABLE vicidial_inbound_groups ADD COLUMN no_agent_action_value VARCHAR(255) COLLATE utf8_unicode_ci DEFAULT 'nbdy-avail-to-take-call|vm-goodbye';
