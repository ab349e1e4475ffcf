//! How far it got: a bar on a terminal, else a line now and then. All of it on stderr.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressStyle};

/// How often a line is printed where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// How far it got.
pub(in crate::cli) struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    done: usize,
    /// Of them, how many the server has answered for.
    answered: usize,
    begun: Instant,
    said: Instant,
}

impl Progress {
    /// Begins at nothing of so many numbers.
    pub(in crate::cli) fn begin(total: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total as u64);
            if let Ok(style) = ProgressStyle::with_template("{wide_bar} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        let now = Instant::now();
        let progress = Self {
            bar,
            total,
            done: 0,
            answered: 0,
            begun: now,
            said: now,
        };
        if let Some(bar) = &progress.bar {
            bar.set_message(progress.words(0));
        }
        progress
    }

    /// So many numbers more have their outcome; so many in all were refused or lost. `is_answered`: the server said so.
    pub(in crate::cli) fn advance(&mut self, count: usize, not_done: usize, is_answered: bool) {
        self.done += count;
        if is_answered {
            self.answered += count;
        }
        if let Some(bar) = &self.bar {
            bar.inc(count as u64);
            bar.set_message(self.words(not_done));
        } else if self.said.elapsed() >= EVERY {
            self.said = Instant::now();
            eprintln!("{}", self.words(not_done));
        }
    }

    fn words(&self, not_done: usize) -> String {
        words(
            [self.done, self.total, self.answered, not_done],
            self.begun.elapsed(),
        )
    }

    /// Says something without breaking the bar.
    pub(in crate::cli) fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }

    /// Takes the bar away.
    pub(in crate::cli) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How far it got in words: how many are done, of how many, at which rate the server answers, and what that leaves. What a
/// server that was never reached would take is anybody's guess.
fn words([done, total, answered, not_done]: [usize; 4], elapsed: Duration) -> String {
    let count = |count: usize| HumanCount(count as u64);
    let mut words = format!("{} of {}", count(done), count(total));
    if answered > 0 {
        let rate = answered as f64 / elapsed.as_secs_f64().max(0.001);
        let left = Duration::from_secs_f64(total.saturating_sub(done) as f64 / rate);
        words.push_str(&format!(
            ", {}/s, {} left",
            HumanCount(rate.round() as u64),
            HumanDuration(Duration::from_secs(left.as_secs()))
        ));
    }
    if not_done > 0 {
        words.push_str(&format!(", {} refused or unknown", count(not_done)));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_whole_and_nothing_is_foretold_of_a_server_that_was_never_reached() {
        let second = Duration::from_millis(1100);
        assert_eq!(
            words([2500, 10_000, 2500, 0], second),
            "2,500 of 10,000, 2,273/s, 3 seconds left"
        );
        assert_eq!(words([0, 10_000, 0, 0], second), "0 of 10,000");
        assert_eq!(
            words([300, 10_000, 0, 300], second),
            "300 of 10,000, 300 refused or unknown"
        );
    }
}
