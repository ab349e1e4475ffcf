//! How new numbers are written.

use clap::Args;

use crate::routing::number_form::{Form, NumberForm};

/// The form of new numbers.
#[derive(Args, Clone, Copy)]
pub(super) struct NumberArguments {
    /// How new numbers are written, however they are given: as-is, or in one form for all
    #[arg(
        long,
        env = "VICISHIM_NUMBER_FORM",
        value_name = "FORM",
        value_enum,
        default_value_t
    )]
    number_form: Form,
    /// The calling code of the country of numbers that do not name theirs
    #[arg(
        long,
        env = "VICISHIM_COUNTRY",
        value_name = "CODE",
        default_value_t = 1,
        value_parser = clap::value_parser!(u16).range(1..=999)
    )]
    country: u16,
}

impl NumberArguments {
    /// What they say.
    pub(super) fn number_form(self) -> NumberForm {
        NumberForm {
            form: self.number_form,
            country: self.country,
        }
    }
}
