//! The phone functions in the documented dialect: every line they answer, what they store at and over each bound, whom
//! they let do it, and what they leave in the logs.

use crate::common::database::{Backend, Database, Tables, state};
use crate::common::site::Site;
use serde_json::{Map, Value, json};

on_each_database! {
    add_phone_answers update_phone_answers alias_answers
    a_new_phone_is_stored_cut_to_its_columns an_update_takes_each_bound_and_refuses_what_is_past_it
    zones_are_compared_as_numbers_and_stored_as_sent blank_empties
    the_shortest_values_are_taken_and_no_shorter_ones
    a_flag_takes_its_words_in_any_case_and_passes_over_others a_new_phone_takes_only_its_own_fields
    no_password_is_logged a_quote_in_an_address_is_stored
    the_slips_of_the_wire_are_mended_and_logged_as_they_were the_scope_is_the_wide_one
    a_change_lets_its_dialer_write_its_files_anew
}

const CC100: &str = "update_phone&extension=cc100&server_ip=10.0.9.8";

/// Makes each of these calls and compares the line that comes.
fn answers(site: &mut Site, asked: &[(&str, &str)]) {
    for (query, line) in asked {
        assert_eq!(site.body(query), format!("{line}\n"), "{query}");
    }
}

fn stored_phone(site: &Site, extension: &str) -> Map<String, Value> {
    site.row("phones", "extension", extension)
}

/// An `add_phone` with every required field, some of them others.
fn new_phone(other: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("extension", "55000"),
        ("dialplan_number", "55001"),
        ("voicemail_id", "55002"),
        ("phone_login", "55003"),
        ("phone_pass", "agentpass"),
        ("server_ip", "192.168.198.5"),
        ("protocol", "SIP"),
        ("registration_password", "regpass"),
        ("phone_full_name", "Front+desk"),
        ("local_gmt", "-5.00"),
        ("outbound_cid", "7275551212"),
    ];
    for (name, value) in other {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    let pairs: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={v}")).collect();
    format!("add_phone&{}", pairs.join("&"))
}

fn add_phone_answers(backend: Backend) {
    let mut phones = Site::start(backend);
    for user in ["1002", "1003", "1006"] {
        let expected =
            format!("ERROR: add_phone USER DOES NOT HAVE PERMISSION TO ADD PHONES - {user}|0\n");
        assert_eq!(phones.body_as(user, &new_phone(&[])), expected);
    }
    for required in [
        "dialplan_number",
        "voicemail_id",
        "phone_login",
        "phone_pass",
        "server_ip",
        "registration_password",
        "phone_full_name",
        "local_gmt",
        "outbound_cid",
    ] {
        let reply = phones.body(&new_phone(&[(required, "")]));
        assert!(
            reply.starts_with("ERROR: add_phone YOU MUST USE ALL REQUIRED FIELDS - 6666|55000|"),
            "{required}: {reply}"
        );
    }
    answers(
        &mut phones,
        &[
            (
                "add_phone&extension=1000",
                "ERROR: add_phone YOU MUST USE ALL REQUIRED FIELDS - 6666|1000||||||||||",
            ),
            (
                &new_phone(&[("protocol", "PJSIP")]),
                "ERROR: add_phone YOU MUST USE ALL REQUIRED FIELDS - 6666|55000|55001|55002|55003|agentpass|192.168.198.5|PJSIP|regpass|Front desk|-5.00|7275551212",
            ),
            (
                &new_phone(&[("extension", "5")]),
                "ERROR: add_phone YOU MUST USE ALL REQUIRED FIELDS - 6666|5|55001|55002|55003|agentpass|192.168.198.5|SIP|regpass|Front desk|-5.00|7275551212",
            ),
            (
                &new_phone(&[("dialplan_number", "5")]),
                "ERROR: add_phone YOU MUST USE ALL REQUIRED FIELDS - 6666|55000|5|55002|55003|agentpass|192.168.198.5|SIP|regpass|Front desk|-5.00|7275551212",
            ),
            (
                &new_phone(&[("server_ip", "10.0.9.9")]),
                "ERROR: add_phone SERVER DOES NOT EXIST - 6666|10.0.9.9",
            ),
            (
                &new_phone(&[("extension", "CC101"), ("server_ip", "10.0.9.8")]),
                "ERROR: add_phone PHONE ALREADY EXISTS ON THIS SERVER - 6666|10.0.9.8|CC101",
            ),
            (
                &new_phone(&[("phone_login", "cc100")]),
                "ERROR: add_phone PHONE LOGIN ALREADY EXISTS - 6666|cc100",
            ),
            (
                &new_phone(&[("local_gmt", "-13")]),
                "ERROR: add_phone YOU MUST USE A VALID TIMEZONE - 6666|-13",
            ),
            (
                &new_phone(&[("template_id", "batch")]),
                "ERROR: add_phone TEMPLATE ID DOES NOT EXIST, THIS IS AN OPTIONAL FIELD - 6666|55003|batch",
            ),
            (
                &new_phone(&[
                    ("is_webphone", "y_api_launch"),
                    ("on_hook_agent", "perhaps"),
                ]),
                "SUCCESS: add_phone PHONE HAS BEEN ADDED - 6666|55000|192.168.198.5|SIP|55001",
            ),
        ],
    );
    assert_eq!(phones.database.rows("phones").len(), 4, "one was added");
    let phone = stored_phone(&phones, "55000");
    for (column, value) in [
        ("dialplan_number", "55001"),
        ("voicemail_id", "55002"),
        ("login", "55003"),
        ("pass", "agentpass"),
        ("conf_secret", "regpass"),
        ("fullname", "Front desk"),
        ("phone_context", "default"),
        ("user_group", "---ALL---"),
        ("active", "Y"),
        ("status", "ACTIVE"),
        ("email", ""),
        ("template_id", ""),
        ("is_webphone", "Y_API_LAUNCH"),
        ("on_hook_agent", "N"),
    ] {
        assert_eq!(phone[column], value, "{column}");
    }
    let log = phones.last("vicidial_admin_log", "admin_log_id");
    assert_eq!(log["record_id"], "55000");
    assert_eq!(log["event_notes"], "phone: 55000|192.168.198.5");
}

