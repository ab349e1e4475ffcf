//! Where a call lands: a table of decisions, over rows as the database would give them.

use chrono::{DateTime, Utc};
use vicishim::routing::caller::Caller;
use vicishim::routing::clock::Clock;
use vicishim::routing::decide::{
    Attached, ConditionalRoute, Existence, Filter, Found, Listed, Live, Lookup, Number, Outcome,
    Question, Status, Taker, Verdict, answering, decide,
};
use vicishim::routing::hours::{ConditionRow, ScheduleRows};
use vicishim::routing::target::{Kind, Route, Target};

fn target(kind: &str, id: &str) -> Target {
    Target::new(Kind::of_word(kind).expect("a kind"), id)
}

fn route(kind: &str, id: &str) -> Route {
    Route::of(&target(kind, id)).expect("a route")
}

/// An active DID that leads to in-group DAY.
fn day() -> Number {
    Number {
        did_id: 2,
        pattern: "7275551114".to_owned(),
        route: route("queue", "DAY"),
        target: Some(target("queue", "DAY")),
        ..Number::default()
    }
}

/// The same with the target that its columns have by default.
fn unrouted(number: &Number) -> Number {
    Number {
        target: None,
        route: Route {
            route: "EXTEN".to_owned(),
            extension: "9998811112".to_owned(),
            context: "default".to_owned(),
            ..Route::default()
        },
        ..number.clone()
    }
}

fn question(at: &str, caller: Option<&str>, calls: Option<u32>) -> Question {
    let at: DateTime<Utc> = DateTime::parse_from_rfc3339(at).expect("a moment").to_utc();
    // The dialer stands in New York's winter time throughout, so that nothing here depends on this machine's zone.
    let dialer = Clock::of(None, Some("-5.00"), 0.0);
    Question {
        asked: "7275551114".to_owned(),
        at,
        dialer,
        caller: Caller::parse(caller),
        calls,
    }
}

/// The decision in short: how it ends, where, and which step decided.
fn short(number: &Number, question: &Question, listed: Listed) -> String {
    let decision = decide(question, Some((Found::Pattern, number)), listed);
    let decided: Vec<&str> = decision
        .steps
        .iter()
        .filter(|step| step.verdict == Verdict::Decided)
        .map(|step| step.step)
        .collect();
    assert_eq!(
        decided.len(),
        1,
        "one step decides, the last: {:?}",
        decision.steps
    );
    assert_eq!(
        decision.steps.last().map(|step| step.step),
        decided.first().copied()
    );
    let words = decision
        .route
        .as_ref()
        .map(Route::words)
        .unwrap_or_default();
    let outcome = match decision.outcome {
        Outcome::Route => words,
        other => format!("{other:?}"),
    };
    format!("{} by {}", outcome, decided[0])
}

fn hours(zone: &str, hours: &[(&str, &str, &str)], holidays: &[(&str, &str)]) -> Number {
    Number {
        schedule: Attached::Rows(ScheduleRows {
            name: "Office".to_owned(),
            time_zone: zone.to_owned(),
            hours: hours
                .iter()
                .map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned()))
                .collect(),
            holidays: holidays
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect(),
        }),
        closed: Some(target("voicemail", "8301")),
        holiday: Some(target("flow", "holiday_menu")),
        ..day()
    }
}

fn conditional(routes: &[(&str, &str, &str, &str, &str)]) -> Number {
    Number {
        routes: routes
            .iter()
            .map(|(days, from, to, zone, group)| ConditionalRoute {
                condition: ConditionRow {
                    days: (*days).to_owned(),
                    from: (*from).to_owned(),
                    to: (*to).to_owned(),
                    time_zone: (*zone).to_owned(),
                },
                target: (!group.is_empty()).then(|| target("queue", group)),
            })
            .collect(),
        ..day()
    }
}

const WEEK: &[(&str, &str, &str)] = &[
    ("mon", "09:00", "17:00"),
    ("tue", "09:00", "17:00"),
    ("wed", "09:00", "17:00"),
    ("thu", "09:00", "17:00"),
    ("fri", "09:00", "17:00"),
];
const NIGHT: &[(&str, &str, &str)] = &[("fri", "22:00", "06:00"), ("sun", "22:00", "00:00")];
const SUNDAY_NIGHT: &[(&str, &str, &str)] = &[("sun", "01:30", "02:30")];
const NEW_YORK: &str = "America/New_York";
const BERLIN: &str = "Europe/Berlin";
const XMAS: &[(&str, &str)] = &[("12-25", "Christmas"), ("2026-11-26", "Thanksgiving")];

