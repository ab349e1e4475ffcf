//! Reading an answer, in both dialects (fixtures/reference/behaviour.md §2):
//! `ERROR: add_did DID ALREADY EXISTS - 6666|1000` and `ERROR: add_did DID ALREADY EXISTS: |6666|1000`.

use std::collections::HashMap;

use super::job::Job;
use super::outcome::{Outcome, Word};
use crate::routing::number_form::variants;

/// How much of a text that cannot be understood is shown.
const SHOWN: usize = 120;

/// What an answer says.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) enum Reply {
    /// What became of each number.
    Outcomes(Vec<Outcome>),
    /// No call of this kind can succeed: going on would lock the user out, or be refused every time.
    Stop(String),
}

/// A line of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Line<'a> {
    status: &'a str,
    /// Without the function's name.
    reason: &'a str,
    /// What follows the user.
    data: Vec<&'a str>,
}

/// How reasons begin that hold for every call, and what to say before them.
const STOPS: &[(&str, &str)] = &[
    ("Login incorrect", "the server refuses the sign-in of USER"),
    (
        "Too many login attempts",
        "the server refuses the sign-in of USER",
    ),
    (
        "Your IP Address is not allowed",
        "the server refuses the sign-in of USER",
    ),
    ("USER DOES NOT HAVE PERMISSION", "the server refuses USER"),
    ("SOURCE DID DOES NOT EXIST", "the server refuses"),
    ("Invalid Source", "the server refuses --source"),
    (
        "NO FUNCTION SPECIFIED",
        "the server does not know this function",
    ),
];

/// The codes of a failed sign-in that say more than its reason.
const CODES: &[&str] = &["2FA", "LOCK"];

/// Reads the answer to a call for these numbers.
pub(in crate::cli) fn read(job: &Job, numbers: &[&str], user: &str, text: &str) -> Reply {
    if let Some(why) = refusal_of_all(user, text) {
        return Reply::Stop(why);
    }
    let lines = lines(text);
    Reply::Outcomes(match (job, numbers) {
        (Job::Copy { .. }, _) => copies(numbers, &lines, text),
        (_, [number]) => vec![one(number, &lines, text)],
        _ => Vec::new(),
    })
}

fn lines(text: &str) -> Vec<Line<'_>> {
    // What does not end as a line may have been cut off, unless it is the whole answer.
    let whole = match text.trim_end().rfind('\n') {
        Some(last) if !text.ends_with('\n') && !is_last_line(&text[last + 1..]) => &text[..=last],
        _ => text,
    };
    whole.lines().filter_map(line).collect()
}

/// Whether a text that no line feed ends is a copy's last line, which counts what was added.
fn is_last_line(text: &str) -> bool {
    text.starts_with("SUCCESS: ") || text.starts_with("ERROR: ")
}

fn line(text: &str) -> Option<Line<'_>> {
    let (status, rest) = text.trim_end().split_once(": ")?;
    if !matches!(status, "SUCCESS" | "ERROR" | "NOTICE") {
        return None;
    }
    let separators = [": |", " - "];
    let first = separators
        .iter()
        .filter_map(|separator| rest.find(separator))
        .min()
        .unwrap_or(rest.len());
    let reason = &rest[..first];
    let data = rest.get(first + 3..).unwrap_or_default();
    let is_function = |word: &str| {
        word.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    Some(Line {
        status,
        reason: match reason.split_once(' ') {
            Some((function, reason)) if is_function(function) => reason,
            _ => reason,
        },
        data: data.split('|').skip(1).collect(),
    })
}

/// Why no call of this user can succeed, where an answer says so.
pub(in crate::cli) fn refusal_of_all(user: &str, text: &str) -> Option<String> {
    lines(text).iter().find_map(|line| stop(line, user))
}

fn stop(line: &Line<'_>, user: &str) -> Option<String> {
    let (_, why) = STOPS
        .iter()
        .find(|(reason, _)| line.status != "SUCCESS" && line.reason.starts_with(reason))?;
    // Nothing else of the data: on the wire it holds the password.
    let code = line.data.iter().rfind(|value| !value.is_empty());
    let code = code.filter(|code| CODES.contains(code));
    let code = code.map_or(String::new(), |code| format!(" ({code})"));
    let why = why.replace("USER", &format!("user {user}"));
    Some(format!("{why}: {}{code}", line.reason))
}

