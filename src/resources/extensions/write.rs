//! `POST /api/extensions`, and `PUT` and `PATCH` of one.

use diesel::result::{DatabaseErrorKind, Error};

use super::checks::{cap, check_key, number, numbering, server, tenant};
use super::fields::{Fields, own_fields};
use super::loaded::Loaded;
use super::numbering::Numbering;
use crate::access::Session;
use crate::access::journal::{Change, LogLine};
use crate::resources::client_id::{self, EXTENSIONS, Of};
use crate::resources::problem::Problem;
use crate::resources::request::Request;
use crate::resources::response::{Answer, Fault, unchanged};
use crate::resources::sipio;
use crate::resources::tenant_ref::EVERYBODY;
use crate::store::records::{Field, Record};
use crate::store::state::intentions::intend;
use crate::store::state::planned::Planned;
use crate::store::vicishim_tables::storing::put_phone;
use crate::store::{QueryResult, phones::rows as phone_rows, servers, vicishim_tables};

pub(in crate::resources) fn add(session: &mut Session<'_>, request: &Request) -> Answer {
    store(session, request, None)
}

pub(in crate::resources) fn change(session: &mut Session<'_>, request: &Request) -> Answer {
    let before = super::named(session, request)?;
    unchanged(request, &before.shown())?;
    store(session, request, Some(&before))
}

fn store(session: &mut Session<'_>, request: &Request, before: Option<&Loaded>) -> Answer {
    let mut errors = request.errors();
    let mut body = request.body()?;
    let is_patch = request.is_patch;
    let of = before.map_or(Of::New, |before| {
        Of::Stored(before.id(), before.client_id())
    });
    let ids = ["id", "extension_id"];
    let new_id = EXTENSIONS.check(session, &mut body, &ids, of, &mut errors);
    check_key(&mut body, before, &mut errors);
    let mut fields = Fields {
        list: Vec::new(),
        is_new: before.is_none(),
        is_patch,
        is_sip_io: body.has("digits") && !body.has("extension_number"),
    };
    let shape = (is_patch, fields.is_sip_io);
    let number = number(&mut body, before, is_patch, &mut errors);
    let group = tenant(session, &mut body, before, shape, &mut errors)?;
    let server_ip = server(session, &mut body, before, &mut errors)?;
    fields.texts(&mut body, &mut errors);
    fields.secret(&mut body, &mut errors);
    let user_group = match (&group, before) {
        (Some(group), _) => group.clone(),
        (None, Some(before)) => before.row.text("user_group").to_owned(),
        (None, None) => EVERYBODY.to_owned(),
    };
    let numbered = match (&number, &server_ip) {
        (Some(number), Some(server_ip)) => {
            let place = (user_group.as_str(), server_ip.as_str());
            Some(numbering(session, number, place, before)?)
        }
        _ => None,
    };
    let plain = number.as_deref().map(Numbering::plain);
    let box_of = numbered.as_ref().and_then(|one| one.as_ref().ok());
    fields.voicemail(&mut body, box_of.or(plain.as_ref()), before, &mut errors);
    let holder = (is_patch, user_group.as_str());
    let mut own_fields = own_fields(session, &mut body, before, holder, &mut errors)?;
    let stored_id = before.and_then(Loaded::client_id).map(str::to_owned);
    own_fields.push(client_id::column(new_id.clone().or(stored_id)));
    body.ignore::<Vec<String>>("warnings", &mut errors);
    body.finish(&mut errors);
    errors.into_result()?;
    let (Some(numbered), Some(server_ip)) = (numbered, server_ip) else {
        return Err(Problem::new(422, "an extension needs a number and a server").into());
    };
    EXTENSIONS.check_free(session, new_id.as_deref())?;
    let numbering = numbered?;
    if let Some(group) = &group {
        cap(session, group, before)?;
        fields.list.push(("user_group", Some(group.clone())));
    }
    if before.is_none_or(|before| before.numbering != numbering) {
        let dialplan = numbering.dialplan();
        fields.list.push(("dialplan_number", Some(dialplan)));
    }
    match before {
        None => insert(
            session,
            request,
            (&numbering, &server_ip),
            fields.list,
            own_fields,
        ),
        Some(before) => update(session, request, before, fields.list, own_fields),
    }
}