const OPEN: &str = "DAY by target";
const CLOSED: &str = "8301 by schedule";
const HOLIDAY: &str = "holiday_menu by schedule";

/// Moments of 2026; the 20th of November is a Friday. New York's clocks go forward on the 8th of March and back on the
/// 1st of November, Berlin's on the 29th of March and the 25th of October.
#[test]
fn the_clock_decides() {
    let week = hours(NEW_YORK, WEEK, XMAS);
    let berlin = hours(BERLIN, WEEK, &[]);
    let night = hours(NEW_YORK, NIGHT, &[("2026-11-21", "Saturday off")]);
    let always = hours("UTC", &[("sat", "00:00", "24:00")], &[]);
    let never = hours(NEW_YORK, &[], &[]);
    let spring = hours(NEW_YORK, SUNDAY_NIGHT, &[]);
    let spring_berlin = hours(BERLIN, SUNDAY_NIGHT, &[]);
    let leap = hours("UTC", WEEK, &[("02-29", "Leap day")]);
    let kathmandu = hours("Asia/Kathmandu", WEEK, &[]);
    let table: &[(&Number, &str, &str)] = &[
        // The edges of a day.
        (&week, "2026-11-20T09:00:00-05:00", OPEN),
        (&week, "2026-11-20T08:59:59-05:00", CLOSED),
        (&week, "2026-11-20T16:59:59-05:00", OPEN),
        (&week, "2026-11-20T17:00:00-05:00", CLOSED),
        (&week, "2026-11-20T18:30:00-05:00", CLOSED),
        (&week, "2026-11-21T12:00:00-05:00", CLOSED),
        // The same moment, written with another offset.
        (&week, "2026-11-20T15:00:00+00:00", OPEN),
        (&week, "2026-11-20T23:30:00+09:00", OPEN),
        (&week, "2026-11-20T13:59:59Z", CLOSED),
        // Summer and winter time move the hours in UTC.
        (&week, "2026-03-06T13:30:00Z", CLOSED),
        (&week, "2026-03-06T14:00:00Z", OPEN),
        (&week, "2026-03-09T13:00:00Z", OPEN),
        (&week, "2026-03-09T12:59:59Z", CLOSED),
        (&week, "2026-03-09T21:00:00Z", CLOSED),
        (&week, "2026-10-30T13:00:00Z", OPEN),
        (&week, "2026-11-02T13:00:00Z", CLOSED),
        (&week, "2026-11-02T14:00:00Z", OPEN),
        (&berlin, "2026-03-27T08:00:00Z", OPEN),
        (&berlin, "2026-03-27T07:30:00Z", CLOSED),
        (&berlin, "2026-03-30T07:30:00Z", OPEN),
        (&berlin, "2026-10-26T07:30:00Z", CLOSED),
        // New York has changed already, Berlin has not: five hours apart, not six.
        (&berlin, "2026-03-16T04:00:00-04:00", OPEN),
        (&berlin, "2026-03-06T03:00:00-05:00", OPEN),
        (&berlin, "2026-03-16T03:59:00-04:00", CLOSED),
        // 01:30 to 02:30 on the night of a change: in spring it ends at 02:00, in autumn it comes twice for half an hour.
        (&spring, "2026-03-08T06:29:59Z", CLOSED),
        (&spring, "2026-03-08T06:30:00Z", OPEN),
        (&spring, "2026-03-08T06:59:59Z", OPEN),
        (&spring, "2026-03-08T07:00:00Z", CLOSED),
        (&spring, "2026-03-08T07:29:00Z", CLOSED),
        (&spring, "2026-11-01T05:30:00Z", OPEN),
        (&spring, "2026-11-01T06:15:00Z", CLOSED),
        (&spring, "2026-11-01T06:30:00Z", OPEN),
        (&spring, "2026-11-01T07:29:59Z", OPEN),
        (&spring, "2026-11-01T07:30:00Z", CLOSED),
        (&spring_berlin, "2026-03-29T00:45:00Z", OPEN),
        (&spring_berlin, "2026-03-29T01:00:00Z", CLOSED),
        (&spring_berlin, "2026-10-25T00:15:00Z", OPEN),
        (&spring_berlin, "2026-10-25T01:15:00Z", OPEN),
        (&spring_berlin, "2026-10-25T01:30:00Z", CLOSED),
        // Past midnight: Friday's night goes on into Saturday, which is a holiday from its midnight on.
        (&night, "2026-11-20T21:59:59-05:00", CLOSED),
        (&night, "2026-11-20T22:00:00-05:00", OPEN),
        (&night, "2026-11-20T23:59:59-05:00", OPEN),
        (&night, "2026-11-21T00:00:00-05:00", HOLIDAY),
        (&night, "2026-11-28T00:00:00-05:00", OPEN),
        (&night, "2026-11-28T05:59:59-05:00", OPEN),
        (&night, "2026-11-28T06:00:00-05:00", CLOSED),
        (&night, "2026-11-29T02:00:00-05:00", CLOSED),
        (&night, "2026-11-29T23:59:59-05:00", OPEN),
        (&night, "2026-11-30T00:00:00-05:00", CLOSED),
        (&night, "2026-11-27T03:00:00-05:00", CLOSED),
        // A whole day, and none.
        (&always, "2026-11-21T00:00:00Z", OPEN),
        (&always, "2026-11-21T23:59:59Z", OPEN),
        (&always, "2026-11-22T00:00:00Z", CLOSED),
        (&never, "2026-11-20T12:00:00-05:00", CLOSED),
        // Holidays, by the day of the schedule's own zone.
        (&week, "2026-12-25T12:00:00-05:00", HOLIDAY),
        (&week, "2027-12-25T03:00:00-05:00", HOLIDAY),
        (&week, "2026-12-25T04:59:59Z", CLOSED),
        (&week, "2026-12-26T04:59:59Z", HOLIDAY),
        (&week, "2026-11-26T10:00:00-05:00", HOLIDAY),
        (&week, "2027-11-26T10:00:00-05:00", OPEN),
        (&leap, "2028-02-29T10:00:00Z", HOLIDAY),
        (&leap, "2027-03-01T10:00:00Z", OPEN),
        // A zone with a quarter of an hour.
        (&kathmandu, "2026-11-20T03:14:59Z", CLOSED),
        (&kathmandu, "2026-11-20T03:15:00Z", OPEN),
    ];
    assert!(table.len() >= 60);
    for (number, at, expected) in table {
        assert_eq!(
            short(number, &question(at, None, None), Listed::No),
            *expected,
            "{at}"
        );
    }
}

