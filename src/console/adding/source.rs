//! The DID that is copied, by what somebody has typed of it.

use askama::Template;

use super::ASKS;
use crate::console::form::Fields;
use crate::console::shown::{Answer, Shown};
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::store::QueryResult;
use crate::store::dids::listing::{From, Listing};
use crate::store::dids::pages::{Filter, Pattern};
use crate::store::records::Record;

/// How many DIDs are offered.
const OFFERED: usize = 20;

/// What was found.
#[derive(Default)]
pub(super) struct Source {
    /// The DID.
    pub(super) chosen: Option<Record>,
    /// Those that it may be.
    pub(super) offered: Vec<Record>,
}

impl Source {
    /// What a form says of it: the very number, else what fits.
    ///
    /// # Errors
    /// The user may not, or the database does not answer.
    pub(super) async fn find(visit: &Visit, form: &Fields) -> Result<Self, Stop> {
        let text = form.given("source_pick").or(form.given("source"));
        let text = text.map(str::to_owned);
        visit
            .read("copy_did", ASKS, move |db, reader| {
                let Some(text) = text.as_deref() else {
                    return Ok(Self::default());
                };
                let filter = |pattern, search| Filter {
                    pattern,
                    search,
                    user_groups: reader.scope.user_groups(),
                    ..Filter::default()
                };
                let mut found = |filter, count| -> QueryResult<Vec<Record>> {
                    let listing = Listing {
                        filter,
                        ..Listing::default()
                    };
                    let page = listing.page(db, &From::Begin, count)?;
                    let records = page.rows.into_iter().map(|(_, record)| record);
                    Ok(records.collect())
                };
                let exact = Pattern::Exactly(text.to_owned());
                let chosen = found(filter(Some(exact), None), 1)?.pop();
                let offered = match chosen {
                    Some(_) => Vec::new(),
                    None => found(filter(None, Some(text.to_owned())), OFFERED)?,
                };
                Ok(Self { chosen, offered })
            })
            .await
    }
}

#[derive(Template)]
#[template(path = "sources.html", config = "src/console/askama.toml")]
struct Options {
    offered: Vec<Record>,
}

/// `GET /add/sources?search=`: what fits, as options for the script.
pub(in crate::console) async fn sources(visit: &Visit) -> Answer {
    let text = visit.query.text("search").to_owned();
    let form = Fields(vec![("source".to_owned(), text)]);
    let Source { chosen, offered } = Source::find(visit, &form).await?;
    let offered = chosen.into_iter().chain(offered).collect();
    Ok(Shown::page(&Options { offered }))
}
