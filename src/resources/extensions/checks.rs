//! The number, tenant and server of an extension that a body makes.

use super::loaded::Loaded;
use crate::access::Session;
use crate::access::scope::Scope;
use crate::resources::body::{Body, either, text};
use crate::resources::problem::{FieldErrors, Problem};
use crate::resources::response::Fault;
use crate::resources::tenant_ref::{EVERYBODY, TenantRef};
use crate::store::records::equal;
use crate::store::{QueryResult, lookups, phones::rows as phone_rows, vicishim_tables};

/// Refuses the key of another extension.
pub(super) fn check_key(body: &mut Body, before: Option<&Loaded>, errors: &mut FieldErrors) {
    let key = body.given::<String>("key", errors).flatten();
    if let (Some(key), Some(before)) = (key, before)
        && key != before.key()
    {
        errors.add("key", "is that of another extension");
    }
}

/// The number that is dialled, by either of its names.
pub(super) fn number(
    body: &mut Body,
    before: Option<&Loaded>,
    is_patch: bool,
    errors: &mut FieldErrors,
) -> Option<String> {
    let stored = before.map(|before| Some(before.number().to_owned()));
    let names = ["extension_number", "digits"];
    let values = names.map(|field| body.given::<String>(field, errors));
    let field = names[usize::from(values[0].is_none())];
    let is_named = values.iter().any(Option::is_some);
    let Some(number) = either(names, values, stored.as_ref(), errors) else {
        if !is_named && !is_patch {
            errors.add("extension_number", "is required");
        }
        return stored.flatten();
    };
    let number = number.unwrap_or_default();
    let is_right = (1..=20).contains(&number.len())
        && number
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"*#_-".contains(&byte));
    if !is_right && stored != Some(Some(number.clone())) {
        errors.add(field, "must be 1 to 20 of 0-9 A-Z a-z * # _ -");
        return None;
    }
    Some(number)
}

/// The user group that the body gives it; none where it stays.
pub(super) fn tenant(
    session: &mut Session<'_>,
    body: &mut Body,
    before: Option<&Loaded>,
    (is_patch, is_sip_io): (bool, bool),
    errors: &mut FieldErrors,
) -> QueryResult<Option<String>> {
    let tenant = TenantRef::of(body, errors);
    let scope = Scope::lenient_of(session)?;
    let stored = before.map(|before| before.row.text("user_group"));
    let group = tenant.user_group(session, &scope, stored, errors)?;
    if group.is_some() || is_patch || tenant.is_given() {
        return Ok(group.filter(|group| Some(group.as_str()) != stored));
    }
    if is_sip_io {
        return Ok(before.is_none().then(|| EVERYBODY.to_owned()));
    }
    errors.add("tenant_id", "is required");
    Ok(None)
}

/// The dialer that it is on.
pub(super) fn server(
    session: &mut Session<'_>,
    body: &mut Body,
    before: Option<&Loaded>,
    errors: &mut FieldErrors,
) -> QueryResult<Option<String>> {
    let given = body.given::<String>("server_ip", errors).flatten();
    if let Some(before) = before {
        let stored = before.row.text("server_ip");
        if given.is_some_and(|given| given != stored) {
            let message = "cannot be changed: an extension stays on its server";
            errors.add("server_ip", message);
        }
        return Ok(Some(stored.to_owned()));
    }
    let found = match given {
        Some(given) if text(&given, 1, 15).is_err() => None,
        Some(given) => {
            let there =
                lookups::is_active(session.db, "servers", equal("server_ip", given.as_str()))?;
            there.map(|_| given)
        }
        None => phone_rows::first_server(session.db)?,
    };
    if found.is_none() {
        errors.add("server_ip", "there is no such server");
    }
    Ok(found)
}

/// Refuses a number that another phone of that server has.
pub(super) fn free(
    session: &mut Session<'_>,
    number: &str,
    server_ip: &str,
    before: Option<&Loaded>,
) -> Result<(), Fault> {
    if before.is_some_and(|before| before.number() == number) {
        return Ok(());
    }
    for row in phone_rows::with_number(session.db, number, server_ip)? {
        let key = format!("{}@{}", row.text("extension"), row.text("server_ip"));
        if before.is_none_or(|before| before.key() != key) {
            return Err(Problem::taken("extension_number", "is taken on this server").into());
        }
    }
    Ok(())
}

/// Refuses one more extension than the tenant may have.
pub(super) fn cap(
    session: &mut Session<'_>,
    group: &str,
    before: Option<&Loaded>,
) -> Result<(), Fault> {
    if before.is_some_and(|before| before.row.get("user_group") == Some(group)) {
        return Ok(());
    }
    let rows = vicishim_tables::select(
        session.db,
        &vicishim_tables::TENANTS,
        equal("user_group", group),
    )?;
    let Some(most) = rows.first().and_then(|row| row.number("max_extensions")) else {
        return Ok(());
    };
    let count = phone_rows::count_of(session.db, group)?;
    if i64::try_from(count).unwrap_or(i64::MAX) >= most {
        let message = format!("has {count} extensions, and its max_extensions is {most}");
        return Err(Problem::taken("tenant_id", message).into());
    }
    Ok(())
}