fn update_phone_answers(backend: Backend) {
    let mut phones = Site::start(backend);
    assert_eq!(
        phones.body_as("1003", &format!("{CC100}&active=N")),
        "ERROR: update_phone USER DOES NOT HAVE PERMISSION TO UPDATE PHONES - 1003|0\n"
    );
    assert_eq!(
        phones.body_as("1001", &format!("{CC100}&delete_phone=Y")),
        "NOTICE: update_phone USER DOES NOT HAVE PERMISSION TO DELETE PHONES - 1001|0\n"
    );
    answers(
        &mut phones,
        &[
            (
                "update_phone",
                "ERROR: update_phone YOU MUST USE ALL REQUIRED FIELDS - 6666||",
            ),
            (
                "update_phone&extension=c&server_ip=10.0.9.8&active=N",
                "ERROR: update_phone YOU MUST USE ALL REQUIRED FIELDS - 6666|c|10.0.9.8",
            ),
            (
                "update_phone&extension=cc100&server_ip=10.0.9.9&active=N",
                "ERROR: update_phone SERVER DOES NOT EXIST - 6666|10.0.9.9",
            ),
            (
                "update_phone&extension=cc999&server_ip=10.0.9.8&active=N",
                "ERROR: update_phone PHONE DOES NOT EXIST ON THIS SERVER - 6666|10.0.9.8|cc999",
            ),
            (
                &format!("{CC100}&template_id=batch&phone_login=cc100"),
                "ERROR: update_phone TEMPLATE ID DOES NOT EXIST, THIS IS AN OPTIONAL FIELD - 6666|cc100|batch",
            ),
            (
                &format!("{CC100}&phone_login=SUP200"),
                "ERROR: update_phone LOGIN ALREADY EXISTS - 6666|SUP200",
            ),
            // Another phone on the same dialer may share its login.
            (
                &format!("{CC100}&phone_login=cc101&webphone_auto_answer=n&is_webphone=never"),
                "SUCCESS: update_phone PHONE HAS BEEN UPDATED - 6666|cc100|10.0.9.8|",
            ),
        ],
    );
    let phone = stored_phone(&phones, "cc100");
    assert_eq!(phone["login"], "cc101");
    assert_eq!(phone["webphone_auto_answer"], "N");
    assert_eq!(phone["is_webphone"], "N", "an unknown word is passed over");

    // The refused values before have changed nothing, and a deletion does not look at the fields.
    answers(
        &mut phones,
        &[
            (
                &format!("{CC100}&delete_phone=Y&local_gmt=99"),
                "SUCCESS: update_phone PHONE HAS BEEN DELETED - 6666|cc100|10.0.9.8|",
            ),
            (
                &format!("{CC100}&delete_phone=Y"),
                "ERROR: update_phone PHONE DOES NOT EXIST ON THIS SERVER - 6666|10.0.9.8|cc100",
            ),
        ],
    );
    assert_eq!(phones.database.rows("phones").len(), 2);
    let log = phones.last("vicidial_admin_log", "admin_log_id");
    assert_eq!(log["event_code"], "ADMIN API DELETE PHONE");
    assert_eq!(
        log["event_sql"],
        "DELETE FROM phones WHERE extension = 'cc100' AND server_ip = '10.0.9.8'"
    );
}