/// On Friday the 20th of November 2026, at 18:30 in New York.
const FRIDAY: &str = "2026-11-20T18:30:00-05:00";

#[test]
fn closed_and_holiday_targets_fall_back_and_mistakes_fail_open() {
    let week = |change: fn(&mut Number)| {
        let mut number = hours(NEW_YORK, WEEK, XMAS);
        change(&mut number);
        number
    };
    let rows = |number: &mut Number, change: fn(&mut ScheduleRows)| match &mut number.schedule {
        Attached::Rows(rows) => change(rows),
        _ => panic!("rows"),
    };
    let xmas = "2026-12-25T12:00:00-05:00";
    let mut table = vec![
        (week(|_| ()), FRIDAY, CLOSED),
        (week(|n| n.closed = None), FRIDAY, OPEN),
        (week(|n| n.holiday = None), xmas, CLOSED),
        (week(|n| (n.holiday, n.closed) = (None, None)), xmas, OPEN),
        (week(|n| n.schedule = Attached::Nothing), FRIDAY, OPEN),
        (week(|n| n.schedule = Attached::Missing(7)), FRIDAY, OPEN),
        // A target that cannot be one: the next that can.
        (
            week(|n| n.closed = Some(target("voicemail", "12345678901"))),
            FRIDAY,
            OPEN,
        ),
        (
            week(|n| n.holiday = Some(target("extension", "no server"))),
            xmas,
            CLOSED,
        ),
    ];
    let changes: &[fn(&mut ScheduleRows)] = &[
        |rows| rows.time_zone = "Mars/Olympus".to_owned(),
        |rows| rows.time_zone = String::new(),
        |rows| rows.hours[0].0 = "monday".to_owned(),
        |rows| rows.hours[1].1 = "25:00".to_owned(),
        |rows| rows.hours[2].2 = "9:00".to_owned(),
        |rows| rows.hours[3].2 = "09:00".to_owned(),
        |rows| rows.holidays[0].0 = "2026-02-30".to_owned(),
    ];
    for change in changes {
        let mut number = week(|_| ());
        rows(&mut number, *change);
        table.push((number, FRIDAY, OPEN));
    }
    for (number, at, expected) in &table {
        assert_eq!(
            short(number, &question(at, None, None), Listed::No),
            *expected,
            "{:?}",
            number.schedule
        );
    }
    let mut broken = week(|_| ());
    rows(&mut broken, |rows| {
        rows.time_zone = "Mars/Olympus".to_owned()
    });
    let decision = decide(
        &question(FRIDAY, None, None),
        Some((Found::Pattern, &broken)),
        Listed::No,
    );
    assert_eq!(
        decision.warnings,
        [
            "its schedule Office holds a mistake (\"Mars/Olympus\" is no IANA time zone): taken as open"
        ]
    );
}

