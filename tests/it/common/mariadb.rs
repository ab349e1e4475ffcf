//! A MariaDB of the tests' own: a private data directory, a free loopback port, gone with the process that started it.

use std::io::Write;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A password that needs encoding in an address.
pub const PASSWORD: &str = "s3cret/p@ss";

/// A running server.
pub struct MariaDb {
    pub port: u16,
    /// Ends the server when its standard input closes: also when the tests are killed.
    keeper: Child,
}

/// The server of this test process; started at the first call.
pub fn shared() -> &'static MariaDb {
    static SHARED: OnceLock<MariaDb> = OnceLock::new();
    SHARED.get_or_init(|| MariaDb::start(&[]))
}

const KEEPER: &str = r#"
set -e
dir=$(mktemp -d "$2/vicishim_mariadb_XXXXXX")
trap 'rm -rf "$dir"' EXIT
# Its own, too: a server that starts sweeps the temporary tables of others from a shared one.
mkdir "$dir/tmp"
TMPDIR="$dir/tmp" mariadb-install-db --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal --skip-test-db \
    --user="$(id -un)" >"$dir/install.log" 2>&1 || { cat "$dir/install.log" >&2; exit 1; }
mariadbd --no-defaults --datadir="$dir/data" --tmpdir="$dir/tmp" --socket="$dir/socket" --pid-file="$dir/pid" --user="$(id -un)" \
    --bind-address=127.0.0.1 --port="$1" --skip-log-bin --max-connections=400 --innodb-buffer-pool-size=64M \
    --innodb-flush-log-at-trx-commit=0 --character-set-server=utf8mb3 --collation-server=utf8mb3_unicode_ci \
    --sql-mode=NO_ENGINE_SUBSTITUTION "${@:3}" >"$dir/server.log" 2>&1 &
server=$!
trap 'kill -9 $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$dir"' EXIT
cat >/dev/null
"#;

impl MariaDb {
    /// Starts a server with further options.
    pub fn start(options: &[&str]) -> Self {
        Self::start_with(&[], options)
    }

    /// The same with environment variables.
    pub fn start_with(variables: &[(&str, &str)], options: &[&str]) -> Self {
        let port = free_port();
        let keeper = Command::new("bash")
            .args(["-c", KEEPER, "keeper", &port.to_string()])
            .arg(super::scratch())
            .args(options)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .spawn()
            .expect("bash runs");
        let server = Self { port, keeper };
        let since = Instant::now();
        while server.try_run("mysql", "SELECT 1").is_err() {
            assert!(
                since.elapsed() < Duration::from_secs(60),
                "MariaDB did not start"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        server.run("mysql", &account());
        server
    }

    /// The address of one of its databases.
    pub fn url(&self, database: &str) -> String {
        url(self.port, database)
    }

    /// Runs statements as root, and gives what they print.
    pub fn run(&self, database: &str, statements: &str) -> String {
        self.try_run(database, statements)
            .unwrap_or_else(|error| panic!("{statements}: {error}"))
    }

    fn try_run(&self, database: &str, statements: &str) -> Result<String, String> {
        try_run(self.port, database, statements)
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().ok();
    }
}

/// A loopback port that nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("a port").port()
}

/// Statements that make the account of [`url`].
pub fn account() -> String {
    format!(
        "CREATE USER 'vicishim'@'%' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON *.* TO 'vicishim'@'%';"
    )
}

/// Runs statements as root on the server behind a port, and gives what they print.
///
/// # Errors
/// What the client says: the server does not answer, a statement fails.
pub fn try_run(port: u16, database: &str, statements: &str) -> Result<String, String> {
    let mut client = Command::new("mariadb")
        .args([
            "--no-defaults",
            "--host=127.0.0.1",
            "--protocol=TCP",
            "--user=root",
            "--batch",
        ])
        .args([
            "--skip-column-names",
            "--default-character-set=utf8mb4",
            &format!("--port={port}"),
            database,
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut stdin = client.stdin.take().expect("its stdin");
    stdin.write_all(statements.as_bytes()).ok();
    drop(stdin);
    let output = client
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The address of a database behind a port.
pub fn url(port: u16, database: &str) -> String {
    let password = PASSWORD.replace('/', "%2F").replace('@', "%40");
    format!("mysql://vicishim:{password}@127.0.0.1:{port}/{database}")
}

/// Statements that make a VICIdial's tables: all columns of the reference but these (`table.column`), MyISAM.
pub fn vicidial_tables(without: &[&str]) -> String {
    let columns = super::read_fixture("reference/columns.tsv");
    let indexes = super::read_fixture("reference/indexes.tsv");
    let mut tables: Vec<(&str, Vec<String>)> = Vec::new();
    for line in columns.lines().skip(1) {
        let fields: Vec<&str> = line
            .split('\t')
            .chain(std::iter::repeat(""))
            .take(7)
            .collect();
        let [table, column, kind, nullable, default, _, extra] = fields[..] else {
            unreachable!()
        };
        if without.contains(&format!("{table}.{column}").as_str()) {
            continue;
        }
        let mut definition = format!("`{column}` {kind}");
        definition.push_str(if nullable == "NO" {
            " NOT NULL"
        } else {
            " NULL"
        });
        if default != "NULL" && !default.is_empty() {
            definition.push_str(&format!(" DEFAULT {default}"));
        }
        definition.push_str(&format!(" {extra}"));
        match tables.last_mut() {
            Some((last, definitions)) if *last == table => definitions.push(definition),
            _ => tables.push((table, vec![definition])),
        }
    }
    for line in indexes.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [table, name, non_unique, columns] = fields[..] else {
            unreachable!()
        };
        let columns: Vec<String> = columns
            .split(',')
            .map(|column| format!("`{column}`"))
            .collect();
        let kind = match (name, non_unique) {
            ("PRIMARY", _) => "PRIMARY KEY".to_owned(),
            (name, "0") => format!("UNIQUE KEY `{name}`"),
            (name, _) => format!("KEY `{name}`"),
        };
        if let Some((_, definitions)) = tables.iter_mut().find(|(known, _)| *known == table) {
            definitions.push(format!("{kind} ({})", columns.join(", ")));
        }
    }
    tables
        .iter()
        .map(|(table, definitions)| {
            format!(
                "CREATE TABLE `{table}` ({}) ENGINE=MyISAM;\n",
                definitions.join(", ")
            )
        })
        .collect()
}
