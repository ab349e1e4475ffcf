//! The DIDs that the server has, as its `did_list` prints them.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use tokio::sync::watch;

use super::file::NUMBER;
use crate::cli::bulk::ask::{Asked, ask};
use crate::cli::bulk::client::{Api, Parameters};
use crate::cli::bulk::replies::{excerpt, refusal_of_all};
use crate::store::collation;
use crate::store::dids::pages::COLUMNS;

/// The most rows that `did_list` prints at a time.
const PAGE: usize = 100_000;

/// The parameters that say which DIDs are meant.
pub(super) const FILTERS: &[&str] = &[
    "did_pattern",
    "active",
    "did_route",
    "group",
    "user_group_filter",
    "search",
];

/// A column that the server itself changes: it is compared with nothing.
pub(super) const STAMP: &str = "modify_stamp";

/// The values of a DID by their columns, without its number and its stamp.
pub(super) type Values = BTreeMap<String, String>;

/// A DID that the server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its number as it is stored.
    pub(super) number: String,
    /// Its values.
    pub(super) values: Values,
}

impl Listed {
    /// A column's value; empty where there is none.
    pub(super) fn value(&self, column: &str) -> &str {
        self.values.get(column).map_or("", String::as_str)
    }
}

/// The DIDs that the server has, in the order of its list.
#[derive(Debug, Default)]
pub(super) struct Dids {
    all: Vec<Listed>,
    places: HashMap<collation::Key, usize>,
}

impl Dids {
    pub(super) fn of(listed: Vec<Listed>) -> Self {
        let mut dids = Self::default();
        for did in listed {
            // One that moved between two pages of the list is in both.
            if let Entry::Vacant(place) = dids.places.entry(collation::key(&did.number)) {
                place.insert(dids.all.len());
                dids.all.push(did);
            }
        }
        dids
    }

    /// The DID that the database takes for this number: `abc` is `ABC`.
    pub(super) fn find(&self, number: &str) -> Option<&Listed> {
        let place = self.places.get(&collation::key(number))?;
        self.all.get(*place)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Listed> {
        self.all.iter()
    }

    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// The keys of all numbers.
    pub(super) fn keys(&self) -> HashSet<collation::Key> {
        self.places.keys().cloned().collect()
    }
}

/// Which DIDs are meant: parameters of `did_list` and their values.
pub(super) type Filter = Vec<(&'static str, String)>;

/// The list as CSV with a header row, exactly as the server prints it.
///
/// # Errors
/// The server cannot be asked, or refuses it.
pub(super) fn csv(api: &Api, retries: u32, filter: &Filter) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let mut all = String::new();
    for page in 0.. {
        let text = runtime.block_on(page_of(api, retries, filter, page))?;
        let Some(text) = text else { break };
        let count = rows(&text)?.len();
        match all.is_empty() {
            true => all = text,
            // Without the header row.
            false => all.extend(text.split_inclusive('\n').skip(1)),
        }
        if count < PAGE {
            break;
        }
    }
    if all.is_empty() {
        all = format!("{}\n", COLUMNS.join(","));
    }
    Ok(all)
}

/// All DIDs of the server, or those that are meant.
///
/// # Errors
/// As [`csv()`].
pub(super) fn read(api: &Api, retries: u32, filter: &Filter) -> Result<Dids, String> {
    rows(&csv(api, retries, filter)?).map(Dids::of)
}

/// A page of the list; none where no DID is left.
async fn page_of(
    api: &Api,
    retries: u32,
    filter: &Filter,
    page: usize,
) -> Result<Option<String>, String> {
    let mut parameters: Parameters<'_> = vec![
        ("function", "did_list".into()),
        ("stage", "csv".into()),
        ("header", "YES".into()),
        ("records", PAGE.to_string().into()),
    ];
    if page > 0 {
        parameters.push(("offset", (page * PAGE).to_string().into()));
    }
    parameters.extend(filter.iter().map(|(name, value)| (*name, Cow::from(value))));
    // Nothing asks for an early end: a list changes nothing.
    let (_stopping, stop) = watch::channel(false);
    let say = |text: &str| eprintln!("{text}");
    match ask(api, &parameters, retries, stop, &say).await {
        Asked::Answered(answer) if answer.whole.starts_with(&format!("{NUMBER},")) => {
            Ok(Some(answer.whole))
        }
        Asked::Answered(answer) if answer.text.starts_with("NOTICE: did_list NO RECORDS FOUND") => {
            Ok(None)
        }
        Asked::Answered(answer) => Err(match refusal_of_all(api.user(), &answer.text) {
            Some(why) => why,
            None => api.without_password(&excerpt(&answer.text)),
        }),
        Asked::Lost { why, .. } | Asked::Stopped(why) => Err(why),
        Asked::GivenUp => Err("stopped".to_owned()),
    }
}

/// The DIDs of a list.
fn rows(text: &str) -> Result<Vec<Listed>, String> {
    let broken = |error: csv::Error| format!("the server's list cannot be read: {error}");
    let mut records = csv::Reader::from_reader(text.as_bytes());
    let names = records.headers().map_err(broken)?.clone();
    let mut all = Vec::new();
    for record in records.records() {
        let record = record.map_err(broken)?;
        let mut values: Values = names
            .iter()
            .zip(&record)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        values.remove(STAMP);
        all.push(Listed {
            number: values.remove(NUMBER).unwrap_or_default(),
            values,
        });
    }
    Ok(all)
}
