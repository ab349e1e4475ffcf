//! Filter phone groups and CID groups: every documented reply, and what the recordings do not show.

use std::sync::Barrier;

use crate::common::database::Backend;
use crate::common::site::Site;
use serde_json::json;

on_each_database! {
    the_documented_replies_of_filter_phone_groups
    a_number_that_is_cut_is_found_as_it_is_stored
    the_documented_replies_of_cid_groups
    the_bounds_of_what_cid_groups_require
    a_stage_that_is_none_is_refused_by_name
    a_long_area_code_is_found_as_it_is_stored
    only_entries_that_change_are_counted
    the_other_names_of_dids_are_not_taken
    a_description_cannot_forge_an_entry
    a_cid_group_is_within_the_scope_or_an_allowed_campaign
    one_of_many_that_add_the_same_succeeds
    every_is_found_behind_characters_that_are_dropped
    an_array_is_refused_and_nothing_is_deleted
}

fn the_documented_replies_of_filter_phone_groups(backend: Backend) {
    let mut api = Site::start(backend);
    for (name, verb, done, wrong) in [
        ("add_fpg_phone", "ADD", "ADDED", "ALREADY EXISTS"),
        ("delete_fpg_phone", "DELETE", "DELETED", "DOES NOT EXIST"),
    ] {
        let number = format!("{name}&phone_number=7275551313&group=TEST_IN_FILTER");
        assert_eq!(
            api.body_as("1003", &number),
            format!(
                "ERROR: {name} USER DOES NOT HAVE PERMISSION TO {verb} FILTER PHONE GROUP NUMBERS - 1003|0\n"
            )
        );
        assert_eq!(
            api.body_as("1004", &number),
            format!(
                "ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION - 1004|{name}\n"
            )
        );
        api.says(
            &format!("{name}&phone_number=12345&group=1000"),
            &format!("ERROR: {name} YOU MUST USE ALL REQUIRED FIELDS - 6666|12345|1000\n"),
        );
        api.says(
            name,
            &format!("ERROR: {name} YOU MUST USE ALL REQUIRED FIELDS - 6666||\n"),
        );
        api.says(
            &format!("{name}&phone_number=7275551212&group=TEST_IN_FILTER2"),
            &format!("ERROR: {name} FILTER PHONE GROUP DOES NOT EXIST - 6666|TEST_IN_FILTER2\n"),
        );
        api.says(
            &number,
            &format!(
                "SUCCESS: {name} FILTER PHONE GROUP NUMBER HAS BEEN {done} - 6666|7275551313|TEST_IN_FILTER\n"
            ),
        );
        api.says(
            &number,
            &format!(
                "ERROR: {name} FILTER PHONE GROUP NUMBER {wrong} - 6666|7275551313|TEST_IN_FILTER\n"
            ),
        );
    }
    assert_eq!(api.database.rows("vicidial_filter_phone_numbers").len(), 1);
}

fn a_number_that_is_cut_is_found_as_it_is_stored(backend: Backend) {
    let mut api = Site::start(backend);
    let number = "7275551213,7275551214";
    let add = format!("add_fpg_phone&phone_number={number}&group=TEST_IN_FILTER");
    let data = format!("6666|{number}|TEST_IN_FILTER\n");
    api.says(
        &add,
        &format!("SUCCESS: add_fpg_phone FILTER PHONE GROUP NUMBER HAS BEEN ADDED - {data}"),
    );
    api.says(
        &add,
        &format!("ERROR: add_fpg_phone FILTER PHONE GROUP NUMBER ALREADY EXISTS - {data}"),
    );
    api.says(
        &add.replace("add_", "delete_"),
        &format!("ERROR: delete_fpg_phone FILTER PHONE GROUP NUMBER DOES NOT EXIST - {data}"),
    );
    api.says(
        "delete_fpg_phone&phone_number=7275551213,7275551&group=TEST_IN_FILTER",
        "SUCCESS: delete_fpg_phone FILTER PHONE GROUP NUMBER HAS BEEN DELETED - 6666|7275551213,7275551|TEST_IN_FILTER\n",
    );
}