fn alias_answers(backend: Backend) {
    let mut phones = Site::start(backend);
    let long = "n".repeat(51);
    assert_eq!(
        phones.body_as("1003", "add_phone_alias&alias_id=x101"),
        "ERROR: add_phone_alias USER DOES NOT HAVE PERMISSION TO ADD PHONE ALIASES - 1003|0\n"
    );
    assert_eq!(
        phones.body_as("1003", "update_phone_alias&alias_id=x100"),
        "ERROR: update_phone_alias USER DOES NOT HAVE PERMISSION TO UPDATE PHONE ALIASES - 1003|0\n"
    );
    assert_eq!(
        phones.body_as("1001", "update_phone_alias&alias_id=x100&delete_alias=Y"),
        "NOTICE: update_phone_alias USER DOES NOT HAVE PERMISSION TO DELETE PHONE ALIASES - 1001|0\n"
    );
    answers(
        &mut phones,
        &[
            (
                "add_phone_alias",
                "ERROR: add_phone_alias YOU MUST USE ALL REQUIRED FIELDS - 6666|||",
            ),
            (
                "add_phone_alias&alias_id=x101&alias_name=n&phone_logins=c",
                "ERROR: add_phone_alias YOU MUST USE ALL REQUIRED FIELDS - 6666|x101|n|c",
            ),
            (
                "add_phone_alias&alias_id=X100&alias_name=n&phone_logins=nobody",
                "ERROR: add_phone_alias PHONE ALIAS ALREADY EXISTS - 6666|X100",
            ),
            (
                "add_phone_alias&alias_id=x101&alias_name=n&phone_logins=cc100,nobody,none",
                "ERROR: add_phone_alias PHONE DOES NOT EXIST - 6666|nobody",
            ),
            (
                "add_phone_alias&alias_id=x101&alias_name=n&phone_logins=cc100,",
                "ERROR: add_phone_alias PHONE DOES NOT EXIST - 6666|",
            ),
            (
                "add_phone_alias&alias_id=x101&alias_name=n&phone_logins=cc100,CC101",
                "SUCCESS: add_phone_alias PHONE ALIAS HAS BEEN ADDED - 6666|x101|n|cc100,CC101",
            ),
            (
                "update_phone_alias",
                "ERROR: update_phone_alias YOU MUST USE ALL REQUIRED FIELDS - 6666|||",
            ),
            (
                "update_phone_alias&alias_id=x101&phone_logins=c",
                "ERROR: update_phone_alias YOU MUST USE ALL REQUIRED FIELDS - 6666|x101||c",
            ),
            (
                "update_phone_alias&alias_id=x102&alias_name=none",
                "ERROR: update_phone_alias PHONE ALIAS DOES NOT EXIST - 6666|x102",
            ),
            (
                "update_phone_alias&alias_id=x101&alias_name=x",
                "ERROR: update_phone_alias YOU MUST USE A VALID ALIAS NAME - 6666|x",
            ),
            (
                &format!("update_phone_alias&alias_id=x101&alias_name={long}"),
                &format!("ERROR: update_phone_alias YOU MUST USE A VALID ALIAS NAME - 6666|{long}"),
            ),
            (
                "update_phone_alias&alias_id=x101&alias_name=name&phone_logins=none",
                "ERROR: update_phone_alias PHONE DOES NOT EXIST - 6666|none",
            ),
            (
                "update_phone_alias&alias_id=x101&delete_alias=N",
                "NOTICE: update_phone_alias NO UPDATES DEFINED - 6666|",
            ),
            (
                "update_phone_alias&alias_id=x101&alias_name=ab&phone_logins=sup200",
                "SUCCESS: update_phone_alias PHONE ALIAS HAS BEEN UPDATED - 6666|x101|",
            ),
        ],
    );
    let alias = phones.row("phones_alias", "alias_id", "x101");
    assert_eq!(alias["alias_name"], "ab");
    assert_eq!(alias["logins_list"], "sup200");
    answers(
        &mut phones,
        &[(
            "update_phone_alias&alias_id=x101&delete_alias=Y",
            "SUCCESS: update_phone_alias PHONE ALIAS HAS BEEN DELETED - 6666|x101",
        )],
    );
    assert_eq!(phones.database.rows("phones_alias").len(), 1);

    // A name that is cut to another alias's is that alias.
    let long = "a".repeat(21);
    let add = format!("add_phone_alias&alias_id={long}&alias_name=n&phone_logins=cc100");
    let again = format!("ERROR: add_phone_alias PHONE ALIAS ALREADY EXISTS - 6666|{long}");
    let added =
        format!("SUCCESS: add_phone_alias PHONE ALIAS HAS BEEN ADDED - 6666|{long}|n|cc100");
    answers(&mut phones, &[(&add, &added), (&add, &again)]);
    assert_eq!(phones.database.rows("phones_alias").len(), 2);
}

fn a_new_phone_is_stored_cut_to_its_columns(backend: Backend) {
    let mut phones = Site::start(backend);
    let long = |letter: &str, count| letter.repeat(count);
    let query = new_phone(&[
        ("extension", &long("e", 101)),
        ("dialplan_number", &long("1", 21)),
        ("voicemail_id", &long("2", 11)),
        ("phone_login", &long("l", 16)),
        ("phone_pass", &long("p", 101)),
        ("registration_password", &long("r", 101)),
        ("phone_full_name", &long("n", 51)),
        ("local_gmt", "-05.000"),
        ("outbound_cid", &long("7", 21)),
        ("email", &long("m", 101)),
        ("phone_context", &long("c", 21)),
        ("admin_user_group", &long("g", 21)),
        ("template_id", "x"),
    ]);
    let data = format!("{}|192.168.198.5", long("e", 101));
    let reply = phones.body(&query);
    assert_eq!(
        reply,
        format!(
            "SUCCESS: add_phone PHONE HAS BEEN ADDED - 6666|{data}|SIP|{}\n",
            long("1", 21)
        )
    );
    let phone = stored_phone(&phones, &long("e", 100));
    for (column, letter, count) in [
        ("dialplan_number", "1", 20),
        ("voicemail_id", "2", 10),
        ("login", "l", 15),
        ("pass", "p", 100),
        ("conf_secret", "r", 100),
        ("fullname", "n", 50),
        ("outbound_cid", "7", 20),
        ("email", "m", 100),
        ("phone_context", "c", 20),
        ("user_group", "g", 20),
    ] {
        assert_eq!(phone[column], long(letter, count), "{column}");
    }
    assert_eq!(phone["local_gmt"], "-05.00");
    assert_eq!(phone["template_id"], "");

    // Cut to the same extension, it is the same phone.
    let other = query.replace(&long("l", 16), "other");
    assert_eq!(
        phones.body(&other),
        format!(
            "ERROR: add_phone PHONE ALREADY EXISTS ON THIS SERVER - 6666|192.168.198.5|{}\n",
            long("e", 101)
        )
    );
}

