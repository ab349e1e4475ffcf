//! Words for a status that other systems use: taken for ours, which is said in a warning.

use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The words, in lower case, and the status that each is taken for.
const WORDS: &[(&str, &str)] = &[
    ("active", "active"),
    ("enabled", "active"),
    ("enable", "active"),
    ("on", "active"),
    ("y", "active"),
    ("yes", "active"),
    ("true", "active"),
    ("1", "active"),
    ("inactive", "inactive"),
    ("off", "inactive"),
    ("n", "inactive"),
    ("no", "inactive"),
    ("false", "inactive"),
    ("0", "inactive"),
    ("suspended", "inactive"),
    ("paused", "inactive"),
    ("disabled", "disabled"),
    ("disable", "disabled"),
    ("virtual", "virtual"),
];

/// A status as a body may write it, in the description of the API.
pub(super) struct StatusWord;

impl PartialSchema for StatusWord {
    fn schema() -> RefOr<Schema> {
        let of = |kind| ObjectBuilder::new().schema_type(kind);
        AnyOfBuilder::new()
            .description(Some(
                "active, inactive, disabled, or virtual for a DID. Other systems' words, as enabled, Y, suspended or N, and true \
                 and false are taken for one of these, with a warning",
            ))
            .item(of(Type::String))
            .item(of(Type::Boolean))
            .item(of(Type::Integer).minimum(Some(0)).maximum(Some(1)))
            .into()
    }
}

impl ToSchema for StatusWord {}

/// Replaces the status of a body by the word that it is taken for; what is said of that, where it was another one. A word
/// that means nothing stays, and is refused as any wrong value is.
pub(super) fn take(body: &mut Map<String, Value>) -> Option<String> {
    let status = body.get_mut("status")?;
    let written = match status {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => status.to_string(),
        _ => return None,
    };
    let word = written.trim().to_lowercase();
    let (_, taken) = WORDS.iter().find(|(known, _)| *known == word)?;
    let warning = format!("the status {status} is taken for {taken}");
    let is_other = status.as_str() != Some(taken);
    *status = Value::from(*taken);
    is_other.then_some(warning)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn other_words_are_taken_for_ours() {
        for (status, taken, is_told) in [
            (json!("active"), json!("active"), false),
            (json!("virtual"), json!("virtual"), false),
            (json!("Active"), json!("active"), true),
            (json!("Y"), json!("active"), true),
            (json!(" n "), json!("inactive"), true),
            (json!(true), json!("active"), true),
            (json!(0), json!("inactive"), true),
            (json!("suspended"), json!("inactive"), true),
            (json!("DISABLED"), json!("disabled"), true),
            (json!("activ"), json!("activ"), false),
            (json!(""), json!(""), false),
            (json!(2), json!(2), false),
            (json!(null), json!(null), false),
        ] {
            let mut body = Map::from_iter([("status".to_owned(), status.clone())]);
            let warning = take(&mut body);
            assert_eq!(
                (&body["status"], warning.is_some()),
                (&taken, is_told),
                "{status}"
            );
        }
        assert_eq!(take(&mut Map::new()), None);
    }
}
