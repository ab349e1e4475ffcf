//! Rows of the database as routing looks at them.

pub mod extensions;
pub mod lint;

use std::collections::HashMap;

use crate::routing::decide::{
    Attached, ConditionalRoute, Decision, Existence, Filter, Found, Listed, Live, Lookup, Number,
    Outcome, Question, Status, Taker, answering, decide,
};
use crate::routing::hours::{ConditionRow, ScheduleRows};
use crate::routing::target::{Kind, Route, Target};
use crate::store::records::{Record, equal};
use crate::store::vicishim_tables::bound::{self, OfDids};
use crate::store::{
    Db, QueryResult, dids::rows as did_rows, lookups, phones::rows as phone_rows, vicishim_tables,
};

/// The pattern of the DID that takes the calls of all numbers without one of their own.
const DEFAULT: &str = "default";

/// What our own tables hold of some DIDs.
#[derive(Debug, Default)]
pub struct Extras(OfDids);

impl Extras {
    /// Of these rows of VICIdial's table.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn of(db: &mut Db, rows: &[Record]) -> QueryResult<Self> {
        bound::of_dids(db, rows).map(Self)
    }

    /// The DID's own row.
    pub fn did(&self, did_id: i64) -> Option<&Record> {
        self.0.dids.get(&did_id)
    }

    /// The DID's conditional routes in their order.
    pub fn routes(&self, did_id: i64) -> &[Record] {
        self.0.routes.get(&did_id).map_or(&[], Vec::as_slice)
    }
}

/// A target in three columns; none where there is none, or no such kind.
pub fn target(row: &Record, kind: &str, id: &str, xform: &str) -> Option<Target> {
    Some(Target {
        kind: Kind::of_word(row.text(kind))?,
        id: row.text(id).to_owned(),
        xform: row
            .get(xform)
            .and_then(|text| serde_json::from_str(text).ok()),
    })
}

/// The target's columns of a DID.
pub fn route(row: &Record) -> Route {
    let text = |column| row.text(column).to_owned();
    Route {
        route: text("did_route"),
        extension: text("extension"),
        context: text("exten_context"),
        voicemail: text("voicemail_ext"),
        phone: text("phone"),
        server_ip: text("server_ip"),
        user: text("user"),
        group_id: text("group_id"),
        menu_id: text("menu_id"),
    }
}

/// The normal target of a DID, with its kind and variables from our own row.
pub fn normal_target(row: &Record, extra: Option<&Record>) -> Option<Target> {
    let written = extra.and_then(|extra| Kind::of_word(extra.text("dest_kind")));
    let mut target = route(row).target(written)?;
    target.xform = extra
        .and_then(|extra| extra.get("dest_xform"))
        .and_then(|text| serde_json::from_str(text).ok());
    Some(target)
}

/// Whether a DID takes calls. That it does not is VICIdial's to say; in which word, ours.
pub fn status(row: &Record, extra: Option<&Record>) -> Status {
    match (
        row.text("did_active"),
        extra.map(|extra| extra.text("status")),
    ) {
        ("Y", _) => Status::Active,
        (_, Some("virtual")) => Status::Virtual,
        _ => Status::Disabled,
    }
}

fn filter(row: &Record) -> Filter {
    let text = |column| row.text(column).to_owned();
    Filter {
        method: text("filter_inbound_number"),
        groups: row
            .text("filter_phone_group_id")
            .split([' ', ',', '|'])
            .filter(|group| !group.is_empty())
            .map(str::to_owned)
            .collect(),
        campaign: text("filter_dnc_campaign"),
        clean: text("filter_clean_cid_number"),
        route: Route {
            route: text("filter_action"),
            extension: text("filter_extension"),
            context: text("filter_exten_context"),
            voicemail: text("filter_voicemail_ext"),
            phone: text("filter_phone"),
            server_ip: text("filter_server_ip"),
            user: text("filter_user"),
            group_id: text("filter_group_id"),
            menu_id: text("filter_menu_id"),
        },
    }
}

fn live(row: &Record) -> Live {
    let to = |group: &str, extension: &str| match row.text(group) {
        "" => format!("extension {}", row.text(extension)),
        group => format!("in-group {group}"),
    };
    let redirect = row.text("no_agent_ingroup_redirect");
    let waiting = row.number("max_queue_ingroup_calls").unwrap_or(0);
    Live {
        no_agent: (!matches!(redirect, "" | "DISABLED")).then(|| {
            (
                redirect.to_owned(),
                to("no_agent_ingroup_id", "no_agent_ingroup_extension"),
            )
        }),
        max_queue: (waiting > 0).then(|| {
            (
                waiting,
                to("max_queue_ingroup_id", "max_queue_ingroup_extension"),
            )
        }),
        user_unavailable: row.text("user_unavailable_action").to_owned(),
    }
}

