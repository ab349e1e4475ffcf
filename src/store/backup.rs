//! A copy of the file while it is used.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::sql::Sql;
use super::{Address, Db};

/// Copies the database into a new file, as it was at one moment: what is written meanwhile is not in it, and waits for
/// nothing. The copy is its owner's alone, and is whole and on disk once it has its name. Its size in bytes.
///
/// # Errors
/// It is not a SQLite file, something of that name is there, or the copy cannot be written. Nothing is left of it then.
pub fn back_up(db: &mut Db, to: &Path) -> Result<u64, String> {
    if matches!(db.address, Address::Mysql(_)) {
        return Err(
            "a MariaDB is copied with its own tools: mariadb-dump --single-transaction".to_owned(),
        );
    }
    let shown = to.display();
    if to.symlink_metadata().is_ok() {
        return Err(format!("{shown} is there already"));
    }
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let copied = copy(db, &part).and_then(|size| {
        std::fs::rename(&part, to).map_err(|error| error.to_string())?;
        sync_directory(to);
        Ok(size)
    });
    copied.map_err(|error| {
        let mut journal = part.clone().into_os_string();
        journal.push("-journal");
        for left in [part.as_os_str(), &journal] {
            std::fs::remove_file(left).ok();
        }
        format!("cannot write {shown}: {error}")
    })
}

fn copy(db: &mut Db, part: &Path) -> Result<u64, String> {
    let path = part.to_str().ok_or("its name is not UTF-8")?;
    // For its owner alone from its first byte on; SQLite takes a file that is empty.
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    options.open(part).map_err(|error| error.to_string())?;
    // It writes to the copy alone.
    db.batch("PRAGMA query_only = OFF")
        .map_err(|error| error.to_string())?;
    let statement = Sql::new("VACUUM INTO ").bind(path);
    db.write_bookkeeping(&statement)
        .map_err(|error| error.to_string())?;
    let file = File::open(part).map_err(|error| error.to_string())?;
    file.sync_all().map_err(|error| error.to_string())?;
    file.metadata()
        .map(|of| of.len())
        .map_err(|error| error.to_string())
}

/// Without it a loss of power may take the name away, and with it the copy.
fn sync_directory(of: &Path) {
    let directory = of.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Ok(directory) = File::open(directory.unwrap_or(Path::new("."))) {
        directory.sync_all().ok();
    }
}
