//! `/api/queues`, `/api/flows`, `/api/voicemail`, `/api/users`, `/api/devices`: what DIDs and extensions can be pointed at, to
//! choose from. They are VICIdial's, and only read here. No password is among what is shown.

use serde::Serialize;
use utoipa::ToSchema;

use super::query::Query;
use super::request::Request;
use super::response::{self, Answer};
use super::tenant_ref::{Numbers, group_of};
use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::scope::Scope;
use crate::store::choices::{self, Choices, Filter};
use crate::store::records::Record;
use crate::store::{Db, QueryResult};

/// Whose a thing is.
#[derive(Serialize, ToSchema)]
struct Owner {
    /// The tenant's number; null for everybody's.
    tenant_id: Option<i64>,
    /// The tenant's number behind `acc_`: acc_1.
    account_id: Option<String>,
    /// The tenant as VICIdial knows it: a user group. `---ALL---` is everybody's.
    user_group: Option<String>,
}

/// Whether a thing may be used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ChoiceStatus {
    /// It may.
    Active,
    /// It may not.
    Inactive,
}

impl ChoiceStatus {
    fn of(row: &Record) -> Self {
        match row.text("active") {
            "Y" => Self::Active,
            _ => Self::Inactive,
        }
    }
}

/// A queue: an in-group of VICIdial's.
#[derive(Serialize, ToSchema)]
pub(super) struct Queue {
    /// Its id, the `dest_id` of a target of the kind `queue`: SALESLINE.
    id: String,
    /// Its name.
    name: String,
    /// Whether it takes calls.
    status: ChoiceStatus,
    #[serde(flatten)]
    owner: Owner,
}

/// A flow: a call menu of VICIdial's.
#[derive(Serialize, ToSchema)]
pub(super) struct Flow {
    /// Its id, the `dest_id` of a target of the kind `flow` or `ivr`: main_menu.
    id: String,
    /// Its name.
    name: String,
    #[serde(flatten)]
    owner: Owner,
}

/// A voicemail box, one of its own or that of a phone.
#[derive(Serialize, ToSchema)]
pub(super) struct VoicemailBox {
    /// Its number, the `dest_id` of a target of the kind `voicemail`: 8301.
    id: String,
    /// Its name.
    name: String,
    /// The address to which messages are sent.
    email: String,
    /// Whether it, or its phone, may be used.
    status: ChoiceStatus,
    /// The phone whose box it is, `PHONE@SERVER_IP`; null for a box of its own.
    device: Option<String>,
    #[serde(flatten)]
    owner: Owner,
}

/// A user of VICIdial's: an agent, a manager, or a program.
#[derive(Serialize, ToSchema)]
pub(super) struct User {
    /// Its name at sign-in, the `dest_id` of a target of the kind `user`: 6666.
    id: String,
    /// The name of the person.
    name: String,
    /// 1 to 9; 7 and more may use this API.
    level: Option<i64>,
    /// Whether it may sign in.
    status: ChoiceStatus,
    #[serde(flatten)]
    owner: Owner,
}

/// A device: a phone of VICIdial's.
#[derive(Serialize, ToSchema)]
pub(super) struct Device {
    /// Its phone and server, the `dest_id` of a target of the kind `extension`: 1001@192.168.198.5.
    id: String,
    /// Its name.
    name: String,
    /// The number that is dialled: 1001.
    extension_number: String,
    /// SIP, PJSIP, IAX2, Zap or EXTERNAL.
    protocol: String,
    /// The dialer that it is on.
    server_ip: String,
    /// Whether it may be used.
    status: ChoiceStatus,
    #[serde(flatten)]
    owner: Owner,
}

pub(super) fn queues(session: &mut Session<'_>, request: &Request) -> Answer {
    let one = |row: &Record, owner| Queue {
        id: row.text("group_id").to_owned(),
        name: row.text("group_name").to_owned(),
        status: ChoiceStatus::of(row),
        owner,
    };
    let scope = Scope::lenient_of(session)?;
    list(
        session,
        request,
        scope,
        "ingroup_list QUEUES LISTED",
        read(&choices::IN_GROUPS),
        one,
    )
}

pub(super) fn flows(session: &mut Session<'_>, request: &Request) -> Answer {
    let one = |row: &Record, owner| Flow {
        id: row.text("menu_id").to_owned(),
        name: row.text("menu_name").to_owned(),
        owner,
    };
    let scope = Scope::lenient_of(session)?;
    list(
        session,
        request,
        scope,
        "callmenu_list FLOWS LISTED",
        read(&choices::CALL_MENUS),
        one,
    )
}

