//! A DID's page.

use askama::Template;
use serde::Deserialize;

use super::calls::Calls;
use super::fields::{self, Field, Group, LISTS_OF_KINDS};
use super::history::History;
use super::loaded::{Loaded, page};
use super::picture::in_words;
use super::way::Way;
use crate::console::form::Fields;
use crate::console::frame::{Frame, Section};
use crate::console::notice::Notice;
use crate::console::rights::Right;
use crate::console::shown::{Answer, Shown};
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::routing::hours::ConditionRow;

#[derive(Template)]
#[template(path = "did.html", config = "src/console/askama.toml")]
pub(super) struct Page {
    frame: Frame,
    /// Its own address.
    address: String,
    did: Loaded,
    groups: Vec<(&'static Group, Vec<Field>)>,
    routes: Vec<RouteLine>,
    way: Way,
    calls: Calls,
    history: History,
}

/// The part of it that the script asks for.
#[derive(Template)]
#[template(path = "did_way.html", config = "src/console/askama.toml")]
struct WayPart {
    way: Way,
}

/// A conditional route, as its JSON has it.
#[derive(Deserialize)]
struct RouteBody {
    dest_kind: Option<String>,
    dest_id: Option<String>,
    conditions: Option<ConditionsBody>,
}

#[derive(Deserialize)]
struct ConditionsBody {
    days: Vec<String>,
    from: Option<String>,
    to: Option<String>,
    time_zone: Option<String>,
}

/// A conditional route in words.
struct RouteLine {
    when: String,
    target: String,
}

impl RouteLine {
    fn of(route: RouteBody) -> Option<Self> {
        let conditions = route.conditions?;
        let row = ConditionRow {
            days: conditions.days.join(","),
            from: conditions.from.unwrap_or_default(),
            to: conditions.to.unwrap_or_default(),
            time_zone: conditions.time_zone.unwrap_or_default(),
        };
        let kind = route.dest_kind.unwrap_or_else(|| "nowhere".to_owned());
        Some(Self {
            when: in_words(&row),
            target: format!("{kind} {}", route.dest_id.unwrap_or_default()),
        })
    }
}

impl Page {
    /// The page of this DID, with these fields.
    ///
    /// # Errors
    /// Nobody is signed in, or the database does not answer.
    pub(super) async fn of(
        visit: &Visit,
        did: Loaded,
        groups: Vec<(&'static Group, Vec<Field>)>,
    ) -> Result<Self, Stop> {
        let way = Way::of(visit, &did).await?;
        let calls = Calls::of(visit, &did).await?;
        let history = History::of(visit, &did).await?;
        let routes: Vec<RouteBody> = Vec::deserialize(&did.body["routes"]).unwrap_or_default();
        Ok(Self {
            frame: visit.frame(Section::Dids, did.number()),
            address: page(visit),
            groups,
            routes: routes.into_iter().filter_map(RouteLine::of).collect(),
            way,
            calls,
            history,
            did,
        })
    }

    /// With this said above it.
    pub(super) fn saying(mut self, notice: Notice) -> Self {
        self.frame.notice = Some(notice);
        self
    }

    /// The answer with this status.
    pub(super) fn with_status(&self, status: u16) -> Answer {
        Ok(Shown::Page(status, crate::console::frame::rendered(self)))
    }

    fn why_not(&self, right: Right) -> &str {
        self.frame.rights.why_not(right)
    }

    fn why_not_change(&self) -> &str {
        self.why_not(Right::ChangeDids)
    }

    fn why_not_copy(&self) -> &str {
        self.why_not(Right::CopyDids)
    }

    fn why_not_delete(&self) -> &str {
        self.why_not(Right::DeleteDids)
    }

    fn why_not_undo(&self) -> &str {
        self.why_not(Right::UndoChanges)
    }

    /// The address of the page that copies it.
    fn copy_address(&self) -> String {
        format!(
            "/add?{}",
            Fields::default().with("source", self.did.number())
        )
    }

    /// The list that a kind's ids are picked from, as the script reads it: `queue:in_group flow:call_menu`.
    fn lists_of_kinds(&self) -> String {
        let pairs: Vec<String> = LISTS_OF_KINDS
            .iter()
            .map(|(kind, list)| format!("{kind}:{list}"))
            .collect();
        pairs.join(" ")
    }
}

/// `GET /dids/{id}?at=&caller=&calls=&changes=`
pub(in crate::console) async fn show(visit: &Visit) -> Answer {
    let did = Loaded::read(visit).await?;
    if visit.is_part {
        let way = Way::of(visit, &did).await?;
        return Ok(Shown::page(&WayPart { way }));
    }
    let groups = fields::groups(visit, &did);
    Page::of(visit, did, groups).await?.with_status(200)
}
