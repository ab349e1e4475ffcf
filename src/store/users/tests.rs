use super::*;
use crate::store::{CreateTables, load_dump};

/// The demo's users after this change, and user 6666.
fn demo(change: &str) -> (Db, Arc<User>) {
    let address = ":memory:".parse().expect("an address");
    let mut db = Db::open(&address, CreateTables::No).expect("a database");
    let demo = include_str!("../../../fixtures/demo.json");
    load_dump::load(&mut db, [("demo.json", demo)]).expect("rows");
    let change = Sql::new(format!(
        "UPDATE vicidial_users SET {change} WHERE user = '6666'"
    ));
    db.write(&change).expect("a change");
    let user = find(&mut db, "6666").expect("a row").expect("a user");
    (db, user)
}

#[test]
fn a_sign_in_leaves_its_time_and_address_and_no_failures() {
    let (now, address) = ("2026-11-20 12:00:00", "192.0.2.1");
    for (date, ip, failures) in [
        (now, address, 0),
        ("2026-11-20 11:59:59", address, 0),
        (now, "192.0.2.2", 0),
        (now, address, 1),
    ] {
        let (mut db, user) = demo(&format!(
            "last_login_date = '{date}', last_ip = '{ip}', failed_login_count = {failures}"
        ));
        signed_in(&mut db, &user, now, address).expect("a change");
        let user = find(&mut db, "6666").expect("a row").expect("a user");
        let left = (
            user.last_login_date.as_str(),
            user.last_ip.as_str(),
            user.failed_login_count,
        );
        assert_eq!(left, (now, address, 0), "{date} {ip} {failures}");
    }
}

#[test]
fn a_failure_is_noted_only_where_the_count_is_still_of_its_kind() {
    for (failure, count, noted) in [
        (Failure::Bad, 9, Some(10)),
        (Failure::Bad, 10, None),
        (Failure::BadAfterLock, 9, None),
        (Failure::BadAfterLock, 10, Some(1)),
        (Failure::Locked, 10, Some(10)),
        (Failure::Blocked, 0, Some(0)),
    ] {
        let (mut db, user) = demo(&format!("failed_login_count = {count}"));
        let is_noted = failed(&mut db, user.user_id, failure, "2026-11-20 12:00:00", "::1");
        assert_eq!(
            is_noted.expect("an answer"),
            noted.is_some(),
            "{failure:?} {count}"
        );
        let user = find(&mut db, "6666").expect("a row").expect("a user");
        assert_eq!(
            user.failed_login_count,
            noted.unwrap_or(count),
            "{failure:?} {count}"
        );
    }
}