fn an_update_takes_each_bound_and_refuses_what_is_past_it(backend: Backend) {
    const OPTIONAL: &str = ", THIS IS AN OPTIONAL FIELD";
    let mut phones = Site::start(backend);
    let updated = "SUCCESS: update_phone PHONE HAS BEEN UPDATED - 6666|cc100|10.0.9.8|\n";
    // Parameter, column and its width, shortest, longest, reason.
    let lengths = [
        ("email", "email", 100, 5, 300, "YOU MUST USE A VALID EMAIL"),
        (
            "phone_context",
            "phone_context",
            20,
            2,
            30,
            "YOU MUST USE A VALID PHONE CONTEXT",
        ),
        (
            "phone_full_name",
            "fullname",
            50,
            2,
            30,
            "YOU MUST USE A VALID PHONE NAME",
        ),
        (
            "registration_password",
            "conf_secret",
            100,
            2,
            30,
            "YOU MUST USE A VALID REGISTRATION PASSWORD",
        ),
        (
            "phone_pass",
            "pass",
            100,
            2,
            30,
            "YOU MUST USE A VALID PHONE PASSWORD",
        ),
        (
            "voicemail_id",
            "voicemail_id",
            10,
            2,
            30,
            "YOU MUST USE A VALID VOICEMAIL NUMBER",
        ),
        (
            "dialplan_number",
            "dialplan_number",
            20,
            3,
            30,
            "YOU MUST USE A VALID DIALPLAN NUMBER",
        ),
        (
            "outbound_cid",
            "outbound_cid",
            20,
            6,
            18,
            "OUTBOUND CID MUST BE FROM 6 TO 18 DIGITS",
        ),
        (
            "admin_user_group",
            "user_group",
            20,
            2,
            20,
            "USER GROUP MUST BE FROM 2 TO 20 CHARACTERS",
        ),
        (
            "outbound_alt_cid",
            "outbound_alt_cid",
            20,
            6,
            18,
            "OUTBOUND ALT CID MUST BE FROM 6 TO 18 DIGITS",
        ),
    ];
    for (parameter, column, width, low, high, reason) in lengths {
        let optional = if reason.contains(" MUST BE ") {
            OPTIONAL
        } else {
            ""
        };
        for length in [low, high] {
            let value = "8".repeat(length);
            let query = format!("{CC100}&{parameter}={value}");
            assert_eq!(phones.body(&query), updated, "{query}");
            assert_eq!(
                stored_phone(&phones, "cc100")[column],
                value[..length.min(width)],
                "{query}"
            );
        }
        let before = stored_phone(&phones, "cc100");
        for length in [low - 1, high + 1] {
            let value = "9".repeat(length);
            let query = format!("{CC100}&{parameter}={value}&active=N");
            let refused = format!("ERROR: update_phone {reason}{optional} - 6666|{value}\n");
            assert_eq!(phones.body(&query), refused, "{query}");
        }
        assert_eq!(
            stored_phone(&phones, "cc100"),
            before,
            "{parameter}: nothing was changed"
        );
    }
    let timeout = format!("PHONE RING TIMEOUT MUST BE FROM 2 TO 180 SECONDS{OPTIONAL}");
    let active = format!("ACTIVE MUST BE Y OR N{OPTIONAL}");
    let delete = format!("DELETE VOICEMAIL AFTER EMAIL MUST BE Y OR N{OPTIONAL}");
    for (parameter, values, refused, reason) in [
        (
            "protocol",
            &["IAX2", "SIP", "Zap", "EXTERNAL"][..],
            &["sip", "PJSIP", "0"][..],
            "YOU MUST USE A VALID PROTOCOL",
        ),
        ("active", &["N", "Y"], &["YES", "U"], &active),
        ("delete_vm_after_email", &["Y", "N"], &["y", "NO"], &delete),
        (
            "phone_ring_timeout",
            &["2", "180"],
            &["0", "1", "181", "99999999999999999999"],
            &timeout,
        ),
    ] {
        for value in values {
            assert_eq!(
                phones.body(&format!("{CC100}&{parameter}={value}")),
                updated
            );
            let stored = &stored_phone(&phones, "cc100")[parameter];
            assert_eq!(stored.to_string().trim_matches('"'), *value, "{parameter}");
        }
        for value in refused {
            assert_eq!(
                phones.body(&format!("{CC100}&{parameter}={value}")),
                format!("ERROR: update_phone {reason} - 6666|{value}\n")
            );
        }
    }
}

