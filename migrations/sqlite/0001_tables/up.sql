-- The tables and columns that vicishim uses, under VICIdial's own names and with its defaults. A NOT NULL column for which VICIdial
-- declares no default takes the empty text or 0, as it does there without STRICT.
-- `utf8_unicode_ci` is registered on every connection (src/store/collation.rs).

CREATE TABLE phones (
    extension VARCHAR(100) COLLATE utf8_unicode_ci,
    dialplan_number VARCHAR(20) COLLATE utf8_unicode_ci,
    voicemail_id VARCHAR(10) COLLATE utf8_unicode_ci,
    server_ip VARCHAR(15) COLLATE utf8_unicode_ci,
    login VARCHAR(15) COLLATE utf8_unicode_ci,
    pass VARCHAR(100) COLLATE utf8_unicode_ci,
    status VARCHAR(10) COLLATE utf8_unicode_ci,
    active VARCHAR(1) COLLATE utf8_unicode_ci,
    fullname VARCHAR(50) COLLATE utf8_unicode_ci,
    protocol VARCHAR(8) COLLATE utf8_unicode_ci DEFAULT 'SIP',
    local_gmt VARCHAR(6) COLLATE utf8_unicode_ci DEFAULT '-5.00',
    outbound_cid VARCHAR(20) COLLATE utf8_unicode_ci,
    email VARCHAR(100) COLLATE utf8_unicode_ci,
    template_id VARCHAR(15) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    phone_context VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT 'default',
    phone_ring_timeout SMALLINT DEFAULT 60,
    conf_secret VARCHAR(100) COLLATE utf8_unicode_ci DEFAULT 'test',
    delete_vm_after_email VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'N',
    is_webphone VARCHAR(12) COLLATE utf8_unicode_ci DEFAULT 'N',
    use_external_server_ip VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'N',
    on_hook_agent VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'N',
    webphone_auto_answer VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'Y',
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---',
    outbound_alt_cid VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '',
    UNIQUE (extension, server_ip)
);
CREATE INDEX phones_dialplan_number ON phones (dialplan_number);
CREATE INDEX phones_server_ip ON phones (server_ip);
CREATE INDEX phones_voicemail_id ON phones (voicemail_id);

CREATE TABLE phones_alias (
    alias_id VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    alias_name VARCHAR(50) COLLATE utf8_unicode_ci,
    logins_list VARCHAR(255) COLLATE utf8_unicode_ci,
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---',
    PRIMARY KEY (alias_id)
);

CREATE TABLE servers (
    server_id VARCHAR(10) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    server_description VARCHAR(255) COLLATE utf8_unicode_ci,
    server_ip VARCHAR(15) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    active VARCHAR(1) COLLATE utf8_unicode_ci,
    asterisk_version VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '1.4.21.2',
    local_gmt VARCHAR(6) COLLATE utf8_unicode_ci DEFAULT '-5.00',
    active_asterisk_server VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'Y',
    generate_vicidial_conf VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'Y',
    rebuild_conf_files VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'Y',
    UNIQUE (server_id)
);

CREATE TABLE system_settings (
    use_non_latin VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    pass_hash_enabled VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    pass_key VARCHAR(100) COLLATE utf8_unicode_ci DEFAULT '',
    pass_cost TINYINT DEFAULT 2,
    allow_ip_lists VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    system_ip_blacklist VARCHAR(30) COLLATE utf8_unicode_ci DEFAULT '',
    two_factor_auth_hours SMALLINT DEFAULT 0,
    two_factor_container VARCHAR(40) COLLATE utf8_unicode_ci DEFAULT '---DISABLED---',
    allow_web_debug VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0'
);