pub(super) fn users(session: &mut Session<'_>, request: &Request) -> Answer {
    let one = |row: &Record, owner| User {
        id: row.text("user").to_owned(),
        name: row.text("full_name").to_owned(),
        level: row.number("user_level"),
        status: ChoiceStatus::of(row),
        owner,
    };
    let scope = Scope::of(session)?;
    list(
        session,
        request,
        scope,
        "user_list USERS LISTED",
        read(&choices::USERS),
        one,
    )
}

pub(super) fn devices(session: &mut Session<'_>, request: &Request) -> Answer {
    let one = |row: &Record, owner| Device {
        id: key(row),
        name: row.text("fullname").to_owned(),
        extension_number: match row.text("dialplan_number") {
            "" => row.text("extension").to_owned(),
            number => number.to_owned(),
        },
        protocol: row.text("protocol").to_owned(),
        server_ip: row.text("server_ip").to_owned(),
        status: ChoiceStatus::of(row),
        owner,
    };
    let scope = Scope::lenient_of(session)?;
    list(
        session,
        request,
        scope,
        "phone_list DEVICES LISTED",
        read(&choices::PHONES),
        one,
    )
}

/// Boxes of their own first, then those of phones.
pub(super) fn voicemail(session: &mut Session<'_>, request: &Request) -> Answer {
    let one = |row: &Record, owner| VoicemailBox {
        id: row.text("voicemail_id").to_owned(),
        name: row.text("fullname").to_owned(),
        email: row.text("email").to_owned(),
        status: ChoiceStatus::of(row),
        device: row.has("extension").then(|| key(row)),
        owner,
    };
    let rows = |db: &mut Db, filter: &Filter, offset: u64, count: u64| {
        let (mut rows, boxes) = choices::list(db, &choices::BOXES, filter, offset, count)?;
        let left = count - rows.len() as u64;
        let offset = offset.saturating_sub(boxes);
        let (of_phones, others) =
            choices::list(db, &choices::BOXES_OF_PHONES, filter, offset, left)?;
        rows.extend(of_phones);
        Ok((rows, boxes + others))
    };
    let scope = Scope::lenient_of(session)?;
    list(
        session,
        request,
        scope,
        "vm_list VOICEMAIL BOXES LISTED",
        rows,
        one,
    )
}

/// A phone and its server.
fn key(row: &Record) -> String {
    format!("{}@{}", row.text("extension"), row.text("server_ip"))
}

/// How many rows, from which on, of those that a filter lets through; and how many these are in all.
type Rows = QueryResult<(Vec<Record>, u64)>;

fn read(choices: &'static Choices) -> impl Fn(&mut Db, &Filter, u64, u64) -> Rows + Send + 'static {
    move |db, filter, offset, count| choices::list(db, choices, filter, offset, count)
}

fn list<T: Serialize + 'static>(
    session: &mut Session<'_>,
    request: &Request,
    scope: Scope,
    reason: &str,
    rows: impl Fn(&mut Db, &Filter, u64, u64) -> Rows + Send + 'static,
    one: impl Fn(&Record, Owner) -> T + Send + 'static,
) -> Answer {
    request.check_query()?;
    let query: &Query = &request.query;
    let paging = query.paging();
    let filter = Filter {
        search: query.search(),
        user_group: group_of(session.db, query)?,
        active: query.optional("status").map(|status| status == "active"),
        scope: scope.user_groups(),
    };
    let line = LogLine::success(reason.to_owned(), paging.page.to_string());
    let reading = move |db: &mut Db| {
        let (rows, total) = rows(db, &filter, paging.offset(), paging.per_page)?;
        let tenants = Numbers::of(db, rows.iter().filter_map(|row| row.get("user_group")))?;
        let shown = rows.iter().map(|row| {
            let user_group = row.get("user_group").map(str::to_owned);
            let tenant_id = user_group.as_deref().and_then(|group| tenants.id(group));
            let account_id = user_group
                .as_deref()
                .and_then(|group| tenants.account_id(group));
            one(
                row,
                Owner {
                    tenant_id,
                    account_id,
                    user_group,
                },
            )
        });
        Ok(paging.page((shown.collect(), total)))
    };
    response::read(reading, line)
}
