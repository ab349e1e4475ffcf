//! `ingroup_list`, `callmenu_list`, `vm_list`: a page for people, text lines for programs.

use crate::common::client::Response;
use crate::common::database::Backend;
use crate::common::site::Site;
use serde_json::{Value, json};

on_each_database! {
    a_page_is_a_table_for_people
    hostile_names_stay_text
    a_csv_reader_reads_hostile_names_back
    pipe_and_tab_have_a_line_a_row
    each_list_has_its_columns
    rows_are_within_the_wide_scope
    rows_are_sorted_by_id
    permissions_are_those_of_the_lists
}

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"quoted\", 'and' & comma",
    "a|b\tc\nd\r\ne",
    "&lt;&amp;",
    "{{ title }} ñandú 日本",
    "=1+1",
    " ",
];

/// A call without a `source`, which these functions do not ask for.
fn ask(site: &Site, user: &str, query: &str) -> Response {
    let query = format!("user={user}&pass=1234&function={query}");
    site.server.client().get(&query)
}

fn text(site: &Site, query: &str) -> String {
    ask(site, "6666", query).body
}

fn hostile_groups() -> Value {
    let groups = HOSTILE.iter().enumerate().map(|(index, name)| {
        json!({"group_id": format!("G{index}"), "group_name": name, "group_color": "\"><b>", "active": "Y"})
    });
    json!({ "vicidial_inbound_groups": groups.collect::<Vec<_>>() })
}

