//! The DIDs that this user may list.

use crate::access::permission::{LIST_DIDS, Needs};
use crate::console::reading::{Asks, Reader};
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::plan::listed::{self, Dids};
use crate::store::dids::pages::{DidPages, Filter};
use crate::store::{Db, QueryResult};

/// The function whose list it is, and what it asks.
pub(super) const LIST: (&str, Asks) = ("did_list", || Needs::Function(&LIST_DIDS));

/// The list as CSV, as `did_list` prints it.
///
/// # Errors
/// The user may not, or the database does not answer.
pub(super) async fn csv(visit: &Visit) -> Result<String, Stop> {
    let (function, asks) = LIST;
    let rows = visit.read(function, asks, read).await?;
    listed::csv(&rows).map_err(|error| Stop::Refused(500, error.to_string()))
}

/// The DIDs of the list.
///
/// # Errors
/// As [`csv()`].
pub(super) async fn dids(visit: &Visit) -> Result<Dids, Stop> {
    let rows = listed::rows(&csv(visit).await?);
    rows.map(Dids::of)
        .map_err(|error| Stop::Refused(500, error))
}

fn read(db: &mut Db, reader: &Reader) -> QueryResult<Vec<Vec<Option<String>>>> {
    let filter = Filter {
        user_groups: reader.scope.user_groups(),
        ..Filter::default()
    };
    let mut pages = DidPages::new(filter, 0, usize::MAX);
    let mut rows = Vec::new();
    loop {
        let page = pages.next(db)?;
        rows.extend(page.rows);
        if page.is_last {
            return Ok(rows);
        }
    }
}
