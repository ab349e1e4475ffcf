use super::*;
use crate::store::sql::Sql;
use crate::store::{CreateTables, load_dump};

/// The demo's rows after this change.
fn demo(change: &str) -> Db {
    let address = ":memory:".parse().expect("an address");
    let mut db = Db::open(&address, CreateTables::No).expect("a database");
    let demo = include_str!("../../../fixtures/demo.json");
    load_dump::load(&mut db, [("demo.json", demo)]).expect("rows");
    db.write(&Sql::new(change)).expect("a change");
    db
}

#[test]
fn a_user_opens_with_its_own_password_while_it_is_active() {
    let opens = |change: &str| {
        let mut db = demo(&format!("UPDATE vicidial_users SET {change}"));
        opens_with(&mut db, "6666", "1234").expect("an answer")
    };
    assert!(opens("user_level = 9"));
    assert!(!opens("pass = 'another'"));
    assert!(opens("failed_login_count = 20"));
    assert!(!opens("active = 'N'"));
    assert!(!opens("user_level = 6"));
}

#[test]
fn ten_failures_lock_a_user_for_15_minutes() {
    let mut db = demo("UPDATE vicidial_users SET last_login_date = '2026-11-20 12:00:00'");
    let user = users::find(&mut db, "6666")
        .expect("a row")
        .expect("a user");
    for (failures, time, opens) in [
        (9, "12:00:01", true),
        (10, "12:00:01", false),
        (10, "12:15:00", false),
        (10, "12:15:01", true),
        (10, "12:16:00", true),
    ] {
        let user = User {
            failed_login_count: failures,
            ..User::clone(&user)
        };
        let at = format!("2026-11-20T{time}Z").parse().expect("a time");
        let gate = lockout(&user, &CallTime::in_zone(at, &chrono::Utc));
        assert_eq!(gate.opens(), opens, "{failures} failures, {time}");
    }
}

#[test]
fn a_list_of_addresses_is_named_by_2_characters_or_more() {
    for (whitelist, opens) in [("", true), ("A", true), ("AB", false)] {
        let mut db = demo(&format!(
            "UPDATE vicidial_user_groups SET api_ip_list = '{whitelist}'"
        ));
        db.write(&Sql::new("UPDATE system_settings SET allow_ip_lists = '1'"))
            .expect("a change");
        let settings = Settings::read(&mut db).expect("settings");
        let user = users::find(&mut db, "6666")
            .expect("a row")
            .expect("a user");
        let gate = address(&mut db, &user, &settings, "192.0.2.1").expect("a gate");
        assert_eq!(gate.opens(), opens, "{whitelist:?}");
    }
}

#[test]
fn a_class_c_network_has_an_x() {
    assert_eq!(class_c("127.0.0.1").as_deref(), Some("127.0.0.x"));
    assert_eq!(class_c("::1"), None);
}