CREATE TABLE vicidial_admin_log (
    admin_log_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    event_date DATETIME NOT NULL,
    user VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    ip_address VARCHAR(15) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    event_section VARCHAR(30) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    event_type VARCHAR(8) COLLATE utf8_unicode_ci DEFAULT 'OTHER',
    record_id VARCHAR(50) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    event_code VARCHAR(255) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    event_sql TEXT COLLATE utf8_unicode_ci,
    event_notes TEXT COLLATE utf8_unicode_ci,
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---'
);
CREATE INDEX vicidial_admin_log_record_id ON vicidial_admin_log (record_id);

CREATE TABLE vicidial_api_log (
    api_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    user VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    api_date DATETIME,
    api_script VARCHAR(10) COLLATE utf8_unicode_ci,
    function VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    agent_user VARCHAR(20) COLLATE utf8_unicode_ci,
    value VARCHAR(255) COLLATE utf8_unicode_ci,
    result VARCHAR(10) COLLATE utf8_unicode_ci,
    result_reason VARCHAR(255) COLLATE utf8_unicode_ci,
    source VARCHAR(20) COLLATE utf8_unicode_ci,
    data TEXT COLLATE utf8_unicode_ci,
    run_time VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '0',
    webserver SMALLINT DEFAULT 0,
    api_url INT DEFAULT 0
);
CREATE INDEX vicidial_api_log_api_date ON vicidial_api_log (api_date);

CREATE TABLE vicidial_api_urls (
    api_id INT NOT NULL DEFAULT 0,
    api_date DATETIME,
    remote_ip VARCHAR(50) COLLATE utf8_unicode_ci,
    url TEXT COLLATE utf8_unicode_ci,
    PRIMARY KEY (api_id)
);

CREATE TABLE vicidial_call_menu (
    menu_id VARCHAR(50) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    menu_name VARCHAR(100) COLLATE utf8_unicode_ci,
    menu_prompt VARCHAR(255) COLLATE utf8_unicode_ci,
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---',
    PRIMARY KEY (menu_id)
);

CREATE TABLE vicidial_campaigns (
    campaign_id VARCHAR(8) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    campaign_name VARCHAR(40) COLLATE utf8_unicode_ci,
    active VARCHAR(1) COLLATE utf8_unicode_ci,
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---',
    PRIMARY KEY (campaign_id)
);

CREATE TABLE vicidial_campaign_cid_areacodes (
    campaign_id VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    areacode VARCHAR(5) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    outbound_cid VARCHAR(20) COLLATE utf8_unicode_ci,
    active VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '',
    cid_description VARCHAR(50) COLLATE utf8_unicode_ci,
    call_count_today MEDIUMINT DEFAULT 0,
    UNIQUE (campaign_id, areacode, outbound_cid)
);
CREATE INDEX vicidial_campaign_cid_areacodes_areacode ON vicidial_campaign_cid_areacodes (areacode);
CREATE INDEX vicidial_campaign_cid_areacodes_campaign_id ON vicidial_campaign_cid_areacodes (campaign_id);

CREATE TABLE vicidial_cid_groups (
    cid_group_id VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    cid_group_notes VARCHAR(255) COLLATE utf8_unicode_ci DEFAULT '',
    cid_group_type VARCHAR(8) COLLATE utf8_unicode_ci DEFAULT 'AREACODE',
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---',
    PRIMARY KEY (cid_group_id)
);

CREATE TABLE vicidial_closer_log (
    closecallid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    lead_id INT NOT NULL DEFAULT 0,
    list_id BIGINT,
    campaign_id VARCHAR(20) COLLATE utf8_unicode_ci,
    call_date DATETIME,
    start_epoch INT,
    end_epoch INT,
    length_in_sec INT,
    status VARCHAR(6) COLLATE utf8_unicode_ci,
    phone_code VARCHAR(10) COLLATE utf8_unicode_ci,
    phone_number VARCHAR(18) COLLATE utf8_unicode_ci,
    user VARCHAR(20) COLLATE utf8_unicode_ci,
    uniqueid VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT ''
);
CREATE INDEX vicidial_closer_log_call_date ON vicidial_closer_log (call_date);
CREATE INDEX vicidial_closer_log_campaign_id ON vicidial_closer_log (campaign_id);
CREATE INDEX vicidial_closer_log_date_user ON vicidial_closer_log (call_date, user);
CREATE INDEX vicidial_closer_log_lead_id ON vicidial_closer_log (lead_id);
CREATE INDEX vicidial_closer_log_phone_number ON vicidial_closer_log (phone_number);
CREATE INDEX vicidial_closer_log_uniqueid ON vicidial_closer_log (uniqueid);