/// Each number's line in the answer to a copy.
fn copies(numbers: &[&str], lines: &[Line<'_>], text: &str) -> Vec<Outcome> {
    let mut said: HashMap<&str, &Line<'_>> = HashMap::new();
    for line in lines.iter().filter(|line| line.status == "NOTICE") {
        if let Some(number) = line.data.first() {
            said.insert(number, line);
        }
    }
    let last = lines.last().filter(|line| line.status != "NOTICE");
    let unsaid = |number: &str| match last {
        Some(line) if line.status == "ERROR" && !line.reason.starts_with("NO DIDS ADDED") => {
            refused(number, line)
        }
        Some(_) => Outcome::because(number, Word::Unknown, "the answer has no line for it"),
        None => not_understood(number, text),
    };
    // A server with a form for its numbers answers in it.
    let line_of = |number: &str| {
        let of_variant = || {
            variants(number)
                .iter()
                .find_map(|variant| said.get(variant.as_str()))
        };
        said.get(number).or_else(of_variant)
    };
    let outcome = |number: &&str| match line_of(number) {
        Some(line) if line.reason == "DID HAS BEEN ADDED" => Outcome {
            did_id: line.data.get(2).copied().unwrap_or_default().to_owned(),
            ..Outcome::new(*number, Word::Added)
        },
        Some(line) if line.reason == "DID ALREADY EXISTS" => Outcome::new(*number, Word::There),
        Some(line) => refused(number, line),
        None => unsaid(number),
    };
    numbers.iter().map(outcome).collect()
}

/// The outcome of a call for one number.
fn one(number: &str, lines: &[Line<'_>], text: &str) -> Outcome {
    let Some(line) = lines.last() else {
        return not_understood(number, text);
    };
    if line.status != "SUCCESS" {
        return match line.reason {
            "DID ALREADY EXISTS" => Outcome::new(number, Word::There),
            _ => refused(number, line),
        };
    }
    let is_of_number =
        |said: &&str| *said == number || variants(number).iter().any(|variant| variant == said);
    if !line.data.iter().any(is_of_number) {
        let reason = format!("the server says it of {}", line.data.join("|"));
        return Outcome::because(number, Word::Unknown, reason);
    }
    match line.reason {
        "DID HAS BEEN ADDED" => {
            let stored = line.data.first().filter(|stored| **stored != number);
            let mut outcome = Outcome::new(number, Word::Added);
            outcome.said.number = stored.map(|stored| (*stored).to_owned());
            outcome
        }
        "DID HAS BEEN UPDATED" => Outcome::new(number, Word::Updated),
        "DID HAS BEEN DELETED" => {
            let did_id = line.data.iter().find(|said| !is_of_number(said));
            Outcome {
                did_id: did_id.copied().unwrap_or_default().to_owned(),
                ..Outcome::new(number, Word::Deleted)
            }
        }
        _ => not_understood(number, text),
    }
}

fn refused(number: &str, line: &Line<'_>) -> Outcome {
    let value = line.data.join("|");
    let reason = match value.as_str() {
        "" => line.reason.to_owned(),
        value if value == number => line.reason.to_owned(),
        value => format!("{} ({value})", line.reason),
    };
    Outcome::because(number, Word::Refused, reason)
}

fn not_understood(number: &str, text: &str) -> Outcome {
    let reason = match excerpt(text) {
        said if said.is_empty() => "the answer is empty".to_owned(),
        said => format!("the answer cannot be understood: {said}"),
    };
    Outcome::because(number, Word::Unknown, reason)
}

/// The beginning of a text, on one line.
pub(in crate::cli) fn excerpt(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().take(SHOWN).collect();
    let mut line = words.join(" ");
    if let Some((end, _)) = line.char_indices().nth(SHOWN) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests;
