//! What of the log is asked for: the fields of the page's form.

use super::times;
use crate::console::form::Fields;
use crate::console::reading::Reader;
use crate::store::logs::reading::Filter;

/// The fields, as the query has them.
pub(super) const FIELDS: [&str; 7] = [
    "function", "result", "user", "source", "text", "since", "period",
];

/// What the figures are about, and the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    Hour,
    Day,
}

impl Period {
    pub(super) fn of(query: &Fields) -> Self {
        match query.text("period") {
            "day" => Self::Day,
            _ => Self::Hour,
        }
    }

    pub(super) fn seconds(self) -> i64 {
        match self {
            Self::Hour => 60 * 60,
            Self::Day => 24 * 60 * 60,
        }
    }

    /// The seconds that a bar of the chart stands for.
    pub(super) fn bar(self) -> i64 {
        match self {
            Self::Hour => 60,
            Self::Day => 20 * 60,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Hour => "the last hour",
            Self::Day => "the last 24 hours",
        }
    }
}

/// The fields that are not empty, and no others: pages link to each other with them.
pub(super) fn kept(query: &Fields) -> Fields {
    let given = |name: &&str| Some(((*name).to_owned(), query.given(name)?.to_owned()));
    Fields(FIELDS.iter().filter_map(given).collect())
}

/// The calls that are asked for, as far as this reader may see them; or what is wrong with a field.
///
/// A user whose group sees the rows of some groups only sees the calls of the users of these groups, and its own.
pub(super) fn filter(query: &Fields, reader: &Reader) -> Result<Filter, String> {
    let text = |name| query.given(name).map(str::to_owned);
    let since = match query.given("since") {
        None => None,
        Some(since) => {
            let read = times::since(since, reader.time.epoch(), &reader.clock);
            let wrong =
                || format!("{since} is no time: write 2026-11-20 09:00, or how long ago: 2h");
            Some(read.ok_or_else(wrong)?)
        }
    };
    let groups = reader.scope.named_groups();
    Ok(Filter {
        function: text("function"),
        result: text("result"),
        user: text("user"),
        source: text("source"),
        text: text("text"),
        since,
        only: groups.map(|groups| (reader.user.user.clone(), groups)),
    })
}
