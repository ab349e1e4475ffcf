//! How new numbers of a tenant are stored: as its `normalize` and `country` say, else as the server's settings do.

use super::body::Body;
use super::problem::FieldErrors;
use crate::access::Session;
use crate::routing::number_form::{self, Form, Malformed, NumberForm};
use crate::store::records::{Field, Record, equal};
use crate::store::sql::Sql;
use crate::store::vicishim_tables::{TENANTS, select};
use crate::store::{Db, QueryResult};

/// The highest calling code of a country.
pub(super) const HIGHEST_COUNTRY: u16 = 999;

/// What a tenant's row says of its numbers.
pub(super) fn chosen(row: &Record) -> (Option<Form>, Option<u16>) {
    let country = row.number("country");
    (
        Form::of_word(row.text("number_form")),
        country.and_then(|country| u16::try_from(country).ok()),
    )
}

/// The form of new numbers of a tenant; the server's where there is no tenant.
fn of_row(row: Option<&Record>, server: NumberForm) -> NumberForm {
    let (form, country) = row.map(chosen).unwrap_or_default();
    NumberForm {
        form: form.unwrap_or(server.form),
        country: country.unwrap_or(server.country),
    }
}

/// The form of new numbers of a user group.
///
/// # Errors
/// The database cannot be read.
pub(super) fn of_group(session: &mut Session<'_>, group: Option<&str>) -> QueryResult<NumberForm> {
    let row = match group {
        Some(group) => select(session.db, &TENANTS, equal("user_group", group))?.pop(),
        None => None,
    };
    Ok(of_row(row.as_ref(), session.call.number_form))
}

/// How a number that is looked for may be stored: as it is given, and in each form that the server or a tenant has chosen.
///
/// # Errors
/// The database cannot be read.
pub(super) fn spellings(
    db: &mut Db,
    written: &str,
    server: NumberForm,
) -> QueryResult<Result<Vec<String>, Malformed>> {
    let mut spellings = match number_form::spellings(written) {
        Ok(spellings) => spellings,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let rows = select(db, &TENANTS, Sql::new(" WHERE number_form IS NOT NULL"))?;
    let mut forms = vec![server];
    forms.extend(rows.iter().map(|row| of_row(Some(row), server)));
    for form in forms {
        // A number of another country has none of this one's forms.
        if let Ok(Some(number)) = form.number(written)
            && !spellings.contains(&number)
        {
            spellings.push(number);
        }
    }
    Ok(Ok(spellings))
}

/// The columns that a body sets; what it leaves out stays away where the body may leave things out.
pub(super) fn fields(body: &mut Body, is_patch: bool, errors: &mut FieldErrors) -> Vec<Field> {
    let form = body.given::<Form>("normalize", errors);
    let country = body.given::<u16>("country", errors);
    if country
        .flatten()
        .is_some_and(|country| !(1..=HIGHEST_COUNTRY).contains(&country))
    {
        let message = format!("must be from 1 to {HIGHEST_COUNTRY}, or null");
        errors.add("country", message);
    }
    let mut fields = Vec::new();
    if form.is_some() || !is_patch {
        fields.push(("number_form", form.flatten().map(Form::word)));
    }
    if country.is_some() || !is_patch {
        let country = country.flatten().map(|country| country.to_string());
        fields.push(("country", country));
    }
    fields
}
