//! "Why may this user not?": the gates between a user and a function.

use std::net::IpAddr;

use askama::Template;

use super::door::Finding;
use super::frame::{Frame, Section};
use super::reading::Reader;
use super::shown::{Answer, Shown};
use super::stop::Stop;
use super::visit::Visit;
use crate::access::permission::{EXPLAIN_OTHERS, Needs};
use crate::store::collation;

#[derive(Template)]
#[template(path = "why.html", config = "src/console/askama.toml")]
struct Page {
    frame: Frame,
    /// The user that is asked about.
    user: String,
    /// The function that is asked about.
    function: String,
    address: String,
    functions: Vec<(&'static str, &'static str)>,
    /// What was found; none where nothing was asked yet.
    findings: Option<Vec<Finding>>,
    /// Why nothing was looked at.
    refused: String,
}

impl Page {
    /// Whether no gate closes.
    fn may(&self) -> bool {
        let closed = |finding: &Finding| finding.opens == Some(false);
        !self.findings.iter().flatten().any(closed)
    }
}

/// `GET /why?user=&function=&address=`
pub(super) async fn show(visit: &Visit) -> Answer {
    let query = &visit.query;
    let user = query.given("user").unwrap_or(&visit.person.user).to_owned();
    let function = query.given("function").unwrap_or("add_did").to_owned();
    let address = query.text("address").trim().to_owned();
    let asked = user.clone();
    let may_see = visit
        .read(
            "console",
            || Needs::Nothing,
            move |_, reader| Ok(may_explain(reader, &asked)),
        )
        .await?;
    let client = match address.as_str() {
        "" => Ok(None),
        address => address.parse::<IpAddr>().map(Some),
    };
    let mut refused = String::new();
    let mut findings = None;
    match (client, may_see) {
        (_, Err(why)) => refused = why,
        (Err(_), _) => refused = format!("{address} is not an IP address"),
        (Ok(client), Ok(())) if query.has("function") => {
            let found = visit.door.explain(user.clone(), function.clone(), client);
            findings = Some(found.await.ok_or(Stop::Unavailable)?);
        }
        (Ok(_), Ok(())) => {}
    }
    let page = Page {
        frame: visit.frame(Section::Why, "Why may this user not?"),
        user,
        function,
        address,
        functions: visit.door.functions(),
        findings,
        refused,
    };
    Ok(Shown::page(&page))
}

/// Everybody may ask about itself; about others who may change them.
fn may_explain(reader: &Reader, user: &str) -> Result<(), String> {
    if collation::compare(&reader.user.user, user).is_eq() {
        return Ok(());
    }
    let closed = EXPLAIN_OTHERS
        .gates(&reader.user)
        .find(|gate| !gate.opens());
    closed.map_or(Ok(()), |gate| {
        Err(format!(
            "You may ask about yourself only: your {} {gate}.",
            gate.name()
        ))
    })
}