CREATE TABLE vicidial_conf_templates (
    template_id VARCHAR(15) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    template_name VARCHAR(50) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    template_contents TEXT COLLATE utf8_unicode_ci,
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---',
    UNIQUE (template_id)
);

CREATE TABLE vicidial_did_log (
    uniqueid VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    channel VARCHAR(100) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    server_ip VARCHAR(15) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    caller_id_number VARCHAR(18) COLLATE utf8_unicode_ci,
    caller_id_name VARCHAR(20) COLLATE utf8_unicode_ci,
    extension VARCHAR(100) COLLATE utf8_unicode_ci,
    call_date DATETIME,
    did_id VARCHAR(9) COLLATE utf8_unicode_ci DEFAULT '',
    did_route VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT ''
);
CREATE INDEX vicidial_did_log_caller_id_number ON vicidial_did_log (caller_id_number);
CREATE INDEX vicidial_did_log_call_date ON vicidial_did_log (call_date);
CREATE INDEX vicidial_did_log_extension ON vicidial_did_log (extension);
CREATE INDEX vicidial_did_log_uniqueid ON vicidial_did_log (uniqueid);

CREATE TABLE vicidial_filter_phone_groups (
    filter_phone_group_id VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    filter_phone_group_name VARCHAR(40) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    filter_phone_group_description VARCHAR(100) COLLATE utf8_unicode_ci,
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---',
    UNIQUE (filter_phone_group_id)
);

CREATE TABLE vicidial_filter_phone_numbers (
    phone_number VARCHAR(18) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    filter_phone_group_id VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    UNIQUE (phone_number, filter_phone_group_id)
);
CREATE INDEX vicidial_filter_phone_numbers_phone_number ON vicidial_filter_phone_numbers (phone_number);

