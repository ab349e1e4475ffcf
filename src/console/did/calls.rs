//! The calls to a DID on each of the last days, as a chart.

use chrono::{Days, NaiveDate};

use super::loaded::Loaded;
use crate::access::permission::{Needs, VIEW_CALLS};
use crate::console::chart::{Bar, Chart, Series, grouped};
use crate::console::reading::Reader;
use crate::console::rights::Right;
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::store::{Db, calls};

/// How many days are shown, today among them.
const DAYS: u64 = 30;

/// How many calls are counted at the most.
const MOST: u32 = 100_000;

/// What is shown of a DID's calls.
pub(super) enum Calls {
    /// Why nothing is.
    Not(String),
    Chart(Chart),
}

impl Calls {
    /// Those to this DID.
    ///
    /// # Errors
    /// Nobody is signed in, or the database does not answer.
    pub(super) async fn of(visit: &Visit, did: &Loaded) -> Result<Self, Stop> {
        let number = did.number().to_owned();
        let asks = || Needs::Function(&VIEW_CALLS);
        let reading = move |db: &mut Db, reader: &Reader| {
            let today = reader.clock.shows(reader.time.utc()).date();
            let first = today.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(today);
            let found = calls::by_day(db, &number, (first, today), MOST)?;
            let has_table = !db.columns().of("vicidial_did_log").is_empty();
            Ok((first, found, has_table))
        };
        match visit.read("did_log_export", asks, reading).await {
            Ok((first, Some(days), _)) => Ok(Self::Chart(chart(first, &days))),
            Ok((_, None, true)) => Ok(Self::Not(format!(
                "There were more than {} calls in these {DAYS} days: too many to be counted here.",
                grouped(u64::from(MOST))
            ))),
            Ok((_, None, false)) => Ok(Self::Not(
                "This database has no vicidial_did_log, in which a dialer notes its calls."
                    .to_owned(),
            )),
            Err(Stop::NotAllowed(_)) => {
                let rights = visit.rights();
                Ok(Self::Not(format!(
                    "Calls are not for you: {}.",
                    rights.why_not(Right::ViewCalls)
                )))
            }
            Err(stop) => Err(stop),
        }
    }
}

/// The chart of the days from the first one on; of those that are left out there were no calls.
fn chart(first: NaiveDate, days: &[(String, u64)]) -> Chart {
    let counted = |day: NaiveDate| {
        let shown = day.to_string();
        let found = days.iter().find(|(known, _)| *known == shown);
        found.map_or(0, |(_, calls)| *calls)
    };
    let bar = |day: NaiveDate| Bar {
        name: day.format("%a %Y-%m-%d").to_string(),
        label: day.format("%m-%d").to_string(),
        values: vec![counted(day)],
    };
    let bars: Vec<Bar> = first.iter_days().take(DAYS as usize).map(bar).collect();
    let all: u64 = bars.iter().flat_map(|bar| &bar.values).sum();
    let highest = bars.iter().max_by_key(|bar| bar.values.first().copied());
    let highest = highest.map_or_else(String::new, |bar| {
        let calls = bar.values.first().copied().unwrap_or(0);
        format!("; the most on {}: {}", bar.name, grouped(calls))
    });
    let calls = if all == 1 { "call" } else { "calls" };
    Chart {
        title: format!("Calls a day in the last {DAYS} days"),
        summary: format!("{} {calls} in {DAYS} days{highest}.", grouped(all)),
        empty: format!("No calls in the last {DAYS} days."),
        of: "Day",
        series: vec![Series {
            name: "Calls".to_owned(),
            class: "",
        }],
        bars,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_without_calls_has_a_bar_of_none() {
        let first = NaiveDate::from_ymd_opt(2026, 10, 22).expect("a day");
        let days = [("2026-10-22".to_owned(), 2), ("2026-11-20".to_owned(), 1)];
        let chart = chart(first, &days);
        assert_eq!(chart.bars.len(), 30);
        assert_eq!(chart.bars[1].values, [0]);
        assert_eq!(chart.bars[29].name, "Fri 2026-11-20");
        assert_eq!(
            chart.summary,
            "3 calls in 30 days; the most on Thu 2026-10-22: 2."
        );
    }
}
