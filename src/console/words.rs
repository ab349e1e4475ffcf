//! The words for what the APIs and the tables hold.

use super::door::Said;
use crate::loading;
use crate::routing::decision::described;
use crate::routing::target::Kind;
use crate::store::records::Record;

/// The routes of a DID: VICIdial's word, and ours.
pub(super) const ROUTES: &[(&str, &str)] = &[
    ("IN_GROUP", "In-group"),
    ("CALLMENU", "Call menu"),
    ("AGENT", "User"),
    ("PHONE", "Phone"),
    ("VOICEMAIL", "Voicemail"),
    ("VMAIL_NO_INST", "Voicemail without instructions"),
    ("EXTEN", "Extension"),
];

/// A route in words.
pub(super) fn route(word: &str) -> &str {
    let named = ROUTES.iter().find(|(known, _)| *known == word);
    named.map_or(word, |(_, words)| words)
}

/// Where a DID leads, in words.
pub(super) fn target(row: &Record) -> String {
    let route = loading::route(row);
    match route.target(None) {
        None => "nowhere: no target chosen".to_owned(),
        Some(target) if target.kind == Kind::Hangup => "hang up".to_owned(),
        Some(_) => described(&route),
    }
}

/// Words that replies write in capitals, and that stay so.
const CAPITALS: &[&str] = &["API", "CID", "DID", "ID", "IP", "N", "PHP", "Y"];

/// What a reply says as its reason, as a sentence without its full stop: `DID description must be from 6 to 50 characters`.
pub(super) fn reason(said: &Said, function: &str) -> String {
    sentence(&said.told(function))
}

/// What the API says in capitals, as a sentence without its full stop.
pub(super) fn sentence(told: &str) -> String {
    let told = told.trim_end_matches(", THIS IS AN OPTIONAL FIELD");
    // Other texts than replies of the API, as that the database is away, have small letters already.
    if told.chars().any(char::is_lowercase) {
        return told.to_owned();
    }
    let word = |word: &str| match CAPITALS.contains(&word) {
        true => word.to_owned(),
        false if word == "DIDS" => "DIDs".to_owned(),
        false => word.to_lowercase(),
    };
    let words: Vec<String> = told.split(' ').map(word).collect();
    let sentence = words.join(" ");
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// A line of a reply, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The reason as a sentence.
    pub(super) reason: String,
    /// What it is about: a number, in most cases.
    pub(super) about: String,
}

/// The lines of a function's reply: `NOTICE: copy_did DID ALREADY EXISTS - 6666|7275550410`.
pub(super) fn lines(said: &Said, function: &str) -> Vec<Line> {
    let line = |line: &String| {
        let (_, rest) = line.split_once(": ")?;
        let (reason, data) = rest
            .strip_prefix(function)?
            .trim_start()
            .split_once(" - ")?;
        Some(Line {
            reason: sentence(reason),
            about: data.split('|').nth(1).unwrap_or_default().to_owned(),
        })
    };
    said.lines.iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::columns::{Columns, Kind};

    #[test]
    fn every_route_of_the_table_has_its_words() {
        let columns = Columns::ours();
        let column = columns.find("vicidial_inbound_dids", "did_route");
        let Some(Kind::Enum(known)) = column.map(|column| &column.kind) else {
            panic!("did_route is an enum");
        };
        let mut known: Vec<&str> = known.iter().map(|word| &**word).collect();
        let mut named: Vec<&str> = ROUTES.iter().map(|(word, _)| *word).collect();
        known.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, known);
    }

    #[test]
    fn a_line_is_taken_apart() {
        let said = Said {
            lines: vec![
                "NOTICE: copy_did DID ALREADY EXISTS - 6666|7275550410".to_owned(),
                "ERROR: copy_did NO DIDS ADDED - 6666|default|0|1".to_owned(),
                "ERROR: Login incorrect".to_owned(),
            ],
            ..Said::default()
        };
        let line = |reason: &str, about: &str| Line {
            reason: reason.to_owned(),
            about: about.to_owned(),
        };
        assert_eq!(
            lines(&said, "copy_did"),
            [
                line("DID already exists", "7275550410"),
                line("No DIDs added", "default")
            ]
        );
    }

    #[test]
    fn a_reason_is_a_sentence() {
        for (reply, sentence) in [
            (
                "update_did DID DESCRIPTION MUST BE FROM 6 TO 50 CHARACTERS, THIS IS AN OPTIONAL FIELD",
                "DID description must be from 6 to 50 characters",
            ),
            (
                "update_did ACTIVE MUST BE Y OR N, THIS IS AN OPTIONAL FIELD",
                "Active must be Y or N",
            ),
            ("copy_did NO DIDS ADDED", "No DIDs added"),
            ("the database is away", "the database is away"),
            ("", ""),
        ] {
            let said = Said {
                reason: reply.to_owned(),
                ..Said::default()
            };
            let function = reply.split(' ').next().unwrap_or_default();
            let function = if function.contains('_') {
                function
            } else {
                "add_did"
            };
            assert_eq!(reason(&said, function), sentence);
        }
    }
}
