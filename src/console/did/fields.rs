//! The fields of a DID's form: which there are, through which API each is changed, and what they hold.

use serde_json::Value;

use super::loaded::Loaded;
use crate::console::form::Fields;
use crate::console::visit::Visit;

/// Through which API a field is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Through {
    /// `update_did`, by the parameter of the field's name.
    Text,
    /// The DID's JSON, by the field's name.
    Json,
    /// The same; VICIdial's own tables have no column for it.
    Own,
}

use Through::{Json, Own, Text};

/// What a field of the form is.
pub(super) struct Shape {
    /// Its name: in the form, and in the API through which it is changed.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) through: Through,
    /// The list that it is picked from; empty for none.
    list: &'static str,
    /// The route that looks at it; empty where each does.
    route: &'static str,
}

const fn shape(name: &'static str, label: &'static str, through: Through) -> Shape {
    Shape {
        name,
        label,
        through,
        list: "",
        route: "",
    }
}

impl Shape {
    const fn picked(self, list: &'static str) -> Self {
        Self { list, ..self }
    }

    const fn of_route(self, route: &'static str) -> Self {
        Self { route, ..self }
    }
}

/// A part of the form.
pub(super) struct Group {
    pub(super) title: &'static str,
    shapes: &'static [Shape],
}

/// The form, in the order of the dialer's own page; then what only our own tables hold.
#[rustfmt::skip]
const GROUPS: &[Group] = &[
    Group { title: "Number", shapes: &[
        shape("new_did_pattern", "Number", Text),
        shape("description", "Description", Json),
        shape("provider", "Carrier", Json),
        shape("status", "Status", Json),
        shape("user_group", "User group", Json).picked("user_group"),
    ]},
    Group { title: "Route", shapes: &[
        shape("did_route", "Route", Text),
        shape("group", "In-group", Text).picked("in_group").of_route("IN_GROUP"),
        shape("menu_id", "Call menu", Text).picked("call_menu").of_route("CALLMENU"),
        shape("user_id", "User", Text).picked("user").of_route("AGENT"),
        shape("phone_extension", "Phone", Text).picked("phone").of_route("PHONE"),
        shape("server_ip", "Server of the phone", Text).picked("server").of_route("PHONE"),
        shape("voicemail_ext", "Voicemail box", Text).picked("voicemail").of_route("VOICEMAIL"),
        shape("extension", "Extension", Text).of_route("EXTEN"),
        shape("exten_context", "Context", Text).of_route("EXTEN"),
    ]},
    Group { title: "Caller's number", shapes: &[
        shape("filter_clean_cid_number", "Clean CID number", Text),
        shape("call_handle_method", "Call handle method", Text).of_route("IN_GROUP"),
        shape("agent_search_method", "Agent search method", Text).of_route("IN_GROUP"),
    ]},
    Group { title: "Recording, list and campaign", shapes: &[
        shape("record_call", "Record calls", Text),
        shape("list_id", "List", Text).of_route("IN_GROUP"),
        shape("entry_list_id", "Entry list", Text).of_route("IN_GROUP"),
        shape("campaign_id", "Campaign", Text).of_route("IN_GROUP"),
        shape("phone_code", "Phone code", Text).of_route("IN_GROUP"),
    ]},
    Group { title: "Vicishim's own settings", shapes: &[
        shape("max_channels", "Calls at a time", Own),
        shape("fax_mode", "Faxes", Own),
        shape("allow_anonymous", "Callers without a number", Own),
        shape("schedule_id", "Schedule", Own),
        shape("closed_dest_kind", "When closed: kind of target", Own),
        shape("closed_dest_id", "When closed: target", Own),
        shape("holiday_dest_kind", "On holidays: kind of target", Own),
        shape("holiday_dest_id", "On holidays: target", Own),
    ]},
];

