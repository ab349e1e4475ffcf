//! `did_list`: the inbound numbers within the user's scope. Our own; VICIdial has no such function, so the wire dialect
//! does not know it.

use super::fields::{self, ROUTES};
use super::page;
use crate::access::scope::Scope;
use crate::api::export::{Export, Rows};
use crate::api::format::Field;
use crate::api::{Answer, Line, Reply, Session};
use crate::store::dids::pages::{COLUMNS, DidPages, Filter, Pattern};
use crate::store::{Db, Page, QueryResult};

const NAME: &str = "did_list";

/// Every parameter, under all its names.
const PARAMETERS: &[&str] = &[
    "stage",
    "header",
    "did_pattern",
    "active",
    "did_active",
    "did_route",
    "group",
    "group_id",
    "user_group_filter",
    "search",
    "records",
    "offset",
    "after",
];

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    page::check_values(session, NAME, PARAMETERS)?;
    fields::take_other_names(session);
    let format = page::format(session, NAME)?;
    let active = session.parameter("active");
    if !["", "Y", "N"].contains(&active) {
        return Err(refused("ACTIVE MUST BE Y OR N", active).into());
    }
    let route = session.parameter("did_route");
    if !route.is_empty() && !ROUTES.contains(&route) {
        return Err(refused("DID ROUTE IS NOT VALID", route).into());
    }
    let (records, offset) = page::bounds(session, NAME)?;
    let scope = Scope::of(session)?;
    let filter = Filter {
        user_groups: scope.user_groups(),
        ..filter(session)
    };
    let asked = [
        "did_pattern",
        "active",
        "did_route",
        "group",
        "user_group_filter",
        "search",
    ]
    // `group` keeps a `|`, which would look like another field.
    .map(|name| session.parameter(name).replace('|', " "))
    .join("|");
    let nothing = Line::notice("did_list NO RECORDS FOUND", asked.clone());
    let logged = format!("{asked}|{}", format.name());
    let rows = match session.owned("after") {
        after if after.is_empty() => DidPages::new(filter, offset, records),
        after => DidPages::new(filter, offset, records).behind(after),
    };
    let export = Export::new(session, NAME, rows, format, COLUMNS, nothing, logged);
    Ok(Reply {
        content_type: Some(format.content_type()),
        ..export.into()
    })
}

fn filter(session: &Session<'_>) -> Filter {
    let given = |name| Some(session.owned(name)).filter(|value| !value.is_empty());
    let pattern = given("did_pattern").map(|pattern| match pattern.strip_suffix('*') {
        Some(beginning) => Pattern::Beginning(beginning.to_owned()),
        None => Pattern::Exactly(pattern),
    });
    let values = [
        ("did_active", "active"),
        ("did_route", "did_route"),
        ("group_id", "group"),
        ("user_group", "user_group_filter"),
    ];
    Filter {
        pattern,
        values: values
            .into_iter()
            .filter_map(|(column, name)| Some((column, given(name)?)))
            .collect(),
        search: given("search"),
        ..Filter::default()
    }
}

fn refused(reason: &str, data: &str) -> Line {
    page::refused(NAME, reason, data)
}

impl Rows for DidPages {
    fn next(&mut self, db: &mut Db) -> QueryResult<Page<Vec<Field>>> {
        DidPages::next(self, db)
    }

    fn count(&self, db: &mut Db) -> QueryResult<usize> {
        DidPages::count(self, db)
    }

    fn on_the_wire(&self) -> Box<dyn Rows> {
        Box::new(self.clone())
    }
}