fn zones_are_compared_as_numbers_and_stored_as_sent(backend: Backend) {
    let mut phones = Site::start(backend);
    let updated = "SUCCESS: update_phone PHONE HAS BEEN UPDATED - 6666|cc100|10.0.9.8|\n";
    for zone in [
        "12.75", "-5", "-05.00", "5.", "5.500", ".0", "-0", "9.50", "-12",
    ] {
        assert_eq!(
            phones.body(&format!("{CC100}&local_gmt={zone}")),
            updated,
            "{zone}"
        );
        assert_eq!(stored_phone(&phones, "cc100")["local_gmt"], zone);
    }
    for zone in [
        "12.7", "13.00", "-13", "--5", "5-", ".", "-", "1.2.3", "-9.50", "99",
    ] {
        let refused = format!("ERROR: update_phone YOU MUST USE A VALID TIMEZONE - 6666|{zone}\n");
        assert_eq!(phones.body(&format!("{CC100}&local_gmt={zone}")), refused);
    }
    let accepted = [
        "12.75", "12.00", "11.00", "10.00", "9.50", "9.00", "8.00", "7.00", "6.50", "6.00", "5.75",
        "5.50", "5.00", "4.50", "4.00", "3.50", "3.00", "2.00", "1.00", "0.00", "-1.00", "-2.00",
        "-3.00", "-3.50", "-4.00", "-5.00", "-6.00", "-7.00", "-8.00", "-9.00", "-10.00", "-11.00",
        "-12.00",
    ];
    for quarter in -52..=52 {
        let zone = format!("{:.2}", f64::from(quarter) / 4.0);
        let body = phones.body(&format!("{CC100}&local_gmt={zone}"));
        assert_eq!(body == updated, accepted.contains(&&*zone), "{zone}");
    }
}

fn the_shortest_values_are_taken_and_no_shorter_ones(backend: Backend) {
    let mut phones = Site::start(backend);
    let shortest = new_phone(&[
        ("extension", "55"),
        ("dialplan_number", "55"),
        ("voicemail_id", "5"),
        ("phone_login", "p1"),
        ("phone_pass", "5"),
        ("registration_password", "5"),
        ("phone_full_name", "5"),
        ("outbound_cid", "5"),
        // One character of a template is passed over.
        ("template_id", "t"),
    ]);
    let update = "update_phone&extension=55&server_ip=192.168.198.5";
    answers(
        &mut phones,
        &[
            (
                &shortest,
                "SUCCESS: add_phone PHONE HAS BEEN ADDED - 6666|55|192.168.198.5|SIP|55",
            ),
            (
                &format!("{update}&active=N&template_id=t"),
                "SUCCESS: update_phone PHONE HAS BEEN UPDATED - 6666|55|192.168.198.5|",
            ),
            (
                &format!("{update}&template_id=te"),
                "ERROR: update_phone TEMPLATE ID DOES NOT EXIST, THIS IS AN OPTIONAL FIELD - 6666||te",
            ),
            (
                "add_phone_alias&alias_id=x&alias_name=n&phone_logins=p1",
                "ERROR: add_phone_alias YOU MUST USE ALL REQUIRED FIELDS - 6666|x|n|p1",
            ),
            (
                "update_phone_alias&alias_id=x&phone_logins=p1",
                "ERROR: update_phone_alias YOU MUST USE ALL REQUIRED FIELDS - 6666|x||p1",
            ),
            (
                "add_phone_alias&alias_id=x1&alias_name=n&phone_logins=p1",
                "SUCCESS: add_phone_alias PHONE ALIAS HAS BEEN ADDED - 6666|x1|n|p1",
            ),
            (
                "update_phone_alias&alias_id=x1&phone_logins=p1",
                "SUCCESS: update_phone_alias PHONE ALIAS HAS BEEN UPDATED - 6666|x1|",
            ),
        ],
    );
}

fn a_flag_takes_its_words_in_any_case_and_passes_over_others(backend: Backend) {
    let mut phones = Site::start(backend);
    for (flag, words) in [
        ("is_webphone", &["Y", "n", "Y_Api_Launch", "N"][..]),
        ("webphone_auto_answer", &["N", "y", "n", "Y"]),
        ("use_external_server_ip", &["Y", "n", "y", "N"]),
        ("on_hook_agent", &["Y", "n", "y", "N"]),
    ] {
        for word in words {
            phones.body(&format!("{CC100}&{flag}={word}"));
            let stored = stored_phone(&phones, "cc100");
            assert_eq!(stored[flag], word.to_uppercase(), "{flag}={word}");
        }
        let stored = stored_phone(&phones, "cc100");
        let nothing = "NOTICE: update_phone NO UPDATES DEFINED - 6666|\n";
        phones.says(&format!("{CC100}&{flag}=YES"), nothing);
        assert_eq!(stored_phone(&phones, "cc100"), stored, "{flag}=YES");
    }
}