/// The kinds of targets, each with the list that its ids are picked from.
pub(super) const LISTS_OF_KINDS: &[(&str, &str)] = &[
    ("queue", "in_group"),
    ("flow", "call_menu"),
    ("ivr", "call_menu"),
    ("user", "user"),
    ("voicemail", "voicemail"),
    ("extension", "extension"),
];

/// What is said of our own settings where there is no table for them.
const NO_TABLE: &str =
    "A VICIdial's own database has no column for it: start vicishim with --state.";

/// What is said where `update_did` would drop letters of the number.
const NOT_NAMED: &str =
    "The API takes no number with such letters in it: change it on the dialer's own page.";

/// A field of a form.
pub(super) struct Field {
    pub(super) shape: &'static Shape,
    /// What it must be, in words.
    pub(super) rule: String,
    /// The words to choose from, each with what it means; none where it is typed.
    pub(super) choices: Vec<(String, String)>,
    /// How many characters it has at most.
    pub(super) longest: Option<u64>,
    /// What is stored.
    pub(super) stored: String,
    /// What is shown: what is stored, or what was typed.
    pub(super) typed: String,
    /// What is wrong with what was typed; empty where nothing is.
    pub(super) wrong: String,
    /// Why it cannot be changed; empty where it can.
    pub(super) closed: &'static str,
}

impl Field {
    pub(super) fn name(&self) -> &'static str {
        self.shape.name
    }

    /// The id of its list; empty where it has none.
    pub(super) fn list(&self) -> &'static str {
        self.shape.list
    }

    /// The field that says which list it is picked from; empty where none does.
    pub(super) fn kind_field(&self) -> &'static str {
        match self.shape.name {
            "closed_dest_id" => "closed_dest_kind",
            "holiday_dest_id" => "holiday_dest_kind",
            _ => "",
        }
    }

    /// When it counts, in words; empty where it always does.
    pub(super) fn when(&self) -> String {
        match self.shape.route {
            "" => String::new(),
            route => format!("with route {route}"),
        }
    }

    pub(super) fn is_number(&self) -> bool {
        self.shape.name == "max_channels"
    }
}

/// The fields with what is stored.
pub(super) fn groups(visit: &Visit, did: &Loaded) -> Vec<(&'static Group, Vec<Field>)> {
    let columns = visit.door.did_columns();
    let fields = visit.door.did_fields();
    let is_named = did.is_named_by_its_number(visit);
    let group = |group: &'static Group| {
        let field = |shape: &'static Shape| match shape.through {
            Text => {
                let rule = columns.iter().find(|rule| rule.parameter == shape.name);
                let column = rule.map_or("", |rule| rule.column);
                let words = rule.map_or(&[][..], |rule| rule.choices);
                let stored = did.row.text(column).to_owned();
                Field {
                    shape,
                    rule: rule.map(|rule| sentence(&rule.rule)).unwrap_or_default(),
                    choices: choices(words.iter().copied(), &stored),
                    longest: None,
                    typed: stored.clone(),
                    stored,
                    wrong: String::new(),
                    closed: match (did.missing.contains(&column), is_named) {
                        (true, _) => "This database has no column for it.",
                        (false, false) => NOT_NAMED,
                        (false, true) => "",
                    },
                }
            }
            Json | Own => {
                let rule = fields.iter().find(|rule| rule.name == shape.name);
                // Of the other targets' ids the same holds as of the first one's.
                let ruled_by = match shape.name {
                    "closed_dest_id" | "holiday_dest_id" => "dest_id",
                    name => name,
                };
                let words = fields.iter().find(|rule| rule.name == ruled_by);
                // JSON's null is an empty field here.
                let words =
                    words.map(|rule| rule.rule.replace('`', "").replace(" null ", " empty "));
                let stored = shown(&did.body[shape.name]);
                Field {
                    shape,
                    rule: words.unwrap_or_default(),
                    choices: own_choices(
                        shape.name,
                        rule.map_or(&[], |rule| rule.choices),
                        did,
                        &stored,
                    ),
                    longest: rule.and_then(|rule| rule.longest),
                    typed: stored.clone(),
                    stored,
                    wrong: String::new(),
                    closed: match shape.through == Own && !did.has_own_tables {
                        true => NO_TABLE,
                        false => "",
                    },
                }
            }
        };
        (group, group.shapes.iter().map(field).collect())
    };
    GROUPS.iter().map(group).collect()
}

