//! The number, tenant and server of an extension that a body makes.

use super::loaded::{Loaded, dialplan};
use super::numbering::Numbering;
use crate::access::Session;
use crate::access::scope::Scope;
use crate::resources::body::{Body, either, text};
use crate::resources::problem::{FieldErrors, Problem};
use crate::resources::response::Fault;
use crate::resources::tenant_ref::{EVERYBODY, Numbers, TenantRef};
use crate::store::records::{Record, equal};
use crate::store::{QueryResult, collation, lookups, phones::rows as phone_rows, vicishim_tables};

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

/// What VICIdial is to have an extension of this number and user group under: the number as it is where it is free, behind the
/// tenant's number where another tenant has it. Or that the tenant itself has it, or an extension of no tenant.
///
/// # Errors
/// The database cannot be read.
pub(super) fn numbering(
    session: &mut Session<'_>,
    number: &str,
    (group, server_ip): (&str, &str),
    before: Option<&Loaded>,
) -> QueryResult<Result<Numbering, Problem>> {
    let is_of =
        |row: &Record, group: &str| collation::compare(row.text("user_group"), group).is_eq();
    if let Some(before) = before
        && before.number() == number
        && is_of(&before.row, group)
    {
        return Ok(Ok(before.numbering.clone()));
    }
    let taken = |message: &str| Ok(Err(Problem::taken("extension_number", message)));
    let tenant = Numbers::of(session.db, [group])?.id(group);
    let plain = Numbering::plain(number);
    if Numbering::of(number, tenant) != plain {
        let mut errors = FieldErrors::default();
        let message = "is how VICIdial has another number of this tenant: send what follows the *";
        errors.add("extension_number", message);
        return Ok(errors.into_result().map(|()| plain));
    }
    let behind = tenant.map(|tenant| Numbering::behind(tenant, number));
    let both: Vec<&Numbering> = std::iter::once(&plain).chain(&behind).collect();
    let mut names: Vec<String> = both.iter().map(|one| one.phone()).collect();
    names.extend(behind.iter().map(Numbering::dialplan));
    // A phone that is there keeps its login.
    let logins: Vec<String> = match before {
        None => both.iter().map(|one| one.login()).collect(),
        Some(_) => Vec::new(),
    };
    let mut rows = phone_rows::with_names(session.db, &names, server_ip, &logins)?;
    rows.retain(|row| before.is_none_or(|before| before.key() != key_of(row)));
    let takes = |row: &Record, one: &Numbering| {
        let is = |column, name: &str| collation::compare(row.text(column), name).is_eq();
        let is_named = [one.phone(), one.dialplan()]
            .iter()
            .any(|name| is("extension", name) || is("dialplan_number", name));
        if is("server_ip", server_ip) && is_named {
            return Some("is taken on this server");
        }
        let has_login = logins
            .iter()
            .any(|login| *login == one.login() && is("login", login));
        (has_login && !one.login().is_empty()).then_some("is taken as another phone's login")
    };
    for row in rows.iter().filter(|row| is_of(row, group)) {
        let is_it = Numbering::of(dialplan(row), tenant).number() == number;
        if let Some(why) = both.iter().find_map(|one| takes(row, one))
            && (is_it || takes(row, &plain).is_some())
        {
            return taken(why);
        }
    }
    let mut others = rows
        .iter()
        .filter_map(|row| Some((row, takes(row, &plain)?)))
        .peekable();
    let Some(behind) = behind.filter(|_| others.peek().is_some()) else {
        return match others.next() {
            Some((_, why)) => taken(why),
            None => Ok(Ok(plain)),
        };
    };
    // What is of no tenant is everybody's.
    let groups = Numbers::of(session.db, rows.iter().map(|row| row.text("user_group")))?;
    if let Some((_, why)) = others.find(|(row, _)| groups.id(row.text("user_group")).is_none()) {
        return taken(why);
    }
    if let Some(why) = rows.iter().find_map(|row| takes(row, &behind)) {
        return taken(why);
    }
    Ok(behind.check().map(|()| behind))
}

fn key_of(row: &Record) -> String {
    format!("{}@{}", row.text("extension"), row.text("server_ip"))
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