CREATE TABLE vicidial_inbound_dids (
    did_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    did_pattern VARCHAR(50) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    did_description VARCHAR(50) COLLATE utf8_unicode_ci,
    did_active VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'Y',
    did_route VARCHAR(13) COLLATE utf8_unicode_ci DEFAULT 'EXTEN',
    extension VARCHAR(50) COLLATE utf8_unicode_ci DEFAULT '9998811112',
    exten_context VARCHAR(50) COLLATE utf8_unicode_ci DEFAULT 'default',
    voicemail_ext VARCHAR(10) COLLATE utf8_unicode_ci,
    phone VARCHAR(100) COLLATE utf8_unicode_ci,
    server_ip VARCHAR(15) COLLATE utf8_unicode_ci,
    user VARCHAR(20) COLLATE utf8_unicode_ci,
    user_unavailable_action VARCHAR(13) COLLATE utf8_unicode_ci DEFAULT 'VOICEMAIL',
    user_route_settings_ingroup VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT 'AGENTDIRECT',
    group_id VARCHAR(20) COLLATE utf8_unicode_ci,
    call_handle_method VARCHAR(40) COLLATE utf8_unicode_ci DEFAULT 'CID',
    agent_search_method VARCHAR(2) COLLATE utf8_unicode_ci DEFAULT 'LB',
    list_id BIGINT DEFAULT 999,
    campaign_id VARCHAR(8) COLLATE utf8_unicode_ci,
    phone_code VARCHAR(10) COLLATE utf8_unicode_ci DEFAULT '1',
    menu_id VARCHAR(50) COLLATE utf8_unicode_ci DEFAULT '',
    record_call VARCHAR(11) COLLATE utf8_unicode_ci DEFAULT 'N',
    filter_inbound_number VARCHAR(14) COLLATE utf8_unicode_ci DEFAULT 'DISABLED',
    filter_phone_group_id TEXT COLLATE utf8_unicode_ci,
    filter_url VARCHAR(1000) COLLATE utf8_unicode_ci DEFAULT '',
    filter_action VARCHAR(13) COLLATE utf8_unicode_ci DEFAULT 'EXTEN',
    filter_extension VARCHAR(50) COLLATE utf8_unicode_ci DEFAULT '9998811112',
    filter_exten_context VARCHAR(50) COLLATE utf8_unicode_ci DEFAULT 'default',
    filter_voicemail_ext VARCHAR(10) COLLATE utf8_unicode_ci,
    filter_phone VARCHAR(100) COLLATE utf8_unicode_ci,
    filter_server_ip VARCHAR(15) COLLATE utf8_unicode_ci,
    filter_user VARCHAR(20) COLLATE utf8_unicode_ci,
    filter_user_unavailable_action VARCHAR(13) COLLATE utf8_unicode_ci DEFAULT 'VOICEMAIL',
    filter_user_route_settings_ingroup VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT 'AGENTDIRECT',
    filter_group_id VARCHAR(20) COLLATE utf8_unicode_ci,
    filter_call_handle_method VARCHAR(40) COLLATE utf8_unicode_ci DEFAULT 'CID',
    filter_agent_search_method VARCHAR(2) COLLATE utf8_unicode_ci DEFAULT 'LB',
    filter_list_id BIGINT DEFAULT 999,
    filter_campaign_id VARCHAR(8) COLLATE utf8_unicode_ci,
    filter_phone_code VARCHAR(10) COLLATE utf8_unicode_ci DEFAULT '1',
    filter_menu_id VARCHAR(50) COLLATE utf8_unicode_ci DEFAULT '',
    filter_clean_cid_number VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '',
    custom_one VARCHAR(100) COLLATE utf8_unicode_ci DEFAULT '',
    custom_two VARCHAR(100) COLLATE utf8_unicode_ci DEFAULT '',
    custom_three VARCHAR(100) COLLATE utf8_unicode_ci DEFAULT '',
    custom_four VARCHAR(100) COLLATE utf8_unicode_ci DEFAULT '',
    custom_five VARCHAR(100) COLLATE utf8_unicode_ci DEFAULT '',
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---',
    filter_dnc_campaign VARCHAR(8) COLLATE utf8_unicode_ci DEFAULT '',
    filter_url_did_redirect VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'N',
    no_agent_ingroup_redirect VARCHAR(10) COLLATE utf8_unicode_ci DEFAULT 'DISABLED',
    no_agent_ingroup_id VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '',
    no_agent_ingroup_extension VARCHAR(50) COLLATE utf8_unicode_ci DEFAULT '9998811112',
    pre_filter_phone_group_id TEXT COLLATE utf8_unicode_ci,
    pre_filter_extension VARCHAR(50) COLLATE utf8_unicode_ci DEFAULT '',
    entry_list_id BIGINT DEFAULT 0,
    filter_entry_list_id BIGINT DEFAULT 0,
    max_queue_ingroup_calls SMALLINT DEFAULT 0,
    max_queue_ingroup_id VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '',
    max_queue_ingroup_extension VARCHAR(50) COLLATE utf8_unicode_ci DEFAULT '9998811112',
    did_carrier_description VARCHAR(255) COLLATE utf8_unicode_ci DEFAULT '',
    inbound_route_answer VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'Y',
    pre_filter_recent_call VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '',
    pre_filter_recent_extension VARCHAR(50) COLLATE utf8_unicode_ci DEFAULT '',
    modify_stamp DATETIME NOT NULL DEFAULT (datetime('now', 'localtime')),
    UNIQUE (did_pattern)
);
CREATE INDEX vicidial_inbound_dids_group_id ON vicidial_inbound_dids (group_id);