fn a_new_phone_takes_only_its_own_fields(backend: Backend) {
    let mut phones = Site::start(backend);
    phones.body(&new_phone(&[]));
    let usual = stored_phone(&phones, "55000");
    for (extension, parameter, value, column, stored) in [
        // An update sets these; a new phone has what its columns have by themselves.
        ("p1", "active", "N", "active", None),
        (
            "p2",
            "outbound_alt_cid",
            "7275551313",
            "outbound_alt_cid",
            None,
        ),
        ("p3", "phone_ring_timeout", "33", "phone_ring_timeout", None),
        (
            "p4",
            "delete_vm_after_email",
            "Y",
            "delete_vm_after_email",
            None,
        ),
        ("p5", "is_webphone", "y", "is_webphone", Some("Y")),
        (
            "p6",
            "webphone_auto_answer",
            "n",
            "webphone_auto_answer",
            Some("N"),
        ),
        (
            "p7",
            "use_external_server_ip",
            "y",
            "use_external_server_ip",
            Some("Y"),
        ),
        ("p8", "on_hook_agent", "y", "on_hook_agent", Some("Y")),
        (
            "p9",
            "admin_user_group",
            "SALES",
            "user_group",
            Some("SALES"),
        ),
        (
            "p10",
            "phone_context",
            "trunkinbound",
            "phone_context",
            Some("trunkinbound"),
        ),
    ] {
        let own = [("extension", extension), ("phone_login", extension)];
        let body = phones.body(&new_phone(&[&own[..], &[(parameter, value)]].concat()));
        assert!(body.starts_with("SUCCESS"), "{parameter}: {body}");
        let expected = stored.map_or_else(|| usual[column].clone(), Value::from);
        let phone = stored_phone(&phones, extension);
        assert_eq!(phone[column], expected, "{parameter}={value}");
    }
}

fn blank_empties(backend: Backend) {
    let columns = [
        ("email", "email"),
        ("phone_context", "phone_context"),
        ("phone_full_name", "fullname"),
        ("registration_password", "conf_secret"),
        ("template_id", "template_id"),
        ("voicemail_id", "voicemail_id"),
        ("outbound_alt_cid", "outbound_alt_cid"),
    ];
    let mut phones = Site::start(backend);
    phones.body(&format!(
        "{CC100}&email=a@example.com&template_id=SIP_generic&outbound_alt_cid=7275551213"
    ));
    for (parameter, column) in columns {
        assert_ne!(
            stored_phone(&phones, "cc100")[column],
            "",
            "{column} is filled"
        );
        assert_eq!(
            phones.body(&format!("{CC100}&{parameter}=--BLANK--")),
            "SUCCESS: update_phone PHONE HAS BEEN UPDATED - 6666|cc100|10.0.9.8|\n"
        );
        assert_eq!(stored_phone(&phones, "cc100")[column], "", "{column}");
    }
    // The word is a value like any other elsewhere.
    for (parameter, column) in [("phone_pass", "pass"), ("admin_user_group", "user_group")] {
        phones.body(&format!("{CC100}&{parameter}=--BLANK--"));
        assert_eq!(stored_phone(&phones, "cc100")[column], "--BLANK--");
    }
    // This one in any case.
    for word in ["--blank--", "--Blank--"] {
        let template = format!("{CC100}&template_id=");
        phones.body(&format!("{template}SIP_generic"));
        phones.body(&format!("{template}{word}"));
        assert_eq!(stored_phone(&phones, "cc100")["template_id"], "", "{word}");
        let refused = phones.body(&format!("{CC100}&phone_context={word}"));
        assert!(refused.starts_with("SUCCESS"), "{refused}");
        assert_eq!(stored_phone(&phones, "cc100")["phone_context"], word);
    }
    phones.body(&new_phone(&[
        ("extension", "55009"),
        ("phone_login", "55009"),
        ("template_id", "--blank--"),
    ]));
    assert_eq!(stored_phone(&phones, "55009")["template_id"], "");
    // Only update_phone promises it; a new phone's voicemail box is what the filter leaves.
    phones.body(&new_phone(&[("voicemail_id", "--BLANK--")]));
    assert_eq!(stored_phone(&phones, "55000")["voicemail_id"], "BLANK");
}

/// An update as our own tables have it: VICIdial's have one column more, which each update empties.
fn without_install_directory(update: &str) -> String {
    update.replace(", `install_directory` = ''", "")
}

