//! Queries: the parameters that there are, what each may hold, and what was sent.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::aliases::KINDS as ALIAS_KINDS;
use super::body::text;
use super::client_id::is_client_id;
use super::problem::FieldErrors;
use crate::routing::number_form;

/// A parameter of a query.
pub(crate) struct Parameter {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    /// What it is for.
    pub(super) description: &'static str,
}

/// What a parameter may hold.
pub(super) enum Holds {
    /// A text of up to so many characters.
    Text(usize),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number from the first to the second; the third where it is not sent.
    Number(u64, u64, Option<u64>),
    /// A tenant's number, alone or behind `acc_`, or its id.
    Tenant,
    /// A telephone number in any form, or a pattern.
    PhoneNumber,
    /// A day, `YYYY-MM-DD`, which its operation reads.
    Date,
    /// A date and time, which its operation reads.
    DateTime,
    /// `true`, `false`, `1` or `0`; no where it is not sent.
    Flag,
}

use Holds::{Date, DateTime, Flag, Number, OneOf, PhoneNumber, Tenant, Text};

const fn parameter(name: &'static str, holds: Holds, description: &'static str) -> Parameter {
    Parameter {
        name,
        holds,
        description,
    }
}

/// The most rows that a page holds, and how many it holds where nobody says.
const PER_PAGE: (u64, u64) = (1000, 100);

const SEARCH: Parameter = parameter(
    "search",
    Text(100),
    "In the number, the name or the description",
);
const NUMBER: Parameter = parameter(
    "number",
    PhoneNumber,
    "Only this number, with or without separators and a leading + or 1",
);
const TENANT: Parameter = parameter("tenant_id", Tenant, "Only of this tenant");
const SHAPE: Parameter = parameter(
    "shape",
    OneOf(&["sipio"]),
    "SIP.IO's shape alone: its names, every id a text, one target",
);
const PAGE: Parameter = parameter("page", Number(1, 1_000_000_000, Some(1)), "From 1 on");
const PAGE_SIZE: Parameter = parameter(
    "per_page",
    Number(1, PER_PAGE.0, Some(PER_PAGE.1)),
    "How many a page holds",
);

/// Of a list of DIDs.
pub(super) const DID_LIST: &[Parameter] = &[
    SEARCH,
    NUMBER,
    parameter(
        "status",
        OneOf(&["active", "inactive", "disabled", "virtual"]),
        "Only of this status",
    ),
    TENANT,
    SHAPE,
    PAGE,
    PAGE_SIZE,
];

/// Of a list of extensions.
pub(super) const EXTENSION_LIST: &[Parameter] = &[
    SEARCH,
    parameter(
        "status",
        OneOf(&["active", "inactive", "disabled"]),
        "Only of this status",
    ),
    TENANT,
    SHAPE,
    PAGE,
    PAGE_SIZE,
];

/// Of a list of what may be active or not.
pub(super) const CHOICE_LIST: &[Parameter] = &[
    SEARCH,
    parameter(
        "status",
        OneOf(&["active", "inactive"]),
        "Only of this status",
    ),
    TENANT,
    PAGE,
    PAGE_SIZE,
];

/// Of a list of calls.
pub(super) const CALL_LIST: &[Parameter] = &[
    parameter(
        "date",
        Date,
        "The day on the dialer's clock; today where it is left out",
    ),
    NUMBER,
    parameter("search", Text(100), "In the caller's number or name"),
    parameter("after", Text(40), "The `next` of the page before"),
    PAGE_SIZE,
];

/// Of a list of schedules.
pub(super) const SCHEDULE_LIST: &[Parameter] = &[SEARCH, TENANT, SHAPE, PAGE, PAGE_SIZE];

/// Of a list of flows.
pub(super) const FLOW_LIST: &[Parameter] = &[SEARCH, TENANT, PAGE, PAGE_SIZE];

/// Of a list of tenants.
pub(super) const TENANT_LIST: &[Parameter] = &[SEARCH, SHAPE, PAGE, PAGE_SIZE];

