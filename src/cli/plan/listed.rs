//! The DIDs that the server has, as its `did_list` prints them.

use std::borrow::Cow;

use tokio::sync::watch;

use crate::cli::bulk::ask::{Asked, ask};
use crate::cli::bulk::client::{Api, Parameters};
use crate::cli::bulk::replies::{excerpt, refusal_of_all};
use crate::plan::file::NUMBER;
use crate::plan::listed::{Dids, rows};
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
