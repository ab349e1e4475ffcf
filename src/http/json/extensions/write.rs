//! `POST /api/extensions`, and `PUT` and `PATCH` of one.

use diesel::result::{DatabaseErrorKind, Error};

use super::body::ExtensionBody;
use super::view::{self, Extension, Status};
use crate::api::journal::Change;
use crate::api::permission::Scope;
use crate::api::{Line, Session};
use crate::http::json::input::{self, Query, either, text};
use crate::http::json::problem::{Fault, Problem, Wrong};
use crate::http::json::request::Asked;
use crate::http::json::target::{Trio, columns};
use crate::http::json::task::{Done, Next, unchanged};
use crate::http::json::tenant::{EVERYBODY, NO_COLUMN, Named};
use crate::numbers::target::{Kind, Target, is_plain};
use crate::store::records::{Field, equal};
use crate::store::{QueryResult, extensions, lookups, own, records, servers};

/// The most characters that a voicemail box's number has.
const VOICEMAIL: usize = 10;

/// The most characters that a phone's login has.
const LOGIN: usize = 15;

pub(in crate::http::json) fn add(session: &mut Session<'_>, asked: &Asked) -> Result<Next, Fault> {
    store(session, asked, None)
}

pub(in crate::http::json) fn change(
    session: &mut Session<'_>,
    asked: &Asked,
) -> Result<Next, Fault> {
    let row = super::named(session, asked)?;
    let before = view::view(session.db, &row)?;
    unchanged(asked, &before)?;
    store(session, asked, Some((&row, before)))
}

fn store(
    session: &mut Session<'_>,
    asked: &Asked,
    stored: Option<(&records::Record, Extension)>,
) -> Result<Next, Fault> {
    let mut wrong = Wrong::default();
    Query(&asked.query).only(&[], &mut wrong);
    let body = asked.body.clone()?;
    let body: ExtensionBody = input::read(&body, &mut wrong)?;
    let before = stored.as_ref().map(|(_, before)| before);
    check_id(&body, before, &mut wrong);
    let mut fields = Fields {
        list: Vec::new(),
        is_new: before.is_none(),
        is_patch: asked.is_patch,
    };
    let number = number(&body, before, asked.is_patch, &mut wrong);
    let group = tenant(session, &body, before, asked.is_patch, &mut wrong)?;
    let server_ip = server(session, &body, before, &mut wrong)?;
    fields.texts(&body, &mut wrong);
    fields.secret(&body, &mut wrong);
    let old_box = stored
        .as_ref()
        .map(|(row, _)| row.text("voicemail_id").to_owned());
    fields.voicemail(
        &body,
        number.as_deref(),
        before,
        old_box.as_deref(),
        &mut wrong,
    );
    let own_fields = own_fields(session, &body, before, asked.is_patch, &mut wrong)?;
    wrong.end()?;
    let (Some(number), Some(server_ip)) = (number, server_ip) else {
        return Err(Problem::new(422, "an extension needs a number and a server").into());
    };
    free(session, &number, &server_ip, before)?;
    if let Some(group) = &group {
        cap(session, group, before)?;
        fields.list.push(("user_group", Some(group.clone())));
    }
    if before.is_none_or(|before| before.extension_number != number) {
        fields.list.push(("dialplan_number", Some(number.clone())));
    }
    match stored {
        None => insert(session, number, server_ip, fields.list, own_fields),
        Some((row, before)) => update(session, row, &before, fields.list, own_fields),
    }
}

fn insert(
    session: &mut Session<'_>,
    number: String,
    server_ip: String,
    mut fields: Vec<Field>,
    own_fields: Vec<Field>,
) -> Result<Next, Fault> {
    let login = if number.len() <= LOGIN {
        number.as_str()
    } else {
        ""
    };
    if !login.is_empty() && extensions::login_exists(session.db, login)? {
        return Err(Problem::taken("extension_number", "is taken as another phone's login").into());
    }
    for (column, value) in [
        ("extension", number.as_str()),
        ("server_ip", &server_ip),
        ("login", login),
        ("status", "ACTIVE"),
    ] {
        fields.push((column, Some(value.to_owned())));
    }
    let change = change_of("ADD", "ADMIN API ADD PHONE");
    change.begin(session)?;
    let insertion = extensions::insertion(session.db, &fields);
    match session.db.write(&insertion.statement) {
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            return Err(Problem::taken("extension_number", "is taken on this server").into());
        }
        written => written?,
    };
    servers::rebuild_conf_files(session.db, &server_ip)?;
    let mut statements = vec![insertion.shown];
    statements.extend(put_own(session, &number, &server_ip, &own_fields)?);
    let notes = format!("phone: {number}|{server_ip}");
    change.done(session, number.clone(), statements.join("; "), notes);
    let extension = shown(session, &number, &server_ip)?;
    let data = format!("{number}|{server_ip}|{}|{number}", extension.protocol);
    let line = Line::success("add_phone PHONE HAS BEEN ADDED", data);
    let id = extension
        .id
        .map_or_else(|| extension.key.clone(), |id| id.to_string());
    Ok(Done::shown(201, &extension, line)
        .at(format!("/api/extensions/{id}"))
        .into())
}

