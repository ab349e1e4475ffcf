//! The tables and columns that each part of the API cannot do without, checked once when a VICIdial's database is
//! connected. VICIdial versions differ: a column that only a DID's field or a copy uses is not among them.

use crate::store::columns::Columns;

/// A table, the columns of it that are needed, and by what.
type Need = (&'static str, &'static [&'static str], &'static str);

const NEEDS: &[Need] = &[
    (
        "system_settings",
        &[
            "use_non_latin",
            "pass_hash_enabled",
            "pass_key",
            "pass_cost",
            "allow_ip_lists",
            "system_ip_blacklist",
            "two_factor_auth_hours",
            "two_factor_container",
        ],
        "sign-in",
    ),
    (
        "vicidial_users",
        &[
            "user_id",
            "user",
            "pass",
            "pass_hash",
            "user_level",
            "user_group",
            "active",
            "vdc_agent_api_access",
            "modify_inbound_dids",
            "delete_inbound_dids",
            "modify_lists",
            "modify_campaigns",
            "ast_admin_access",
            "ast_delete_phones",
            "view_reports",
            "api_allowed_functions",
            "failed_login_count",
            "last_login_date",
            "last_ip",
            "ignore_ip_list",
            "two_factor_override",
            "failed_login_attempts_today",
            "failed_login_count_today",
            "failed_last_ip_today",
            "failed_last_type_today",
        ],
        "sign-in",
    ),
    (
        "vicidial_user_groups",
        &[
            "user_group",
            "allowed_campaigns",
            "admin_viewable_groups",
            "api_ip_list",
        ],
        "sign-in",
    ),
    (
        "vicidial_ip_list_entries",
        &["ip_list_id", "ip_address"],
        "sign-in",
    ),
    (
        "vicidial_two_factor_auth",
        &["user", "auth_stage", "auth_exp_date"],
        "sign-in",
    ),
    (
        "vicidial_api_log",
        &[
            "api_id",
            "user",
            "api_date",
            "api_script",
            "function",
            "agent_user",
            "value",
            "result",
            "result_reason",
            "source",
            "data",
            "run_time",
            "webserver",
            "api_url",
        ],
        "every function's log",
    ),
    (
        "vicidial_api_urls",
        &["api_id", "api_date", "remote_ip", "url"],
        "every function's log",
    ),
    ("vicidial_urls", &["url_id", "url"], "every function's log"),
    (
        "vicidial_webservers",
        &["webserver_id", "webserver", "hostname"],
        "every function's log",
    ),
    (
        "vicidial_admin_log",
        &[
            "admin_log_id",
            "event_date",
            "user",
            "ip_address",
            "event_section",
            "event_type",
            "record_id",
            "event_code",
            "event_sql",
            "event_notes",
        ],
        "the log of every change",
    ),
    (
        "servers",
        &["server_id", "server_ip", "active", "local_gmt"],
        "version, add_did, update_did",
    ),
    (
        "vicidial_inbound_dids",
        &["did_id", "did_pattern", "user_group"],
        "add_did, copy_did, update_did",
    ),
    (
        "vicidial_inbound_dids",
        &["did_description", "did_active", "did_route", "group_id"],
        "did_list",
    ),
    (
        "vicidial_did_log",
        &["uniqueid", "extension", "caller_id_number", "call_date"],
        "did_log_export",
    ),
    (
        "vicidial_closer_log",
        &["closecallid", "uniqueid", "call_date", "length_in_sec"],
        "did_log_export",
    ),
    (
        "vicidial_inbound_groups",
        &[
            "group_id",
            "group_name",
            "group_color",
            "active",
            "user_group",
        ],
        "add_did, update_did, ingroup_list",
    ),
    (
        "vicidial_call_menu",
        &["menu_id", "menu_name", "user_group"],
        "add_did, update_did, callmenu_list",
    ),
    (
        "vicidial_voicemail",
        &["voicemail_id", "active", "fullname", "email", "user_group"],
        "vm_list",
    ),
    (
        "phones",
        &[
            "extension",
            "server_ip",
            "voicemail_id",
            "active",
            "fullname",
            "email",
            "user_group",
        ],
        "vm_list",
    ),
    (
        "vicidial_filter_phone_groups",
        &["filter_phone_group_id"],
        "add_fpg_phone, delete_fpg_phone",
    ),
    (
        "vicidial_filter_phone_numbers",
        &["phone_number", "filter_phone_group_id"],
        "add_fpg_phone, delete_fpg_phone",
    ),
    (
        "vicidial_cid_groups",
        &["cid_group_id", "user_group"],
        "update_cid_group_entry",
    ),
    (
        "vicidial_campaigns",
        &["campaign_id"],
        "update_cid_group_entry",
    ),
    (
        "vicidial_campaign_cid_areacodes",
        &[
            "campaign_id",
            "areacode",
            "outbound_cid",
            "active",
            "cid_description",
            "call_count_today",
        ],
        "update_cid_group_entry",
    ),
    (
        "phones",
        &[
            "extension",
            "server_ip",
            "dialplan_number",
            "voicemail_id",
            "login",
            "pass",
            "status",
            "active",
            "fullname",
            "protocol",
            "local_gmt",
            "outbound_cid",
            "conf_secret",
            "phone_context",
            "email",
            "user_group",
        ],
        "add_phone, update_phone, add_phone_alias, update_phone_alias",
    ),
    (
        "phones_alias",
        &["alias_id", "alias_name", "logins_list"],
        "add_phone_alias, update_phone_alias",
    ),
    (
        "servers",
        &[
            "generate_vicidial_conf",
            "active_asterisk_server",
            "rebuild_conf_files",
        ],
        "add_phone, update_phone",
    ),
    (
        "vicidial_conf_templates",
        &["template_id"],
        "add_phone, update_phone",
    ),
];

/// What the database lacks, a table or column a part, each with what needs it; none where nothing is missing.
pub fn missing(columns: &Columns) -> Option<String> {
    let mut missing = Vec::new();
    for (table, needed, who) in NEEDS {
        if columns.of(table).is_empty() {
            missing.push(format!("table {table} (for {who})"));
            continue;
        }
        let lacking = needed
            .iter()
            .filter(|column| columns.find(table, column).is_none());
        missing.extend(lacking.map(|column| format!("column {table}.{column} (for {who})")));
    }
    (!missing.is_empty()).then(|| missing.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_tables_have_everything() {
        assert_eq!(missing(&Columns::ours()), None);
    }

    #[test]
    fn an_empty_database_lacks_every_table() {
        let missing = missing(&Columns::default()).expect("everything is missing");
        assert_eq!(missing.matches("table ").count(), NEEDS.len());
        assert!(
            missing.contains("table vicidial_inbound_dids (for add_did, copy_did, update_did)")
        );
    }
}