/// Of a list of aliases.
pub(super) const ALIAS_LIST: &[Parameter] = &[
    SEARCH,
    parameter("kind", OneOf(&ALIAS_KINDS), "Only of this kind"),
    PAGE,
    PAGE_SIZE,
];

/// Of what shows the state of a thing.
pub(super) const SHOWN: &[Parameter] = &[SHAPE];

/// Of a list of changes.
pub(super) const CHANGE_LIST: &[Parameter] = &[
    parameter("number", Text(50), "Only of the DID with this number"),
    parameter("user", Text(20), "Only by this user"),
    parameter("function", Text(40), "Only by this function"),
    parameter(
        "since",
        Text(40),
        "Only from this time on, or since so long ago: 10 min",
    ),
    parameter("until", Text(40), "Only before this time"),
    parameter("id", Text(8000), "Only these, at most 1000: 4711,4712"),
    PAGE,
    PAGE_SIZE,
];

/// Of a list of the changes of one thing.
pub(super) const CHANGES_OF_ONE: &[Parameter] = &[PAGE, PAGE_SIZE];

/// Of a list of findings.
pub(super) const FINDING_LIST: &[Parameter] = &[PAGE, PAGE_SIZE];

const AT: Parameter = parameter(
    "at",
    DateTime,
    "When; without an offset on the dialer's clock, without it at all now",
);

/// Of a question where a call to an extension would land.
pub(super) const EXTENSION_LANDING: &[Parameter] = &[AT];

/// Of a question where a call would land.
pub(super) const LANDING: &[Parameter] = &[
    AT,
    parameter(
        "caller",
        Text(50),
        "The caller's number; empty or `anonymous` for none",
    ),
    parameter(
        "calls",
        Number(0, u32::MAX as u64, None),
        "How many calls the DID has then, this one among them",
    ),
];

/// Of deleting a thing that something may point at.
pub(super) const DELETION: &[Parameter] = &[parameter(
    "force",
    Flag,
    "Also where something points at it",
)];

impl Parameter {
    /// Its schema in the description of the API.
    pub(super) fn schema(&self) -> Value {
        match &self.holds {
            Text(most) => json!({"type": "string", "maxLength": most}),
            PhoneNumber => json!({"type": "string", "minLength": 1, "maxLength": 50}),
            OneOf(words) => json!({"enum": words}),
            Number(low, high, default) => {
                let mut schema = json!({"type": "integer", "minimum": low, "maximum": high});
                if let Some(default) = default {
                    schema["default"] = json!(default);
                }
                schema
            }
            Tenant => json!({"type": "string", "pattern": "^[0-9A-Za-z_-]{1,64}$"}),
            Date => json!({"type": "string", "format": "date"}),
            DateTime => json!({"type": "string", "format": "date-time"}),
            Flag => json!({"type": "boolean", "default": false}),
        }
    }

    /// Whether it may hold this value.
    fn check(&self, value: &str) -> Result<(), String> {
        let (is_right, must_be) = match &self.holds {
            Text(most) => return text(value, 0, *most).map(drop),
            PhoneNumber => {
                let spellings = number_form::spellings(&text(value, 1, 50)?);
                return spellings.map(drop).map_err(|problem| problem.to_string());
            }
            OneOf(words) => (words.contains(&value), listed(words)),
            Number(low, high, _) => (
                value.bytes().all(|byte| byte.is_ascii_digit())
                    && value
                        .parse()
                        .is_ok_and(|number| (*low..=*high).contains(&number)),
                format!("a number from {low} to {high}"),
            ),
            Tenant => (is_client_id(value), "a tenant's number or id".to_owned()),
            Date | DateTime => return Ok(()),
            Flag => (
                matches!(value, "true" | "false" | "1" | "0"),
                "true or false".to_owned(),
            ),
        };
        match is_right {
            true => Ok(()),
            false => Err(format!("must be {must_be}")),
        }
    }
}

/// `a, b or c`
fn listed(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.concat(),
    }
}

/// The parameters that were sent, each of them right.
pub(super) struct Query {
    sent: Vec<(String, String)>,
    parameters: &'static [Parameter],
}