fn update(
    session: &mut Session<'_>,
    row: &records::Record,
    before: &Extension,
    fields: Vec<Field>,
    own_fields: Vec<Field>,
) -> Result<Next, Fault> {
    let (phone, server_ip) = (row.text("extension"), before.server_ip.as_str());
    let change = change_of("MODIFY", "ADMIN API UPDATE PHONE");
    change.begin(session)?;
    let mut statements = Vec::new();
    if !fields.is_empty() {
        let update = extensions::change(phone, server_ip, &fields);
        session.db.write(&update.statement)?;
        servers::rebuild_conf_files(session.db, server_ip)?;
        statements.push(update.shown);
    }
    statements.extend(put_own(session, phone, server_ip, &own_fields)?);
    change.done(
        session,
        phone.to_owned(),
        statements.join("; "),
        format!("phone: {phone}|{server_ip}"),
    );
    let extension = shown(session, phone, server_ip)?;
    let line = Line::success(
        "update_phone PHONE HAS BEEN UPDATED",
        format!("{phone}|{server_ip}|"),
    );
    Ok(Done::shown(200, &extension, line).into())
}

/// A change of phones, for the admin log.
pub(super) fn change_of(kind: &'static str, code: &str) -> Change {
    Change {
        section: "PHONES",
        kind,
        code: code.to_owned(),
    }
}

fn shown(session: &mut Session<'_>, phone: &str, server_ip: &str) -> Result<Extension, Fault> {
    let row = extensions::find(session.db, phone, server_ip)?;
    let row = row.ok_or_else(|| Problem::not_found("extension"))?;
    Ok(view::view(session.db, &row)?)
}

fn check_id(body: &ExtensionBody, before: Option<&Extension>, wrong: &mut Wrong) {
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

fn number(
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

fn tenant(
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
    let scope = Scope::wide_of(session)?;
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

fn server(
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

/// The columns of a phone that are to change.
struct Fields {
    list: Vec<Field>,
    is_new: bool,
    is_patch: bool,
}

impl Fields {
    /// Names, status and protocol. What a whole body leaves out takes its default.
    fn texts(&mut self, body: &ExtensionBody, wrong: &mut Wrong) {
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
    fn secret(&mut self, body: &ExtensionBody, wrong: &mut Wrong) {
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

    fn voicemail(
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
fn own_fields(
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

/// Writes our own row; the statement.
fn put_own(
    session: &mut Session<'_>,
    phone: &str,
    server_ip: &str,
    fields: &[Field],
) -> Result<Option<String>, Fault> {
    if !session.db.has_own() {
        return Ok(None);
    }
    let condition = || extensions::of(phone, server_ip);
    let rows = own::select(session.db, &own::EXTENSIONS, condition())?;
    match rows.first() {
        Some(row)
            if fields
                .iter()
                .all(|(column, value)| row.get(column) == value.as_deref()) =>
        {
            Ok(None)
        }
        Some(_) => Ok(Some(own::change(
            session.db,
            &own::EXTENSIONS,
            fields,
            condition(),
        )?)),
        None => {
            let mut all = vec![
                ("extension", Some(phone.to_owned())),
                ("server_ip", Some(server_ip.to_owned())),
            ];
            all.extend(fields.iter().cloned());
            Ok(Some(own::insert(session.db, &own::EXTENSIONS, &all)?.1))
        }
    }
}

/// Refuses a number that another phone of that server has.
fn free(
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
fn cap(session: &mut Session<'_>, group: &str, before: Option<&Extension>) -> Result<(), Fault> {
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

/// A password that nobody can guess.
fn random_secret() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
