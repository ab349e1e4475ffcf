//! What the tests share: databases of their own, the server in process or spawned, and a client that sends what it is
//! told, byte for byte.

/// One test of each name for each case: `{ sqlite: Backend::Sqlite, … } some_test another_test`. A case's value is seen from
/// inside the test's module.
macro_rules! on_each {
    (@one $name:ident { $($case:ident: $value:expr,)* }) => {
        mod $name {
            $(
                #[test]
                fn $case() {
                    super::$name($value);
                }
            )*
        }
    };
    ($cases:tt $($name:ident)*) => {
        $(on_each! { @one $name $cases })*
    };
}

/// One test on each database.
macro_rules! on_each_database {
    ($($name:ident)*) => {
        on_each! {
            {
                sqlite: $crate::common::database::Backend::Sqlite,
                vicidial: $crate::common::database::Backend::Vicidial,
                innodb: $crate::common::database::Backend::Innodb,
            }
            $($name)*
        }
    };
}

/// One test wherever there are tables of our own: in a database of ours, or beside a VICIdial's.
macro_rules! on_our_own {
    ($($name:ident)*) => {
        on_each! {
            {
                sqlite: $crate::common::database::Backend::Sqlite,
                innodb: $crate::common::database::Backend::Innodb,
                vicidial_with_sqlite: $crate::common::database::Backend::VicidialWithSqlite,
                vicidial_with_mariadb: $crate::common::database::Backend::VicidialWithMariaDb,
            }
            $($name)*
        }
    };
}

/// One test on each database, and on a VICIdial's with our own tables beside it.
macro_rules! on_each_database_and_with_state {
    ($($name:ident)*) => {
        on_each! {
            {
                sqlite: $crate::common::database::Backend::Sqlite,
                vicidial: $crate::common::database::Backend::Vicidial,
                innodb: $crate::common::database::Backend::Innodb,
                vicidial_with_sqlite: $crate::common::database::Backend::VicidialWithSqlite,
                vicidial_with_mariadb: $crate::common::database::Backend::VicidialWithMariaDb,
            }
            $($name)*
        }
    };
}

pub mod browser;
pub mod client;
pub mod conversation;
pub mod database;
pub mod dialer;
pub mod galera;
pub mod json;
pub mod ledger;
pub mod mariadb;
pub mod proxy;
pub mod scripted;
pub mod server;
pub mod sip;
pub mod site;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The kilobytes that must be free in memory for [`scratch`].
const ROOM: u64 = 2 * 1024 * 1024;

/// A file under `fixtures/`.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

/// The text of a file under `fixtures/`.
pub fn read_fixture(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Where the tests keep their databases: in memory where there is room for them, which saves most of the time that making
/// tables takes on a disk. No test looks at what outlives the machine.
pub fn scratch() -> &'static Path {
    static SCRATCH: OnceLock<PathBuf> = OnceLock::new();
    SCRATCH.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let output = Command::new("df")
            .args(["--output=avail", "-k"])
            .arg(memory)
            .output();
        let text = output.map(|output| output.stdout).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let free: u64 = text
            .lines()
            .last()
            .and_then(|line| line.trim().parse().ok())
            .unwrap_or(0);
        if free >= ROOM {
            memory.to_owned()
        } else {
            std::env::temp_dir()
        }
    })
}

/// Waits until something is so that comes to pass in another process or thread.
///
/// # Panics
/// After a minute, with `what` was waited for.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_secs(60), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
