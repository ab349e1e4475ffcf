//! Targets in bodies: the trio of kind, id and variables, wherever a call can go next.

use serde_json::{Map, Value};

use super::input::{Given, text};
use super::problem::Wrong;
use crate::routing::target::{Kind, Route, Target};
use crate::store::records::{Field, equal};
use crate::store::sql::Sql;
use crate::store::{Db, QueryResult, own, records};

/// The most that a target's variables take as JSON, in bytes.
const XFORM: usize = 4096;

/// The trio as a body gives it; its fields begin with a prefix (`""`, `closed_`, `holiday_`).
pub(super) struct Trio<'b> {
    /// The prefix.
    pub(super) prefix: &'static str,
    /// `dest_kind`
    pub(super) kind: &'b Given<Kind>,
    /// `dest_id`
    pub(super) id: &'b Given<String>,
    /// `dest_xform`
    pub(super) xform: &'b Given<Map<String, Value>>,
}

impl Trio<'_> {
    /// Whether the body says anything of it.
    pub(super) fn is_given(&self) -> bool {
        self.kind.is_some() || self.id.is_some() || self.xform.is_some()
    }

    /// The target that the body makes of the present one. One kind is not for this object.
    pub(super) fn applied(
        &self,
        db: &mut Db,
        current: Option<&Target>,
        not: Kind,
        wrong: &mut Wrong,
    ) -> QueryResult<Option<Target>> {
        if !self.is_given() {
            return Ok(current.cloned());
        }
        let name = |field: &str| format!("{}{field}", self.prefix);
        let kind = self
            .kind
            .unwrap_or_else(|| current.map(|target| target.kind));
        let Some(kind) = kind else {
            for (field, is_given) in [
                ("dest_id", matches!(self.id, Some(Some(_)))),
                ("dest_xform", matches!(self.xform, Some(Some(_)))),
            ] {
                if is_given {
                    wrong.add(&name(field), format!("needs a {}", name("dest_kind")));
                }
            }
            return Ok(None);
        };
        let same_kind = current.filter(|target| target.kind == kind);
        let id = match self.id {
            Some(id) => id.clone().unwrap_or_default(),
            None => same_kind
                .map(|target| target.id.clone())
                .unwrap_or_default(),
        };
        let xform = match self.xform {
            Some(xform) => xform.clone(),
            None => same_kind.and_then(|target| target.xform.clone()),
        };
        let target = Target { kind, id, xform };
        checked(
            db,
            &target,
            not,
            [&name("dest_kind"), &name("dest_id"), &name("dest_xform")],
            wrong,
        )
    }
}

/// A target whose parts are right, an extension's id resolved; none, and what is wrong told, where they are not.
pub(super) fn checked(
    db: &mut Db,
    target: &Target,
    not: Kind,
    names: [&str; 3],
    wrong: &mut Wrong,
) -> QueryResult<Option<Target>> {
    let mut target = target.clone();
    if target.kind == not {
        wrong.add(names[0], format!("a {} is no target for this", not.word()));
        return Ok(None);
    }
    if target.kind == Kind::Extension && !target.id.is_empty() {
        match phone(db, &target.id)? {
            Some(found) => target.id = found,
            None => {
                wrong.add(
                    names[1],
                    "names no extension: PHONE@SERVER_IP, a number, or ext_ and an id",
                );
                return Ok(None);
            }
        }
    }
    let columns = Route::columns(&target).and_then(|_| text(&target.id, 0, 120));
    let xform = target.xform.as_ref().map_or(Ok(()), variables);
    let is_right = wrong.take(names[1], columns).is_some() & wrong.take(names[2], xform).is_some();
    Ok(is_right.then_some(target))
}

/// An extension by its own id, its phone and server, or its number: as phone and server.
fn phone(db: &mut Db, id: &str) -> QueryResult<Option<String>> {
    const COLUMNS: &[&str] = &["extension", "server_ip"];
    let written =
        |row: &records::Record| format!("{}@{}", row.text("extension"), row.text("server_ip"));
    if id.contains('@') {
        return Ok(Some(id.to_owned()));
    }
    if id.starts_with("ext_") {
        let Some(key) = super::input::number(id, "ext_") else {
            return Ok(None);
        };
        return Ok(own::by_key(db, &own::EXTENSIONS, key)?
            .as_ref()
            .map(written));
    }
    if text(id, 1, 100).is_err() {
        return Ok(None);
    }
    let rest: Sql = equal("extension", id)
        .sql(" OR dialplan_number = ")
        .bind(id)
        .sql(" ORDER BY server_ip LIMIT 1");
    Ok(records::select(db, "phones", COLUMNS, rest)?
        .first()
        .map(written))
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
pub(super) fn columns(names: [&'static str; 3], target: Option<&Target>) -> [Field; 3] {
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
pub(in crate::resources) fn trio(
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
