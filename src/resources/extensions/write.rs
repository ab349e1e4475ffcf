//! `POST /api/extensions`, and `PUT` and `PATCH` of one.

use diesel::result::{DatabaseErrorKind, Error};

use super::body::ExtensionBody;
use super::checks::{cap, check_id, free, number, server, tenant};
use super::fields::{Fields, own_fields};
use super::view::{self, Extension};
use crate::access::Session;
use crate::access::journal::Change;
use crate::access::journal::LogLine;
use crate::resources::input::{self, Query};
use crate::resources::problem::{Problem, Wrong};
use crate::resources::request::Request;
use crate::resources::task::{Answer, Fault, Response, unchanged};
use crate::store::records::Field;
use crate::store::{extensions, own, records, servers};

/// The most characters that a phone's login has.
const LOGIN: usize = 15;

pub(in crate::resources) fn add(session: &mut Session<'_>, request: &Request) -> Answer {
    store(session, request, None)
}

pub(in crate::resources) fn change(session: &mut Session<'_>, request: &Request) -> Answer {
    let row = super::named(session, request)?;
    let before = view::view(session.db, &row)?;
    unchanged(request, &before)?;
    store(session, request, Some((&row, before)))
}

fn store(
    session: &mut Session<'_>,
    request: &Request,
    stored: Option<(&records::Record, Extension)>,
) -> Answer {
    let mut wrong = Wrong::default();
    Query(&request.query).only(&[], &mut wrong);
    let body = request.body.clone()?;
    let body: ExtensionBody = input::read(&body, &mut wrong)?;
    let before = stored.as_ref().map(|(_, before)| before);
    check_id(&body, before, &mut wrong);
    let mut fields = Fields {
        list: Vec::new(),
        is_new: before.is_none(),
        is_patch: request.is_patch,
    };
    let number = number(&body, before, request.is_patch, &mut wrong);
    let group = tenant(session, &body, before, request.is_patch, &mut wrong)?;
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
    let own_fields = own_fields(session, &body, before, request.is_patch, &mut wrong)?;
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
) -> Answer {
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
    let line = LogLine::success("add_phone PHONE HAS BEEN ADDED", data);
    let id = extension
        .id
        .map_or_else(|| extension.key.clone(), |id| id.to_string());
    Ok(Response::shown(201, &extension, line)
        .at(format!("/api/extensions/{id}"))
        .into())
}

fn update(
    session: &mut Session<'_>,
    row: &records::Record,
    before: &Extension,
    fields: Vec<Field>,
    own_fields: Vec<Field>,
) -> Answer {
    let (phone, server_ip) = (row.text("extension"), before.server_ip.as_str());
    let change = change_of("MODIFY", "ADMIN API UPDATE PHONE");
    change.begin(session)?;
    let mut statements = Vec::new();
    if !fields.is_empty() {
        let update = extensions::change(phone, server_ip, &fields);
        // Another call may have deleted it since it was read.
        if session.db.write(&update.statement)? == 0 {
            return Err(Problem::not_found("extension").into());
        }
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
    let line = LogLine::success(
        "update_phone PHONE HAS BEEN UPDATED",
        format!("{phone}|{server_ip}|"),
    );
    Ok(Response::shown(200, &extension, line).into())
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