/// The hours (day, opening, closing) and the holidays (date, name) of a schedule, as its rows have them.
pub type ScheduleParts = (Vec<(String, String, String)>, Vec<(String, String)>);

/// The hours and holidays of these schedules, by their id.
///
/// # Errors
/// The database cannot be read.
pub fn schedule_parts(db: &mut Db, schedules: &[i64]) -> QueryResult<HashMap<i64, ScheduleParts>> {
    let mut parts: HashMap<i64, ScheduleParts> = HashMap::new();
    let text = |row: &Record, column| row.text(column).to_owned();
    for row in vicishim_tables::with_numbers(db, &vicishim_tables::HOURS, "schedule_id", schedules)?
    {
        let of = parts.entry(row.number("schedule_id").unwrap_or(0));
        let hours = (text(&row, "day"), text(&row, "opens"), text(&row, "closes"));
        of.or_default().0.push(hours);
    }
    for row in
        vicishim_tables::with_numbers(db, &vicishim_tables::HOLIDAYS, "schedule_id", schedules)?
    {
        let of = parts.entry(row.number("schedule_id").unwrap_or(0));
        let holiday = (text(&row, "holiday_date"), text(&row, "name"));
        of.or_default().1.push(holiday);
    }
    Ok(parts)
}

/// A schedule's rows; none where it is not there.
///
/// # Errors
/// The database cannot be read.
pub fn schedule(db: &mut Db, schedule_id: i64) -> QueryResult<Option<ScheduleRows>> {
    let Some(row) = vicishim_tables::by_key(db, &vicishim_tables::SCHEDULES, schedule_id)? else {
        return Ok(None);
    };
    let parts = schedule_parts(db, &[schedule_id])?.remove(&schedule_id);
    let (hours, holidays) = parts.unwrap_or_default();
    Ok(Some(ScheduleRows {
        name: row.text("name").to_owned(),
        time_zone: row.text("time_zone").to_owned(),
        hours,
        holidays,
    }))
}

/// The schedule that our own row of a DID or an extension names.
fn schedule_of(db: &mut Db, extra: Option<&Record>) -> QueryResult<Attached> {
    let Some(id) = extra.and_then(|extra| extra.number("schedule_id")) else {
        return Ok(Attached::Nothing);
    };
    Ok(match schedule(db, id)? {
        Some(rows) => Attached::Rows(rows),
        None => Attached::Missing(id),
    })
}

/// A conditional route as its row has it.
pub fn conditional(row: &Record) -> ConditionalRoute {
    let text = |column| row.text(column).to_owned();
    ConditionalRoute {
        condition: ConditionRow {
            days: text("days"),
            from: text("time_from"),
            to: text("time_to"),
            time_zone: text("time_zone"),
        },
        target: target(row, "dest_kind", "dest_id", "dest_xform"),
    }
}

/// A DID with everything that routing looks at.
///
/// # Errors
/// The database cannot be read.
pub fn number(db: &mut Db, row: &Record) -> QueryResult<Number> {
    let did_id = row.number("did_id").unwrap_or(0);
    let extras = Extras::of(db, std::slice::from_ref(row))?;
    let extra = extras.did(did_id);
    let of_extra = |kind, id, xform| extra.and_then(|extra| target(extra, kind, id, xform));
    let schedule = schedule_of(db, extra)?;
    Ok(Number {
        did_id,
        pattern: row.text("did_pattern").to_owned(),
        status: status(row, extra),
        route: route(row),
        target: normal_target(row, extra),
        max_channels: extra
            .and_then(|extra| extra.number("max_channels"))
            .and_then(|most| u32::try_from(most).ok()),
        rejects_anonymous: extra.is_some_and(|extra| extra.text("allow_anonymous") == "N"),
        filter: filter(row),
        schedule,
        closed: of_extra("closed_dest_kind", "closed_dest_id", "closed_dest_xform"),
        holiday: of_extra("holiday_dest_kind", "holiday_dest_id", "holiday_dest_xform"),
        routes: extras.routes(did_id).iter().map(conditional).collect(),
        live: live(row),
    })
}

