//! Bodies: every field is read for itself, so that an answer names all that are wrong.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::problem::FieldErrors;

/// A field that may be absent, and null where it is there.
pub(super) type Given<T> = Option<Option<T>>;

/// A body. What is read of it is what there may be in it.
pub(super) struct Body {
    fields: Map<String, Value>,
    known: Vec<&'static str>,
}

impl From<Map<String, Value>> for Body {
    fn from(fields: Map<String, Value>) -> Self {
        Self {
            fields,
            known: Vec::new(),
        }
    }
}

impl Body {
    /// A field; none where it is absent, or is not of this type, which is an error.
    pub(super) fn given<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
        errors: &mut FieldErrors,
    ) -> Given<T> {
        self.known.push(field);
        let value = self.fields.get(field)?;
        let read = Option::<T>::deserialize(value).map_err(|error| error.to_string());
        errors.check(field, read)
    }

    /// Takes fields of no effect: a body may be what was read before.
    pub(super) fn ignore<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
        errors: &mut FieldErrors,
    ) {
        drop(self.given::<T>(field, errors));
    }

    /// Whether a field is there, be it null.
    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// Names the fields that nobody has read.
    pub(super) fn finish(self, errors: &mut FieldErrors) {
        for field in self.fields.keys() {
            if !self.known.contains(&field.as_str()) {
                errors.add(field, "there is no such field");
            }
        }
    }
}

/// A number, or the same behind a prefix: `10`, `"10"`, `"did_10"`; else the id that a client gave.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Id {
    /// The number.
    Number(u32),
    /// The number as a text, or a client's id.
    Text(String),
}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(4_294_967_295_i64));
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9A-Za-z_-]{1,64}$"));
        OneOfBuilder::new()
            .description(Some(
                "A number, as a text and behind a prefix too: 10, did_10. Or the id that a client gave: did_01j3sarpfc",
            ))
            .item(number)
            .item(text)
            .into()
    }
}

impl ToSchema for Id {}

impl Id {
    /// The number, with or without that prefix.
    ///
    /// # Errors
    /// What it must be.
    pub(super) fn number(&self, prefix: &str) -> Result<i64, String> {
        match self {
            Self::Number(number) => Ok(i64::from(*number)),
            Self::Text(text) => number(text, prefix)
                .ok_or_else(|| format!("must be a number, or {prefix} and a number")),
        }
    }
}

/// The number of a text such as `10` or `did_10`: 1 to 4294967295.
pub(super) fn number(text: &str, prefix: &str) -> Option<i64> {
    let digits = text.strip_prefix(prefix).unwrap_or(text);
    let is_number = (1..=10).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let number = is_number.then(|| digits.parse().ok()).flatten();
    number.filter(|number| (1..=i64::from(u32::MAX)).contains(number))
}

/// Yes or no, as 1 or 0 too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Flag {
    /// As JSON has it.
    Bool(bool),
    /// 0 or 1.
    Number(u8),
}

impl PartialSchema for Flag {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .maximum(Some(1));
        OneOfBuilder::new()
            .description(Some("Yes or no, as 1 or 0 too"))
            .item(ObjectBuilder::new().schema_type(Type::Boolean))
            .item(number)
            .into()
    }
}

impl ToSchema for Flag {}

impl Flag {
    /// Whether it is yes.
    ///
    /// # Errors
    /// What it must be.
    pub(super) fn is_yes(self) -> Result<bool, String> {
        match self {
            Self::Bool(yes) => Ok(yes),
            Self::Number(0) => Ok(false),
            Self::Number(1) => Ok(true),
            Self::Number(_) => Err("must be true, false, 1 or 0".to_owned()),
        }
    }
}

/// A text's bounds: so many characters, none of them a control character or beyond what a VICIdial's tables hold.
///
/// # Errors
/// What it must be.
pub(super) fn text(value: &str, least: usize, most: usize) -> Result<String, String> {
    let count = value.chars().count();
    if !(least..=most).contains(&count) {
        return Err(format!("must be {least} to {most} characters"));
    }
    if value.chars().any(|c| c.is_control() || c > '\u{FFFF}') {
        return Err("must hold no control character and none beyond U+FFFF".to_owned());
    }
    Ok(value.to_owned())
}

/// Of two names for one thing the value that counts: the one that was given; of two that differ, the one that is not what
/// is stored already.
pub(super) fn either<T: PartialEq + Clone>(
    names: [&str; 2],
    values: [Given<T>; 2],
    stored: Option<&Option<T>>,
    errors: &mut FieldErrors,
) -> Given<T> {
    match values {
        [None, None] => None,
        [Some(value), None] | [None, Some(value)] => Some(value),
        [Some(left), Some(right)] if left == right => Some(left),
        [Some(left), Some(right)] => match stored {
            Some(stored) if left == *stored => Some(right),
            Some(stored) if right == *stored => Some(left),
            _ => {
                errors.add(
                    names[0],
                    format!("and {} are the same thing, but differ here", names[1]),
                );
                None
            }
        },
    }
}
