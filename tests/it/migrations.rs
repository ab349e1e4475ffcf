//! The two migration trees and `columns.tsv` say the same, and every `down.sql` undoes its `up.sql`.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::common::database::{Backend, Database};
use crate::common::server::{Server, run};
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

/// Indexes: the table, whether each value is there once, and the columns in their order.
type Indexes = BTreeSet<(String, bool, Vec<String>)>;

/// The indexes that `columns.tsv` declares, with those that only MariaDB has or without them.
fn declared_indexes(on_mariadb: bool) -> Indexes {
    const ON_MARIADB: &str = " on MariaDB";
    let text = include_str!("../../src/store/columns.tsv");
    let mut parts: BTreeMap<(String, String), (bool, BTreeMap<usize, String>)> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let (table, column) = (fields[0].to_owned(), fields[1].to_owned());
        let declared = fields.get(6).copied().unwrap_or_default();
        for index in declared.split("; ").filter(|index| !index.is_empty()) {
            if index.ends_with(ON_MARIADB) && !on_mariadb {
                continue;
            }
            let index = index.trim_end_matches(ON_MARIADB);
            let (kind, rest) = index.split_once(' ').unwrap_or((index, ""));
            let (name, place) = rest.split_once('.').unwrap_or((column.as_str(), "1"));
            assert!(["primary", "unique", "index"].contains(&kind), "{line}");
            let key = (table.clone(), format!("{kind} {name}"));
            let part = parts.entry(key).or_default();
            part.0 = kind != "index";
            part.1
                .insert(place.parse().expect("a place"), column.clone());
        }
    }
    parts
        .into_iter()
        .map(|((table, _), (unique, columns))| (table, unique, columns.into_values().collect()))
        .collect()
}

fn sqlite_indexes(connection: &mut SqliteConnection) -> Indexes {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        t: String,
        #[diesel(sql_type = Text)]
        u: String,
        #[diesel(sql_type = Text)]
        c: String,
    }
    // A whole number that is the primary key is the row's own number, and has no index beside it.
    let query = "SELECT m.name AS t, CAST(l.\"unique\" AS TEXT) AS u, \
                 (SELECT group_concat(i.name, ',') FROM pragma_index_info(l.name) i) AS c \
                 FROM sqlite_master m, pragma_index_list(m.name) l WHERE m.type = 'table' \
                 UNION SELECT m.name, '1', (SELECT group_concat(name, ',') FROM \
                 (SELECT p.name FROM pragma_table_info(m.name) p WHERE p.pk > 0 ORDER BY p.pk)) \
                 FROM sqlite_master m WHERE m.type = 'table' \
                 AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) p WHERE p.pk > 0)";
    let lines: Vec<Line> = diesel::sql_query(query)
        .load(connection)
        .expect("the indexes");
    let ours = lines.into_iter().filter(|line| !line.t.starts_with("__"));
    ours.map(|line| {
        let columns = line.c.split(',').map(str::to_owned).collect();
        (line.t, line.u == "1", columns)
    })
    .collect()
}

#[test]
fn both_trees_have_the_indexes_that_are_declared() {
    let database = Database::fresh(Backend::Sqlite);
    let mut connection = SqliteConnection::establish(&database.url).expect("the file");
    assert_eq!(sqlite_indexes(&mut connection), declared_indexes(false));

    let database = Database::fresh(Backend::Innodb);
    let lines = database.run(
        "SELECT table_name, 1 - non_unique, GROUP_CONCAT(column_name ORDER BY seq_in_index) \
         FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_\\_%' \
         GROUP BY table_name, index_name, non_unique",
    );
    let indexes: Indexes = lines
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let columns = fields[2].split(',').map(str::to_owned).collect();
            (fields[0].to_owned(), fields[1] == "1", columns)
        })
        .collect();
    assert_eq!(indexes, declared_indexes(true));
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

/// The version of the last migration, and the statements that undo it.
fn last_undone(backend: &str) -> (String, String) {
    let last = directories(backend).pop().expect("a migration");
    let name = last.file_name().expect("a name").to_string_lossy();
    let version = name.split('_').next().expect("a version").to_owned();
    let down = std::fs::read_to_string(last.join("down.sql")).expect("a migration");
    let forget =
        format!("{down} DELETE FROM __diesel_schema_migrations WHERE version = '{version}'");
    (version, forget)
}

/// A SQLite file as the release before the last migration has left it.
fn older_file() -> Database {
    let database = Database::with_state(Backend::Sqlite);
    let mut connection = SqliteConnection::establish(&database.url).expect("the file");
    collation::register(&mut connection).expect("a collation");
    let (_, forget) = last_undone("sqlite");
    connection.batch_execute(&forget).expect("down");
    database
}

