//! `vicishim orphans`: rows of our own tables whose DID or phone is gone, as when it was deleted in VICIdial's own pages.

use std::io::Write;

use clap::Args;

use super::Failure;
use super::database::{DatabaseArgument, check_own_tables};
use crate::store::state::orphans::{self, Orphan, OrphanPage};
use crate::store::{CreateTables, Db, QueryResult};

/// The arguments of `orphans`.
#[derive(Args)]
pub(super) struct Orphans {
    /// Remove them, too
    #[arg(long)]
    remove: bool,
    #[command(flatten)]
    database: DatabaseArgument,
}

impl Orphans {
    /// Prints a line an orphan, and how many there are.
    pub(super) fn run(self) -> Result<(), Failure> {
        let address = self.database.address()?;
        let mut db = Db::open(&address, CreateTables::No)?;
        check_own_tables(&db, &address)?;
        let mut count = 0;
        for page in [orphans::of_dids, orphans::of_phones] {
            count += self.each(&mut db, page)?;
        }
        let what = if count == 1 { "orphan" } else { "orphans" };
        let done = if self.remove { "removed" } else { "found" };
        println!("{count} {what} {done}");
        Ok(())
    }

    fn each(
        &self,
        db: &mut Db,
        page: fn(&mut Db, i64) -> QueryResult<OrphanPage>,
    ) -> Result<usize, Failure> {
        let mut out = std::io::stdout().lock();
        let (mut after, mut count) = (0, 0);
        while let Some((orphans, last)) = page(db, after)? {
            after = last;
            for orphan in orphans {
                if self.remove && !orphans::remove(db, &orphan)? {
                    continue;
                }
                count += 1;
                match &orphan {
                    Orphan::Did(did_id, number) => writeln!(out, "did {did_id} {number}")?,
                    Orphan::Phone(id, extension, server_ip) => {
                        writeln!(out, "extension {id} {extension}@{server_ip}")?;
                    }
                }
            }
        }
        Ok(count)
    }
}