fn no_password_is_logged(backend: Backend) {
    let mut phones = Site::start(backend);
    let secrets = [
        ("phone_pass", "AgentSecret1"),
        ("registration_password", "RegisterSecret1"),
    ];
    let added = phones.body(&new_phone(&secrets));
    assert!(added.starts_with("SUCCESS"), "{added}");
    let phone = stored_phone(&phones, "55000");
    assert_eq!(
        (&phone["pass"], &phone["conf_secret"]),
        (&json!("AgentSecret1"), &json!("RegisterSecret1"))
    );
    let updated = phones.body(&format!(
        "{CC100}&phone_pass=AgentSecret2&registration_password=RegisterSecret2&active=N"
    ));
    assert!(updated.starts_with("SUCCESS"), "{updated}");
    assert_eq!(stored_phone(&phones, "cc100")["pass"], "AgentSecret2");

    let statements: Vec<String> = phones
        .database
        .rows("vicidial_admin_log")
        .iter()
        .map(|row| row["event_sql"].as_str().expect("a text").to_owned())
        .collect();
    assert_eq!(statements.len(), 2);
    assert!(statements[0].contains("'Front desk'") && statements[0].contains("'*'"));
    assert_eq!(
        without_install_directory(&statements[1]),
        "UPDATE phones SET `conf_secret` = '*', `pass` = '*', `active` = 'N' \
         WHERE extension = 'cc100' AND server_ip = '10.0.9.8'"
    );
    let urls = phones.last("vicidial_api_urls", "api_id")["url"].to_string();
    assert!(
        urls.contains("phone_pass=*&registration_password=*&active=N"),
        "{urls}"
    );

    let tables: Tables = phones.database.dump(&[
        "vicidial_admin_log",
        "vicidial_api_urls",
        "vicidial_api_log",
    ]);
    let logs = format!("{tables:?} {}", phones.server.log());
    for secret in ["AgentSecret", "RegisterSecret", "pass=1234"] {
        assert!(!logs.contains(secret), "{secret} in {logs}");
    }
}

fn a_quote_in_an_address_is_stored(backend: Backend) {
    for (dialect, updated) in [
        (
            "documented",
            "SUCCESS: update_phone PHONE HAS BEEN UPDATED - 6666|cc100|10.0.9.8|\n",
        ),
        (
            "wire",
            "SUCCESS: update_phone PHONE HAS BEEN UPDATED - 6666|cc100|10.0.9.8|\n",
        ),
    ] {
        let mut phones = Site::speaking(dialect, backend);
        assert_eq!(
            phones.body(&format!("{CC100}&email=d.o%27neil@example.com")),
            updated
        );
        assert_eq!(
            stored_phone(&phones, "cc100")["email"],
            "d.o'neil@example.com"
        );
        let log = phones.last("vicidial_admin_log", "admin_log_id");
        assert_eq!(
            without_install_directory(log["event_sql"].as_str().expect("a text")),
            r"UPDATE phones SET `email` = 'd.o\'neil@example.com' WHERE extension = 'cc100' AND server_ip = '10.0.9.8'"
        );
        phones.body(&new_phone(&[("email", "d.o%27neil%27@example.com")]));
        assert_eq!(
            stored_phone(&phones, "55000")["email"],
            "d.o'neil'@example.com"
        );
        let others = stored_phone(&phones, "cc101");
        assert_eq!(others["email"], "", "no other phone was touched");
    }
}

fn the_slips_of_the_wire_are_mended_and_logged_as_they_were(backend: Backend) {
    let nothing = CC100;
    let slow = format!("{CC100}&phone_ring_timeout=181&outbound_alt_cid=7275551213");
    let reason =
        "update_phone PHONE RING TIMEOUT MUST BE FROM 2 TO 180 SECONDS, THIS IS AN OPTIONAL FIELD";
    for (dialect, to_nothing, to_slow) in [
        (
            "documented",
            "NOTICE: update_phone NO UPDATES DEFINED - 6666|\n".to_owned(),
            format!("ERROR: {reason} - 6666|181\n"),
        ),
        (
            "wire",
            "SUCCESS: update_phone PHONE HAS BEEN UPDATED - 6666|cc100|10.0.9.8|\n".to_owned(),
            format!("ERROR: {reason}: |6666|7275551213\n"),
        ),
    ] {
        let mut phones = Site::speaking(dialect, backend);
        let stored = |phones: &Site| {
            let mut rows = phones.database.rows("phones");
            for phone in &mut rows {
                phone.remove("install_directory");
            }
            rows
        };
        let before = stored(&phones);
        assert_eq!(phones.body(nothing), to_nothing);
        let log = phones.last("vicidial_api_log", "api_id");
        assert_eq!(log["result"], "SUCCESS");
        assert_eq!(log["result_reason"], "update_phone PHONE HAS BEEN UPDATED");
        assert_eq!(log["data"], "cc100|10.0.9.8|");
        let log = phones.last("vicidial_admin_log", "admin_log_id");
        assert_eq!(log["event_code"], "ADMIN API UPDATE PHONE");
        assert_eq!(log["event_notes"], "phone: cc100|10.0.9.8");

        assert_eq!(phones.body(&slow), to_slow);
        let log = phones.last("vicidial_api_log", "api_id");
        assert_eq!(
            (&log["result"], &log["data"]),
            (&json!("ERROR"), &json!("7275551213"))
        );
        assert_eq!(stored(&phones), before, "no phone was changed");
        assert_eq!(phones.database.rows("vicidial_admin_log").len(), 1);
    }
}

