//! The columns of an extension that a body changes: VICIdial's, and ours.

use super::loaded::{Loaded, Protocol, Status};
use super::numbering::Numbering;
use crate::access::Session;
use crate::access::scope::Scope;
use crate::resources::body::{Body, Id, text};
use crate::resources::client_id::SCHEDULES;
use crate::resources::problem::FieldErrors;
use crate::resources::target::{CLOSED, HOLIDAY, Holder, NORMAL, Trio, columns};
use crate::resources::tenant_ref::NO_COLUMN;
use crate::routing::target::{Kind, is_plain};
use crate::store::records::Field;
use crate::store::{QueryResult, vicishim_tables};

/// The most characters that a voicemail box's number has.
const VOICEMAIL: usize = 10;

/// The columns of a phone that are to change.
pub(super) struct Fields {
    pub(super) list: Vec<Field>,
    pub(super) is_new: bool,
    pub(super) is_patch: bool,
    /// Whether the body is in SIP.IO's shape, which knows no password.
    pub(super) is_sip_io: bool,
}

impl Fields {
    fn set(&mut self, column: &'static str, value: impl Into<String>) {
        self.list.push((column, Some(value.into())));
    }

    /// Names, status and protocol. What a whole body leaves out takes its default.
    pub(super) fn texts(&mut self, body: &mut Body, errors: &mut FieldErrors) {
        for (column, field, most) in [("fullname", "display_name", 50), ("email", "email", 100)] {
            let given = body.given::<String>(field, errors);
            if given.is_none() && self.is_patch {
                continue;
            }
            let value = text(&given.flatten().unwrap_or_default(), 0, most);
            let value = value.and_then(|value| match column {
                "email" if !value.is_empty() && (!value.contains('@') || !is_plain(&value)) => {
                    Err("must be an e-mail address".to_owned())
                }
                _ => Ok(value),
            });
            self.list.push((column, errors.check(field, value)));
        }
        let status = body.given::<Status>("status", errors);
        if status.is_some() || !self.is_patch {
            let is_active = status.flatten().unwrap_or_default() == Status::Active;
            self.set("active", if is_active { "Y" } else { "N" });
        }
        // A whole body of LaraCopilot's knows no protocol.
        let protocol = body.given::<Protocol>("protocol", errors);
        if protocol.is_some() || self.is_new {
            self.set("protocol", protocol.flatten().unwrap_or_default().word());
        }
    }

    /// The password. The agent's login on the phone takes it over only when the phone is made.
    pub(super) fn secret(&mut self, body: &mut Body, errors: &mut FieldErrors) {
        let given = body.given::<String>("secret", errors);
        let is_given = given.is_some();
        // Nobody knows the one that an extension of SIP.IO's gets.
        let made = (self.is_new && self.is_sip_io).then(random_secret);
        let Some(secret) = given.flatten().or(made.flatten()) else {
            if self.is_new || is_given {
                errors.add("secret", "is required");
            }
            return;
        };
        let is_right = text(&secret, 6, 100).is_ok() && is_plain(&secret) && !secret.contains(';');
        if !is_right {
            let message = "must be 6 to 100 characters, with no space, ; or |";
            errors.add("secret", message);
            return;
        }
        if self.is_new {
            self.set("pass", secret.clone());
        }
        self.set("conf_secret", secret);
    }

    /// The voicemail box, which the number names.
    pub(super) fn voicemail(
        &mut self,
        body: &mut Body,
        numbering: Option<&Numbering>,
        before: Option<&Loaded>,
        errors: &mut FieldErrors,
    ) {
        let given = body.given::<bool>("voicemail_enabled", errors);
        let Some(numbering) = numbering else { return };
        let of_number = numbering.voicemail();
        let old = before.map(|before| before.row.text("voicemail_id"));
        let was = old.is_some_and(|old| !old.is_empty());
        let enabled = match given {
            Some(enabled) => enabled.unwrap_or(false),
            None => self.is_patch && was,
        };
        // A box of another number stays; one of its own follows the number.
        let followed = before.is_none_or(|before| old == Some(&*before.numbering.voicemail()));
        let wanted = match (enabled, old) {
            (false, _) => "",
            (true, Some(old)) if was && !followed => old,
            (true, _) => &of_number,
        };
        if wanted.chars().count() > VOICEMAIL {
            let message = "a voicemail box's number has at most 10 characters";
            errors.add("voicemail_enabled", message);
        } else if old != Some(wanted) {
            self.set("voicemail_id", wanted);
        }
    }
}

/// What only our own table holds.
///
/// # Errors
/// The database cannot be read.
pub(super) fn own_fields(
    session: &mut Session<'_>,
    body: &mut Body,
    before: Option<&Loaded>,
    (is_patch, user_group): (bool, &str),
    errors: &mut FieldErrors,
) -> QueryResult<Vec<Field>> {
    let holder = Holder {
        not: Kind::Trunk,
        user_group: Some(user_group),
    };
    let stored = before.filter(|_| is_patch);
    let mut fields = Vec::new();
    let mut beyond = Vec::new();
    for names in [NORMAL, CLOSED, HOLIDAY] {
        let current = stored.and_then(|stored| stored.target(names));
        let trio = Trio::of(body, names, errors);
        let target = trio.applied(session, current.as_ref(), holder, errors)?;
        beyond.extend(target.is_some().then_some(names[0]));
        fields.extend(columns(names, target.as_ref()));
    }
    let given = body.given::<Id>("schedule_id", errors);
    let is_given = given.is_some();
    let schedule_id = match given {
        None => stored.and_then(Loaded::schedule_id),
        Some(None) => None,
        Some(Some(id)) => SCHEDULES.referred(session.db, "schedule_id", &id, errors)?,
    };
    if let Some(id) = schedule_id {
        beyond.push("schedule_id");
        let scope = Scope::of(session)?;
        let row = vicishim_tables::by_key(session.db, &vicishim_tables::SCHEDULES, id)?;
        let is_known = row.is_some_and(|row| scope.covers(row.get("user_group")));
        if session.db.has_vicishim_tables() && is_given && !is_known {
            errors.add("schedule_id", "there is no such schedule");
        }
    }
    fields.push(("schedule_id", schedule_id.map(|id| id.to_string())));
    if !session.db.has_vicishim_tables() {
        for field in beyond {
            errors.add(field, NO_COLUMN);
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