fn cid(stage: &str, rest: &str) -> String {
    format!("update_cid_group_entry&stage={stage}&{rest}")
}

fn the_documented_replies_of_cid_groups(backend: Backend) {
    let mut api = Site::start(backend);
    let f = "update_cid_group_entry";
    let every = "cid_group_id=testing_here4&areacode=---ALL---";
    assert_eq!(
        api.body_as("1003", &cid("INFO", every)),
        format!("ERROR: {f} USER DOES NOT HAVE PERMISSION TO UPDATE CID GROUPS - 1003\n")
    );
    let entry = "cid_group_id=testing_here4&areacode=813&outbound_cid=8135551212";
    let steps = [
        (
            cid("", "cid_group_id=1"),
            "ERROR: ~ YOU MUST USE ALL REQUIRED FIELDS - 6666|1||",
        ),
        (
            cid("INFO", "cid_group_id=1000&areacode=813"),
            "ERROR: ~ CID GROUP DOES NOT EXIST - 6666|1000",
        ),
        (
            cid("INFO", "cid_group_id=EMPTYCID&areacode=813"),
            "ERROR: ~ THIS CID GROUP HAS NO ENTRIES - 6666|EMPTYCID",
        ),
        (
            cid("INFO", &format!("{every}&outbound_cid=---ALL---")),
            "SUCCESS: ~ CID GROUP INFO AS FOLLOWS - testing_here4|---ALL---|---ALL---|3\n\
             1|727|7275551212|N|FL1 test|0\n2|727|7275551313|Y|FL1 test|3\n3|998|7275551114|Y|FL2 test|0",
        ),
        (
            cid("ADD", &format!("{every}&outbound_cid=8135551212")),
            "ERROR: ~ YOU MUST DEFINE AN AREACODE WHEN ADDING AND ENTRY - 6666|testing_here4|---ALL---",
        ),
        (
            cid(
                "ADD",
                "cid_group_id=testing_here4&areacode=813&outbound_cid=123",
            ),
            "ERROR: ~ YOU MUST DEFINE A CID NUMBER WHEN ADDING AND ENTRY - 6666|testing_here4|123",
        ),
        (
            cid("ADD", entry),
            "SUCCESS: ~ CID GROUP ENTRY HAS BEEN ADDED - 6666|testing_here4|813|8135551212|1",
        ),
        (
            cid("ADD", entry),
            "ERROR: ~ THIS CID GROUP ENTRY ALREADY EXISTS - 6666|testing_here4|813|8135551212",
        ),
        (
            cid("UPDATE", entry),
            "ERROR: ~ NO UPDATES WERE DEFINED - 6666|testing_here4|813|8135551212||",
        ),
        (
            cid("UPDATE", &format!("{entry}&active=Y")),
            "SUCCESS: ~ CID GROUP ENTRIES HAVE BEEN UPDATED - 6666|testing_here4|813|8135551212|1",
        ),
        (
            cid("DELETE", entry),
            "SUCCESS: ~ CID GROUP ENTRIES HAVE BEEN DELETED - 6666|testing_here4|813|8135551212|1",
        ),
    ];
    for (query, reply) in steps {
        api.says(&query, &format!("{}\n", reply.replace('~', f)));
    }
}

fn the_bounds_of_what_cid_groups_require(backend: Backend) {
    let mut api = Site::start(backend);
    let [none, required] = [
        "CID GROUP DOES NOT EXIST",
        "YOU MUST USE ALL REQUIRED FIELDS",
    ];
    for (stage, group, areacode, reason) in [
        ("INFO", "", "813", required),
        ("INFO", "1", "813", none),
        ("INFO", "12345678901234567890", "813", none),
        ("INFO", "123456789012345678901", "813", required),
        ("IN", "NOSUCH", "813", required),
        ("ADD", "NOSUCH", "813", none),
        ("DELETE", "NOSUCH", "813", none),
        ("DELETED", "NOSUCH", "813", required),
        ("INFO", "NOSUCH", "", required),
        ("INFO", "NOSUCH", "8", none),
        ("INFO", "NOSUCH", "123456789", none),
        ("INFO", "NOSUCH", "1234567890", required),
    ] {
        let query = format!("cid_group_id={group}&areacode={areacode}");
        let body = api.body(&cid(stage, &query));
        let begins = format!("ERROR: update_cid_group_entry {reason} - ");
        assert!(body.starts_with(&begins), "{stage} {query}: {body}");
    }
    let add = |number| format!("cid_group_id=EMPTYCID&areacode=8&outbound_cid={number}");
    let short = api.body(&cid("ADD", &add("813")));
    assert!(short.contains("YOU MUST DEFINE A CID NUMBER"), "{short}");
    let shortest = api.body(&cid("ADD", &add("8135")));
    assert!(shortest.starts_with("SUCCESS: "), "{shortest}");
}

