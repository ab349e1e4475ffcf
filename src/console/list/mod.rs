//! The list of numbers: `/`, and the same as a file.

mod asked;
mod columns;
mod csv;
mod found;

use askama::Template;

use super::form::Fields;
use super::frame::{Frame, Section};
use super::rights::Right;
use super::shown::{Answer, Shown};
use super::visit::Visit;
use super::words;
use crate::access::permission::{LIST_DIDS, Needs};
use crate::console::reading::Asks;
use crate::store::dids::listing::{Order, Place};
use asked::{Asked, PER_PAGE, written};
use columns::{COLUMNS, Column, Holds};
use found::{Count, Found, Row};

pub(super) use csv::download;

/// What the list asks of its user.
const ASKS: (&str, Asks) = ("did_list", || Needs::Function(&LIST_DIDS));

/// The page, and the part of it that changes as one types.
macro_rules! page {
    ($page:ident, $($template:tt)*) => {
        #[derive(Template)]
        #[template(path = "list.html", config = "src/console/askama.toml", $($template)*)]
        struct $page<'v> {
            frame: Frame,
            view: View<'v>,
        }
    };
}

page!(Page,);
page!(Part, block = "results");

/// What the page shows.
struct View<'v> {
    query: &'v Fields,
    asked: Asked,
    found: Found,
    frame_rights: super::rights::Rights,
}

/// `GET /`
pub(super) async fn show(visit: &Visit) -> Answer {
    let asked = Asked::of(&visit.query);
    let reading = asked.clone();
    let (function, asks) = ASKS;
    let found = visit
        .read(function, asks, move |db, reader| {
            Found::read(db, reader, &reading)
        })
        .await?;
    let frame = visit.frame(Section::Dids, "Numbers");
    let view = View {
        query: &visit.query,
        asked,
        found,
        frame_rights: visit.rights(),
    };
    Ok(match visit.is_part {
        true => Shown::page(&Part { frame, view }),
        false => Shown::page(&Page { frame, view }),
    })
}

/// The head of a column.
struct Head {
    title: &'static str,
    /// The query that orders the list by it, or turns the order round; empty where it has none.
    query: String,
    /// How the list is ordered by it: `ascending`, `descending`; empty where it is not.
    sorted: &'static str,
    is_number: bool,
}

/// What a cell holds.
enum Cell<'r> {
    Text(String),
    Active(bool),
    Count(u64),
    Findings(&'r [crate::routing::lint::Finding]),
    /// Nobody looked.
    Unknown,
}