fn the_scope_is_the_wide_one(backend: Backend) {
    let missing =
        "ERROR: update_phone PHONE DOES NOT EXIST ON THIS SERVER - 1007|192.168.198.5|sup200\n";
    let updated = "SUCCESS: update_phone PHONE HAS BEEN UPDATED - 1007|sup200|192.168.198.5|\n";
    // sup200 belongs to the user group SUPERV, user 1007 to SALES.
    for (viewable, reply) in [
        (" SALES SUPPORT ", missing),
        (" SALES SUPERV -", updated),
        (" AB ", missing),
        ("A B", updated),
        ("", updated),
        ("x--all--", updated),
    ] {
        let mut tables = state();
        for group in tables.get_mut("vicidial_user_groups").expect("user groups") {
            if group["user_group"] == "SALES" {
                group.insert("admin_viewable_groups".to_owned(), json!(viewable));
            }
        }
        let mut phones = Site::on(Database::with(backend, &tables), &[]);
        let query = "update_phone&extension=sup200&server_ip=192.168.198.5&active=N";
        assert_eq!(phones.body_as("1007", query), reply, "{viewable:?}");
    }
    // A user group that does not exist sees everything here; a deletion is bound to the scope too.
    let mut phones = Site::start(backend);
    let delete = "update_phone&extension=sup200&server_ip=192.168.198.5&delete_phone=Y";
    assert_eq!(phones.body_as("1007", delete), missing);
    assert_eq!(
        phones.body_as("1016", delete),
        "SUCCESS: update_phone PHONE HAS BEEN DELETED - 1016|sup200|192.168.198.5|\n"
    );
}

fn a_change_lets_its_dialer_write_its_files_anew(backend: Backend) {
    // Whether it writes its own files, and whether Asterisk runs on it.
    for (generates, runs, flag) in [("Y", "Y", "Y"), ("N", "Y", "N"), ("Y", "N", "N")] {
        for query in [
            new_phone(&[("server_ip", "10.0.9.8")]),
            format!("{CC100}&active=N"),
            format!("{CC100}&delete_phone=Y"),
        ] {
            let mut tables = state();
            for server in tables.get_mut("servers").expect("servers") {
                server.insert("generate_vicidial_conf".to_owned(), json!(generates));
                server.insert("active_asterisk_server".to_owned(), json!(runs));
            }
            let mut phones = Site::on(Database::with(backend, &tables), &[]);
            phones.body(&format!("{CC100}&active=U"));
            let flag_of = |phones: &Site, ip| {
                phones.row("servers", "server_ip", ip)["rebuild_conf_files"].clone()
            };
            assert_eq!(flag_of(&phones, "10.0.9.8"), "N", "a refusal sets nothing");
            assert!(phones.body(&query).starts_with("SUCCESS"), "{query}");
            assert_eq!(flag_of(&phones, "10.0.9.8"), flag, "{query}");
            assert_eq!(flag_of(&phones, "192.168.198.5"), "N", "the other dialer");
        }
    }
}

#[test]
fn an_update_empties_the_install_directory_as_the_reference_does() {
    for (dialect, nothing, left) in [
        ("wire", "SUCCESS: update_phone PHONE HAS BEEN UPDATED", ""),
        (
            "documented",
            "NOTICE: update_phone NO UPDATES DEFINED",
            "/opt",
        ),
    ] {
        let mut phones = Site::speaking(dialect, Backend::Vicidial);
        let is = |phones: &Site| {
            phones
                .database
                .run("SELECT DISTINCT install_directory FROM phones WHERE extension = 'cc100'")
        };
        for (query, reply, expected) in [
            (CC100, nothing, left),
            (
                &format!("{CC100}&active=N"),
                "SUCCESS: update_phone PHONE HAS BEEN UPDATED",
                "",
            ),
        ] {
            phones
                .database
                .run("UPDATE phones SET install_directory = '/opt'");
            let answer = phones.body(query);
            assert!(answer.starts_with(reply), "{answer}");
            assert_eq!(is(&phones), format!("{expected}\n"), "{query}");
        }
        phones
            .database
            .run("UPDATE phones SET install_directory = '/opt'");
        phones.body(&format!("{CC100}&active=U"));
        assert_eq!(is(&phones), "/opt\n", "a refusal changes nothing");
    }
}

/// VICIdial versions differ in their columns, and in the words that an ENUM takes.
#[test]
fn a_field_that_an_older_database_cannot_keep_is_refused() {
    let database = Database::with_state(Backend::Vicidial);
    database.run(
        "ALTER TABLE phones DROP COLUMN outbound_alt_cid, MODIFY is_webphone ENUM('Y','N') DEFAULT 'N'",
    );
    let mut phones = Site::on(database, &[]);
    let refused = "THIS DATABASE HAS NO COLUMN FOR THIS FIELD, THIS IS AN OPTIONAL FIELD";
    answers(
        &mut phones,
        &[
            (
                &format!("{CC100}&outbound_alt_cid=7275551213&active=N"),
                &format!("ERROR: update_phone {refused} - 6666|outbound_alt_cid"),
            ),
            (
                &new_phone(&[("is_webphone", "Y_API_LAUNCH")]),
                &format!("ERROR: add_phone {refused} - 6666|is_webphone"),
            ),
            (
                &new_phone(&[("is_webphone", "y")]),
                "SUCCESS: add_phone PHONE HAS BEEN ADDED - 6666|55000|192.168.198.5|SIP|55001",
            ),
        ],
    );
    assert_eq!(
        stored_phone(&phones, "cc100")["active"],
        "Y",
        "nothing was changed"
    );
    assert_eq!(stored_phone(&phones, "55000")["is_webphone"], "Y");
}