/// What is known of a destination.
///
/// # Errors
/// The database cannot be read.
pub fn existence(db: &mut Db, route: &Route) -> QueryResult<Existence> {
    let of = |active: Option<bool>| match active {
        Some(true) => Existence::Active,
        Some(false) => Existence::Inactive,
        None => Existence::Missing,
    };
    Ok(match route.route.as_str() {
        "IN_GROUP" => {
            let condition = equal("group_id", route.group_id.as_str());
            of(lookups::is_active(
                db,
                "vicidial_inbound_groups",
                condition,
            )?)
        }
        "CALLMENU" => {
            let condition = equal("menu_id", route.menu_id.as_str());
            match lookups::holds(db, "vicidial_call_menu", condition)? {
                Some(true) => Existence::Active,
                _ => Existence::Missing,
            }
        }
        "AGENT" => {
            let condition = equal("user", route.user.as_str());
            of(lookups::is_active(db, "vicidial_users", condition)?)
        }
        "VOICEMAIL" | "VMAIL_NO_INST" => {
            let of_box = equal("voicemail_id", route.voicemail.as_str());
            let of_phone = equal("voicemail_id", route.voicemail.as_str());
            match lookups::is_active(db, "vicidial_voicemail", of_box)? {
                // A phone's own box.
                None => of(lookups::is_active(db, "phones", of_phone)?),
                found => of(found),
            }
        }
        "PHONE" => {
            let phone = phone_rows::of(&route.phone, &route.server_ip);
            let server = equal("server_ip", route.server_ip.as_str());
            match lookups::is_active(db, "phones", phone)? {
                Some(true) => of(lookups::is_active(db, "servers", server)?),
                found => of(found),
            }
        }
        _ => Existence::Untold,
    })
}

/// The user group of what a call menu's, an in-group's, a user's or a voicemail box's route leads to; none where it is not
/// there, or belongs to nobody.
///
/// # Errors
/// The database cannot be read.
pub fn user_group_of(db: &mut Db, route: &Route) -> QueryResult<Option<String>> {
    let places: &[(&str, &str, &str)] = match route.route.as_str() {
        "IN_GROUP" => &[("vicidial_inbound_groups", "group_id", &route.group_id)],
        "CALLMENU" => &[("vicidial_call_menu", "menu_id", &route.menu_id)],
        "AGENT" => &[("vicidial_users", "user", &route.user)],
        "VOICEMAIL" | "VMAIL_NO_INST" => &[
            ("vicidial_voicemail", "voicemail_id", &route.voicemail),
            // A phone's own box.
            ("phones", "voicemail_id", &route.voicemail),
        ],
        _ => &[],
    };
    for (table, column, name) in places {
        let group = lookups::user_group_of(db, table, equal(column, *name))?;
        if group.is_some() {
            return Ok(group);
        }
    }
    Ok(None)
}

/// Whether the DID's filter finds the caller.
///
/// # Errors
/// The database cannot be read.
pub fn listed(db: &mut Db, lookup: &Lookup) -> QueryResult<Listed> {
    let holds = match lookup {
        Lookup::Nothing | Lookup::Address => Some(false),
        Lookup::Groups(groups, number) => lookups::in_filter_phone_groups(db, groups, number)?,
        Lookup::Internal(number) => {
            lookups::holds(db, "vicidial_dnc", equal("phone_number", number.as_str()))?
        }
        Lookup::Campaign(campaign, number) => lookups::in_campaign_dnc(db, campaign, number)?,
    };
    Ok(match holds {
        Some(true) => Listed::Yes,
        Some(false) => Listed::No,
        None => Listed::Unknown,
    })
}

/// Whether a user sees the rows of a user group.
pub type Sees<'s> = &'s dyn Fn(Option<&str>) -> bool;

/// The DIDs that a call to a number may come to.
pub struct Candidates {
    exact: Option<Number>,
    /// The DID `default`, where it counts, and whether the user sees it.
    default: Option<(Number, bool)>,
}