impl View<'_> {
    /// The query with this field, from the first page on.
    fn with(&self, name: &str, value: &str) -> String {
        Fields(
            self.query
                .0
                .iter()
                .filter(|(name, _)| !["after", "before"].contains(&name.as_str()))
                .cloned()
                .collect(),
        )
        .with(name, value)
    }

    fn text(&self, name: &str) -> &str {
        self.query.text(name).trim()
    }

    fn routes(&self) -> &'static [(&'static str, &'static str)] {
        words::ROUTES
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn sizes(&self) -> [usize; 3] {
        PER_PAGE
    }

    /// Whether more than a search is asked for.
    fn has_more_filters(&self) -> bool {
        let names = ["route", "target", "active", "user_group", "findings"];
        let is_set = |name: &&str| self.query.given(name).is_some();
        names.iter().any(is_set) || self.query.has("column") || self.query.has("per_page")
    }

    /// The head of the number's column, and of the others.
    fn heads(&self) -> Vec<Head> {
        let sorted = self.asked.listing.order;
        let is_descending = self.asked.listing.is_descending;
        let head = |title, name: &str, order: Option<Order>, is_number| {
            let is_sorted = order == Some(sorted);
            let turned = match is_sorted && !is_descending {
                true => format!("-{name}"),
                false => name.to_owned(),
            };
            let is_fixed = self.asked.has_findings && !matches!(name, "number" | "added");
            Head {
                title,
                query: match order.is_some() && !is_fixed {
                    true => self.with("sort", &turned),
                    false => String::new(),
                },
                sorted: match (is_sorted, is_descending) {
                    (false, _) => "",
                    (true, false) => "ascending",
                    (true, true) => "descending",
                },
                is_number,
            }
        };
        let number = head("Number", "number", Some(Order::Number), false);
        let others = self.asked.columns.iter();
        let others = others.map(|column| {
            head(
                column.title,
                column.name,
                column.order(),
                column.is_number(),
            )
        });
        std::iter::once(number).chain(others).collect()
    }

    fn cells<'r>(&self, row: &'r Row) -> Vec<(&'static Column, Cell<'r>)> {
        let columns = self.asked.columns.iter();
        columns
            .map(|column| (*column, self.cell(row, column)))
            .collect()
    }

    fn cell<'r>(&self, row: &'r Row, column: &Column) -> Cell<'r> {
        let record = &row.record;
        match (column.holds, row.calls) {
            (Holds::Text(name), _) => Cell::Text(record.text(name).to_owned()),
            (Holds::Active, _) => Cell::Active(record.text("did_active") == "Y"),
            (Holds::Route, _) => Cell::Text(words::route(record.text("did_route")).to_owned()),
            (Holds::Target, _) => Cell::Text(words::target(record)),
            (Holds::Today, Some(calls)) => Cell::Count(calls.late),
            (Holds::Month, Some(calls)) => Cell::Count(calls.all),
            (Holds::Today | Holds::Month, None) => Cell::Unknown,
            (Holds::Findings, _) if !self.why_not_findings().is_empty() => Cell::Unknown,
            (Holds::Findings, _) => Cell::Findings(&row.findings),
        }
    }

    /// How many numbers are shown, in words.
    fn said(&self) -> String {
        let shown = self.found.rows.len();
        let numbers = |count: usize| match count {
            1 => "1 number".to_owned(),
            count => format!("{count} numbers"),
        };
        if let Some(looked_at) = self.found.looked_at {
            let end = match self.found.behind {
                Some(_) => "; the next page goes on from there",
                None => "",
            };
            return format!(
                "{shown} with findings among {} that were looked at{end}",
                numbers(looked_at)
            );
        }
        match self.found.count {
            Count::Exactly(0) => "no number".to_owned(),
            Count::Exactly(count) if count == shown => numbers(count),
            Count::Exactly(count) => format!("{shown} of {}", numbers(count)),
            Count::MoreThan(count) => format!("{shown} of more than {}", numbers(count)),
            Count::Unknown if self.found.behind.is_some() => {
                format!("{shown} numbers, and there are more")
            }
            Count::Unknown => numbers(shown),
        }
    }

    /// The query of the page at this place; empty where there is none.
    fn at(&self, name: &str, place: &Option<Place>) -> String {
        place
            .as_ref()
            .map_or_else(String::new, |place| self.with(name, &written(place)))
    }

    fn previous(&self) -> String {
        self.at("before", &self.found.before)
    }

    fn next(&self) -> String {
        self.at("after", &self.found.behind)
    }

    /// The address of this very page.
    fn here(&self) -> String {
        format!("/?{}", self.query.with("", ""))
    }

    fn why_not_change(&self) -> &str {
        self.frame_rights.why_not(Right::ChangeDids)
    }

    fn why_not_findings(&self) -> &str {
        self.frame_rights.why_not(Right::ViewDids)
    }

    /// Why no calls are counted; empty where they are, or nobody asked.
    fn why_no_calls(&self) -> String {
        if !self.asked.shows("today") && !self.asked.shows("month") {
            return String::new();
        }
        match self.frame_rights.why_not(Right::ViewCalls) {
            "" => String::new(),
            why => format!("You may not see calls: {why}."),
        }
    }
}
