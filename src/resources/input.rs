//! Bodies and queries: every field is read for itself, so that an answer names all that are wrong.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::problem::{Problem, Wrong};

/// A field that may be absent, and null where it is there.
pub(super) type Given<T> = Option<Option<T>>;

/// Tells a field that is null from one that is absent.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Given<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A number, or the same behind a prefix: `10`, `"10"`, `"did_10"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    /// The number.
    Number(u32),
    /// The number as a text.
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
            .pattern(Some("^([a-z]+_)?[1-9][0-9]{0,8}$"));
        OneOfBuilder::new()
            .description(Some(
                "A number, as a text and behind a prefix too: 10, did_10",
            ))
            .item(number)
            .item(text)
            .into()
    }
}

impl ToSchema for Id {}

impl Id {
    /// The number, with or without that prefix.
    pub(super) fn number(&self, prefix: &str) -> Result<i64, String> {
        match self {
            Self::Number(number) => Ok(i64::from(*number)),
            Self::Text(text) => number(text, prefix)
                .ok_or_else(|| format!("must be a number, or {prefix} and a number")),
        }
    }
}

/// The number of a text such as `10` or `did_10`.
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
    pub(super) fn is_yes(self) -> Result<bool, String> {
        match self {
            Self::Bool(yes) => Ok(yes),
            Self::Number(0) => Ok(false),
            Self::Number(1) => Ok(true),
            Self::Number(_) => Err("must be true, false, 1 or 0".to_owned()),
        }
    }
}

/// Reads a body, field by field.
pub(super) fn read<T: DeserializeOwned + PartialSchema>(
    body: &Map<String, Value>,
    wrong: &mut Wrong,
) -> Result<T, Problem> {
    let known = fields::<T>();
    let mut right = Map::new();
    for (field, value) in body {
        if !known.contains(field) {
            wrong.add(field, "there is no such field");
            continue;
        }
        let alone = Value::Object(Map::from_iter([(field.clone(), value.clone())]));
        match serde_json::from_value::<T>(alone) {
            Ok(_) => {
                right.insert(field.clone(), value.clone());
            }
            Err(error) => wrong.add(field, error.to_string()),
        }
    }
    serde_json::from_value(Value::Object(right))
        .map_err(|error| Problem::new(422, error.to_string()))
}

fn fields<T: PartialSchema>() -> Vec<String> {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object.properties.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// A text's bounds: so many characters, none of them a control character or beyond what a VICIdial's tables hold.
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

/// The parameters of a query.
pub(super) struct Query<'q>(pub(super) &'q [(String, Vec<u8>)]);

impl Query<'_> {
    /// Refuses parameters that are none of these.
    pub(super) fn only(&self, known: &[&str], wrong: &mut Wrong) {
        for (name, value) in self.0 {
            if !known.contains(&name.as_str()) {
                wrong.add(name, "there is no such parameter");
            } else if std::str::from_utf8(value).is_err() {
                wrong.add(name, "is not UTF-8");
            }
        }
    }

    /// A parameter, where it was sent; the last one of its name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let sent = self.0.iter().rev().find(|(known, _)| known == name);
        sent.and_then(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// A whole number within bounds, or what it is where it was not sent.
    pub(super) fn number(
        &self,
        name: &str,
        bounds: std::ops::RangeInclusive<u64>,
        otherwise: u64,
        wrong: &mut Wrong,
    ) -> u64 {
        let Some(text) = self.get(name) else {
            return otherwise;
        };
        let number = text
            .parse()
            .ok()
            .filter(|number| bounds.contains(number) && text.bytes().all(|b| b.is_ascii_digit()));
        number.unwrap_or_else(|| {
            let message = format!(
                "must be a number from {} to {}",
                bounds.start(),
                bounds.end()
            );
            wrong.add(name, message);
            otherwise
        })
    }

    /// Yes or no: `true`, `false`, `1`, `0`; no where it was not sent.
    pub(super) fn flag(&self, name: &str, wrong: &mut Wrong) -> bool {
        match self.get(name) {
            None | Some("false" | "0") => false,
            Some("true" | "1") => true,
            Some(_) => {
                wrong.add(name, "must be true or false");
                false
            }
        }
    }
}

/// Of two names for one thing the value that counts: the one that was given; of two that differ, the one that is not what
/// is stored already.
pub(super) fn either<T: PartialEq + Clone>(
    names: [&str; 2],
    values: [Given<T>; 2],
    stored: Option<&Option<T>>,
    wrong: &mut Wrong,
) -> Given<T> {
    match values {
        [None, None] => None,
        [Some(value), None] | [None, Some(value)] => Some(value),
        [Some(left), Some(right)] if left == right => Some(left),
        [Some(left), Some(right)] => match stored {
            Some(stored) if left == *stored => Some(right),
            Some(stored) if right == *stored => Some(left),
            _ => {
                wrong.add(
                    names[0],
                    format!("and {} are the same thing, but differ here", names[1]),
                );
                None
            }
        },
    }
}
