//! Targets in bodies: the trio of kind, id and variables, wherever a call can go next.

use serde_json::{Map, Value};

use super::aliases;
use super::body::{Body, Given, number, text};
use super::client_id::EXTENSIONS;
use super::extensions::tenancy::Tenant;
use super::problem::FieldErrors;
use crate::access::Session;
use crate::access::scope::Scope;
use crate::routing::target::{Kind, Route, Target};
use crate::store::records::{Field, Record};
use crate::store::{QueryResult, phones::rows as phone_rows, vicishim_tables};

/// The most that a target's variables take as JSON, in bytes.
const XFORM: usize = 4096;

/// The names of a target's kind, id and variables: the fields, and the columns of our own tables.
pub(super) type Names = [&'static str; 3];

/// The target that applies with no condition.
pub(super) const NORMAL: Names = ["dest_kind", "dest_id", "dest_xform"];

/// The target outside the hours.
pub(super) const CLOSED: Names = ["closed_dest_kind", "closed_dest_id", "closed_dest_xform"];

/// The target on holidays.
pub(super) const HOLIDAY: Names = ["holiday_dest_kind", "holiday_dest_id", "holiday_dest_xform"];

/// The object that has a target.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holder<'g> {
    /// The kind of target that is not for it.
    pub(super) not: Kind,
    /// Its user group: a tenant's object points at none of another tenant's extensions.
    pub(super) user_group: Option<&'g str>,
}

/// A target as a body gives it.
pub(super) struct Trio {
    names: Names,
    kind: Given<Kind>,
    id: Given<String>,
    xform: Given<Map<String, Value>>,
}

impl Trio {
    /// Of the fields of these names.
    pub(super) fn of(body: &mut Body, names: Names, errors: &mut FieldErrors) -> Self {
        let [kind, id, xform] = names;
        Self {
            names,
            kind: body.given(kind, errors),
            id: body.given(id, errors),
            xform: body.given(xform, errors),
        }
    }

    /// Whether the body says anything of it.
    pub(super) fn is_given(&self) -> bool {
        self.kind.is_some() || self.id.is_some() || self.xform.is_some()
    }

    /// The target that the body makes of the present one.
    pub(super) fn applied(
        self,
        session: &mut Session<'_>,
        current: Option<&Target>,
        holder: Holder<'_>,
        errors: &mut FieldErrors,
    ) -> QueryResult<Option<Target>> {
        if !self.is_given() {
            return Ok(current.cloned());
        }
        let [kind_name, id_name, xform_name] = self.names;
        let kind = self
            .kind
            .unwrap_or_else(|| current.map(|target| target.kind));
        let Some(kind) = kind else {
            for (field, is_given) in [
                (id_name, matches!(self.id, Some(Some(_)))),
                (xform_name, matches!(self.xform, Some(Some(_)))),
            ] {
                if is_given {
                    errors.add(field, format!("needs a {kind_name}"));
                }
            }
            return Ok(None);
        };
        let same_kind = current.filter(|target| target.kind == kind);
        let id = match self.id {
            Some(id) => id.unwrap_or_default(),
            None => same_kind
                .map(|target| target.id.clone())
                .unwrap_or_default(),
        };
        let xform = match self.xform {
            Some(xform) => xform,
            None => same_kind.and_then(|target| target.xform.clone()),
        };
        let target = Target { kind, id, xform };
        let present: Vec<&Target> = current.into_iter().collect();
        checked(session, target, (holder, &present), self.names, errors)
    }
}

