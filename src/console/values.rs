//! The values that a form gives to several DIDs at once: fields of `add_did` and `update_did`.

use super::form::Fields;
use super::words::ROUTES;
use crate::store::records::Record;

/// A field.
pub(super) struct Field {
    /// The parameter of the text API, which is the form's field too.
    pub(super) parameter: &'static str,
    /// The column that it sets.
    column: &'static str,
    pub(super) label: &'static str,
    /// What can be chosen, each with its words; nothing where a text is written.
    pub(super) words: &'static [(&'static str, &'static str)],
    /// The route that it belongs to; empty where it belongs to all.
    pub(super) route: &'static str,
}

const fn text(
    (parameter, column): (&'static str, &'static str),
    label: &'static str,
    route: &'static str,
) -> Field {
    Field {
        parameter,
        column,
        label,
        words: &[],
        route,
    }
}

const fn choice(
    (parameter, column): (&'static str, &'static str),
    label: &'static str,
    words: &'static [(&'static str, &'static str)],
) -> Field {
    Field {
        words,
        ..text((parameter, column), label, "")
    }
}

const ACTIVE: &[(&str, &str)] = &[("Y", "active"), ("N", "not active")];

const RECORDING: &[(&str, &str)] = &[
    ("N", "no"),
    ("Y", "yes"),
    ("Y_QUEUESTOP", "yes, until it leaves the queue"),
];

/// The fields, in the order of the form.
pub(super) const FIELDS: &[Field] = &[
    text(("did_description", "did_description"), "Description", ""),
    choice(("active", "did_active"), "Active", ACTIVE),
    choice(("record_call", "record_call"), "Record calls", RECORDING),
    choice(("did_route", "did_route"), "Route", ROUTES),
    text(("group", "group_id"), "In-group", "IN_GROUP"),
    text(("menu_id", "menu_id"), "Call menu", "CALLMENU"),
    text(("user_id", "user"), "User", "AGENT"),
    text(("phone_extension", "phone"), "Phone", "PHONE"),
    text(("server_ip", "server_ip"), "Phone's server (IP)", "PHONE"),
    text(
        ("voicemail_ext", "voicemail_ext"),
        "Voicemail box",
        "VOICEMAIL",
    ),
    text(("extension", "extension"), "Extension", "EXTEN"),
    text(
        ("exten_context", "exten_context"),
        "Extension's context",
        "EXTEN",
    ),
];

impl Field {
    /// What a value of it is called.
    fn shown<'v>(&self, value: &'v str) -> &'v str {
        let named = self.words.iter().find(|(known, _)| *known == value);
        match (named, value) {
            (Some((_, words)), _) => words,
            (None, "") => "(empty)",
            (None, value) => value,
        }
    }

    /// What a form gives it; empty where it leaves it.
    pub(super) fn given<'f>(&self, form: &'f Fields) -> &'f str {
        form.text(self.parameter).trim()
    }
}

/// What a form gives, as parameters.
pub(super) fn given(form: &Fields) -> Vec<(&'static str, &str)> {
    let all = FIELDS
        .iter()
        .map(|field| (field.parameter, field.given(form)));
    all.filter(|(_, value)| !value.is_empty()).collect()
}

/// What of a DID becomes something else by what a form gives: `Active: active → not active`.
pub(super) fn differences(form: &Fields, record: &Record) -> Vec<Difference> {
    let different = FIELDS.iter().filter_map(|field| {
        let (before, after) = (record.text(field.column), field.given(form));
        (!after.is_empty() && before != after).then(|| Difference {
            label: field.label,
            before: field.shown(before).to_owned(),
            after: field.shown(after).to_owned(),
        })
    });
    different.collect()
}

/// A value that becomes another one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) label: &'static str,
    pub(super) before: String,
    pub(super) after: String,
}

#[cfg(test)]
mod tests {
    use super::FIELDS;
    use crate::store::dids::pages::COLUMNS;

    #[test]
    fn a_field_sets_the_column_that_the_api_says() {
        let known: Vec<_> = crate::api::did::field_columns().collect();
        for field in FIELDS {
            let pair = (field.parameter, field.column);
            assert!(known.contains(&pair), "{pair:?}");
            assert!(COLUMNS.contains(&field.column), "{}", field.column);
        }
    }
}
