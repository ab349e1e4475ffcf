//! `add_phone`: adds a phone to a dialer (fixtures/reference/behaviour.md §6).

use super::fields::{self, PROTOCOLS};
use crate::access::journal::Change;
use crate::api::{Answer, Line, Session};
use crate::store::vicishim_tables::storing;
use crate::store::{phones, servers};

/// The required fields and their shortest length in bytes, in the order in which the refusal names them.
const REQUIRED: &[(&str, usize)] = &[
    ("extension", super::SHORTEST),
    ("dialplan_number", 2),
    ("voicemail_id", 1),
    ("phone_login", 1),
    ("phone_pass", 1),
    ("server_ip", 1),
    ("protocol", 1),
    ("registration_password", 1),
    ("phone_full_name", 1),
    ("local_gmt", 1),
    ("outbound_cid", 1),
];

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let sent: Vec<&str> = REQUIRED
        .iter()
        .map(|(name, _)| session.parameter(name))
        .collect();
    let too_short = |(value, (_, shortest)): (&&str, &(&str, usize))| value.len() < *shortest;
    if sent.iter().zip(REQUIRED).any(too_short)
        || !PROTOCOLS.contains(&session.parameter("protocol"))
    {
        let data = sent.join("|");
        return Err(Line::error("add_phone YOU MUST USE ALL REQUIRED FIELDS", data).into());
    }
    let (extension, server_ip) = (session.owned("extension"), session.owned("server_ip"));
    let login = session.owned("phone_login");
    if !servers::exists(session.db, &server_ip)? {
        return Err(Line::error("add_phone SERVER DOES NOT EXIST", server_ip).into());
    }
    if phones::find(session.db, &extension, &server_ip)?.is_some() {
        return Err(already_exists(&extension, &server_ip).into());
    }
    if phones::login_exists(session.db, &login)? {
        return Err(Line::error("add_phone PHONE LOGIN ALREADY EXISTS", login).into());
    }
    let mut fields = fields::of_new(session)?;
    fields.insert(0, ("extension", extension.clone()));
    fields.insert(1, ("server_ip", server_ip.clone()));
    fields.push(("status", "ACTIVE".to_owned()));

    let change = Change {
        section: "PHONES",
        kind: "ADD",
        code: "ADMIN API ADD PHONE".to_owned(),
    };
    change.begin(session)?;
    let insertion = phones::insertion(session.db, &fields);
    // Another program may have added it since the check above, or the extension is cut to that of another phone.
    if !phones::insert(session.db, &insertion)? {
        return Err(already_exists(&extension, &server_ip).into());
    }
    servers::rebuild_conf_files(session.db, &server_ip)?;
    if !storing::number_extension(session.db, &extension, &server_ip)? {
        session
            .warnings
            .push("the phone has no id yet: our own tables are away".to_owned());
    }
    let notes = format!("phone: {extension}|{server_ip}");
    change.done(session, extension.clone(), insertion.to_log_text(), notes);
    let (protocol, number) = (
        session.parameter("protocol"),
        session.parameter("dialplan_number"),
    );
    let data = format!("{extension}|{server_ip}|{protocol}|{number}");
    Ok(Line::success("add_phone PHONE HAS BEEN ADDED", data).into())
}

fn already_exists(extension: &str, server_ip: &str) -> Line {
    Line::error(
        "add_phone PHONE ALREADY EXISTS ON THIS SERVER",
        format!("{server_ip}|{extension}"),
    )
}
