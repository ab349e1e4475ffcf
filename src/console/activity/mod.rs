//! What the integrations are doing, and why one fails: the API's log.

mod asked;
mod figures;
mod one;
mod tail;
mod times;

use askama::Template;

use super::chart::{Chart, grouped};
use super::form::Fields;
use super::frame::{Frame, Section};
use super::reading::{Asks, Reader};
use super::shown::{Answer, Shown};
use super::visit::Visit;
use crate::access::permission::{Needs, VIEW_ACTIVITY};
use crate::store::logs::figures::{COUNTED, Caller, Figures};
use crate::store::logs::reading::{Calls, Filter, LoggedRow, RESULTS, calls};
use crate::store::{Db, QueryResult, logs};
use asked::Period;
use figures::OfFunction;
pub(super) use one::one;
pub(crate) use tail::Tail;
pub(super) use tail::open as tail;

/// How many calls a page shows.
const ROWS: usize = 50;

/// For the process's log, and what is asked of a user.
const ASKS: (&str, Asks) = ("console", || Needs::Standing(&VIEW_ACTIVITY));

/// What was read; or what is wrong with a field.
type Found = Result<(Figures, Calls, i64), String>;

/// What changes with the form.
struct Results {
    /// What is wrong with a field; empty where nothing is.
    wrong: String,
    period: Period,
    chart: Chart,
    figures: Figures,
    functions: Vec<OfFunction>,
    calls: Vec<Row>,
    /// The fields that are set.
    query: Fields,
    /// The query of the next page; empty where there is none.
    next: String,
    /// Whether these are the newest calls.
    is_first: bool,
}

/// A call in the list.
struct Row {
    call: LoggedRow,
    /// When it was, on the dialer's clock.
    time: String,
}

impl Row {
    fn class(&self) -> &'static str {
        class(&self.call.result)
    }
}

/// The class of a result.
fn class(result: &str) -> &'static str {
    match result {
        "SUCCESS" => "good",
        "ERROR" => "bad",
        _ => "warn",
    }
}

impl Results {
    /// The address of this page with another value of a field.
    fn with(&self, name: &str, value: &str) -> String {
        format!("/activity?{}", self.query.with(name, value))
    }

    /// The address of the calls that were refused for this reason.
    fn of_error(&self, function: &str, reason: &str) -> String {
        let fields = [
            ("function", function),
            ("result", "ERROR"),
            ("text", reason),
        ];
        format!("/activity?{}", self.query.with_all(fields))
    }

    /// The tables of who calls: the field that one is found by, what it is, and the rows.
    fn callers(&self) -> Vec<(&'static str, &'static str, &[Caller])> {
        vec![
            ("user", "User", &self.figures.users),
            ("source", "Source", &self.figures.sources),
        ]
    }

    /// The address of the newest calls.
    fn newest(&self) -> String {
        self.with("", "")
    }

    fn grouped(&self, number: &u64) -> String {
        grouped(*number)
    }

    fn counted(&self) -> String {
        grouped(u64::try_from(COUNTED).unwrap_or(0))
    }

    fn is_filtered(&self) -> bool {
        self.query.0.iter().any(|(name, _)| name != "period")
    }
}

#[derive(Template)]
#[template(path = "activity.html", config = "src/console/askama.toml")]
struct Page {
    frame: Frame,
    page: Results,
    functions: Vec<(&'static str, &'static str)>,
}

impl Page {
    fn field(&self, name: &str) -> &str {
        self.page.query.text(name)
    }

    fn is_result(&self, result: &str) -> bool {
        self.field("result") == result
    }

    fn results(&self) -> [&'static str; 3] {
        RESULTS
    }
}

#[derive(Template)]
#[template(path = "activity_results.html", config = "src/console/askama.toml")]
struct Part {
    page: Results,
}

/// `GET /activity?function=&result=&user=&source=&text=&since=&period=&before=`
pub(super) async fn show(visit: &Visit) -> Answer {
    let query = asked::kept(&visit.query);
    let before: Option<i64> = visit.query.number("before");
    let period = Period::of(&query);
    let (asked, (function, asks)) = (query.clone(), ASKS);
    let reading = move |db: &mut Db, reader: &Reader| read(db, reader, &asked, period, before);
    let found: Found = visit.read(function, asks, reading).await?;
    let (found, wrong) = match found {
        Ok(found) => (found, String::new()),
        Err(wrong) => (Default::default(), wrong),
    };
    let (figures, calls, now) = found;
    let Some(clock) = visit.clock() else {
        return Err(super::stop::Stop::Unavailable);
    };
    let next = calls.next.map_or_else(String::new, |before| {
        query.with("before", &before.to_string())
    });
    let row = |call: LoggedRow| Row {
        time: times::shown(&call.api_date, &clock),
        call,
    };
    let cut_at = figures
        .cut_at
        .as_ref()
        .map(|date| times::shown(date, &clock));
    let mut page = Results {
        wrong,
        period,
        chart: figures::chart(&figures, period, now, &clock),
        functions: figures::by_function(&figures),
        figures: Figures { cut_at, ..figures },
        calls: calls.rows.into_iter().map(row).collect(),
        query,
        next,
        is_first: before.is_none(),
    };
    for caller in page
        .figures
        .users
        .iter_mut()
        .chain(&mut page.figures.sources)
    {
        caller.last = times::shown(&caller.last, &clock);
    }
    if visit.is_part {
        return Ok(Shown::page(&Part { page }));
    }
    Ok(Shown::page(&Page {
        frame: visit.frame(Section::Activity, "Activity"),
        page,
        functions: visit.door.functions(),
    }))
}

fn read(
    db: &mut Db,
    reader: &Reader,
    query: &Fields,
    period: Period,
    before: Option<i64>,
) -> QueryResult<Found> {
    let filter = match asked::filter(query, reader) {
        Ok(filter) => filter,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let now = reader.time.epoch();
    let of_period = Filter {
        since: Some(crate::access::time::stamp_of(now - period.seconds())),
        ..filter.clone()
    };
    let figures = logs::figures::figures(db, &of_period)?;
    let calls = calls(db, &filter, before, ROWS)?;
    Ok(Ok((figures, calls, now)))
}
