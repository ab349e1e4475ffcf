//! `update_cid_group_entry`: looks at and changes the entries of a CID group, by `stage` (fixtures/reference/behaviour.md §6).

mod add;
mod change;

use super::parameters::EVERY;
use super::{Answer, Dialect, Line, Reply, Session, Stop};
use crate::access::journal::Change;
use crate::access::scope::{self, Scope};
use crate::store::QueryResult;
use crate::store::cid_groups::{self, Entry, Selection};

/// What a call is about, as it was sent.
struct Request {
    group: String,
    areacode: String,
    outbound_cid: String,
}

impl Request {
    /// The entries that it means: `---ALL---`, and for the caller id nothing too, stands for every one.
    fn selection(&self) -> Selection<'_> {
        let some = |value| Some(value).filter(|value| *value != EVERY);
        Selection {
            group: &self.group,
            areacode: some(self.areacode.as_str()),
            outbound_cid: some(self.outbound_cid.as_str()).filter(|cid| !cid.is_empty()),
        }
    }

    /// What it is about and a count, as the replies have it.
    fn counted(&self, count: usize) -> String {
        let Self {
            group,
            areacode,
            outbound_cid,
        } = self;
        format!("{group}|{areacode}|{outbound_cid}|{count}")
    }
}

pub(super) fn answer(session: &mut Session<'_>) -> Answer {
    let request = Request {
        group: session.owned("cid_group_id"),
        areacode: session.owned("areacode"),
        outbound_cid: session.owned("outbound_cid"),
    };
    let stage = session.owned("stage");
    let Request {
        group, areacode, ..
    } = &request;
    if !(1..=20).contains(&group.len())
        || !(3..=6).contains(&stage.len())
        || !(1..=9).contains(&areacode.len())
    {
        return Err(Line::error(
            "update_cid_group_entry YOU MUST USE ALL REQUIRED FIELDS",
            format!("{group}|{areacode}|{stage}"),
        )
        .into());
    }
    if !exists(session, group)? {
        let reason = "update_cid_group_entry CID GROUP DOES NOT EXIST";
        return Err(Line::error(reason, group).into());
    }
    // The wire takes any other word for N in ADD, and for nothing in UPDATE.
    let is_wrong = !matches!(session.parameter("active"), "" | "Y" | "N");
    if matches!(stage.as_str(), "ADD" | "UPDATE")
        && session.dialect == Dialect::Documented
        && (is_wrong || session.was_filtered_away("active"))
    {
        let reason = "update_cid_group_entry ACTIVE MUST BE Y OR N, THIS IS AN OPTIONAL FIELD";
        return Err(Line::error(reason, session.as_sent("active")).into());
    }
    match stage.as_str() {
        "INFO" => info(session, &request),
        "ADD" => add::answer(session, &request),
        "DELETE" => change::delete(session, &request),
        "UPDATE" => change::update(session, &request),
        // The wire answers with an empty reply.
        _ => Err(Line::error(
            "update_cid_group_entry STAGE MUST BE INFO, ADD, DELETE OR UPDATE",
            stage,
        )
        .documented_only()
        .into()),
    }
}

/// Whether there is a CID group of that name within the user's scope, or a campaign that its group may use.
fn exists(session: &mut Session<'_>, group: &str) -> QueryResult<bool> {
    if let Some(user_group) = cid_groups::user_group(session.db, group)?
        && Scope::of(session)?.covers(user_group.as_deref())
    {
        return Ok(true);
    }
    Ok(cid_groups::campaign_exists(session.db, group)? && scope::allows_campaign(session, group)?)
}

/// The entries that the call means: at least one.
fn matching(session: &mut Session<'_>, request: &Request) -> Result<Vec<Entry>, Stop> {
    let entries = cid_groups::entries(session.db, &request.selection())?;
    if entries.is_empty() {
        return Err(no_entries(request).into());
    }
    Ok(entries)
}

/// Also where another call has deleted them a moment before.
fn no_entries(request: &Request) -> Line {
    let reason = "update_cid_group_entry THIS CID GROUP HAS NO ENTRIES";
    Line::error(reason, &request.group)
}

fn info(session: &mut Session<'_>, request: &Request) -> Answer {
    let entries = matching(session, request)?;
    let reason = "update_cid_group_entry CID GROUP INFO AS FOLLOWS";
    let head = Line::success(reason, request.counted(entries.len())).without_user();
    let listing = match session.dialect {
        Dialect::Documented => listing(&entries, |text| crate::api::format::one_field(text, '|')),
        Dialect::Wire => listing(&entries, str::to_owned),
    };
    Ok(Reply::from(vec![head, Line::below(listing)]))
}

/// Entries as INFO prints them, a line each.
fn listing(entries: &[Entry], field: fn(&str) -> String) -> String {
    let lines = entries.iter().zip(1..).map(|(entry, number)| {
        let active = entry.active.as_deref().unwrap_or_default();
        let fields = [
            entry.areacode.as_str(),
            &entry.outbound_cid,
            if active.is_empty() { "N" } else { active },
            entry.cid_description.as_deref().unwrap_or_default(),
            &entry.call_count_today,
        ];
        format!("{number}|{}\n", fields.map(field).join("|"))
    });
    lines.collect()
}

/// The change, as the admin log names it.
fn change(kind: &'static str) -> Change {
    Change {
        section: "CIDGROUPS",
        kind,
        code: format!("ADMIN API {kind} CID"),
    }
}