CREATE TABLE vicidial_inbound_groups (
    group_id VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    group_name VARCHAR(30) COLLATE utf8_unicode_ci,
    group_color VARCHAR(20) COLLATE utf8_unicode_ci,
    active VARCHAR(1) COLLATE utf8_unicode_ci,
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---',
    PRIMARY KEY (group_id)
);

CREATE TABLE vicidial_ip_lists (
    ip_list_id VARCHAR(30) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    ip_list_name VARCHAR(100) COLLATE utf8_unicode_ci,
    active VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'N',
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---',
    UNIQUE (ip_list_id)
);

CREATE TABLE vicidial_ip_list_entries (
    ip_list_id VARCHAR(30) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    ip_address VARCHAR(45) COLLATE utf8_unicode_ci NOT NULL DEFAULT ''
);
CREATE INDEX vicidial_ip_list_entries_ip_address ON vicidial_ip_list_entries (ip_address);
CREATE INDEX vicidial_ip_list_entries_ip_list_id ON vicidial_ip_list_entries (ip_list_id);

CREATE TABLE vicidial_two_factor_auth (
    auth_date DATETIME,
    auth_exp_date DATETIME,
    user VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '',
    auth_stage VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    auth_code VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '',
    auth_code_exp_date DATETIME,
    auth_method VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT 'EMAIL',
    auth_attempts SMALLINT DEFAULT 0
);
CREATE INDEX vicidial_two_factor_auth_auth_date ON vicidial_two_factor_auth (auth_date);
CREATE INDEX vicidial_two_factor_auth_auth_exp_date ON vicidial_two_factor_auth (auth_exp_date);
CREATE INDEX vicidial_two_factor_auth_user ON vicidial_two_factor_auth (user);

CREATE TABLE vicidial_urls (
    url_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    url VARCHAR(250) COLLATE utf8_unicode_ci DEFAULT '',
    UNIQUE (url)
);

CREATE TABLE vicidial_users (
    user_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    user VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    pass VARCHAR(100) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    full_name VARCHAR(50) COLLATE utf8_unicode_ci,
    user_level TINYINT DEFAULT 1,
    user_group VARCHAR(20) COLLATE utf8_unicode_ci,
    ast_admin_access VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    ast_delete_phones VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    modify_campaigns VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    modify_lists VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    view_reports VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    vdc_agent_api_access VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    modify_inbound_dids VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    delete_inbound_dids VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    active VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'Y',
    email VARCHAR(100) COLLATE utf8_unicode_ci DEFAULT '',
    failed_login_count TINYINT DEFAULT 0,
    last_login_date DATETIME DEFAULT '2001-01-01 00:00:01',
    last_ip VARCHAR(15) COLLATE utf8_unicode_ci DEFAULT '',
    pass_hash VARCHAR(500) COLLATE utf8_unicode_ci DEFAULT '',
    api_allowed_functions VARCHAR(1000) COLLATE utf8_unicode_ci DEFAULT ' ALL_FUNCTIONS ',
    api_only_user VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    ignore_ip_list VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT '0',
    two_factor_override VARCHAR(10) COLLATE utf8_unicode_ci DEFAULT 'NOT_ACTIVE',
    failed_login_attempts_today MEDIUMINT DEFAULT 0,
    failed_login_count_today SMALLINT DEFAULT 0,
    failed_last_ip_today VARCHAR(50) COLLATE utf8_unicode_ci DEFAULT '',
    failed_last_type_today VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '',
    UNIQUE (user)
);