/// The value of a JSON field as a form has it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A rule as a sentence.
fn sentence(rule: &str) -> String {
    let mut letters = rule.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

fn choices<'w>(words: impl Iterator<Item = &'w str>, stored: &str) -> Vec<(String, String)> {
    let mut choices: Vec<(String, String)> = words
        .map(|word| (word.to_owned(), word.to_owned()))
        .collect();
    with_stored(&mut choices, stored);
    choices
}

/// What is stored can be chosen, whatever it is: else the browser would choose another.
fn with_stored(choices: &mut Vec<(String, String)>, stored: &str) {
    if !choices.is_empty() && choices.iter().all(|(value, _)| value != stored) {
        let title = match stored {
            "" => "(empty)",
            stored => stored,
        };
        choices.insert(0, (stored.to_owned(), title.to_owned()));
    }
}

fn own_choices(name: &str, words: &[String], did: &Loaded, stored: &str) -> Vec<(String, String)> {
    let pair = |value: &str, title: &str| (value.to_owned(), title.to_owned());
    match name {
        // The other word for inactive is shown where it is stored.
        "status" => choices(
            words
                .iter()
                .map(String::as_str)
                .filter(|word| *word != "disabled"),
            stored,
        ),
        "allow_anonymous" => vec![pair("1", "let through"), pair("0", "rejected")],
        "schedule_id" => {
            let mut choices = vec![pair("", "none: open at all times")];
            choices.extend(did.schedules.iter().map(|(id, name)| pair(id, name)));
            with_stored(&mut choices, stored);
            choices
        }
        "closed_dest_kind" | "holiday_dest_kind" => {
            let mut choices = vec![pair("", "none")];
            choices.extend(words.iter().map(|word| pair(word, word)));
            choices
        }
        _ => choices(words.iter().map(String::as_str), stored),
    }
}

/// The JSON that a text of the form stands for.
pub(super) fn json(name: &str, typed: &str) -> Value {
    match name {
        "max_channels" | "allow_anonymous" => match typed.trim().parse::<u64>() {
            Ok(number) => number.into(),
            Err(_) if typed.trim().is_empty() => Value::Null,
            Err(_) => typed.into(),
        },
        "schedule_id" | "closed_dest_kind" | "closed_dest_id" | "holiday_dest_kind"
        | "holiday_dest_id"
            if typed.is_empty() =>
        {
            Value::Null
        }
        _ => typed.into(),
    }
}

/// Whether two texts are the same as far as a browser sends them: a line of a form has no line break.
pub(super) fn is_same(left: &str, right: &str) -> bool {
    let letters = |text| str::chars(text).filter(|letter| !matches!(letter, '\r' | '\n'));
    letters(left).eq(letters(right))
}

/// What a form has under the name of the field's value when it was made.
pub(super) fn was<'f>(form: &'f Fields, name: &str) -> &'f str {
    form.text(&format!("was.{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_the_form_stands_for_json() {
        for (name, typed, expected) in [
            ("max_channels", "10", Value::from(10)),
            ("max_channels", " ", Value::Null),
            ("max_channels", "ten", Value::from("ten")),
            ("allow_anonymous", "0", Value::from(0)),
            ("schedule_id", "", Value::Null),
            ("schedule_id", "7", Value::from("7")),
            ("description", "", Value::from("")),
        ] {
            assert_eq!(json(name, typed), expected, "{name} {typed:?}");
        }
    }

    #[test]
    fn a_line_break_is_no_difference() {
        assert!(is_same("a\r\nb", "a\nb") && is_same("ab", "a\nb"));
        assert!(!is_same("ab", "a b"));
    }
}
