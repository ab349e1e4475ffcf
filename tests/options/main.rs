//! What the documented dialect offers beside VICIdial's own parameters: nothing of it without being asked for.

#[path = "../common/mod.rs"]
mod common;

/// One test for each database, named after it.
macro_rules! on_each_database {
    ($($name:ident)*) => {
        $(
            mod $name {
                use super::Backend;

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

mod api;
mod atomic;
mod dry_run;
mod forms;
mod headers;
mod json;
mod lists;