#[test]
fn the_first_route_whose_condition_holds_wins() {
    let table = [
        (
            vec![("fri", "18:00", "20:00", NEW_YORK, "EVENING")],
            FRIDAY,
            "EVENING by routes",
        ),
        (
            vec![("fri", "18:00", "18:30", NEW_YORK, "EVENING")],
            FRIDAY,
            OPEN,
        ),
        (
            vec![("thu,sat", "18:00", "20:00", NEW_YORK, "EVENING")],
            FRIDAY,
            OPEN,
        ),
        (
            vec![("", "18:00", "20:00", NEW_YORK, "A"), ("", "", "", "", "B")],
            FRIDAY,
            "A by routes",
        ),
        (
            vec![("", "19:00", "20:00", NEW_YORK, "A"), ("", "", "", "", "B")],
            FRIDAY,
            "B by routes",
        ),
        (
            vec![("sat", "", "", "", "A"), ("fri", "", "", "", "B")],
            FRIDAY,
            "B by routes",
        ),
        // On another zone's clock it is Saturday, 00:30.
        (
            vec![("sat", "00:00", "01:00", BERLIN, "NIGHT")],
            FRIDAY,
            "NIGHT by routes",
        ),
        // Friday's night, on Saturday morning.
        (
            vec![("fri", "22:00", "06:00", NEW_YORK, "NIGHT")],
            "2026-11-21T02:00:00-05:00",
            "NIGHT by routes",
        ),
        (
            vec![("sat", "22:00", "06:00", NEW_YORK, "NIGHT")],
            "2026-11-21T02:00:00-05:00",
            OPEN,
        ),
        // Without a zone of its own and without a schedule: the dialer's clock, which does not know summer time here.
        (
            vec![("", "07:00", "08:00", "", "EARLY")],
            "2026-07-01T12:30:00Z",
            "EARLY by routes",
        ),
        (
            vec![("", "07:00", "08:00", NEW_YORK, "EARLY")],
            "2026-07-01T12:30:00Z",
            OPEN,
        ),
        (
            vec![("", "08:00", "09:00", NEW_YORK, "EARLY")],
            "2026-07-01T12:30:00Z",
            "EARLY by routes",
        ),
        // Mistakes are passed over.
        (
            vec![("friday", "", "", "", "A"), ("fri", "", "", "", "B")],
            FRIDAY,
            "B by routes",
        ),
        (vec![("fri", "18:00", "", "", "A")], FRIDAY, OPEN),
        (vec![("fri", "", "", "Mars/Olympus", "A")], FRIDAY, OPEN),
        (vec![("fri", "", "", "", "")], FRIDAY, OPEN),
    ];
    for (routes, at, expected) in table {
        let number = conditional(&routes);
        assert_eq!(
            short(&number, &question(at, None, None), Listed::No),
            expected,
            "{routes:?} {at}"
        );
    }
    // What the dialer's clock shows is said.
    let number = conditional(&[
        ("fri", "", "", NEW_YORK, "A"),
        ("fri", "", "", "", "B"),
        ("", "", "", "", "C"),
    ]);
    let at = "2026-11-21T23:30:00-05:00";
    let decision = decide(
        &question(at, None, None),
        Some((Found::Pattern, &number)),
        Listed::No,
    );
    let clock = "on the dialer's clock, Sat 23:30 (UTC-05:00 without daylight saving time, servers.local_gmt)";
    let told: Vec<_> = decision
        .steps
        .iter()
        .filter(|step| step.step == "routes")
        .map(|step| &step.detail)
        .collect();
    assert_eq!(
        told,
        [
            "the condition of route 1 does not hold",
            &format!("the condition of route 2 does not hold {clock}"),
            &format!("the condition of route 3 holds {clock}"),
        ]
    );
    // A route without a zone follows the schedule's.
    let mut both = hours(BERLIN, &[("sat", "00:00", "02:00")], &[]);
    both.routes = conditional(&[("sat", "00:00", "01:00", "", "NIGHT")]).routes;
    assert_eq!(
        short(&both, &question(FRIDAY, None, None), Listed::No),
        "NIGHT by routes"
    );
    // The schedule comes first.
    let mut closed = hours(NEW_YORK, WEEK, &[]);
    closed.routes = conditional(&[("fri", "", "", "", "A")]).routes;
    assert_eq!(
        short(&closed, &question(FRIDAY, None, None), Listed::No),
        CLOSED
    );
    assert_eq!(
        short(
            &closed,
            &question("2026-11-20T10:00:00-05:00", None, None),
            Listed::No
        ),
        "A by routes"
    );
}

