//! The two migration trees and `columns.tsv` say the same, and every `down.sql` undoes its `up.sql`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::common::database::{Backend, Database};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use vicishim::store::collation;
use vicishim::store::columns::Columns;

type Shape = BTreeMap<String, Vec<String>>;

fn directories(backend: &str) -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("migrations")
        .join(backend);
    let mut directories: Vec<_> = std::fs::read_dir(root)
        .expect("migrations")
        .map(|entry| entry.expect("a migration").path())
        .collect();
    directories.sort();
    directories
}

fn declared() -> Shape {
    let columns = Columns::ours();
    let names = |table: &str| {
        let mut names: Vec<String> = columns
            .of(table)
            .iter()
            .map(|column| column.name.clone())
            .collect();
        names.sort();
        names
    };
    columns
        .tables()
        .map(|table| (table.to_owned(), names(table)))
        .collect()
}

fn shape(lines: impl Iterator<Item = (String, String)>) -> Shape {
    let mut shape = Shape::new();
    for (table, column) in
        lines.filter(|(table, _)| !table.starts_with("__diesel") && !table.starts_with("sqlite_"))
    {
        shape.entry(table).or_default().push(column);
    }
    shape.values_mut().for_each(|columns| columns.sort());
    shape
}

fn sqlite_shape(connection: &mut SqliteConnection) -> Shape {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        t: String,
        #[diesel(sql_type = Text)]
        c: String,
    }
    let query = "SELECT m.name AS t, p.name AS c FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'";
    let lines: Vec<Line> = diesel::sql_query(query)
        .load(connection)
        .expect("the columns");
    shape(lines.into_iter().map(|line| (line.t, line.c)))
}

#[test]
fn both_trees_have_the_tables_and_columns_that_are_declared() {
    let database = Database::fresh(Backend::Sqlite);
    let mut connection = SqliteConnection::establish(&database.url).expect("the file");
    assert_eq!(sqlite_shape(&mut connection), declared());

    let database = Database::fresh(Backend::Innodb);
    let lines = database.run("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()");
    let lines = lines
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(table, column)| (table.to_owned(), column.to_owned()));
    assert_eq!(shape(lines), declared());
    let names = |backend| {
        directories(backend)
            .iter()
            .map(|path| path.file_name().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("sqlite"), names("mysql"));
}

#[test]
fn what_goes_up_comes_down() {
    let mut connection = SqliteConnection::establish(":memory:").expect("a database");
    collation::register(&mut connection).expect("a collation");
    let database = Database::empty_on_mariadb();
    let read =
        |path: &PathBuf, file: &str| std::fs::read_to_string(path.join(file)).expect("a migration");
    let mut sqlite = vec![sqlite_shape(&mut connection)];
    for path in directories("sqlite") {
        connection
            .batch_execute(&read(&path, "up.sql"))
            .expect("up");
        sqlite.push(sqlite_shape(&mut connection));
    }
    for path in directories("sqlite").iter().rev() {
        sqlite.pop();
        connection
            .batch_execute(&read(path, "down.sql"))
            .expect("down");
        assert_eq!(Some(&sqlite_shape(&mut connection)), sqlite.last());
    }
    let tables = |database: &Database| database.run("SHOW TABLES");
    let mut mysql = vec![tables(&database)];
    for path in directories("mysql") {
        database.run(&read(&path, "up.sql"));
        mysql.push(tables(&database));
    }
    assert_ne!(mysql.last(), mysql.first());
    for path in directories("mysql").iter().rev() {
        mysql.pop();
        database.run(&read(path, "down.sql"));
        assert_eq!(Some(&tables(&database)), mysql.last());
    }
}

#[test]
fn the_collation_orders_as_the_server_does() {
    let database = Database::empty_on_mariadb();
    let mut texts: Vec<String> = (33u8..127)
        .map(|byte| format!("{}x", char::from(byte)))
        .collect();
    texts.extend(
        [
            "é1",
            "ñandú",
            "NANDU",
            "Straße",
            "STRASSE",
            "Ünal",
            "abc",
            "ABC ",
            "a b",
            "---ALL---",
        ]
        .map(str::to_owned),
    );
    let quoted: Vec<String> = texts
        .iter()
        .map(|text| format!("('{}')", text.replace('\\', "\\\\").replace('\'', "\\'")))
        .collect();
    database.run("CREATE TABLE t (a VARCHAR(50)) CHARACTER SET utf8mb3 COLLATE utf8mb3_unicode_ci");
    database.run(&format!("INSERT INTO t VALUES {}", quoted.join(", ")));
    let pairs =
        database.run("SELECT l.a, r.a, IF(l.a = r.a, '=', IF(l.a < r.a, '<', '>')) FROM t l, t r");
    let mut count = 0;
    for line in pairs.lines() {
        let fields: Vec<String> = line
            .split('\t')
            .map(|field| field.replace("\\\\", "\\"))
            .collect();
        let [left, right, order] = &fields[..] else {
            panic!("{line}")
        };
        let ours = match collation::compare(left, right) {
            std::cmp::Ordering::Less => "<",
            std::cmp::Ordering::Equal => "=",
            std::cmp::Ordering::Greater => ">",
        };
        assert_eq!(
            (ours, collation::key(left) == collation::key(right)),
            (order.as_str(), order == "="),
            "{left:?} {right:?}"
        );
        count += 1;
    }
    assert_eq!(count, texts.len() * texts.len());
}
