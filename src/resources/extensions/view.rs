//! An extension as it is shown. Its secret never is.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::loading::target;
use crate::resources::target::trio;
use crate::resources::tenant::{Numbers, account_id};
use crate::routing::target::Kind;
use crate::store::records::{Record, among};
use crate::store::{Db, QueryResult, collation, own};

/// Whether an extension may be used. `inactive` and `disabled` mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ExtensionStatus)]
pub(in crate::resources) enum Status {
    /// It may.
    #[default]
    Active,
    /// It may not.
    Disabled,
    /// It may not.
    Inactive,
}

/// An extension.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::resources) struct Extension {
    /// Its number among ours; null on a VICIdial's own database, which has no place for it.
    pub(in crate::resources) id: Option<i64>,
    /// Its phone and server, by which it can be asked for too.
    pub(in crate::resources) key: String,
    /// The tenant's number; null for everybody's.
    pub(in crate::resources) tenant_id: Option<i64>,
    /// The tenant's number behind `acc_`.
    pub(in crate::resources) account_id: Option<String>,
    /// The tenant as VICIdial knows it: a user group.
    pub(in crate::resources) user_group: Option<String>,
    /// The number that is dialled.
    pub(in crate::resources) extension_number: String,
    /// The number that is dialled.
    pub(in crate::resources) digits: String,
    /// The name that people see.
    pub(in crate::resources) display_name: String,
    /// The e-mail address of its user.
    pub(in crate::resources) email: String,
    /// Whether it may be used.
    pub(in crate::resources) status: Status,
    /// Whether unanswered calls go to its voicemail box.
    pub(in crate::resources) voicemail_enabled: bool,
    /// The dialer that it is on.
    pub(in crate::resources) server_ip: String,
    /// SIP, PJSIP, IAX2, Zap or EXTERNAL.
    pub(in crate::resources) protocol: String,
    /// The kind of its route target; null for its own phone.
    pub(in crate::resources) dest_kind: Option<Kind>,
    /// The target's id.
    pub(in crate::resources) dest_id: Option<String>,
    /// Variables that are set on the way.
    pub(in crate::resources) dest_xform: Option<Map<String, Value>>,
    /// The schedule with its hours and holidays.
    pub(in crate::resources) schedule_id: Option<i64>,
    /// Where callers go outside the hours.
    pub(in crate::resources) closed_dest_kind: Option<Kind>,
    /// That target's id.
    pub(in crate::resources) closed_dest_id: Option<String>,
    /// That target's variables.
    pub(in crate::resources) closed_dest_xform: Option<Map<String, Value>>,
    /// Where callers go on holidays.
    pub(in crate::resources) holiday_dest_kind: Option<Kind>,
    /// That target's id.
    pub(in crate::resources) holiday_dest_id: Option<String>,
    /// That target's variables.
    pub(in crate::resources) holiday_dest_xform: Option<Map<String, Value>>,
}

impl Extension {
    fn of(row: &Record, extra: Option<&Record>, tenants: &Numbers) -> Self {
        let text = |column| row.text(column).to_owned();
        let number = match row.text("dialplan_number") {
            "" => text("extension"),
            number => number.to_owned(),
        };
        let tenant_id = row.get("user_group").and_then(|group| tenants.id(group));
        let of_extra = |kind, id, xform| {
            let target = extra.and_then(|extra| target(extra, kind, id, xform));
            trio(target.as_ref())
        };
        let (dest_kind, dest_id, dest_xform) = of_extra("dest_kind", "dest_id", "dest_xform");
        let (closed_dest_kind, closed_dest_id, closed_dest_xform) =
            of_extra("closed_dest_kind", "closed_dest_id", "closed_dest_xform");
        let (holiday_dest_kind, holiday_dest_id, holiday_dest_xform) =
            of_extra("holiday_dest_kind", "holiday_dest_id", "holiday_dest_xform");
        Self {
            id: extra.and_then(|extra| extra.number("extension_id")),
            key: format!("{}@{}", row.text("extension"), row.text("server_ip")),
            tenant_id,
            account_id: account_id(tenant_id),
            user_group: row.get("user_group").map(str::to_owned),
            extension_number: number.clone(),
            digits: number,
            display_name: text("fullname"),
            email: text("email"),
            status: if row.text("active") == "Y" {
                Status::Active
            } else {
                Status::Disabled
            },
            voicemail_enabled: !row.text("voicemail_id").is_empty(),
            server_ip: text("server_ip"),
            protocol: text("protocol"),
            dest_kind,
            dest_id,
            dest_xform,
            schedule_id: extra.and_then(|extra| extra.number("schedule_id")),
            closed_dest_kind,
            closed_dest_id,
            closed_dest_xform,
            holiday_dest_kind,
            holiday_dest_id,
            holiday_dest_xform,
        }
    }
}

/// Phones as they are shown. One that has no number among ours yet is given one.
pub(super) fn views(db: &mut Db, rows: &[Record]) -> QueryResult<Vec<Extension>> {
    let extras = extras(db, rows)?;
    let tenants = Numbers::of(db, rows.iter().filter_map(|row| row.get("user_group")))?;
    Ok(rows
        .iter()
        .map(|row| Extension::of(row, extras.get(&key(row)), &tenants))
        .collect())
}

/// A phone as it is shown.
pub(super) fn view(db: &mut Db, row: &Record) -> QueryResult<Extension> {
    let mut views = views(db, std::slice::from_ref(row))?;
    views.pop().ok_or(diesel::result::Error::NotFound)
}

type Key = (Vec<u32>, Vec<u32>);

fn key(row: &Record) -> Key {
    (
        collation::key(row.text("extension")),
        collation::key(row.text("server_ip")),
    )
}

/// Our rows of phones.
fn extras(db: &mut Db, rows: &[Record]) -> QueryResult<HashMap<Key, Record>> {
    let mut extras = HashMap::new();
    if !db.has_own() {
        return Ok(extras);
    }
    for rows in rows.chunks(250) {
        let known = among("extension", rows.iter().map(|row| row.text("extension")));
        for extra in own::select(db, &own::EXTENSIONS, known)? {
            extras.insert(key(&extra), extra);
        }
        for row in rows {
            let Entry::Vacant(unnumbered) = extras.entry(key(row)) else {
                continue;
            };
            let fields = ["extension", "server_ip"]
                .map(|column| (column, Some(row.text(column).to_owned())));
            let (id, _) = own::insert(db, &own::EXTENSIONS, &fields)?;
            if let Some(extra) = own::by_key(db, &own::EXTENSIONS, id)? {
                unnumbered.insert(extra);
            }
        }
    }
    Ok(extras)
}