#[test]
fn status_caps_and_callers_come_before_the_clock() {
    let off = |status| Number {
        status,
        ..hours(NEW_YORK, WEEK, &[])
    };
    let capped = Number {
        max_channels: Some(3),
        ..hours(NEW_YORK, WEEK, &[])
    };
    let strict = Number {
        rejects_anonymous: true,
        ..day()
    };
    let both = Number {
        max_channels: Some(1),
        rejects_anonymous: true,
        ..day()
    };
    let table = [
        (off(Status::Disabled), None, None, "Inactive by status"),
        (off(Status::Virtual), None, None, "Inactive by status"),
        (capped.clone(), None, Some(3), CLOSED),
        (capped.clone(), None, Some(4), "Busy by max_channels"),
        (capped, None, None, CLOSED),
        (day(), None, Some(100_000), OPEN),
        (strict.clone(), None, None, OPEN),
        (strict.clone(), Some(""), None, "Rejected by anonymous"),
        (
            strict.clone(),
            Some("anonymous"),
            None,
            "Rejected by anonymous",
        ),
        (
            strict.clone(),
            Some(" Restricted "),
            None,
            "Rejected by anonymous",
        ),
        (strict, Some("+17275551212"), None, OPEN),
        (day(), Some("anonymous"), None, OPEN),
        (
            both.clone(),
            Some("anonymous"),
            Some(2),
            "Busy by max_channels",
        ),
        (both, Some("anonymous"), Some(1), "Rejected by anonymous"),
    ];
    for (number, caller, calls, expected) in table {
        assert_eq!(
            short(&number, &question(FRIDAY, caller, calls), Listed::No),
            expected,
            "{caller:?} {calls:?}"
        );
    }
}

