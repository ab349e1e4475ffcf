//! Our own tables, in a database of ours or beside a VICIdial's (`--state`).

mod arguments;
mod cost;
mod history;
mod interrupted;
mod kills;
mod orphans;
mod outage;
mod requests;
mod settings;

use crate::common::database::Database;

/// Makes a VICIdial's tables those of one that was converted: they have transactions.
fn convert_to_innodb(database: &Database) {
    let tables = database.run("SHOW TABLES");
    let convert = |table: &str| format!("ALTER TABLE `{table}` ENGINE=InnoDB;");
    let convert: String = tables.lines().map(convert).collect();
    // Rows that have more columns than InnoDB holds for certain.
    database.run(&format!("SET innodb_strict_mode = 0; {convert}"));
}
