//! What the APIs would say of a field's new value: asked as one leaves it, and before anything is stored.

use askama::Template;
use serde_json::{Map, Value};

use super::fields::{self, Field, Group, Through};
use super::loaded::{Loaded, address};
use crate::console::door::{Asked, Told};
use crate::console::shown::{Answer, Shown};
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::console::words;

/// The function that changes VICIdial's columns.
pub(super) const UPDATE: &str = "update_did";

/// The field that gives a DID another number.
const NUMBER: &str = "new_did_pattern";

/// What people put between the digits of a number; the API drops it.
const SEPARATORS: &str = " ()-./\u{a0}";

/// What is said of a value.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// What is wrong with it; empty where nothing is.
    pub(super) wrong: String,
    /// What comes of it, where that is not what was typed.
    pub(super) hint: String,
}

impl Verdict {
    fn wrong(wrong: impl Into<String>) -> Self {
        Self {
            wrong: wrong.into(),
            ..Self::default()
        }
    }
}

/// A reason of the text API as a sentence: `EXTENSION MUST BE FROM 1 TO 50 CHARACTERS, THIS IS AN OPTIONAL FIELD`.
pub(super) fn sentence(reason: &str) -> String {
    format!("{}.", words::sentence(reason))
}

/// What `update_did` would say of this value.
pub(super) async fn of_column(
    visit: &Visit,
    did: &Loaded,
    name: &'static str,
    typed: &str,
) -> Verdict {
    if typed.is_empty() {
        return Verdict::wrong("It cannot be emptied: the API takes no empty value for it.");
    }
    let kept = visit.door.kept(name, typed, did.non_latin);
    let is_dropped = |letter: &char| {
        let is_separator = name == NUMBER && SEPARATORS.contains(*letter);
        !is_separator && !kept.contains(*letter)
    };
    let mut dropped: Vec<char> = typed.chars().filter(is_dropped).collect();
    dropped.sort_unstable();
    dropped.dedup();
    if !dropped.is_empty() {
        let dropped: Vec<String> = dropped.iter().map(|letter| format!("“{letter}”")).collect();
        return Verdict::wrong(format!("It may not have {} in it.", dropped.join(" ")));
    }
    let parameters = [
        ("did_pattern", did.number()),
        (name, typed),
        ("dry_run", "Y"),
    ];
    let said = visit.text(UPDATE, &parameters).await;
    if !said.is_done() {
        return Verdict::wrong(sentence(&said.told(UPDATE)));
    }
    let stored = said.lines.last().and_then(|line| line.split('|').nth(2));
    match stored {
        Some(stored) if name == NUMBER && stored != typed => Verdict {
            hint: format!("It is stored as {stored}."),
            ..Verdict::default()
        },
        _ => Verdict::default(),
    }
}

/// What the JSON API would say of this change.
pub(super) async fn of_body(visit: &Visit, did: &Loaded, body: &Map<String, Value>) -> Told {
    let asked = Asked {
        method: "PATCH",
        path: address(visit),
        body: Value::Object(body.clone()),
        if_match: did.etag.clone(),
        ..Asked::default()
    };
    visit.door.check_did(asked).await
}

/// The body that changes these fields. A target is named by its kind and its id together.
pub(super) fn body<'f>(
    changed: impl Iterator<Item = (&'f str, &'f str)>,
    form: impl Fn(&str) -> String,
) -> Map<String, Value> {
    let mut body = Map::new();
    for (name, typed) in changed {
        body.insert(name.to_owned(), fields::json(name, typed));
    }
    for [kind, id] in [
        ["closed_dest_kind", "closed_dest_id"],
        ["holiday_dest_kind", "holiday_dest_id"],
    ] {
        let (new_kind, new_id) = (form(kind), form(id));
        if body.contains_key(id) && !new_kind.is_empty() {
            body.insert(kind.to_owned(), fields::json(kind, &new_kind));
        }
        if body.contains_key(kind) && !new_kind.is_empty() {
            body.insert(id.to_owned(), fields::json(id, &new_id));
        }
    }
    body
}

#[derive(Template)]
#[template(path = "did_check.html", config = "src/console/askama.toml")]
struct Part {
    verdict: Verdict,
}