/// A target whose parts are right, its id resolved to VICIdial's name; none, and what is wrong among the errors, where they are not.
/// A target that the object has already stays whatever it is.
pub(super) fn checked(
    session: &mut Session<'_>,
    mut target: Target,
    (holder, present): (Holder<'_>, &[&Target]),
    names: [&str; 3],
    errors: &mut FieldErrors,
) -> QueryResult<Option<Target>> {
    if target.kind == holder.not {
        let message = format!("a {} is no target for this", holder.not.word());
        errors.add(names[0], message);
        return Ok(None);
    }
    let is_present = present
        .iter()
        .any(|present| present.kind == target.kind && present.id == target.id);
    if target.kind == Kind::Extension && !target.id.is_empty() && !is_present {
        match phone(session, &target.id, holder.user_group)? {
            Ok(found) => target.id = found,
            Err(message) => {
                errors.add(names[1], message);
                return Ok(None);
            }
        }
    } else if !is_present && let Some(name) = aliases::name_of(session, target.kind, &target.id)? {
        target.id = name;
    }
    let columns = Route::columns(&target).and_then(|_| text(&target.id, 0, 120));
    let xform = target.xform.as_ref().map_or(Ok(()), variables);
    let is_right =
        errors.check(names[1], columns).is_some() & errors.check(names[2], xform).is_some();
    Ok(is_right.then_some(target))
}

/// An extension that the user sees, by its own id, its phone and server, or its number within the tenant: as phone and server.
/// One that is not there yet can be named by phone and server. Or what is wrong with the name.
fn phone(
    session: &mut Session<'_>,
    id: &str,
    user_group: Option<&str>,
) -> QueryResult<Result<String, &'static str>> {
    const NOTHING: &str = "names no extension: PHONE@SERVER_IP, a number, or an id of one";
    const OTHERS: &str = "is an extension of another tenant";
    let scope = Scope::lenient_of(session)?;
    let is_seen = |row: &Record| scope.covers(row.get("user_group"));
    let db = &mut *session.db;
    let tenant = Tenant::of(db, user_group)?;
    if let Some((phone, server_ip)) = id.rsplit_once('@') {
        let found = match text(id, 1, 120) {
            Ok(_) => phone_rows::find(db, phone, server_ip)?,
            Err(_) => None,
        };
        return Ok(match found {
            Some(row) if !is_seen(&row) => Err(NOTHING),
            Some(row) if tenant.is_others(db, &row)? => Err(OTHERS),
            _ => Ok(id.to_owned()),
        });
    }
    let number = number(id, EXTENSIONS.prefix).filter(|_| id.starts_with(EXTENSIONS.prefix));
    let own = match number {
        Some(number) => vicishim_tables::by_key(db, &vicishim_tables::EXTENSIONS, number)?,
        None => EXTENSIONS.find(db, id)?,
    };
    let by_id = match own {
        Some(own) => phone_rows::find(db, own.text("extension"), own.text("server_ip"))?,
        None => None,
    };
    let by_id = by_id.filter(is_seen);
    if let Some(row) = &by_id
        && tenant.is_others(db, row)?
    {
        return Ok(Err(OTHERS));
    }
    let mut by_number = match text(id, 1, 100) {
        Ok(_) if number.is_none() => tenant.with_number(db, id)?,
        _ => Vec::new(),
    };
    by_number.retain(is_seen);
    let mut found: Vec<String> = by_id.iter().chain(&by_number).map(key).collect();
    found.dedup();
    Ok(match found.as_slice() {
        [] => Err(NOTHING),
        [one] => Ok(one.clone()),
        _ if by_id.is_some() => {
            Err("is the id of one extension and the number of another: name it by PHONE@SERVER_IP")
        }
        _ => Err(
            "is the number of extensions of several tenants: name one by PHONE@SERVER_IP or its id",
        ),
    })
}

fn key(row: &Record) -> String {
    format!("{}@{}", row.text("extension"), row.text("server_ip"))
}

fn variables(xform: &Map<String, Value>) -> Result<(), String> {
    let written = Value::Object(xform.clone()).to_string();
    let is_flat = xform
        .values()
        .all(|value| !value.is_array() && !value.is_object());
    if written.len() > XFORM || !is_flat || text(&written, 2, XFORM).is_err() {
        return Err(format!(
            "must be an object of plain values, at most {XFORM} bytes, with no character beyond U+FFFF"
        ));
    }
    Ok(())
}

/// The columns of ours that hold a target.
pub(super) fn columns(names: Names, target: Option<&Target>) -> [Field; 3] {
    let [kind, id, xform] = names;
    [
        (kind, target.map(|target| target.kind.word().to_owned())),
        (id, target.map(|target| target.id.clone())),
        (xform, target.and_then(xform_text)),
    ]
}

/// A target's variables as their column holds them.
pub(super) fn xform_text(target: &Target) -> Option<String> {
    let xform = target.xform.as_ref()?;
    Some(Value::Object(xform.clone()).to_string())
}

/// A target in three fields.
pub(super) fn trio(
    target: Option<&Target>,
) -> (Option<Kind>, Option<String>, Option<Map<String, Value>>) {
    (
        target.map(|target| target.kind),
        target
            .map(|target| target.id.clone())
            .filter(|id| !id.is_empty()),
        target.and_then(|target| target.xform.clone()),
    )
}