fn insert(
    session: &mut Session<'_>,
    request: &Request,
    (numbering, server_ip): (&Numbering, &str),
    mut fields: Vec<Field>,
    own_fields: Vec<Field>,
) -> Answer {
    let (phone, login) = (numbering.phone(), numbering.login());
    for (column, value) in [
        ("extension", phone.as_str()),
        ("server_ip", server_ip),
        ("login", &login),
        ("status", "ACTIVE"),
    ] {
        fields.push((column, Some(value.to_owned())));
    }
    let own = own_change(session, (&phone, server_ip), None, own_fields)?;
    let change = change_of("ADD", "ADMIN API ADD PHONE");
    change.begin(session)?;
    if let Some(own) = &own {
        let planned = Planned::phone(&phone, server_ip, &fields, own);
        intend(session.db, &planned)?;
        // Another call may have given the id away, which this one has waited for.
        EXTENSIONS.check_free(session, client_id::given_in(own))?;
    }
    let insertion = phone_rows::insertion(session.db, &fields);
    match session.db.write(&insertion.statement) {
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            return Err(Problem::taken("extension_number", "is taken on this server").into());
        }
        written => written?,
    };
    servers::rebuild_conf_files(session.db, server_ip)?;
    let mut statements = vec![insertion.shown];
    if let Some(own) = &own {
        statements.push(put_phone(session.db, &phone, server_ip, own)?);
    }
    let notes = format!("phone: {phone}|{server_ip}");
    change.done(session, phone.clone(), statements.join("; "), notes);
    let extension = shown(session, &phone, server_ip)?;
    let data = format!(
        "{phone}|{server_ip}|{}|{}",
        extension.row.text("protocol"),
        extension.dialplan()
    );
    let line = LogLine::success("add_phone PHONE HAS BEEN ADDED", data);
    let number = extension.id().map(|id| id.to_string());
    let id = extension.client_id().map(str::to_owned).or(number);
    let id = id.unwrap_or_else(|| extension.key());
    Ok(
        sipio::shown(session, request, 201, extension.shown(), line)?
            .at(format!("/api/extensions/{id}"))
            .into(),
    )
}

fn update(
    session: &mut Session<'_>,
    request: &Request,
    before: &Loaded,
    fields: Vec<Field>,
    own_fields: Vec<Field>,
) -> Answer {
    let (phone, server_ip) = (before.row.text("extension"), before.row.text("server_ip"));
    let own = own_change(session, (phone, server_ip), Some(before), own_fields)?;
    let change = change_of("MODIFY", "ADMIN API UPDATE PHONE");
    change.begin(session)?;
    if let Some(own) = &own
        && !fields.is_empty()
    {
        let planned = Planned::phone(phone, server_ip, &fields, own);
        intend(session.db, &planned)?;
    }
    let mut statements = Vec::new();
    if !fields.is_empty() {
        let update = phone_rows::change(phone, server_ip, &fields);
        // Another call may have deleted it since it was read.
        if session.db.write(&update.statement)? == 0 {
            return Err(Problem::not_found("extension").into());
        }
        servers::rebuild_conf_files(session.db, server_ip)?;
        statements.push(update.shown);
    }
    if let Some(own) = &own {
        statements.push(put_phone(session.db, phone, server_ip, own)?);
    }
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
    Ok(sipio::shown(session, request, 200, extension.shown(), line)?.into())
}

/// A change of phones, for the admin log.
pub(super) fn change_of(kind: &'static str, code: &str) -> Change {
    Change {
        section: "PHONES",
        kind,
        code: code.to_owned(),
    }
}

fn shown(session: &mut Session<'_>, phone: &str, server_ip: &str) -> Result<Loaded, Fault> {
    let found = Loaded::find(session.db, phone, server_ip)?;
    found.ok_or_else(|| Problem::not_found("extension").into())
}

/// The columns of our own row that are to be stored; none where the row is so already, or there are no tables of ours.
fn own_change(
    session: &mut Session<'_>,
    (phone, server_ip): (&str, &str),
    before: Option<&Loaded>,
    fields: Vec<Field>,
) -> QueryResult<Option<Vec<Field>>> {
    if !session.db.has_vicishim_tables() {
        return Ok(None);
    }
    // One that was there before the phone was.
    let earlier = match before {
        None => {
            let of_phone = phone_rows::of(phone, server_ip);
            vicishim_tables::select(session.db, &vicishim_tables::EXTENSIONS, of_phone)?.pop()
        }
        Some(_) => None,
    };
    let extra = before
        .and_then(|before| before.extra.as_ref())
        .or(earlier.as_ref());
    let is_same = |row: &Record| {
        let mut fields = fields.iter();
        fields.all(|(column, value)| row.get(column) == value.as_deref())
    };
    Ok((!extra.is_some_and(is_same)).then_some(fields))
}