#[test]
fn the_inbound_filter_looks_the_caller_up_as_the_did_cleans_it() {
    let filtered = |method: &str, clean: &str| Number {
        filter: Filter {
            method: method.to_owned(),
            groups: vec!["TEST_IN_FILTER".to_owned()],
            campaign: "TESTCAMP".to_owned(),
            clean: clean.to_owned(),
            route: route("voicemail", "8302"),
        },
        ..hours(NEW_YORK, WEEK, &[])
    };
    let groups =
        |number: &str| Lookup::Groups(vec!["TEST_IN_FILTER".to_owned()], number.to_owned());
    let lookups = [
        ("GROUP", "", "+17275551212", groups("17275551212")),
        ("GROUP", "R10", "+17275551212", groups("7275551212")),
        ("GROUP", "R10", "5551212", groups("5551212")),
        ("GROUP", "L1", "17275551212", groups("7275551212")),
        ("GROUP", "L1", "7275551212", groups("7275551212")),
        ("GROUP", "Rx", "17275551212", groups("17275551212")),
        ("GROUP_AREACODE", "", "+17275551212", groups("727")),
        ("GROUP_AREACODE", "", "7275551212", groups("727")),
        (
            "DNC_INTERNAL",
            "R10",
            "+17275551212",
            Lookup::Internal("7275551212".to_owned()),
        ),
        (
            "DNC_CAMPAIGN",
            "",
            "7275551212",
            Lookup::Campaign("TESTCAMP".to_owned(), "7275551212".to_owned()),
        ),
        ("URL", "", "7275551212", Lookup::Address),
        ("DISABLED", "", "7275551212", Lookup::Nothing),
        ("GROUP", "", "anonymous", Lookup::Nothing),
    ];
    for (method, clean, caller, expected) in lookups {
        assert_eq!(
            filtered(method, clean).lookup(&Caller::parse(Some(caller))),
            expected,
            "{method} {clean} {caller}"
        );
    }
    let table = [
        ("GROUP", Listed::Yes, "8302 by filter"),
        ("GROUP_AREACODE", Listed::Yes, "8302 by filter"),
        ("DNC_INTERNAL", Listed::Yes, "8302 by filter"),
        ("DNC_CAMPAIGN", Listed::Yes, "8302 by filter"),
        ("GROUP", Listed::No, CLOSED),
        ("DNC_INTERNAL", Listed::Unknown, CLOSED),
        ("URL", Listed::Yes, CLOSED),
        ("DISABLED", Listed::Yes, CLOSED),
    ];
    for (method, listed, expected) in table {
        let asked = question(FRIDAY, Some("7275551212"), None);
        assert_eq!(
            short(&filtered(method, ""), &asked, listed),
            expected,
            "{method} {listed:?}"
        );
    }
}

#[test]
fn an_inactive_number_is_told_so_and_who_takes_its_calls_on_a_dialer() {
    let default = Number {
        pattern: "default".to_owned(),
        did_id: 1,
        ..day()
    };
    let off = Number {
        status: Status::Disabled,
        ..day()
    };
    let asked = question(FRIDAY, None, None);
    let decided = |exact: Option<&Number>, default: Option<&Number>| {
        let found = answering(exact, default);
        (
            found.map(|(_, number)| number.pattern.clone()),
            decide(&asked, found, Listed::No).outcome,
        )
    };
    assert_eq!(
        decided(Some(&day()), Some(&default)),
        (Some("7275551114".to_owned()), Outcome::Route)
    );
    assert_eq!(
        decided(Some(&off), Some(&default)),
        (Some("7275551114".to_owned()), Outcome::Inactive)
    );
    assert_eq!(
        decided(None, Some(&default)),
        (Some("default".to_owned()), Outcome::Route)
    );
    assert_eq!(decided(None, None), (None, Outcome::Nothing));
    let off_default = Number {
        status: Status::Disabled,
        ..default.clone()
    };
    assert_eq!(
        decided(None, Some(&off_default)),
        (Some("default".to_owned()), Outcome::Nothing)
    );
    // Asked about this very DID, it is this one's own status that counts.
    assert_eq!(
        decide(&asked, Some((Found::Id, &off)), Listed::No).outcome,
        Outcome::Inactive
    );
    let as_default = |number: &Number| decide(&asked, Some((Found::Default, number)), Listed::No);
    let bare = unrouted(&default);
    for (taker, target, detail) in [
        (
            Taker::Nobody,
            None,
            "a dialer takes no call to it, as there is no DID default that could",
        ),
        (
            Taker::Hidden,
            None,
            "a dialer passes its calls on to the DID default, of a user group that you do not see",
        ),
        (
            Taker::Default(&as_default(&default)),
            Some("DAY"),
            "a dialer passes its calls on to the DID default, which sends them to in-group DAY",
        ),
        (
            Taker::Default(&as_default(&bare)),
            Some("9998811112@default"),
            "a dialer passes its calls on to the DID default, which has no route: they go to 9998811112@default",
        ),
        (
            Taker::Default(&as_default(&off_default)),
            None,
            "a dialer passes its calls on to the DID default, which takes none of them: DID default is inactive and routes \
             nothing",
        ),
    ] {
        let decision = decide(&asked, Some((Found::Pattern, &off)), Listed::No).taken_by(taker);
        let dialer = decision.dialer.expect("what a dialer does");
        assert_eq!(
            (dialer.target.as_deref(), dialer.detail.as_str()),
            (target, detail)
        );
        assert_eq!(decision.route, None);
    }
    // A dialer knows nothing of hours, caps and conditions.
    let ruled = Number {
        max_channels: Some(1),
        rejects_anonymous: true,
        routes: conditional(&[("fri", "", "", NEW_YORK, "A")]).routes,
        ..hours(NEW_YORK, &[], &[])
    };
    let known = as_default(&ruled.as_a_dialer_knows_it());
    assert_eq!(as_default(&ruled).route, Some(route("voicemail", "8301")));
    assert_eq!(known.route, Some(route("queue", "DAY")));
    // Only the calls of an inactive DID are passed on.
    let active = decide(&asked, Some((Found::Pattern, &day())), Listed::No);
    assert_eq!(active.taken_by(Taker::Nobody).dialer, None);
}