/// The files beside a SQLite file that were made before it was upgraded.
fn backups(database: &Database) -> Vec<PathBuf> {
    let directory = Path::new(&database.url).parent().expect("a directory");
    let files = std::fs::read_dir(directory).expect("a directory");
    files
        .map(|file| file.expect("a file").path())
        .filter(|file| {
            let name = file.to_string_lossy();
            // SQLite's own files beside one that is looked into.
            name.contains(".before-") && !name.ends_with("-wal") && !name.ends_with("-shm")
        })
        .collect()
}

#[test]
fn an_older_file_is_backed_up_before_it_is_upgraded() {
    let database = older_file();
    let shape_of = |path: &str| {
        let mut connection = SqliteConnection::establish(path).expect("a file");
        sqlite_shape(&mut connection)
    };
    let before = shape_of(&database.url);
    assert_ne!(before, declared());
    assert_eq!(backups(&database), Vec::<PathBuf>::new());
    let rows = database.rows("vicidial_inbound_dids");
    drop(database.open());
    assert_eq!(database.rows("vicidial_inbound_dids"), rows);
    let backups = backups(&database);
    let [backup] = &backups[..] else {
        panic!("{backups:?}")
    };
    let mode = std::fs::metadata(backup).expect("a file").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    assert_eq!(shape_of(backup.to_str().expect("a path")), before);
    assert_eq!(shape_of(&database.url), declared());
    // Opened again, there is nothing to be backed up.
    drop(database.open());
    assert_eq!(self::backups(&database).len(), 1);
}

#[test]
fn an_older_file_that_cannot_be_backed_up_stays_as_it_is() {
    let database = older_file();
    let path = PathBuf::from(&database.url);
    // No name is free, whatever the second.
    let long = path.with_file_name("x".repeat(240));
    std::fs::rename(&path, &long).expect("it is moved");
    let output = run(&[
        "load",
        "/dev/null",
        "--database",
        long.to_str().expect("a path"),
    ]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && error.contains("cannot be backed up"),
        "{error}"
    );
    let mut file = SqliteConnection::establish(long.to_str().expect("a path")).expect("a file");
    assert_ne!(sqlite_shape(&mut file), declared());
}

#[test]
fn a_database_of_a_newer_release_is_refused() {
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    let file = Database::fresh(Backend::Sqlite);
    let mut connection = SqliteConnection::establish(&file.url).expect("the file");
    connection.batch_execute(newer).expect("a row");
    let server = Database::fresh(Backend::Innodb);
    server.run(newer);
    for database in [&file, &server] {
        for command in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["dump"],
            &["load", "/dev/null"],
        ] {
            let output = run(&[command, &["--database", &database.url]].concat());
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{command:?} {error}");
            assert!(
                error.contains("was made by a newer vicishim: it has the migration 9999"),
                "{command:?} {error}"
            );
        }
    }
}

#[test]
fn an_older_mariadb_is_upgraded_only_when_that_is_asked_for() {
    let database = Database::fresh(Backend::Innodb);
    let (version, forget) = last_undone("mysql");
    database.run(&forget);
    let output = run(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--database",
        &database.url,
    ]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains(&format!(
            "was made by an older vicishim: it lacks the migration {version}"
        )),
        "{error}"
    );
    drop(Server::start(&[
        "--create-tables",
        "--database",
        &database.url,
    ]));
    drop(Server::start(&["--database", &database.url]));
}

#[test]
fn settings_of_dids_learn_their_number() {
    let database = Database::with_state(Backend::Sqlite);
    let did = database.rows("vicidial_inbound_dids")[0].clone();
    database.load(&serde_json::from_value(serde_json::json!({
        "vicishim_did_routes": [{"did_id": did["did_id"], "position": 1, "days": "mon", "dest_kind": "in_group", "dest_id": "X"}],
    })).expect("tables"));
    let mut connection = SqliteConnection::establish(&database.url).expect("the file");
    collation::register(&mut connection).expect("a collation");
    let mut since = directories("sqlite");
    since.retain(|path| path.file_name() >= Some("0004_state".as_ref()));
    let mut run = |path: &PathBuf, file: &str| {
        let text = std::fs::read_to_string(path.join(file)).expect("a migration");
        connection.batch_execute(&text).expect(file);
    };
    since.iter().rev().for_each(|path| run(path, "down.sql"));
    since.iter().for_each(|path| run(path, "up.sql"));
    let row = &database.rows("vicishim_dids")[0];
    assert_eq!(
        (&row["did_id"], &row["did_pattern"]),
        (&did["did_id"], &did["did_pattern"])
    );
}
