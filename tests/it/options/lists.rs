//! Longer lists of new numbers in copy_did: ranges, other separators, forms of up to 1 MiB.

use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database_and_with_state! {
    a_range_and_other_separators_are_numbers_in_their_order
    a_slip_in_a_range_adds_nothing
    a_form_holds_a_longer_list_than_an_address
    a_list_of_what_is_no_number_is_refused_in_one_line
    the_wire_dialect_has_the_list_between_commas_only
}

const COPY: &str = "copy_did&source_did_pattern=default";

/// The new numbers that the lines tell of.
fn told(body: &str) -> Vec<&str> {
    let notices = body.lines().filter(|line| line.starts_with("NOTICE"));
    notices
        .map(|line| line.split('|').nth(1).expect("a number"))
        .collect()
}

fn a_range_and_other_separators_are_numbers_in_their_order(backend: Backend) {
    let mut api = Site::start(backend);
    let body = api.body(&format!(
        "{COPY}&new_dids=7275550008-7275550010%3B%2B17275550001%0D%0A7275550001+7275550002,(800)+555-1013%0A"
    ));
    let numbers = [
        "7275550008",
        "7275550009",
        "7275550010",
        "+17275550001",
        "7275550001",
        "7275550002",
        "8005551013",
    ];
    assert_eq!(told(&body), numbers);
    assert!(
        body.ends_with("SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|default|7|0\n"),
        "{body}"
    );
    let patterns = api.patterns();
    assert!(
        patterns.ends_with(&numbers.map(str::to_owned)),
        "{patterns:?}"
    );
    // VICIdial's own list stays what it is, its empty places and spaces too.
    let plain = api.body(&format!(
        "{COPY}&new_dids=8005551011,+8005551012+,,(800)555-1014,1000-1099"
    ));
    assert_eq!(
        told(&plain),
        ["8005551011", "8005551012", "", "8005551014", "10001099"]
    );
    let thousand = api.body(&format!("{COPY}&new_dids=9000000000-9000000999"));
    assert!(
        thousand.ends_with("SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|default|1000|0\n"),
        "{thousand}"
    );
}

fn a_slip_in_a_range_adds_nothing(backend: Backend) {
    let mut api = Site::start(backend);
    let patterns = api.patterns();
    for (range, reason) in [
        (
            "7275550000-727555099",
            "RANGE MUST HAVE ENDS OF THE SAME LENGTH",
        ),
        (
            "7275550002-7275550001",
            "RANGE MUST NOT END BEFORE IT BEGINS",
        ),
        (
            "7275550000-7275560000",
            "RANGES MUST NOT BE OF MORE THAN 10000 NUMBERS",
        ),
    ] {
        api.says(
            &format!("{COPY}&new_dids=7275559999;{range}"),
            &format!("ERROR: copy_did NEW DIDS {reason} - 6666|{range}\n"),
        );
    }
    api.says(
        &format!("{COPY}&new_dids=;%0A"),
        "ERROR: copy_did YOU MUST USE ALL REQUIRED FIELDS - 6666|default|\n",
    );
    assert_eq!(api.patterns(), patterns);
}

fn a_form_holds_a_longer_list_than_an_address(backend: Backend) {
    let mut api = Site::start(backend);
    let numbers: Vec<String> = (7_275_560_000_u64..7_275_562_000)
        .map(|number| number.to_string())
        .collect();
    let list = numbers.join(",");
    api.says(
        &format!("{COPY}&new_dids={list}"),
        &format!("ERROR: copy_did YOU MUST USE ALL REQUIRED FIELDS - 6666|default|{list}\n"),
    );
    // Also where it is the address's first parameter.
    let query = format!("new_dids={list}&source=test&user=6666&pass=1234&function={COPY}");
    let refused = api.client.get(&query).body;
    assert!(
        refused.starts_with("ERROR: copy_did YOU MUST USE"),
        "{refused}"
    );
    // Up to 2000 bytes it is VICIdial's own list in a form too: an empty place is a number that is refused.
    for (digits, told_of) in [(1999, 2), (2000, 1)] {
        let list = format!("new_dids={},", "7".repeat(digits));
        assert_eq!(told(&api.form(COPY, &list).body).len(), told_of, "{digits}");
    }
    let body = api.form(COPY, &format!("new_dids={list}")).body;
    assert_eq!(told(&body), numbers);
    assert!(
        body.ends_with("SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|default|2000|0\n"),
        "{}",
        body.lines().last().unwrap_or_default()
    );
}

fn a_list_of_what_is_no_number_is_refused_in_one_line(backend: Backend) {
    let mut api = Site::start(backend);
    let patterns = api.patterns();
    for (list, reason, count) in [
        (
            "1,".repeat(101 + 2000),
            "HOLD MORE THAN 100 THAT ARE NOT FROM 2 TO 50 CHARACTERS",
            2101,
        ),
        (
            "12;".repeat(100_001),
            "BE OF MORE THAN 100000 NUMBERS",
            100_001,
        ),
    ] {
        let body = api.form(COPY, &format!("new_dids={list}")).body;
        assert_eq!(
            body,
            format!("ERROR: copy_did NEW DIDS MUST NOT {reason} - 6666|{count}\n")
        );
    }
    // A number of 1 MiB is one line.
    let body = api
        .form(COPY, &format!("new_dids={}", "1+".repeat((1 << 19) - 20)))
        .body;
    assert_eq!(body.lines().count(), 2);
    assert!(body.ends_with("ERROR: copy_did NO DIDS ADDED - 6666|default|0|1\n"));
    assert_eq!(api.patterns(), patterns);
}

fn the_wire_dialect_has_the_list_between_commas_only(backend: Backend) {
    let mut api = Site::speaking("wire", backend);
    let body = api.body(&format!(
        "{COPY}&new_dids=7275550000-7275550001,1;2,7275550000+7275550001"
    ));
    assert_eq!(
        told(&body),
        ["72755500007275550001", "12", "72755500007275550001"]
    );
    let list = vec!["7275550000"; 200].join(",");
    assert_eq!(
        api.form(COPY, &format!("new_dids={list}")).body,
        format!("ERROR: copy_did YOU MUST USE ALL REQUIRED FIELDS: |6666|default|{list}\n")
    );
}
