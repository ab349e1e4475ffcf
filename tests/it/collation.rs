//! Texts compare on the embedded file as MariaDB's `utf8_unicode_ci` compares them, also in a file that an earlier
//! version has written.

use std::cmp::Ordering;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;
use vicishim::store::dids::pages::{DidPages, Filter, Pattern};
use vicishim::store::{CreateTables, Db, collation};

use crate::common::database::{Backend, Database, Tables};

const COLLATED: &str = "VARCHAR(50) CHARACTER SET utf8mb3 COLLATE utf8mb3_unicode_ci";

/// A database on MariaDB whose table `letters` has all letters of the basic plane, by their code points.
fn letters() -> Database {
    let database = Database::empty_on_mariadb();
    database.run(&format!(
        "CREATE TABLE letters (point INT PRIMARY KEY, letter {COLLATED}); \
         INSERT INTO letters SELECT seq, CONVERT(CHAR(seq USING ucs2) USING utf8mb3) FROM seq_0_to_65535 \
         WHERE seq NOT BETWEEN 0xD800 AND 0xDFFF"
    ));
    database
}

fn letter(point: &str) -> String {
    let point = point.parse().expect("a code point");
    char::from_u32(point).expect("a letter").to_string()
}

#[test]
fn each_letter_weighs_what_it_weighs_on_the_server() {
    let lines = letters().run("SELECT point, HEX(WEIGHT_STRING(letter)) FROM letters");
    for line in lines.lines() {
        let (point, weights) = line.split_once('\t').expect("two columns");
        let letter = letter(point);
        let ours: String = collation::key(&letter)
            .iter()
            .map(|weight| format!("{weight:04X}"))
            .collect();
        // Spaces at the end count for nothing.
        let weights = weights.strip_suffix("0209").unwrap_or(weights);
        assert_eq!(ours, weights, "{point} {letter:?}");
    }
    assert_eq!(lines.lines().count(), 65_536 - 2048);
}

#[test]
fn the_letters_are_in_the_order_of_the_server() {
    let lines = letters().run(
        "SELECT point, COALESCE(letter = LAG(letter) OVER w, 0), COALESCE(letter > LAG(letter) OVER w, 1) \
         FROM letters WINDOW w AS (ORDER BY letter, point) ORDER BY letter, point",
    );
    let mut last: Option<String> = None;
    for line in lines.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let letter = letter(fields[0]);
        let order = match (fields[1], fields[2]) {
            ("1", "0") => Ordering::Equal,
            ("0", "1") => Ordering::Less,
            _ => panic!("{line}"),
        };
        if let Some(last) = &last {
            assert_eq!(
                collation::compare(last, &letter),
                order,
                "{last:?} {letter:?}"
            );
            assert_eq!(collation::compare(&letter, last), order.reverse());
        }
        last = Some(letter);
    }
    assert_eq!(lines.lines().count(), 65_536 - 2048);
}

/// Texts that are the same, begin so, or hold each other, in one way and not in another.
fn texts() -> Vec<String> {
    let ascii = (33..127).map(|byte| format!("{}x", char::from(byte)));
    let others = [
        "",
        " ",
        "\t",
        "\u{1}",
        "é1",
        "e\u{301}1",
        "E1",
        "ñandú",
        "NANDU",
        "nand",
        "Straße",
        "STRASSE",
        "straSe",
        "ß",
        "s",
        "ss",
        "œuvre",
        "OEUVRE",
        "œ",
        "oe",
        "o",
        "abc",
        "ABC ",
        "abc  d",
        "abcd",
        "abc\t",
        "abc\u{1}",
        "\u{1}abc",
        "ab\u{1}c",
        "abc\u{a0}",
        "a b",
        "a\u{3000}b",
        "---ALL---",
        "+1",
        "1",
        "10",
        "１",
        "ςσ",
        "ΣΣ",
        "ひらがな",
        "ヒラガナ",
        "日本",
        "日",
        "\u{526}a",
        "Ａ",
        "ª",
        "ﬃ",
        "ffi",
        "f\u{200d}fi",
        "㌀",
        "アパート",
        "\u{fffd}",
    ];
    ascii.chain(others.map(str::to_owned)).collect()
}

#[test]
fn texts_compare_and_are_found_as_on_the_server() {
    let texts = texts();
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let rows = texts.iter().enumerate().map(|(id, text)| {
        let pattern = text
            .replace('|', "||")
            .replace('%', "|%")
            .replace('_', "|_");
        format!("({id}, {}, {})", quoted(text), quoted(&pattern))
    });
    let rows: Vec<String> = rows.collect();
    let database = Database::empty_on_mariadb();
    database.run(&format!(
        "CREATE TABLE t (id INT, a {COLLATED}, pattern {COLLATED}); INSERT INTO t VALUES {}",
        rows.join(", ")
    ));
    let lines = database.run(
        "SELECT l.id, r.id, IF(l.a = r.a, 0, IF(l.a < r.a, -1, 1)), l.a LIKE CONCAT(r.pattern, '%') ESCAPE '|', \
         l.a LIKE CONCAT('%', r.pattern, '%') ESCAPE '|' FROM t l, t r",
    );
    for line in lines.lines() {
        let fields: Vec<i32> = line
            .split('\t')
            .map(|field| field.parse().expect("a number"))
            .collect();
        let text = |field: i32| texts[usize::try_from(field).expect("an index")].as_str();
        let (left, right) = (text(fields[0]), text(fields[1]));
        assert_eq!(
            (
                collation::compare(left, right) as i32,
                collation::key(left).cmp(&collation::key(right)).is_eq(),
                i32::from(collation::begins_with(left, right)),
                i32::from(collation::holds(left, right)),
            ),
            (fields[2], fields[2] == 0, fields[3], fields[4]),
            "{left:?} {right:?}"
        );
    }
    assert_eq!(lines.lines().count(), texts.len() * texts.len());
}