impl Query {
    /// The parameters of these pairs, and what is wrong with them; the last one of a name counts.
    pub(super) fn of(
        pairs: Vec<(String, String)>,
        parameters: &'static [Parameter],
    ) -> (Self, FieldErrors) {
        let mut names = HashSet::new();
        let mut last: Vec<_> = pairs
            .into_iter()
            .rev()
            .filter(|(name, _)| names.insert(name.clone()))
            .collect();
        last.reverse();
        let mut errors = FieldErrors::default();
        let mut sent = Vec::new();
        for (name, value) in last {
            let known = parameters.iter().find(|known| known.name == name);
            let checked = match known {
                None => Err("there is no such parameter".to_owned()),
                Some(_) if value.contains(char::REPLACEMENT_CHARACTER) => {
                    Err("is not UTF-8".to_owned())
                }
                Some(known) => known.check(&value),
            };
            if errors.check(&name, checked).is_some() {
                sent.push((name, value));
            }
        }
        (Self { sent, parameters }, errors)
    }

    /// A parameter, where it was sent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(
            self.parameters.iter().any(|known| known.name == name),
            "{name} is no parameter of this operation"
        );
        let sent = self.sent.iter().find(|(known, _)| known == name);
        sent.map(|(_, value)| value.as_str())
    }

    /// A parameter that some operations have, where it was sent.
    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        let is_known = self.parameters.iter().any(|known| known.name == name);
        is_known.then(|| self.get(name)).flatten()
    }

    /// A whole number; its default where it was not sent.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        if let Some(sent) = self.get(name) {
            return sent.parse().ok();
        }
        let known = self.parameters.iter().find(|known| known.name == name)?;
        match known.holds {
            Number(_, _, default) => default,
            _ => None,
        }
    }

    /// Yes or no.
    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1"))
    }

    /// The text that is searched for.
    pub(super) fn search(&self) -> Option<String> {
        let search = self.get(SEARCH.name).filter(|search| !search.is_empty());
        search.map(str::to_owned)
    }

    /// The tenant's number or id.
    pub(super) fn tenant(&self) -> Option<&str> {
        self.get(TENANT.name)
    }

    /// Whether SIP.IO's shape is asked for.
    pub(super) fn is_sip_io(&self) -> bool {
        self.get(SHAPE.name).is_some()
    }

    /// Which page is asked for.
    pub(super) fn paging(&self) -> Paging {
        Paging {
            page: self.number(PAGE.name).unwrap_or(1),
            per_page: self.per_page(),
        }
    }

    /// How many a page holds.
    pub(super) fn per_page(&self) -> u64 {
        self.number(PAGE_SIZE.name).unwrap_or(PER_PAGE.1)
    }
}

/// Which page is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    /// From 1 on.
    pub(super) page: u64,
    /// 1 to 1000.
    pub(super) per_page: u64,
}

impl Paging {
    /// How many things come before it.
    pub(super) fn offset(self) -> u64 {
        (self.page - 1) * self.per_page
    }

    /// The page with these things on it, of so many in all.
    pub(super) fn page<T>(self, (data, total): (Vec<T>, u64)) -> Page<T> {
        Page {
            data,
            page: self.page,
            per_page: self.per_page,
            total,
        }
    }
}

/// A page of a list.
#[derive(serde::Serialize)]
pub(super) struct Page<T> {
    /// What is on it.
    data: Vec<T>,
    /// Which page this is, from 1 on.
    page: u64,
    /// How many a page holds.
    per_page: u64,
    /// How many there are on all pages.
    total: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_name_counts_and_what_is_wrong_is_not_there() {
        let pairs = [
            ("page", "2"),
            ("per_page", "0"),
            ("page", "3"),
            ("what", ""),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (query, errors) = Query::of(pairs.to_vec(), DID_LIST);
        let paging = query.paging();
        assert_eq!(
            (paging.page, paging.per_page, paging.offset()),
            (3, 100, 200)
        );
        let problem = errors.into_result().expect_err("two are wrong");
        let fields: Vec<&str> = problem.errors.iter().map(|error| &*error.field).collect();
        assert_eq!(fields, ["per_page", "what"]);
    }
}
