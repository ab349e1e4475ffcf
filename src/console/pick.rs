//! What a DID can be pointed at, as lists to pick from: as far as its user may see each.

use askama::Template;

use super::reading::Reader;
use super::shown::{Answer, Shown};
use super::stop::Stop;
use super::visit::Visit;
use crate::access::permission::{self, LIST_DIDS, LIST_PHONES, Needs, Permission, VIEW_LISTS};
use crate::store::choices::{self, Choices, Filter};
use crate::store::records::Record;
use crate::store::{Db, QueryResult};

/// How many a list holds at the most; a search finds the others.
const MOST: u64 = 200;

/// A list to pick from.
struct List {
    /// Its name in addresses and pages.
    name: &'static str,
    choices: &'static Choices,
    /// The function that lists the same, and what that asks.
    needs: (&'static str, &'static Permission),
    /// What is picked of a row.
    value: fn(&Record) -> String,
    /// The column that says what it is, for people.
    title: &'static str,
    /// Whether its rows belong to user groups.
    has_groups: bool,
}

const fn list(
    name: &'static str,
    choices: &'static Choices,
    needs: (&'static str, &'static Permission),
    value: fn(&Record) -> String,
    title: &'static str,
) -> List {
    List {
        name,
        choices,
        needs,
        value,
        title,
        has_groups: true,
    }
}

const PHONES: (&str, &Permission) = ("phone_list", &LIST_PHONES);
const DIDS: (&str, &Permission) = ("did_list", &LIST_DIDS);

#[rustfmt::skip]
const LISTS: &[List] = &[
    list("in_group", &choices::IN_GROUPS, ("ingroup_list", &VIEW_LISTS), |row| text(row, "group_id"), "group_name"),
    list("call_menu", &choices::CALL_MENUS, ("callmenu_list", &VIEW_LISTS), |row| text(row, "menu_id"), "menu_name"),
    list("voicemail", &choices::BOXES, ("vm_list", &VIEW_LISTS), |row| text(row, "voicemail_id"), "fullname"),
    list("user", &choices::USERS, ("user_list", &LIST_DIDS), |row| text(row, "user"), "full_name"),
    list("phone", &choices::PHONES, PHONES, |row| text(row, "extension"), "fullname"),
    list("extension", &choices::PHONES, PHONES, |row| format!("{}@{}", row.text("extension"), row.text("server_ip")), "fullname"),
    list("user_group", &choices::USER_GROUPS, DIDS, |row| text(row, "user_group"), "group_name"),
    List { has_groups: false, ..list("server", &choices::SERVERS, DIDS, |row| text(row, "server_ip"), "server_description") },
];

fn text(row: &Record, column: &str) -> String {
    row.text(column).to_owned()
}

/// Something to pick.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) value: String,
    /// What it is, for people.
    pub(super) title: String,
}

/// A list as a page has it.
#[derive(Debug, Clone)]
pub(super) struct Picker {
    pub(super) name: &'static str,
    pub(super) choices: Vec<Choice>,
}

impl Picker {
    /// Whether there are more than these.
    pub(super) fn has_more(&self) -> bool {
        self.choices.len() as u64 >= MOST
    }
}

/// The beginning of each list, as far as the user may see it.
///
/// # Errors
/// The database cannot be read.
pub(super) fn pickers(db: &mut Db, reader: &Reader) -> QueryResult<Vec<Picker>> {
    let picker = |list: &List| {
        Ok(Picker {
            name: list.name,
            choices: found(db, reader, list, None)?,
        })
    };
    LISTS.iter().map(picker).collect()
}

fn found(
    db: &mut Db,
    reader: &Reader,
    list: &List,
    search: Option<String>,
) -> QueryResult<Vec<Choice>> {
    let (function, permission) = list.needs;
    let may = permission::allowed(function, &reader.user).opens()
        && permission.gates(&reader.user).all(|gate| gate.opens());
    if !may {
        return Ok(Vec::new());
    }
    let filter = Filter {
        search,
        scope: reader.scope.user_groups().filter(|_| list.has_groups),
        ..Filter::default()
    };
    let (rows, _) = choices::list(db, list.choices, &filter, 0, MOST)?;
    let choice = |row: &Record| Choice {
        value: (list.value)(row),
        title: text(row, list.title),
    };
    Ok(rows.iter().map(choice).collect())
}

#[derive(Template)]
#[template(path = "pick.html", config = "src/console/askama.toml")]
struct Options {
    choices: Vec<Choice>,
}

/// `GET /pick/{id}?search=`: the options of a list, for the script.
pub(super) async fn options(visit: &Visit) -> Answer {
    let list = LISTS.iter().find(|list| list.name == visit.id);
    let list = list.ok_or(Stop::NotFound("list"))?;
    let search = visit.query.given("search").map(str::to_owned);
    let asks = || Needs::Function(&LIST_DIDS);
    let reading = move |db: &mut Db, reader: &Reader| found(db, reader, list, search.clone());
    let choices = visit.read("did_list", asks, reading).await?;
    Ok(Shown::page(&Options { choices }))
}
