//! A DID as its page reads it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::access::permission::{LIST_DIDS, Needs};
use crate::console::door::{Asked, Told};
use crate::console::pick::{self, Picker};
use crate::console::reading::Reader;
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::store::dids::rows as did_rows;
use crate::store::records::Record;
use crate::store::settings::Settings;
use crate::store::vicishim_tables::{self, SCHEDULES};
use crate::store::{Db, QueryResult};

/// How many schedules there are to choose from.
const SCHEDULE_COUNT: u64 = 200;

/// A DID as its page reads it.
pub(super) struct Loaded {
    pub(super) did_id: i64,
    /// Its JSON.
    pub(super) body: Value,
    /// The tag of that.
    pub(super) etag: Option<String>,
    /// VICIdial's row.
    pub(super) row: Record,
    /// The columns that this database does not have.
    pub(super) missing: Vec<&'static str>,
    /// Whether there are tables of our own.
    pub(super) has_own_tables: bool,
    /// Whether letters of every script are kept.
    pub(super) non_latin: bool,
    /// The schedules: their ids and names.
    pub(super) schedules: Vec<(String, String)>,
    pub(super) pickers: Vec<Picker>,
}

/// What is read beside the DID's JSON.
struct Around {
    row: Option<Record>,
    missing: Vec<&'static str>,
    has_own_tables: bool,
    non_latin: bool,
    schedules: Vec<(String, String)>,
    pickers: Vec<Picker>,
}

/// The address of a visit's DID in the JSON API.
pub(super) fn address(visit: &Visit) -> String {
    format!("/api{}", page(visit))
}

/// The address of its page.
pub(super) fn page(visit: &Visit) -> String {
    format!("/dids/{}", utf8_percent_encode(&visit.id, NON_ALPHANUMERIC))
}

impl Loaded {
    /// The DID of this visit, within the user's scope, with the lists to pick from.
    ///
    /// # Errors
    /// There is none, the user may not see it, or the database does not answer.
    pub(super) async fn read(visit: &Visit) -> Result<Self, Stop> {
        let told = visit.get("DID", address(visit), &[]).await;
        Self::of(visit, told.map_err(not_allowed("did_list"))?, true).await
    }

    /// The same to check a value of its form, without the lists. The API's log keeps no row of it.
    ///
    /// # Errors
    /// As [`Loaded::read`]; also where the user may not change it.
    pub(super) async fn to_check(visit: &Visit) -> Result<Self, Stop> {
        let asked = Asked {
            method: "PATCH",
            path: address(visit),
            ..Asked::default()
        };
        let told = visit.door.check_did(asked).await.done("DID");
        Self::of(visit, told.map_err(not_allowed("update_did"))?, false).await
    }

    async fn of(visit: &Visit, told: Told, has_lists: bool) -> Result<Self, Stop> {
        let gone = || Stop::NotFound("DID");
        let did_id = told.body["did_id"].as_i64().ok_or_else(gone)?;
        let asks = || Needs::Function(&LIST_DIDS);
        let reading = move |db: &mut Db, reader: &Reader| around(db, reader, did_id, has_lists);
        let around = visit.read("did_list", asks, reading).await?;
        Ok(Self {
            did_id,
            body: told.body,
            etag: told.etag,
            row: around.row.ok_or_else(gone)?,
            missing: around.missing,
            has_own_tables: around.has_own_tables,
            non_latin: around.non_latin,
            schedules: around.schedules,
            pickers: around.pickers,
        })
    }

    /// Its number, as it is stored.
    pub(super) fn number(&self) -> &str {
        self.row.text("did_pattern")
    }

    /// Whether `update_did` finds it by its number: a dialer's own page may have stored one of which that drops letters.
    pub(super) fn is_named_by_its_number(&self, visit: &Visit) -> bool {
        visit.is_named_by(self.number(), self.non_latin)
    }

    /// A text of its JSON; empty where it has none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }

    /// What is wrong with it.
    pub(super) fn warnings(&self) -> Vec<&str> {
        let warnings = self.body["warnings"].as_array();
        warnings
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }
}

/// The page of who may not is the same, whichever way it was asked.
fn not_allowed(function: &'static str) -> impl Fn(Stop) -> Stop {
    move |stop| match stop {
        Stop::Refused(403, _) => Stop::NotAllowed(function),
        stop => stop,
    }
}

fn around(db: &mut Db, reader: &Reader, did_id: i64, has_lists: bool) -> QueryResult<Around> {
    let row = did_rows::form_by_id(db, did_id)?;
    let columns = db.columns();
    let filter = vicishim_tables::Filter {
        scope: reader.scope.user_groups(),
        ..vicishim_tables::Filter::default()
    };
    let (schedules, _) = vicishim_tables::list(db, &SCHEDULES, &[], &filter, 0, SCHEDULE_COUNT)?;
    let schedule = |row: &Record| {
        let id = row.get("client_id").unwrap_or(row.text("schedule_id"));
        (id.to_owned(), row.text("name").to_owned())
    };
    Ok(Around {
        row: row.filter(|row| reader.scope.covers(row.get("user_group"))),
        missing: did_rows::FORM_COLUMNS
            .iter()
            .copied()
            .filter(|column| columns.find(did_rows::TABLE, column).is_none())
            .collect(),
        has_own_tables: db.has_vicishim_tables(),
        non_latin: Settings::read(db)?.non_latin(),
        schedules: schedules.iter().map(schedule).collect(),
        pickers: match has_lists {
            true => pick::pickers(db, reader)?,
            false => Vec::new(),
        },
    })
}
