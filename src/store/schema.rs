//! The tables and columns that queries name, under VICIdial's names (`columns.tsv` has all columns we know).
//!
//! Dates are texts (`YYYY-MM-DD HH:MM:SS`, the dialer's local time), so that VICIdial's zero dates can be read too.

use diesel::table;

table! {
    system_settings (use_non_latin) {
        use_non_latin -> Nullable<Text>,
        pass_hash_enabled -> Nullable<Text>,
        pass_key -> Nullable<Text>,
        pass_cost -> Nullable<Integer>,
        allow_ip_lists -> Nullable<Text>,
        system_ip_blacklist -> Nullable<Text>,
        two_factor_auth_hours -> Nullable<Integer>,
        two_factor_container -> Nullable<Text>,
    }
}

table! {
    vicidial_users (user_id) {
        user_id -> BigInt,
        user -> Text,
        pass -> Text,
        pass_hash -> Nullable<Text>,
        user_level -> Nullable<Integer>,
        user_group -> Nullable<Text>,
        active -> Nullable<Text>,
        vdc_agent_api_access -> Nullable<Text>,
        modify_inbound_dids -> Nullable<Text>,
        delete_inbound_dids -> Nullable<Text>,
        modify_lists -> Nullable<Text>,
        modify_campaigns -> Nullable<Text>,
        ast_admin_access -> Nullable<Text>,
        ast_delete_phones -> Nullable<Text>,
        view_reports -> Nullable<Text>,
        api_allowed_functions -> Nullable<Text>,
        failed_login_count -> Nullable<Integer>,
        last_login_date -> Nullable<Text>,
        last_ip -> Nullable<Text>,
        ignore_ip_list -> Nullable<Text>,
        two_factor_override -> Nullable<Text>,
        failed_login_attempts_today -> Nullable<Integer>,
        failed_login_count_today -> Nullable<Integer>,
        failed_last_ip_today -> Nullable<Text>,
        failed_last_type_today -> Nullable<Text>,
    }
}

table! {
    vicidial_user_groups (user_group) {
        user_group -> Text,
        allowed_campaigns -> Nullable<Text>,
        admin_viewable_groups -> Nullable<Text>,
        api_ip_list -> Nullable<Text>,
    }
}

table! {
    vicidial_ip_list_entries (ip_list_id, ip_address) {
        ip_list_id -> Text,
        ip_address -> Text,
    }
}

table! {
    vicidial_two_factor_auth (user, auth_exp_date) {
        user -> Nullable<Text>,
        auth_stage -> Nullable<Text>,
        auth_exp_date -> Nullable<Text>,
    }
}

table! {
    servers (server_id) {
        server_id -> Text,
        server_ip -> Text,
        active -> Nullable<Text>,
        local_gmt -> Nullable<Text>,
        generate_vicidial_conf -> Nullable<Text>,
        active_asterisk_server -> Nullable<Text>,
        rebuild_conf_files -> Nullable<Text>,
    }
}

table! {
    vicidial_inbound_groups (group_id) {
        group_id -> Text,
        group_name -> Nullable<Text>,
        group_color -> Nullable<Text>,
        active -> Nullable<Text>,
        user_group -> Nullable<Text>,
    }
}

table! {
    vicidial_call_menu (menu_id) {
        menu_id -> Text,
        menu_name -> Nullable<Text>,
        user_group -> Nullable<Text>,
    }
}

table! {
    vicidial_inbound_dids (did_id) {
        did_id -> BigInt,
        did_pattern -> Text,
        did_description -> Nullable<Text>,
        did_active -> Nullable<Text>,
        did_route -> Nullable<Text>,
        user_group -> Nullable<Text>,
    }
}

table! {
    vicidial_webservers (webserver_id) {
        webserver_id -> BigInt,
        webserver -> Nullable<Text>,
        hostname -> Nullable<Text>,
    }
}

table! {
    vicidial_urls (url_id) {
        url_id -> BigInt,
        url -> Nullable<Text>,
    }
}