/// `GET /dids/{id}/check?field=&value=`: what is wrong with a value, for the script. The other field of a target is sent
/// besides, under its name.
pub(in crate::console) async fn show(visit: &Visit) -> Answer {
    let did = Loaded::to_check(visit).await?;
    let (name, typed) = (visit.query.text("field"), visit.query.text("value"));
    let groups = fields::groups(visit, &did);
    let all = groups.iter().flat_map(|(_, fields)| fields);
    let field = all.into_iter().find(|field| field.name() == name);
    let field = field.ok_or(Stop::NotFound("field"))?;
    let verdict = match field.shape.through {
        _ if fields::is_same(typed, &field.stored) => Verdict::default(),
        _ if !field.closed.is_empty() => Verdict::wrong(field.closed),
        Through::Text => of_column(visit, &did, field.name(), typed).await,
        Through::Json | Through::Own => {
            let other = |other: &str| match other == name {
                true => typed.to_owned(),
                false => sent_or_stored(visit, &groups, other),
            };
            let body = body(std::iter::once((name, typed)), other);
            let told = of_body(visit, &did, &body).await;
            match told.is_done() {
                true => Verdict {
                    hint: new_warnings(&did, &told).join("; "),
                    ..Verdict::default()
                },
                false => {
                    let messages = told.messages();
                    let own = messages.iter().find(|(field, _)| field == name);
                    match own {
                        Some((_, message)) => Verdict::wrong(message.clone()),
                        // What is wrong with the other one is said there.
                        None if !messages.is_empty() => Verdict::default(),
                        None => Verdict::wrong(told.problem()),
                    }
                }
            }
        }
    };
    Ok(Shown::page(&Part { verdict }))
}

/// What would be wrong with the DID then that is not now.
fn new_warnings(did: &Loaded, told: &Told) -> Vec<String> {
    let now = did.warnings();
    let then = told.body["warnings"].as_array().into_iter().flatten();
    then.filter_map(Value::as_str)
        .filter(|warning| !now.contains(warning))
        .map(str::to_owned)
        .collect()
}

fn sent_or_stored(visit: &Visit, groups: &[(&Group, Vec<Field>)], name: &str) -> String {
    if visit.query.has(name) {
        return visit.query.text(name).to_owned();
    }
    let mut all = groups.iter().flat_map(|(_, fields)| fields);
    let field = all.find(|field| field.name() == name);
    field.map(|field| field.stored.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reason_is_a_sentence() {
        for (told, said) in [
            (
                "EXTENSION MUST BE FROM 1 TO 50 CHARACTERS, THIS IS AN OPTIONAL FIELD",
                "Extension must be from 1 to 50 characters.",
            ),
            (
                "GROUP ID MUST BE A VALID INBOUND GROUP IN THE SYSTEM, THIS IS AN OPTIONAL FIELD",
                "Group ID must be a valid inbound group in the system.",
            ),
            (
                "DID ROUTE IS NOT VALID, THIS IS AN OPTIONAL FIELD",
                "DID route is not valid.",
            ),
            (
                "DATABASE UNAVAILABLE, NOTHING WAS CHANGED",
                "Database unavailable, nothing was changed.",
            ),
        ] {
            assert_eq!(sentence(told), said);
        }
    }

    #[test]
    fn a_target_is_sent_whole() {
        let sent = |changed: &[(&str, &str)], kind: &str, id: &str| {
            let form = |name: &str| match name {
                "closed_dest_kind" => kind.to_owned(),
                "closed_dest_id" => id.to_owned(),
                _ => String::new(),
            };
            Value::Object(body(changed.iter().copied(), form))
        };
        let both = json!({"closed_dest_id": "8301", "closed_dest_kind": "voicemail"});
        assert_eq!(
            sent(&[("closed_dest_id", "8301")], "voicemail", "8301"),
            both
        );
        assert_eq!(
            sent(&[("closed_dest_kind", "voicemail")], "voicemail", "8301"),
            both
        );
        let none = json!({"closed_dest_kind": null});
        assert_eq!(sent(&[("closed_dest_kind", "")], "", "8301"), none);
        assert_eq!(
            sent(&[("status", "active")], "queue", "A"),
            json!({"status": "active"})
        );
    }
}