#[test]
fn a_list_finds_the_same_numbers_on_each_database() {
    let patterns = ["œuvre", "oe1", "OE\t2", "oe", "o\u{1}e", "p", "Ｏe3"];
    let dids = patterns.map(|pattern| {
        let row = json!({"did_pattern": pattern});
        row.as_object().expect("a row").clone()
    });
    let tables = Tables::from([("vicidial_inbound_dids".to_owned(), dids.to_vec())]);
    for beginning in ["o", "oe", "œ", "OE", "oe\t", "x", ""] {
        let found = [Backend::Sqlite, Backend::Vicidial].map(|backend| {
            let filter = Filter {
                pattern: Some(Pattern::Beginning(beginning.to_owned())),
                ..Default::default()
            };
            let database = Database::with(backend, &tables);
            let mut db = database.open();
            let mut pages = DidPages::new(filter, 0, 100);
            let rows = pages.next(&mut db).expect("rows").rows;
            rows.into_iter()
                .filter_map(|row| row.into_iter().next().flatten())
                .collect::<Vec<_>>()
        });
        assert_eq!(found[0], found[1], "{beginning:?}");
    }
}

/// An embedded file as an earlier version has left it, with these DIDs: its indexes are in the order of code points.
fn earlier_file(patterns: &[&str]) -> Database {
    let database = Database::fresh(Backend::Sqlite);
    let mut connection = SqliteConnection::establish(&database.url).expect("the file");
    connection
        .register_collation(collation::NAME, |right: &str, left: &str| left.cmp(right))
        .expect("a collation");
    for pattern in patterns {
        connection
            .batch_execute(&format!(
                "INSERT INTO vicidial_inbound_dids (did_pattern) VALUES ('{pattern}')"
            ))
            .expect("a DID");
    }
    connection
        .batch_execute("REINDEX; PRAGMA user_version = 0")
        .expect("an earlier file");
    database
}

/// The one text that a question to the file has as its answer.
fn ask(database: &Database, question: &str) -> String {
    let mut connection = SqliteConnection::establish(&database.url).expect("the file");
    collation::register(&mut connection).expect("a collation");
    let question = diesel::dsl::sql::<Text>(&format!("({question})"));
    diesel::select(question)
        .get_result(&mut connection)
        .expect("an answer")
}

const CHECK: &str = "SELECT group_concat(integrity_check, ' ') FROM pragma_integrity_check";

#[test]
fn the_indexes_of_an_earlier_file_are_rebuilt_once() {
    let database = earlier_file(&["z1", "œ1", "od1", "of1", "Ａ1", "b1"]);
    assert_ne!(ask(&database, CHECK), "ok");
    // Two connections at once, as of two processes: one rebuilds, the other waits.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| drop(database.open()));
        }
    });
    assert_eq!(ask(&database, CHECK), "ok");
    let found = "SELECT did_pattern FROM vicidial_inbound_dids WHERE did_pattern = 'OE1'";
    assert_eq!(ask(&database, found), "œ1");
}

#[test]
fn an_earlier_file_with_numbers_that_are_one_now_is_left_as_it_was() {
    let database = earlier_file(&["7275551000", "œ1", "Ａ1", "oe1"]);
    let error = Db::open(&database.address(), CreateTables::No)
        .err()
        .expect("it is not opened");
    let error = error.to_string();
    for part in [
        "vicidial_inbound_dids (did_pattern): 'œ1' = 'oe1'",
        "Nothing was changed",
        "`vicishim dump`",
    ] {
        assert!(error.contains(part), "{error}");
    }
    // As it was, and read by what the message names.
    assert_eq!(
        ask(
            &database,
            "SELECT CAST(user_version AS CHAR) FROM pragma_user_version"
        ),
        "0"
    );
    let patterns: Vec<_> = database
        .rows("vicidial_inbound_dids")
        .iter()
        .map(|did| did["did_pattern"].clone())
        .collect();
    assert_eq!(patterns, ["7275551000", "œ1", "Ａ1", "oe1"]);
}

#[test]
fn a_file_of_a_later_version_is_not_opened() {
    let database = Database::fresh(Backend::Sqlite);
    let mut connection = SqliteConnection::establish(&database.url).expect("the file");
    connection
        .batch_execute("PRAGMA user_version = 1000")
        .expect("a later file");
    let error = Db::open(&database.address(), CreateTables::No)
        .err()
        .expect("it is not opened");
    assert!(
        error.to_string().contains("a later version of vicishim"),
        "{error}"
    );
}
