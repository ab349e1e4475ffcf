//! The number, tenant and server of an extension that a body makes.

use super::body::ExtensionBody;
use super::view::Extension;
use crate::access::Session;
use crate::access::scope::Scope;
use crate::resources::input::{either, text};
use crate::resources::problem::{Problem, Wrong};
use crate::resources::task::Fault;
use crate::resources::tenant::{EVERYBODY, Named};
use crate::store::records::equal;
use crate::store::{QueryResult, extensions, lookups, own};

pub(super) fn check_id(body: &ExtensionBody, before: Option<&Extension>, wrong: &mut Wrong) {
    match (&body.id, before) {
        (None | Some(None), _) => {}
        (Some(Some(_)), None) => wrong.add("id", "is given by the database"),
        (Some(Some(id)), Some(before)) => {
            if id.number("ext_").ok() != before.id {
                wrong.add("id", "is that of another extension");
            }
        }
    }
    if let (Some(Some(key)), Some(before)) = (&body.key, before)
        && *key != before.key
    {
        wrong.add("key", "is that of another extension");
    }
}

pub(super) fn number(
    body: &ExtensionBody,
    before: Option<&Extension>,
    is_patch: bool,
    wrong: &mut Wrong,
) -> Option<String> {
    let stored = before.map(|before| Some(before.extension_number.clone()));
    let names = ["extension_number", "digits"];
    let values = [body.extension_number.clone(), body.digits.clone()];
    let is_named = values.iter().any(Option::is_some);
    let Some(number) = either(names, values, stored.as_ref(), wrong) else {
        if !is_named && !is_patch {
            wrong.add("extension_number", "is required");
        }
        return stored.flatten();
    };
    let number = number.unwrap_or_default();
    let is_right = (1..=20).contains(&number.len())
        && number
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"*#_-".contains(&byte));
    if !is_right && stored != Some(Some(number.clone())) {
        let field = if body.extension_number.is_some() {
            names[0]
        } else {
            names[1]
        };
        wrong.add(field, "must be 1 to 20 of 0-9 A-Z a-z * # _ -");
        return None;
    }
    Some(number)
}

pub(super) fn tenant(
    session: &mut Session<'_>,
    body: &ExtensionBody,
    before: Option<&Extension>,
    is_patch: bool,
    wrong: &mut Wrong,
) -> QueryResult<Option<String>> {
    let named = Named {
        tenant_id: &body.tenant_id,
        account_id: &body.account_id,
        user_group: &body.user_group,
    };
    let scope = Scope::lenient_of(session)?;
    let stored = before.map(|before| before.user_group.as_deref().unwrap_or_default());
    let group = named.user_group(session.db, &scope, stored, wrong)?;
    if group.is_some() || is_patch || named.is_given() {
        return Ok(group.filter(|group| Some(group.as_str()) != stored));
    }
    if body.digits.is_some() && body.extension_number.is_none() {
        return Ok(before.is_none().then(|| EVERYBODY.to_owned()));
    }
    wrong.add("tenant_id", "is required");
    Ok(None)
}

pub(super) fn server(
    session: &mut Session<'_>,
    body: &ExtensionBody,
    before: Option<&Extension>,
    wrong: &mut Wrong,
) -> QueryResult<Option<String>> {
    let given = body.server_ip.clone().flatten();
    if let Some(before) = before {
        if given.is_some_and(|given| given != before.server_ip) {
            wrong.add(
                "server_ip",
                "cannot be changed: an extension stays on its server",
            );
        }
        return Ok(Some(before.server_ip.clone()));
    }
    let found = match &given {
        Some(given) if text(given, 1, 15).is_err() => None,
        Some(given) => {
            let there =
                lookups::is_active(session.db, "servers", equal("server_ip", given.as_str()))?;
            there.map(|_| given.clone())
        }
        None => extensions::first_server(session.db)?,
    };
    if found.is_none() {
        wrong.add("server_ip", "there is no such server");
    }
    Ok(found)
}

/// Refuses a number that another phone of that server has.
pub(super) fn free(
    session: &mut Session<'_>,
    number: &str,
    server_ip: &str,
    before: Option<&Extension>,
) -> Result<(), Fault> {
    if before.is_some_and(|before| before.extension_number == number) {
        return Ok(());
    }
    for row in extensions::with_number(session.db, number, server_ip)? {
        let key = format!("{}@{}", row.text("extension"), row.text("server_ip"));
        if before.is_none_or(|before| before.key != key) {
            return Err(Problem::taken("extension_number", "is taken on this server").into());
        }
    }
    Ok(())
}

/// Refuses one more extension than the tenant may have.
pub(super) fn cap(
    session: &mut Session<'_>,
    group: &str,
    before: Option<&Extension>,
) -> Result<(), Fault> {
    if before.is_some_and(|before| before.user_group.as_deref() == Some(group)) {
        return Ok(());
    }
    let rows = own::select(session.db, &own::TENANTS, equal("user_group", group))?;
    let Some(most) = rows.first().and_then(|row| row.number("max_extensions")) else {
        return Ok(());
    };
    let count = extensions::count_of(session.db, group)?;
    if i64::try_from(count).unwrap_or(i64::MAX) >= most {
        let message = format!("has {count} extensions, and its max_extensions is {most}");
        return Err(Problem::taken("tenant_id", message).into());
    }
    Ok(())
}
