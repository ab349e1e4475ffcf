//! Making our tables in an empty MariaDB. Several servers may begin to at once, on one node or on all nodes of a cluster:
//! one of them makes the tables, the others wait.

use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::migration::MigrationSource;
use diesel::mysql::Mysql;
use diesel_migrations::MigrationHarness;

use super::mysql::{self, MIGRATIONS, MysqlConnection};
use super::sql::Sql;
use super::{MysqlAddress, OpenError};

/// Whether an empty MariaDB is given our tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateTables {
    /// Yes, where it is empty.
    Yes,
    /// No: what is missing is an error.
    No,
}

/// The table that is there while one process makes the others. Of several processes that create it one succeeds, also
/// on a cluster, which runs such statements in one order on all nodes.
const CLAIM: &str = "vicishim_creating_tables";

/// How long the others wait.
const WAIT: Duration = Duration::from_secs(60);

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// What is in the database.
struct Found {
    /// Tables, but for [`CLAIM`].
    tables: i64,
    /// Whether our migrations were run here.
    is_ours: bool,
    /// Whether another process makes the tables now.
    is_claimed: bool,
}

/// Brings an empty database, or one of ours, up to date.
///
/// # Errors
/// One sentence: the database has tables of others, it cannot be written, or another process began and did not finish.
pub(super) fn create(
    connection: &mut MysqlConnection,
    address: &MysqlAddress,
) -> Result<(), OpenError> {
    let failed = |error: &dyn std::fmt::Display| {
        OpenError::final_(format!("cannot create the tables in {address}: {error}"))
    };
    let since = Instant::now();
    loop {
        let found = look(connection).map_err(|error| failed(&error))?;
        if found.is_claimed {
            if since.elapsed() > WAIT {
                return Err(failed(&format!(
                    "another process began to and has not finished: where none runs any more, drop the database, \
                     or only its table {CLAIM} where all others are there"
                )));
            }
            std::thread::sleep(PAUSE);
            continue;
        }
        if found.tables > 0 && !found.is_ours {
            return Err(OpenError::final_(format!(
                "--create-tables is for an empty database of our own: {address} has tables already, and none of \
                 them will be touched"
            )));
        }
        if found.is_ours && is_up_to_date(connection).map_err(|error| failed(&error))? {
            return Ok(());
        }
        let claim = connection.batch_execute(&format!("CREATE TABLE {CLAIM} (claimed INT)"));
        if let Err(error) = claim {
            let is_lost = look(connection).map_err(|error| failed(&error))?.is_claimed;
            if is_lost || since.elapsed() < PAUSE * 5 {
                std::thread::sleep(PAUSE);
                continue;
            }
            return Err(failed(&error));
        }
        let made = migrate(address);
        let dropped = connection.batch_execute(&format!("DROP TABLE {CLAIM}"));
        made.map_err(|error| failed(&error))?;
        return dropped.map_err(|error| failed(&error));
    }
}

fn look(connection: &mut MysqlConnection) -> QueryResult<Found> {
    let is_named = |name: &str| {
        format!("CAST(COALESCE(SUM(table_name = '{name}'), 0) AS CHAR) AS {name}_is_there")
    };
    let rows = connection.load(&Sql::new(format!(
        "SELECT CAST(count(*) AS CHAR) AS tables, {}, {} FROM information_schema.tables WHERE table_schema = DATABASE()",
        is_named("__diesel_schema_migrations"),
        is_named(CLAIM)
    )))?;
    let number = |column| {
        rows.first()
            .and_then(|row| row.text(column).parse::<i64>().ok())
            .unwrap_or(0)
    };
    Ok(Found {
        tables: number(0) - number(2),
        is_ours: number(1) > 0,
        is_claimed: number(2) > 0,
    })
}

fn is_up_to_date(connection: &mut MysqlConnection) -> QueryResult<bool> {
    let known = MigrationSource::<Mysql>::migrations(&MIGRATIONS).map_or(0, |known| known.len());
    let rows = connection.load(&Sql::new(
        "SELECT CAST(count(*) AS CHAR) AS run FROM __diesel_schema_migrations",
    ))?;
    let run: usize = rows
        .first()
        .map_or(0, |row| row.text(0).parse().unwrap_or(0));
    Ok(run >= known)
}

fn migrate(address: &MysqlAddress) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut connection = mysql::connect_to_migrate(address)?;
    connection.run_pending_migrations(MIGRATIONS)?;
    Ok(())
}