fn a_stage_that_is_none_is_refused_by_name(backend: Backend) {
    let query = cid("info", "cid_group_id=TESTCAMP&areacode=312");
    let mut wire = Site::speaking("wire", backend);
    wire.says(&query, "");
    assert_eq!(wire.database.rows("vicidial_api_log").len(), 0);
    let mut documented = Site::start(backend);
    documented.says(
        &query,
        "ERROR: update_cid_group_entry STAGE MUST BE INFO, ADD, DELETE OR UPDATE - 6666|info\n",
    );
    assert_eq!(
        documented.database.rows("vicidial_api_log").len(),
        0,
        "logs are those of the wire"
    );
}

fn a_long_area_code_is_found_as_it_is_stored(backend: Backend) {
    let mut api = Site::start(backend);
    let add = |areacode: &str| {
        let entry =
            format!("cid_group_id=EMPTYCID&areacode={areacode}&outbound_cid=123456789012345678901");
        cid("ADD", &entry)
    };
    let data = |areacode: &str| format!("6666|EMPTYCID|{areacode}|123456789012345678901");
    api.says(
        &add("312312"),
        &format!(
            "SUCCESS: update_cid_group_entry CID GROUP ENTRY HAS BEEN ADDED - {}|1\n",
            data("312312")
        ),
    );
    for again in ["312312", "31231", "312319"] {
        api.says(
            &add(again),
            &format!(
                "ERROR: update_cid_group_entry THIS CID GROUP ENTRY ALREADY EXISTS - {}\n",
                data(again)
            ),
        );
    }
    api.says(
        &cid("INFO", "cid_group_id=EMPTYCID&areacode=31231"),
        "SUCCESS: update_cid_group_entry CID GROUP INFO AS FOLLOWS - EMPTYCID|31231||1\n1|31231|12345678901234567890|N||0\n",
    );
}

fn only_entries_that_change_are_counted(backend: Backend) {
    let entry = |cid: &str, active: Option<&str>, description: Option<&str>| json!({"campaign_id": "EMPTYCID", "areacode": "212", "outbound_cid": cid, "active": active, "cid_description": description});
    let changes = json!({"vicidial_campaign_cid_areacodes": [
        entry("2125550001", Some("Y"), Some("New York")),
        entry("2125550002", Some("N"), Some("new york")),
        entry("2125550003", Some(""), None),
        entry("2125550004", None, Some("New York")),
    ]});
    let mut api = Site::with("documented", backend, changes);
    let mut update = |values: &str, count: u32| {
        let query = cid(
            "UPDATE",
            &format!("cid_group_id=EMPTYCID&areacode=212&{values}"),
        );
        let reply =
            "SUCCESS: update_cid_group_entry CID GROUP ENTRIES HAVE BEEN UPDATED - 6666|EMPTYCID";
        api.says(&query, &format!("{reply}|212||{count}\n"));
    };
    update("active=N", 3);
    update("active=N", 0);
    update("cid_description=New+York", 2);
    update("active=N&cid_description=New+York", 0);
    let long = "d".repeat(51);
    update(&format!("cid_description={long}"), 4);
    // It is stored cut, and so already.
    update(&format!("cid_description={long}"), 0);
    assert_eq!(api.database.rows("vicidial_admin_log").len(), 6);
}

