use super::*;
use crate::store::sql::Sql;
use crate::store::{CreateTables, load_dump};

#[test]
fn a_user_opens_with_its_own_password_while_it_is_active() {
    let opens = |change: &str| {
        let address = ":memory:".parse().expect("an address");
        let mut db = Db::open(&address, CreateTables::No).expect("a database");
        let demo = include_str!("../../../fixtures/demo.json");
        load_dump::load(&mut db, [("demo.json", demo)]).expect("rows");
        let change = Sql::new(format!("UPDATE vicidial_users SET {change}"));
        db.write(&change).expect("a change");
        opens_with(&mut db, "6666", "1234").expect("an answer")
    };
    assert!(opens("user_level = 9"));
    assert!(!opens("pass = 'another'"));
    assert!(opens("failed_login_count = 20"));
    assert!(!opens("active = 'N'"));
    assert!(!opens("user_level = 6"));
}

#[test]
fn a_class_c_network_has_an_x() {
    assert_eq!(class_c("127.0.0.1").as_deref(), Some("127.0.0.x"));
    assert_eq!(class_c("::1"), None);
}