#[test]
fn what_is_missing_is_said_and_what_agents_decide_is_said_to_depend_on_them() {
    let asked = question(FRIDAY, None, None);
    let decide = |number: &Number, existence| {
        decide(&asked, Some((Found::Pattern, number)), Listed::No).with_target(existence)
    };
    let queue = decide(&day(), Existence::Inactive);
    assert_eq!(queue.warnings, ["in-group DAY is not active"]);
    assert_eq!(
        queue.depends_on,
        ["the agents of in-group DAY: who answers, and how long the caller waits"]
    );
    let busy = Number {
        live: Live {
            no_agent: Some(("NO_PAUSED".to_owned(), "NIGHT".to_owned())),
            max_queue: Some((7, "8301@default".to_owned())),
            user_unavailable: "VOICEMAIL".to_owned(),
        },
        ..day()
    };
    assert_eq!(decide(&busy, Existence::Active).depends_on.len(), 3);
    let user = Number {
        route: route("user", "6666"),
        target: Some(target("user", "6666")),
        ..busy
    };
    let decision = decide(&user, Existence::Missing);
    assert_eq!(decision.warnings, ["there is no user 6666"]);
    assert_eq!(
        decision.depends_on,
        ["the user being logged in and free: otherwise user_unavailable_action VOICEMAIL"]
    );
    let decision = decide(&unrouted(&day()), Existence::Untold);
    assert_eq!(
        (decision.outcome, &decision.route),
        (Outcome::Unrouted, &None)
    );
    let dialer = decision.dialer.expect("what a dialer does");
    assert_eq!(dialer.target.as_deref(), Some("9998811112@default"));
    assert_eq!(
        dialer.detail,
        "a dialer sends its calls to extension 9998811112@default"
    );
    assert_eq!(
        decision.warnings,
        [
            "DID 7275551114 has no route: nobody chose a target, and a dialer sends its calls to 9998811112@default"
        ]
    );
}

#[test]
fn a_target_and_its_columns_say_the_same() {
    let round_trips = [
        ("queue", "TEST_IN2", "IN_GROUP"),
        ("flow", "main_menu", "CALLMENU"),
        ("ivr", "main_menu", "CALLMENU"),
        ("user", "6666", "AGENT"),
        ("extension", "cc100@10.0.9.8", "PHONE"),
        ("voicemail", "8301", "VOICEMAIL"),
        ("conference", "8600051", "EXTEN"),
        ("forward", "917275551212", "EXTEN"),
        ("trunk", "1000@trunkinbound", "EXTEN"),
        ("ring_group", "600", "EXTEN"),
        ("feature", "*97", "EXTEN"),
        ("hangup", "", "EXTEN"),
    ];
    for (kind, id, column) in round_trips {
        let written = target(kind, id);
        let route = Route::of(&written).expect(kind);
        assert_eq!(route.route, column, "{kind}");
        assert_eq!(route.target(Some(written.kind)), Some(written), "{kind}");
    }
    // Without a kind that was written, VICIdial's columns alone speak; a kind that no longer fits them counts for nothing.
    assert_eq!(
        route("trunk", "1000").target(None),
        Some(target("forward", "1000"))
    );
    assert_eq!(
        route("ivr", "m").target(Some(Kind::Queue)),
        Some(target("flow", "m"))
    );
    for (kind, id) in [
        ("queue", ""),
        ("queue", "a name of in-group"),
        ("queue", "123456789012345678901"),
        ("voicemail", "12345678901"),
        ("extension", "cc100"),
        ("extension", "cc100@255.255.255.255.1"),
        ("forward", "1\n2"),
        ("hangup", "1"),
    ] {
        assert!(Route::of(&target(kind, id)).is_err(), "{kind} {id:?}");
    }
}
