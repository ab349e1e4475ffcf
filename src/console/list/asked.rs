//! What is asked of the list, as its address has it.

use super::columns::{COLUMNS, Column, chosen};
use crate::console::form::Fields;
use crate::routing::number_form::{common_part, number};
use crate::store::dids::listing::{From, Listing, Order, Place};
use crate::store::dids::pages::Filter;

/// How many numbers a page shows: one of these, the first where nobody chooses.
pub(super) const PER_PAGE: [usize; 3] = [50, 100, 200];

/// The filters by one value: the field of the address, and the column that has it.
const VALUES: [(&str, &str); 3] = [
    ("route", "did_route"),
    ("active", "did_active"),
    ("user_group", "user_group"),
];

/// What is asked of the list.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// Which numbers, in which order; without the user's scope.
    pub(super) listing: Listing,
    /// Whether only those with something wrong.
    pub(super) has_findings: bool,
    /// Where the page begins.
    pub(super) from: From,
    /// How many numbers it shows.
    pub(super) per_page: usize,
    /// What is shown of each.
    pub(super) columns: Vec<&'static Column>,
    /// Whether the numbers alone are asked for, without what a page has around them.
    pub(super) is_file: bool,
}

impl Asked {
    /// What this query asks.
    pub(super) fn of(query: &Fields) -> Self {
        let given = |name| query.given(name).map(str::to_owned);
        let values = VALUES.iter();
        let filter = Filter {
            search: query.given("search").map(searched),
            target: given("target"),
            values: values
                .filter_map(|&(name, column)| Some((column, given(name)?)))
                .collect(),
            ..Filter::default()
        };
        let sort = query.text("sort");
        let (name, is_descending) = match sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (sort, false),
        };
        let column = COLUMNS.iter().find(|column| column.name == name);
        let order = column.and_then(Column::order).unwrap_or(Order::Number);
        let per_page = query.number("per_page");
        let has_findings = query.text("findings") == "Y";
        Self {
            listing: Listing {
                filter,
                order: match order {
                    // Many pages are read for one: that takes an index.
                    Order::Added => order,
                    _ if has_findings => Order::Number,
                    order => order,
                },
                is_descending,
            },
            has_findings,
            from: match (place(query.text("after")), place(query.text("before"))) {
                (Some(place), _) => From::Behind(place),
                (None, Some(place)) => From::Before(place),
                (None, None) => From::Begin,
            },
            per_page: per_page
                .filter(|count| PER_PAGE.contains(count))
                .unwrap_or(PER_PAGE[0]),
            columns: chosen(query.all("column")),
            is_file: false,
        }
    }

    /// Whether every number is asked for.
    pub(super) fn is_everything(&self) -> bool {
        self.listing.filter == Filter::default() && !self.has_findings
    }

    /// Whether a column is shown.
    pub(super) fn shows(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }
}

/// What is searched for a text: a number that is written with separators or its country is found in whatever way it is stored.
fn searched(text: &str) -> String {
    match number(text) {
        Ok(Some(number)) if number != text => common_part(&number).unwrap_or(&number).to_owned(),
        _ => text.to_owned(),
    }
}

/// A place as addresses have it: the `did_id`, a point, and what is ordered by.
fn place(text: &str) -> Option<Place> {
    let (did_id, value) = text.split_once('.')?;
    Some(Place {
        did_id: did_id.parse().ok()?,
        value: value.to_owned(),
    })
}

/// The same the other way.
pub(super) fn written(place: &Place) -> String {
    format!("{}.{}", place.did_id, place.value)
}
