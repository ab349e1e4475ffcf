//! `GET /api/extensions/{id}/route`: where a call to an extension would land, and why.

use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::scope::Scope;
use crate::loading::extensions;
use crate::resources::landing::{About, Landing, question};
use crate::resources::request::Request;
use crate::resources::response::{Answer, Response};

pub(in crate::resources) fn answer(session: &mut Session<'_>, request: &Request) -> Answer {
    let extension = super::named(session, request)?;
    let question = question(session, request, extension.number())?;
    let scope = Scope::lenient_of(session)?;
    let sees = |group: Option<&str>| scope.covers(group);
    let decision = extensions::preview(session.db, &question, &extension.row, &sees)?;
    let key = extension.key();
    let line = LogLine::success(
        "phone_list PHONE ROUTE TESTED",
        format!("{key}|{}", decision.outcome.word()),
    );
    let landing = Landing::of(About::Extension(key), None, question, decision);
    Ok(Response::ok(&landing, line).into())
}
