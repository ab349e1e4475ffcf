//! What the tests share: databases of their own, the server in process or spawned, and a client that sends what it is
//! told, byte for byte.
#![allow(dead_code, reason = "each test file uses some of it")]

#[allow(unused_macros, reason = "as above")]
/// One test on each database.
macro_rules! on_each_database {
    ($($name:ident)*) => {
        $(
            mod $name {
                use crate::common::database::Backend;

                #[test]
                fn sqlite() {
                    super::$name(Backend::Sqlite);
                }

                #[test]
                fn vicidial() {
                    super::$name(Backend::Vicidial);
                }

                #[test]
                fn innodb() {
                    super::$name(Backend::Innodb);
                }
            }
        )*
    };
}

/// One test on each database of our own: not on a VICIdial's.
#[allow(unused_macros, reason = "as above")]
macro_rules! on_our_own {
    ($($name:ident)*) => {
        $(
            mod $name {
                use crate::common::database::Backend;

                #[test]
                fn sqlite() {
                    super::$name(Backend::Sqlite);
                }

                #[test]
                fn innodb() {
                    super::$name(Backend::Innodb);
                }
            }
        )*
    };
}

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

use std::path::PathBuf;

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