impl Candidates {
    /// Those of this number.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn of(db: &mut Db, asked: &str, sees: Sees<'_>) -> QueryResult<Self> {
        let (mut exact, mut default) = (None, None);
        for row in did_rows::by_patterns(db, &[asked, DEFAULT])? {
            let is_asked = crate::store::collation::compare(row.text("did_pattern"), asked);
            match is_asked.is_eq() {
                true => exact = Some(number(db, &row)?),
                false => default = Some(row),
            }
        }
        // An active DID of that very pattern takes the call itself.
        let is_taken = |exact: &Number| exact.status == Status::Active;
        let default = match default {
            Some(row) if !exact.as_ref().is_some_and(is_taken) => {
                let is_seen = sees(row.get("user_group"));
                Some((number(db, &row)?, is_seen))
            }
            _ => None,
        };
        Ok(Self { exact, default })
    }

    /// The DID that the question is about.
    pub fn answering(&self) -> Option<&Number> {
        self.found().map(|(_, number)| number)
    }

    fn found(&self) -> Option<(Found, &Number)> {
        let default = self.default.as_ref().map(|(number, _)| number);
        answering(self.exact.as_ref(), default)
    }

    /// Where a call to the number would land.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn decided(
        &self,
        db: &mut Db,
        question: &Question,
        sees: Sees<'_>,
    ) -> QueryResult<Decision> {
        let decision = decided(db, question, self.found(), sees)?;
        let default = self.default.as_ref();
        with_taker(
            db,
            question,
            decision,
            default.map(|(did, is_seen)| (did, *is_seen)),
        )
    }
}

/// Where a call to a number would land: the DID that the question is about, and the decision.
///
/// # Errors
/// The database cannot be read.
pub fn preview(
    db: &mut Db,
    question: &Question,
    sees: Sees<'_>,
) -> QueryResult<(Option<Number>, Decision)> {
    let candidates = Candidates::of(db, &question.asked, sees)?;
    let decision = candidates.decided(db, question, sees)?;
    Ok((candidates.answering().cloned(), decision))
}

/// Where a call to this very DID would land.
///
/// # Errors
/// The database cannot be read.
pub fn preview_of(
    db: &mut Db,
    question: &Question,
    number: &Number,
    sees: Sees<'_>,
) -> QueryResult<Decision> {
    let decision = decided(db, question, Some((Found::Id, number)), sees)?;
    if decision.outcome != Outcome::Inactive {
        return Ok(decision);
    }
    let default = match did_rows::by_patterns(db, &[DEFAULT])?.pop() {
        Some(row) if row.number("did_id") != Some(number.did_id) => {
            Some((self::number(db, &row)?, sees(row.get("user_group"))))
        }
        _ => None,
    };
    let default = default.as_ref().map(|(number, is_seen)| (number, *is_seen));
    with_taker(db, question, decision, default)
}

/// The decision about an inactive DID, with what a dialer does: it passes the calls on to the DID `default`, which the user
/// sees or not.
fn with_taker(
    db: &mut Db,
    question: &Question,
    decision: Decision,
    default: Option<(&Number, bool)>,
) -> QueryResult<Decision> {
    Ok(match default {
        _ if decision.outcome != Outcome::Inactive => decision,
        None => decision.taken_by(Taker::Nobody),
        Some((_, false)) => decision.taken_by(Taker::Hidden),
        Some((default, true)) => {
            let default = default.as_a_dialer_knows_it();
            let default = by_its_rows(db, question, Some((Found::Default, &default)))?;
            decision.taken_by(Taker::Default(&default))
        }
    })
}

fn decided(
    db: &mut Db,
    question: &Question,
    found: Option<(Found, &Number)>,
    sees: Sees<'_>,
) -> QueryResult<Decision> {
    let decision = by_its_rows(db, question, found)?;
    let decision = extensions::followed(db, question, decision, sees)?;
    with_existence(db, decision)
}

/// The decision of the DID's own rows, whatever an extension does then.
fn by_its_rows(
    db: &mut Db,
    question: &Question,
    found: Option<(Found, &Number)>,
) -> QueryResult<Decision> {
    let lookup = found.map_or(Lookup::Nothing, |(_, number)| {
        number.lookup(&question.caller)
    });
    let listed = listed(db, &lookup)?;
    Ok(decide(question, found, listed))
}

/// The decision with what is known of the destination.
fn with_existence(db: &mut Db, decision: Decision) -> QueryResult<Decision> {
    let existence = match &decision.route {
        Some(route) => existence(db, route)?,
        None => Existence::Untold,
    };
    Ok(decision.with_target(existence))
}

/// A user group's name as it is stored, and its title.
///
/// # Errors
/// The database cannot be read.
pub fn user_group(db: &mut Db, name: &str) -> QueryResult<Option<Record>> {
    Ok(lookups::user_groups(db, equal("user_group", name))?.pop())
}
