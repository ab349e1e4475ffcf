//! The forms in which new numbers are written.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{LONGEST, Malformed, NATIONAL, number};

/// The country of North America's numbering plan, whose national numbers have ten digits.
const NORTH_AMERICA: u16 = 1;

/// Italy, whose national numbers begin with their 0.
const ITALY: u16 = 39;

/// How new numbers are written.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize, ToSchema,
)]
#[schema(as = NumberForm)]
pub enum Form {
    /// As they are given, without separators
    #[default]
    #[serde(rename = "as-is")]
    AsIs,
    /// The national number: 7275550100
    #[value(name = "10")]
    #[serde(rename = "10")]
    National,
    /// With the country before it: 17275550100
    #[value(name = "11")]
    #[serde(rename = "11")]
    WithCountry,
    /// With a plus before the country: +17275550100
    #[value(name = "e164")]
    #[serde(rename = "e164")]
    E164,
}

impl Form {
    /// The word for it.
    pub fn word(self) -> String {
        let value = clap::ValueEnum::to_possible_value(&self);
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// The form of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        clap::ValueEnum::from_str(word, false).ok()
    }
}

/// How new numbers are written, and the country of those that do not name theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberForm {
    /// How.
    pub form: Form,
    /// The country's calling code, 1 to 999.
    pub country: u16,
}

impl Default for NumberForm {
    fn default() -> Self {
        Self {
            form: Form::AsIs,
            country: NORTH_AMERICA,
        }
    }
}

impl NumberForm {
    /// Whether numbers are kept as they are given.
    pub fn is_as_is(self) -> bool {
        self.form == Form::AsIs
    }

    /// A text as a number in this form; none where it is a pattern of another kind, as `default`.
    ///
    /// # Errors
    /// It begins as a number and is none, or cannot be written in this form.
    pub fn number(self, written: &str) -> Result<Option<String>, Malformed> {
        match number(written)? {
            Some(number) if !self.is_as_is() => self.formed(&number).map(Some),
            number => Ok(number),
        }
    }

    fn formed(self, number: &str) -> Result<String, Malformed> {
        let country = self.country.to_string();
        let national = match number.strip_prefix('+') {
            Some(digits) => match digits.strip_prefix(country.as_str()) {
                Some(national) => national,
                // Another country's number has but one form.
                None if self.form == Form::E164 && (NATIONAL..=LONGEST).contains(&digits.len()) => {
                    return Ok(number.to_owned());
                }
                None => return Err(Malformed::OtherCountry),
            },
            None => self.national(number)?,
        };
        let length = match self.country {
            NORTH_AMERICA => 10..=10,
            _ => 4..=LONGEST - country.len(),
        };
        if !length.contains(&national.len()) {
            return Err(Malformed::OtherCountry);
        }
        Ok(match self.form {
            Form::National | Form::AsIs => national.to_owned(),
            Form::WithCountry => format!("{country}{national}"),
            Form::E164 => format!("+{country}{national}"),
        })
    }

    /// The national number of digits without a plus.
    fn national(self, digits: &str) -> Result<&str, Malformed> {
        if self.country == NORTH_AMERICA {
            return match digits {
                _ if digits.starts_with('0') => Err(Malformed::Prefix),
                _ if digits.len() == 11 => digits.strip_prefix('1').ok_or(Malformed::OtherCountry),
                _ => Ok(digits),
            };
        }
        match digits.strip_prefix('0') {
            Some(abroad) if abroad.starts_with('0') => Err(Malformed::Prefix),
            Some(_) if self.country == ITALY => Ok(digits),
            // The 0 stands for the country.
            Some(national) => Ok(national),
            None => Err(Malformed::NoCountry),
        }
    }
}