fn the_other_names_of_dids_are_not_taken(backend: Backend) {
    let changes = json!({"vicidial_campaign_cid_areacodes": [
        {"campaign_id": "EMPTYCID", "areacode": "212", "outbound_cid": "2125550001", "active": "Y", "cid_description": "x"},
    ]});
    let mut api = Site::with("documented", backend, changes);
    api.says(
        "add_fpg_phone&phone_number=7275551313&group_id=TEST_IN_FILTER",
        "ERROR: add_fpg_phone YOU MUST USE ALL REQUIRED FIELDS - 6666|7275551313|\n",
    );
    api.says(
        &cid("UPDATE", "cid_group_id=EMPTYCID&areacode=212&did_active=N"),
        "ERROR: update_cid_group_entry NO UPDATES WERE DEFINED - 6666|EMPTYCID|212|||\n",
    );
    api.says(
        &cid("UPDATE", "cid_group_id=EMPTYCID&areacode=212&active=N"),
        "SUCCESS: update_cid_group_entry CID GROUP ENTRIES HAVE BEEN UPDATED - 6666|EMPTYCID|212||1\n",
    );
}

fn a_description_cannot_forge_an_entry(backend: Backend) {
    let changes = json!({"vicidial_campaign_cid_areacodes": [
        {"campaign_id": "EMPTYCID", "areacode": "212", "outbound_cid": "2125550001", "cid_description": "a|b\n2|x"},
    ]});
    let info = cid("INFO", "cid_group_id=EMPTYCID&areacode=212");
    let head = "CID GROUP INFO AS FOLLOWS";
    let mut api = Site::with("documented", backend, changes.clone());
    api.says(
        &info,
        &format!(
            "SUCCESS: update_cid_group_entry {head} - EMPTYCID|212||1\n1|212|2125550001|N|a b 2 x|0\n"
        ),
    );
    let mut api = Site::with("wire", backend, changes);
    api.says(
        &info,
        &format!(
            "SUCCESS: update_cid_group_entry {head} EMPTYCID|212||1\n1|212|2125550001|N|a|b\n2|x|0\n"
        ),
    );
}

fn a_cid_group_is_within_the_scope_or_an_allowed_campaign(backend: Backend) {
    let changes = json!({
        "vicidial_cid_groups": [
            {"cid_group_id": "OURS", "user_group": "SALES"},
            {"cid_group_id": "EVERYBODYS", "user_group": "---ALL---"},
            {"cid_group_id": "THEIRS", "user_group": "EXEC"},
        ],
        "vicidial_campaign_cid_areacodes": [],
    });
    let mut api = Site::with("documented", backend, changes);
    // 1007 is in SALES, whose only campaign is SALESCMP; the group of 1016 does not exist.
    for (user, group, seen) in [
        ("1007", "ours", true),
        ("1007", "EVERYBODYS", true),
        ("1007", "THEIRS", false),
        ("1007", "salescmp", true),
        ("1007", "TESTCAMP", false),
        ("1016", "EVERYBODYS", true),
        ("1016", "OURS", false),
        ("1016", "SALESCMP", false),
        ("6666", "THEIRS", true),
        ("6666", "TESTCAMP", true),
        ("6666", "NOSUCH", false),
    ] {
        let query = cid("INFO", &format!("cid_group_id={group}&areacode=---ALL---"));
        let reason = if seen {
            "THIS CID GROUP HAS NO ENTRIES"
        } else {
            "CID GROUP DOES NOT EXIST"
        };
        assert_eq!(
            api.body_as(user, &query),
            format!("ERROR: update_cid_group_entry {reason} - {user}|{group}\n")
        );
    }
}