CREATE TABLE vicidial_user_groups (
    user_group VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    group_name VARCHAR(40) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    allowed_campaigns TEXT COLLATE utf8_unicode_ci,
    admin_viewable_groups TEXT COLLATE utf8_unicode_ci,
    api_ip_list VARCHAR(30) COLLATE utf8_unicode_ci DEFAULT '',
    UNIQUE (user_group)
);

CREATE TABLE vicidial_voicemail (
    voicemail_id VARCHAR(10) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    active VARCHAR(1) COLLATE utf8_unicode_ci DEFAULT 'Y',
    pass VARCHAR(10) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    fullname VARCHAR(100) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
    email VARCHAR(100) COLLATE utf8_unicode_ci,
    user_group VARCHAR(20) COLLATE utf8_unicode_ci DEFAULT '---ALL---',
    PRIMARY KEY (voicemail_id)
);

CREATE TABLE vicidial_webservers (
    webserver_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    webserver VARCHAR(125) COLLATE utf8_unicode_ci DEFAULT '',
    hostname VARCHAR(125) COLLATE utf8_unicode_ci DEFAULT '',
    UNIQUE (webserver, hostname)
);

-- modify_stamp follows every change, as MariaDB's ON UPDATE CURRENT_TIMESTAMP does: a row that is written as it was keeps it.
CREATE TRIGGER vicidial_inbound_dids_modify_stamp AFTER UPDATE ON vicidial_inbound_dids
WHEN OLD.modify_stamp IS NEW.modify_stamp AND (
    OLD.did_pattern IS NOT NEW.did_pattern COLLATE BINARY
    OR OLD.did_description IS NOT NEW.did_description COLLATE BINARY
    OR OLD.did_active IS NOT NEW.did_active COLLATE BINARY
    OR OLD.did_route IS NOT NEW.did_route COLLATE BINARY
    OR OLD.extension IS NOT NEW.extension COLLATE BINARY
    OR OLD.exten_context IS NOT NEW.exten_context COLLATE BINARY
    OR OLD.voicemail_ext IS NOT NEW.voicemail_ext COLLATE BINARY
    OR OLD.phone IS NOT NEW.phone COLLATE BINARY
    OR OLD.server_ip IS NOT NEW.server_ip COLLATE BINARY
    OR OLD.user IS NOT NEW.user COLLATE BINARY
    OR OLD.user_unavailable_action IS NOT NEW.user_unavailable_action COLLATE BINARY
    OR OLD.user_route_settings_ingroup IS NOT NEW.user_route_settings_ingroup COLLATE BINARY
    OR OLD.group_id IS NOT NEW.group_id COLLATE BINARY
    OR OLD.call_handle_method IS NOT NEW.call_handle_method COLLATE BINARY
    OR OLD.agent_search_method IS NOT NEW.agent_search_method COLLATE BINARY
    OR OLD.list_id IS NOT NEW.list_id COLLATE BINARY
    OR OLD.campaign_id IS NOT NEW.campaign_id COLLATE BINARY
    OR OLD.phone_code IS NOT NEW.phone_code COLLATE BINARY
    OR OLD.menu_id IS NOT NEW.menu_id COLLATE BINARY
    OR OLD.record_call IS NOT NEW.record_call COLLATE BINARY
    OR OLD.filter_inbound_number IS NOT NEW.filter_inbound_number COLLATE BINARY
    OR OLD.filter_phone_group_id IS NOT NEW.filter_phone_group_id COLLATE BINARY
    OR OLD.filter_url IS NOT NEW.filter_url COLLATE BINARY
    OR OLD.filter_action IS NOT NEW.filter_action COLLATE BINARY
    OR OLD.filter_extension IS NOT NEW.filter_extension COLLATE BINARY
    OR OLD.filter_exten_context IS NOT NEW.filter_exten_context COLLATE BINARY
    OR OLD.filter_voicemail_ext IS NOT NEW.filter_voicemail_ext COLLATE BINARY
    OR OLD.filter_phone IS NOT NEW.filter_phone COLLATE BINARY
    OR OLD.filter_server_ip IS NOT NEW.filter_server_ip COLLATE BINARY
    OR OLD.filter_user IS NOT NEW.filter_user COLLATE BINARY
    OR OLD.filter_user_unavailable_action IS NOT NEW.filter_user_unavailable_action COLLATE BINARY
    OR OLD.filter_user_route_settings_ingroup IS NOT NEW.filter_user_route_settings_ingroup COLLATE BINARY
    OR OLD.filter_group_id IS NOT NEW.filter_group_id COLLATE BINARY
    OR OLD.filter_call_handle_method IS NOT NEW.filter_call_handle_method COLLATE BINARY
    OR OLD.filter_agent_search_method IS NOT NEW.filter_agent_search_method COLLATE BINARY
    OR OLD.filter_list_id IS NOT NEW.filter_list_id COLLATE BINARY
    OR OLD.filter_campaign_id IS NOT NEW.filter_campaign_id COLLATE BINARY
    OR OLD.filter_phone_code IS NOT NEW.filter_phone_code COLLATE BINARY
    OR OLD.filter_menu_id IS NOT NEW.filter_menu_id COLLATE BINARY
    OR OLD.filter_clean_cid_number IS NOT NEW.filter_clean_cid_number COLLATE BINARY
    OR OLD.custom_one IS NOT NEW.custom_one COLLATE BINARY
    OR OLD.custom_two IS NOT NEW.custom_two COLLATE BINARY
    OR OLD.custom_three IS NOT NEW.custom_three COLLATE BINARY
    OR OLD.custom_four IS NOT NEW.custom_four COLLATE BINARY
    OR OLD.custom_five IS NOT NEW.custom_five COLLATE BINARY
    OR OLD.user_group IS NOT NEW.user_group COLLATE BINARY
    OR OLD.filter_dnc_campaign IS NOT NEW.filter_dnc_campaign COLLATE BINARY
    OR OLD.filter_url_did_redirect IS NOT NEW.filter_url_did_redirect COLLATE BINARY
    OR OLD.no_agent_ingroup_redirect IS NOT NEW.no_agent_ingroup_redirect COLLATE BINARY
    OR OLD.no_agent_ingroup_id IS NOT NEW.no_agent_ingroup_id COLLATE BINARY
    OR OLD.no_agent_ingroup_extension IS NOT NEW.no_agent_ingroup_extension COLLATE BINARY
    OR OLD.pre_filter_phone_group_id IS NOT NEW.pre_filter_phone_group_id COLLATE BINARY
    OR OLD.pre_filter_extension IS NOT NEW.pre_filter_extension COLLATE BINARY
    OR OLD.entry_list_id IS NOT NEW.entry_list_id COLLATE BINARY
    OR OLD.filter_entry_list_id IS NOT NEW.filter_entry_list_id COLLATE BINARY
    OR OLD.max_queue_ingroup_calls IS NOT NEW.max_queue_ingroup_calls COLLATE BINARY
    OR OLD.max_queue_ingroup_id IS NOT NEW.max_queue_ingroup_id COLLATE BINARY
    OR OLD.max_queue_ingroup_extension IS NOT NEW.max_queue_ingroup_extension COLLATE BINARY
    OR OLD.did_carrier_description IS NOT NEW.did_carrier_description COLLATE BINARY
    OR OLD.inbound_route_answer IS NOT NEW.inbound_route_answer COLLATE BINARY
    OR OLD.pre_filter_recent_call IS NOT NEW.pre_filter_recent_call COLLATE BINARY
    OR OLD.pre_filter_recent_extension IS NOT NEW.pre_filter_recent_extension COLLATE BINARY
)
BEGIN
    UPDATE vicidial_inbound_dids SET modify_stamp = datetime('now', 'localtime') WHERE did_id = NEW.did_id;
END;

INSERT INTO system_settings (use_non_latin) VALUES ('0');
