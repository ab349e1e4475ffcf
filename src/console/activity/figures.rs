//! The figures of a period, as the page shows them.

use std::collections::BTreeMap;

use chrono::DateTime;

use super::asked::Period;
use super::times;
use crate::console::chart::{Bar, Chart, Series, grouped};
use crate::routing::clock::Clock;
use crate::store::collation;
use crate::store::logs::figures::{Figures, Minute};
use crate::store::logs::reading::RESULTS;

/// The series of the chart, from the bottom up, in the order of [`RESULTS`]: their names and classes.
const SERIES: [(&str, &str); 3] = [("done", ""), ("refused", "bad"), ("notices", "warn")];

/// The calls of a function.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OfFunction {
    pub(super) name: String,
    /// In the order of [`RESULTS`].
    pub(super) counts: [u64; 3],
}

impl OfFunction {
    pub(super) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Which of [`RESULTS`] this is: what is none of them is a notice.
fn place(result: &str) -> usize {
    let known = RESULTS.iter().position(|known| *known == result);
    known.unwrap_or(RESULTS.len() - 1)
}

/// The chart of the calls of a period that ends now.
pub(super) fn chart(figures: &Figures, period: Period, now: i64, clock: &Clock) -> Chart {
    let width = period.bar();
    let last = now.div_euclid(width);
    let first = last - period.seconds() / width + 1;
    let mut counts: BTreeMap<i64, [u64; 3]> = (first..=last).map(|bar| (bar, [0; 3])).collect();
    let mut of_results = [0; 3];
    for Minute {
        minute,
        result,
        count,
        ..
    } in &figures.minutes
    {
        let at = times::seconds(&format!("{minute}:00"));
        let counts = at.and_then(|at| counts.get_mut(&at.div_euclid(width)));
        if let Some(counts) = counts {
            counts[place(result)] += count;
            of_results[place(result)] += count;
        }
    }
    let shown = |bar: i64, format: &str| {
        let at = DateTime::from_timestamp(bar * width, 0).unwrap_or_default();
        clock.shows(at).format(format).to_string()
    };
    let bars = counts.iter().map(|(bar, counts)| Bar {
        name: shown(*bar, "%Y-%m-%d %H:%M"),
        label: shown(*bar, "%H:%M"),
        values: counts.to_vec(),
    });
    let [done, refused, notices] = of_results.map(grouped);
    Chart {
        title: match period {
            Period::Hour => "Calls a minute".to_owned(),
            Period::Day => "Calls in 20 minutes".to_owned(),
        },
        summary: format!(
            "In {}: {done} calls done, {refused} refused, {notices} notices.",
            period.words()
        ),
        empty: format!(
            "No call in {}. Choose another period, or fewer filters.",
            period.words()
        ),
        of: "From",
        series: SERIES
            .map(|(name, class)| Series {
                name: name.to_owned(),
                class,
            })
            .to_vec(),
        bars: bars.collect(),
    }
}

/// The calls by function, those with the most first.
pub(super) fn by_function(figures: &Figures) -> Vec<OfFunction> {
    let mut all: BTreeMap<collation::Key, OfFunction> = BTreeMap::new();
    for Minute {
        function,
        result,
        count,
        ..
    } in &figures.minutes
    {
        let of = all
            .entry(collation::key(function))
            .or_insert_with(|| OfFunction {
                name: function.clone(),
                counts: [0; 3],
            });
        of.counts[place(result)] += count;
    }
    let mut all: Vec<OfFunction> = all.into_values().collect();
    all.sort_by_key(|of| std::cmp::Reverse(of.total()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::time::stamp_of;

    #[test]
    fn calls_are_in_the_bar_of_their_time() {
        let now = 1_800_000_030;
        let minute = |ago: i64, function: &str, result: &str, count| Minute {
            minute: stamp_of(now - ago)[..16].to_owned(),
            function: function.to_owned(),
            result: result.to_owned(),
            count,
        };
        let figures = Figures {
            minutes: vec![
                minute(0, "add_did", "SUCCESS", 2),
                minute(60, "add_did", "ERROR", 3),
                minute(60, "ADD_DID", "NOTICE", 1),
                minute(3540, "version", "SUCCESS", 9),
                minute(3700, "version", "SUCCESS", 50),
            ],
            ..Figures::default()
        };
        let clock = Clock::of(None, None, 0.0);
        let chart = chart(&figures, Period::Hour, now, &clock);
        let values: Vec<&[u64]> = chart.bars.iter().map(|bar| &bar.values[..]).collect();
        assert_eq!(values.len(), 60);
        assert_eq!((values[59], values[58]), (&[2, 0, 0][..], &[0, 3, 1][..]));
        assert_eq!((values[0], values[1]), (&[9, 0, 0][..], &[0, 0, 0][..]));
        assert!(
            chart
                .summary
                .contains("11 calls done, 3 refused, 1 notices")
        );
        let functions = by_function(&figures);
        assert_eq!(functions.len(), 2);
        assert_eq!(functions[1].counts, [2, 3, 1]);
    }
}
