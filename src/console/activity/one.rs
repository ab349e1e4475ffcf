//! One call's whole story: what was asked, what came of it, what it has changed, and where it says why not.

use askama::Template;
use serde_json::Value;

use super::times;
use crate::console::form::Fields;
use crate::console::frame::{Frame, Section};
use crate::console::reading::Reader;
use crate::console::shown::{Answer, Shown};
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::store::history::reading::made_at;
use crate::store::logs::reading::{Filter, LoggedRow, call};
use crate::store::logs::story::{AdminEntry, UrlRow, admin_entries, url};
use crate::store::{Db, QueryResult};

/// How many changes of one second are looked at.
const CHANGES: usize = 20;

/// What was read of a call.
struct Story {
    call: LoggedRow,
    url: Option<UrlRow>,
    admin: Vec<AdminEntry>,
    /// The changes of its user, function and second.
    changes: Vec<i64>,
}

/// A change that this user may list.
struct Change {
    id: i64,
    summary: String,
}

#[derive(Template)]
#[template(path = "activity_one.html", config = "src/console/askama.toml")]
struct Page {
    frame: Frame,
    story: Story,
    time: String,
    /// What was asked, its secrets hidden: the address, and its parameters.
    address: String,
    parameters: Vec<(String, String)>,
    changes: Vec<Change>,
}

impl Page {
    fn class(&self) -> &'static str {
        super::class(&self.story.call.result)
    }

    /// Where the gates are between its user and its function.
    fn why(&self) -> String {
        let call = &self.story.call;
        let address = self
            .story
            .url
            .as_ref()
            .map_or("", |url| url.remote_ip.as_str());
        let pairs = [
            ("user", call.user.as_str()),
            ("function", &call.function),
            ("address", address),
        ];
        format!(
            "/why?{}",
            serde_urlencoded::to_string(pairs).unwrap_or_default()
        )
    }

    /// The calls like this one.
    fn like(&self, name: &str, value: &str) -> String {
        format!("/activity?{}", Fields::default().with(name, value))
    }

    /// What an entry says, and its statement; none where that may hold a password.
    fn texts<'e>(&self, entry: &'e AdminEntry) -> Vec<Option<&'e str>> {
        vec![entry.notes.as_deref(), entry.sql.as_deref()]
    }

    fn milliseconds(&self) -> String {
        match self.story.call.run_time.parse::<f64>() {
            Ok(seconds) => format!("{:.1} ms", seconds * 1000.0),
            Err(_) => self.story.call.run_time.clone(),
        }
    }
}

/// `GET /activity/{id}`
pub(in crate::console) async fn one(visit: &Visit) -> Answer {
    let api_id: i64 = visit.id.parse().map_err(|_| Stop::NotFound("call"))?;
    let (function, asks) = super::ASKS;
    let reading = move |db: &mut Db, reader: &Reader| read(db, reader, api_id);
    let story = visit.read(function, asks, reading).await?;
    let story = story.ok_or(Stop::NotFound("call"))?;
    let Some(clock) = visit.clock() else {
        return Err(Stop::Unavailable);
    };
    let address = story.url.as_ref().map_or("", |url| url.url.as_str());
    let address = visit.door.without_secrets(address);
    let changes = changes(visit, &story.changes).await;
    let parameters = address.split_once('?').map_or("", |(_, query)| query);
    Ok(Shown::page(&Page {
        frame: visit.frame(Section::Activity, format!("Call {api_id}")),
        time: times::shown(&story.call.api_date, &clock),
        parameters: serde_urlencoded::from_str(parameters).unwrap_or_default(),
        address,
        changes,
        story,
    }))
}

fn read(db: &mut Db, reader: &Reader, api_id: i64) -> QueryResult<Option<Story>> {
    let groups = reader.scope.named_groups();
    let filter = Filter {
        only: groups.map(|groups| (reader.user.user.clone(), groups)),
        ..Filter::default()
    };
    let Some(call) = call(db, &filter, api_id)? else {
        return Ok(None);
    };
    let changed_at = times::seconds(&call.api_date).unwrap_or(0);
    let changes = made_at(db, &call.user, changed_at, CHANGES)?;
    // The log cuts a long function's name.
    let is_its = |function: &str| !call.function.is_empty() && function.starts_with(&call.function);
    let changes = changes.into_iter().filter(|(_, function)| is_its(function));
    Ok(Some(Story {
        url: url(db, api_id)?,
        admin: admin_entries(db, &call)?,
        changes: changes.map(|(id, _)| id).collect(),
        call,
    }))
}

/// Of these changes those that the API lists for this user.
async fn changes(visit: &Visit, ids: &[i64]) -> Vec<Change> {
    if ids.is_empty() {
        return Vec::new();
    }
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    let query = [("id", ids.join(","))];
    let query = query
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let Ok(told) = visit.get("change", "/api/changes".to_owned(), &query).await else {
        return Vec::new();
    };
    let change = |change: &Value| {
        Some(Change {
            id: change["id"].as_i64()?,
            summary: change["summary"].as_str()?.to_owned(),
        })
    };
    let data = told.body["data"].as_array();
    data.into_iter().flatten().filter_map(change).collect()
}