fn a_page_is_a_table_for_people(backend: Backend) {
    for dialect in ["documented", "wire"] {
        let api = Site::speaking(dialect, backend);
        let response = ask(&api, "6666", "ingroup_list");
        assert_eq!(
            response.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let page = response.body;
        assert!(
            page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">\n"),
            "{page}"
        );
        for part in [
            "<title>In-groups</title>",
            "<caption>Active in-groups: 4</caption>",
            "<th scope=\"col\">Number</th>",
            "<th scope=\"col\">Name</th>",
            "<tr><td>1</td><th scope=\"row\">AGENTDIRECT</th><td>Single Agent Direct Queue</td><td>white</td></tr>",
            "<tr><td>2</td><th scope=\"row\">SALESLINE</th><td>Sales Line</td><td>#FF9900</td></tr>",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(!page.contains("OLDQUEUE"), "it is not active: {page}");
        assert!(api.database.rows("vicidial_api_log").is_empty());
    }
}

fn hostile_names_stay_text(backend: Backend) {
    let page = text(
        &Site::with("documented", backend, hostile_groups()),
        "ingroup_list",
    );
    for tag in ["<script", "<b>"] {
        assert!(!page.contains(tag), "{page}");
    }
    // Seven rows of three cells and a heading, whatever is in them.
    assert_eq!(page.matches("<td>").count(), 7 * 3, "{page}");
    assert_eq!(page.matches("<th scope=\"row\">").count(), 7, "{page}");
    let cells: Vec<String> = page.split("<td>").map(unescape).collect();
    for name in HOSTILE {
        assert!(
            cells
                .iter()
                .any(|cell| cell.starts_with(&format!("{name}</td>"))),
            "{name:?} in {page}"
        );
    }
}

/// Text as a browser shows it.
fn unescape(html: &str) -> String {
    [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ]
    .iter()
    .fold(html.to_owned(), |text, (entity, c)| text.replace(entity, c))
}

fn a_csv_reader_reads_hostile_names_back(backend: Backend) {
    let api = Site::with("documented", backend, hostile_groups());
    let response = ask(&api, "6666", "ingroup_list&stage=csv&header=YES");
    assert_eq!(
        response.header("content-type"),
        Some("text/csv; charset=utf-8")
    );
    let mut reader = csv::Reader::from_reader(response.body.as_bytes());
    assert_eq!(
        reader.headers().expect("a header"),
        vec!["group_id", "group_name", "group_color"]
    );
    let names: Vec<String> = reader
        .records()
        .map(|record| record.expect("a record")[1].to_owned())
        .collect();
    assert_eq!(names, HOSTILE);
}

fn pipe_and_tab_have_a_line_a_row(backend: Backend) {
    let api = Site::with("documented", backend, hostile_groups());
    for (stage, separator) in [("pipe", '|'), ("tab", '\t')] {
        let response = ask(
            &api,
            "6666",
            &format!("ingroup_list&stage={stage}&header=YES"),
        );
        assert_eq!(
            response.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        let lines: Vec<&str> = response.body.split_terminator('\n').collect();
        assert_eq!(
            lines[0],
            format!("group_id{separator}group_name{separator}group_color")
        );
        assert_eq!(lines.len(), 1 + HOSTILE.len(), "{}", response.body);
        for (index, line) in lines[1..].iter().enumerate() {
            let fields: Vec<&str> = line.split(separator).collect();
            assert_eq!(fields.len(), 3, "{line}");
            assert_eq!(
                (fields[0], fields[2]),
                (format!("G{index}").as_str(), "\"><b>")
            );
            assert!(!line.contains('\r'), "{line:?}");
        }
    }
    assert!(text(&api, "ingroup_list&stage=pipe").contains("G2|a b c d  e|"));
    assert!(text(&api, "ingroup_list&stage=tab").contains("G2\ta|b c d  e\t"));
}

fn each_list_has_its_columns(backend: Backend) {
    let api = Site::speaking("documented", backend);
    assert_eq!(
        text(&api, "callmenu_list&stage=pipe&header=YES"),
        "menu_id|menu_name\ndefaultlog|logging of all outbound calls\nmain_menu|Main Menu\nsales-menu|Sales Menu\n"
    );
    let boxes = "8301|Front desk|desk@example.com\n100|cc100 - Clerk 100|\n101|cc101 - Clerk 101|\n\
                 200|sup200 - Supervisor 200|sup@example.com\n";
    assert_eq!(text(&api, "vm_list&stage=pipe"), boxes);
    assert_eq!(
        text(&api, "vm_list&stage=pipe&header=YES"),
        format!("voicemail_id|fullname|email\n{boxes}")
    );
    // Fixed words are compared exactly.
    assert_eq!(text(&api, "vm_list&stage=pipe&header=yes"), boxes);
    assert!(text(&api, "vm_list&stage=PIPE").starts_with("<!DOCTYPE html>"));
    for (list, heading) in [
        ("callmenu_list", "Call menus"),
        ("vm_list", "Voicemail boxes"),
    ] {
        assert!(text(&api, list).contains(&format!("<title>{heading}</title>")));
    }
    let empty = json!({"vicidial_call_menu": []});
    let api = Site::with("documented", backend, empty);
    assert_eq!(text(&api, "callmenu_list&stage=csv"), "");
    assert!(text(&api, "callmenu_list").contains("<caption>Call menus: 0</caption>"));
}

fn rows_are_within_the_wide_scope(backend: Backend) {
    let menu = |id: &str, group: Option<&str>| json!({"menu_id": id, "menu_name": id, "user_group": group});
    let menus = [
        menu("all", Some("---ALL---")),
        menu("exec", Some("EXEC")),
        menu("none", Some("")),
        menu("null", None),
        menu("sales", Some("sales")),
    ];
    let everything = "all exec none null sales";
    for (scope, seen) in [
        (Some(" ---ALL--- "), everything),
        (Some(""), everything),
        (Some(" - "), everything),
        (Some("ABC"), everything),
        (None, everything),
        (Some("ABCD"), "all"),
        (Some("SALES"), "all sales"),
        (Some(" SALES -"), "all none sales"),
    ] {
        let groups =
            [json!({"user_group": "SALES", "group_name": "", "admin_viewable_groups": scope})];
        let changes = json!({"vicidial_call_menu": menus, "vicidial_user_groups": groups});
        let api = Site::with("documented", backend, changes);
        let ids = |user| {
            let text = ask(&api, user, "callmenu_list&stage=pipe").body;
            let ids: Vec<&str> = text
                .lines()
                .filter_map(|line| line.split('|').next())
                .collect();
            ids.join(" ")
        };
        assert_eq!(ids("1007"), seen, "{scope:?}");
        assert_eq!(ids("1016"), everything, "its group does not exist");
    }
}

fn rows_are_sorted_by_id(backend: Backend) {
    let ids = [
        "beta", "10", "Alpha", "9", "_x", "alphb", "a-1", "Ä2", "---x",
    ];
    let groups: Vec<Value> = ids
        .iter()
        .map(|id| json!({"group_id": id, "group_name": id, "active": "Y"}))
        .collect();
    let boxes = [
        json!({"voicemail_id": "9", "fullname": "nine", "active": "Y"}),
        json!({"voicemail_id": "10", "fullname": "ten", "active": "Y"}),
    ];
    let changes = json!({"vicidial_inbound_groups": groups, "vicidial_voicemail": boxes});
    let api = Site::with("documented", backend, changes);
    let sorted = |list: &str| {
        let text = text(&api, &format!("{list}&stage=pipe"));
        text.lines()
            .filter_map(|line| line.split('|').next())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        sorted("ingroup_list"),
        [
            "_x", "---x", "10", "9", "a-1", "Ä2", "Alpha", "alphb", "beta"
        ]
    );
    // The boxes of phones come after all others.
    assert_eq!(sorted("vm_list"), ["10", "9", "100", "101", "200"]);
}

fn permissions_are_those_of_the_lists(backend: Backend) {
    let api = Site::speaking("documented", backend);
    for list in ["ingroup_list", "callmenu_list", "vm_list"] {
        let page = ask(&api, "1002", list).body;
        assert!(
            page.starts_with("<!DOCTYPE html>"),
            "level 7, no source, {page}"
        );
        let refused = ask(&api, "1004", list);
        assert_eq!(
            (refused.header("content-type"), refused.body.as_str()),
            (
                Some("text/plain; charset=utf-8"),
                format!(
                    "ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION - 1004|{list}\n"
                )
                .as_str()
            )
        );
        assert_eq!(
            ask(&api, "1008", list).body,
            "ERROR: Login incorrect, please try again - 1008|BAD\n"
        );
    }
    let logged = api.database.rows("vicidial_api_log");
    let data: Vec<_> = logged.iter().map(|row| row["data"].clone()).collect();
    assert_eq!(data, ["1", "1", "1"]);
}