fn one_of_many_that_add_the_same_succeeds(backend: Backend) {
    const CLIENTS: usize = 8;
    let api = Site::start(backend);
    for round in 0..10 {
        let number = format!("add_fpg_phone&phone_number=72755500{round:02}&group=TEST_IN_FILTER");
        let entry = format!("cid_group_id=EMPTYCID&areacode=727&outbound_cid=72755500{round:02}");
        for query in [number, cid("ADD", &entry)] {
            let query = format!("source=test&user=6666&pass=1234&function={query}");
            let barrier = Barrier::new(CLIENTS);
            let replies: Vec<String> = std::thread::scope(|scope| {
                let ask = || {
                    let mut client = api.server.client();
                    barrier.wait();
                    client.get(&query).body
                };
                let threads: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
                let replies = threads.into_iter().map(|t| t.join().expect("a reply"));
                replies.collect()
            });
            let count = |word: &str| replies.iter().filter(|reply| reply.contains(word)).count();
            assert_eq!(
                (count("HAS BEEN ADDED"), count("ALREADY EXISTS")),
                (1, CLIENTS - 1),
                "{replies:?}"
            );
        }
    }
}

fn every_is_found_behind_characters_that_are_dropped(backend: Backend) {
    let mut api = Site::start(backend);
    let info = |areacode, cid| {
        let rest = format!("cid_group_id=testing_here4&areacode={areacode}&outbound_cid={cid}");
        self::cid("INFO", &rest)
    };
    for every in [
        "---ALL---",
        "%20---ALL---",
        "---ALL---%0A",
        "%22---.ALL---%22",
    ] {
        let found = api.body(&info(every, every));
        let head = "SUCCESS: update_cid_group_entry CID GROUP INFO AS FOLLOWS - testing_here4|---ALL---|---ALL---|3\n";
        assert!(found.starts_with(head), "{every}: {found}");
    }
    for other in ["x---ALL---", "---all---", "_---ALL---"] {
        api.says(
            &info(other, ""),
            "ERROR: update_cid_group_entry THIS CID GROUP HAS NO ENTRIES - 6666|testing_here4\n",
        );
    }
    api.says(
        &cid("ADD", "cid_group_id=EMPTYCID&areacode=212&outbound_cid=+---ALL---"),
        "SUCCESS: update_cid_group_entry CID GROUP ENTRY HAS BEEN ADDED - 6666|EMPTYCID|212|---ALL---|1\n",
    );
    let row = api.row("vicidial_campaign_cid_areacodes", "areacode", "212");
    assert_eq!(row["outbound_cid"], "---ALL---");
}

/// Taken for absent, the caller id would no longer say which entries are meant, and all would be deleted.
fn an_array_is_refused_and_nothing_is_deleted(backend: Backend) {
    let mut api = Site::start(backend);
    let before = api.database.rows("vicidial_campaign_cid_areacodes");
    let delete =
        "update_cid_group_entry&stage=DELETE&cid_group_id=testing_here4&areacode=---ALL---";
    for name in [
        "outbound_cid[]",
        "outbound_cid%5B%5D",
        "outbound_cid[x]",
        "outbound_cid[0][y]",
    ] {
        api.says(
            &format!("{delete}&{name}=7275551212"),
            "ERROR: update_cid_group_entry PARAMETER MUST NOT BE AN ARRAY - 6666|outbound_cid[]\n",
        );
    }
    // A name cannot forge a line.
    api.says(
        &format!("{delete}&outbound_cid[%0ASUCCESS:]=1"),
        "ERROR: update_cid_group_entry PARAMETER MUST NOT BE AN ARRAY - 6666|outbound_cid[]\n",
    );
    api.says(
        "add_did&did_pattern=7275550100&did_pattern[]=7275550101",
        "ERROR: add_did PARAMETER MUST NOT BE AN ARRAY - 6666|did_pattern[]\n",
    );
    assert_eq!(api.database.rows("vicidial_campaign_cid_areacodes"), before);
    // A single value behind it takes its place.
    api.says(
        &format!("{delete}&outbound_cid[]=7275551212&outbound_cid=999"),
        "ERROR: update_cid_group_entry THIS CID GROUP HAS NO ENTRIES - 6666|testing_here4\n",
    );
    assert_eq!(api.database.rows("vicidial_campaign_cid_areacodes"), before);
    // One that the API does not know means nothing, as ever.
    api.says(
        "add_did&did_pattern=7275550100&tags[]=a",
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550100\n",
    );
}
