//! The columns of an extension that a body changes: VICIdial's, and ours.

use super::body::ExtensionBody;
use super::view::{Extension, Status};
use crate::access::Session;
use crate::access::scope::Scope;
use crate::resources::input::text;
use crate::resources::problem::Wrong;
use crate::resources::target::{Trio, columns};
use crate::resources::task::Fault;
use crate::resources::tenant::NO_COLUMN;
use crate::routing::target::{Kind, Target, is_plain};
use crate::store::own;
use crate::store::records::Field;

/// The most characters that a voicemail box's number has.
const VOICEMAIL: usize = 10;

/// The columns of a phone that are to change.
pub(super) struct Fields {
    pub(super) list: Vec<Field>,
    pub(super) is_new: bool,
    pub(super) is_patch: bool,
}

impl Fields {
    /// Names, status and protocol. What a whole body leaves out takes its default.
    pub(super) fn texts(&mut self, body: &ExtensionBody, wrong: &mut Wrong) {
        for (column, field, value, most) in [
            ("fullname", "display_name", &body.display_name, 50),
            ("email", "email", &body.email, 100),
        ] {
            if value.is_none() && self.is_patch {
                continue;
            }
            let value = value.clone().flatten().unwrap_or_default();
            let value = text(&value, 0, most).and_then(|value| match column {
                "email" if !value.is_empty() && (!value.contains('@') || !is_plain(&value)) => {
                    Err("must be an e-mail address".to_owned())
                }
                _ => Ok(value),
            });
            self.list.push((column, wrong.take(field, value)));
        }
        if body.status.is_some() || !self.is_patch {
            let active = body.status.flatten().unwrap_or_default() == Status::Active;
            self.list
                .push(("active", Some(if active { "Y" } else { "N" }.to_owned())));
        }
        // A whole body of LaraCopilot's knows no protocol.
        if body.protocol.is_some() || self.is_new {
            let protocol = body.protocol.flatten().unwrap_or_default();
            self.list
                .push(("protocol", Some(protocol.word().to_owned())));
        }
    }

    /// The password. The agent's login on the phone takes it over only when the phone is made.
    pub(super) fn secret(&mut self, body: &ExtensionBody, wrong: &mut Wrong) {
        // SIP.IO's shape has none: nobody knows the one that such an extension gets.
        let is_sip_io = body.digits.is_some() && body.extension_number.is_none();
        let made = (self.is_new && is_sip_io).then(random_secret).flatten();
        let Some(secret) = body.secret.clone().flatten().or(made) else {
            if self.is_new || body.secret.is_some() {
                wrong.add("secret", "is required");
            }
            return;
        };
        let is_right = text(&secret, 6, 100).is_ok() && is_plain(&secret) && !secret.contains(';');
        if !is_right {
            wrong.add(
                "secret",
                "must be 6 to 100 characters, with no space, ; or |",
            );
            return;
        }
        if self.is_new {
            self.list.push(("pass", Some(secret.clone())));
        }
        self.list.push(("conf_secret", Some(secret)));
    }

    pub(super) fn voicemail(
        &mut self,
        body: &ExtensionBody,
        number: Option<&str>,
        before: Option<&Extension>,
        old_box: Option<&str>,
        wrong: &mut Wrong,
    ) {
        let Some(number) = number else { return };
        let was = before.is_some_and(|before| before.voicemail_enabled);
        let enabled = match body.voicemail_enabled {
            Some(enabled) => enabled.unwrap_or(false),
            None => self.is_patch && was,
        };
        // A box of another number stays; one of its own follows the number.
        let followed =
            before.is_none_or(|before| old_box == Some(before.extension_number.as_str()));
        let wanted = match (enabled, old_box) {
            (false, _) => "",
            (true, Some(old)) if was && !followed => old,
            (true, _) => number,
        };
        if wanted.chars().count() > VOICEMAIL {
            wrong.add(
                "voicemail_enabled",
                "a voicemail box's number has at most 10 characters",
            );
        } else if old_box != Some(wanted) {
            self.list.push(("voicemail_id", Some(wanted.to_owned())));
        }
    }
}

/// What only our own table holds.
pub(super) fn own_fields(
    session: &mut Session<'_>,
    body: &ExtensionBody,
    before: Option<&Extension>,
    is_patch: bool,
    wrong: &mut Wrong,
) -> Result<Vec<Field>, Fault> {
    let stored = before.filter(|_| is_patch);
    let target =
        |kind: Option<Kind>, id: &Option<String>, xform: &Option<serde_json::Map<_, _>>| {
            kind.map(|kind| Target {
                kind,
                id: id.clone().unwrap_or_default(),
                xform: xform.clone(),
            })
        };
    let mut fields = Vec::new();
    let mut beyond = Vec::new();
    for (prefix, columns_of, kind, id, xform, current) in [
        (
            "",
            ["dest_kind", "dest_id", "dest_xform"],
            &body.dest_kind,
            &body.dest_id,
            &body.dest_xform,
            stored.and_then(|e| target(e.dest_kind, &e.dest_id, &e.dest_xform)),
        ),
        (
            "closed_",
            ["closed_dest_kind", "closed_dest_id", "closed_dest_xform"],
            &body.closed_dest_kind,
            &body.closed_dest_id,
            &body.closed_dest_xform,
            stored
                .and_then(|e| target(e.closed_dest_kind, &e.closed_dest_id, &e.closed_dest_xform)),
        ),
        (
            "holiday_",
            ["holiday_dest_kind", "holiday_dest_id", "holiday_dest_xform"],
            &body.holiday_dest_kind,
            &body.holiday_dest_id,
            &body.holiday_dest_xform,
            stored.and_then(|e| {
                target(
                    e.holiday_dest_kind,
                    &e.holiday_dest_id,
                    &e.holiday_dest_xform,
                )
            }),
        ),
    ] {
        let trio = Trio {
            prefix,
            kind,
            id,
            xform,
        };
        let applied = trio.applied(session.db, current.as_ref(), Kind::Trunk, wrong)?;
        if applied.is_some() {
            beyond.push(columns_of[0]);
        }
        fields.extend(columns(columns_of, applied.as_ref()));
    }
    let schedule_id = match &body.schedule_id {
        None => stored.and_then(|stored| stored.schedule_id),
        Some(None) => None,
        Some(Some(id)) => wrong.take("schedule_id", id.number("sch_")),
    };
    if let Some(id) = schedule_id {
        beyond.push("schedule_id");
        let scope = Scope::of(session)?;
        let row = own::by_key(session.db, &own::SCHEDULES, id)?;
        let is_known = row.is_some_and(|row| scope.covers(row.get("user_group")));
        if session.db.has_own() && body.schedule_id.is_some() && !is_known {
            wrong.add("schedule_id", "there is no such schedule");
        }
    }
    fields.push(("schedule_id", schedule_id.map(|id| id.to_string())));
    if !session.db.has_own() {
        for field in beyond {
            wrong.add(field, NO_COLUMN);
        }
    }
    Ok(fields)
}

/// A password that nobody can guess.
fn random_secret() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
