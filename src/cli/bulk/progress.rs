//! How far it got: a bar on a terminal, else a line now and then. All of it on stderr.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

/// How often a line is printed where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// How far it got.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    done: usize,
    begun: Instant,
    said: Instant,
}

impl Progress {
    /// Begins at nothing of so many numbers.
    pub(super) fn begin(total: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total as u64);
            let style = "{wide_bar} {pos} of {len}, {per_sec}, {eta} left{msg}";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        let now = Instant::now();
        Self {
            bar,
            total,
            done: 0,
            begun: now,
            said: now,
        }
    }

    /// So many numbers more have their outcome; so many in all were refused or lost.
    pub(super) fn advance(&mut self, count: usize, not_done: usize) {
        self.done += count;
        let not_done = match not_done {
            0 => String::new(),
            count => format!(", {count} refused or unknown"),
        };
        if let Some(bar) = &self.bar {
            bar.set_message(not_done);
            bar.inc(count as u64);
        } else if self.said.elapsed() >= EVERY {
            self.said = Instant::now();
            let rate = self.done as f64 / self.begun.elapsed().as_secs_f64();
            let left = self.total.saturating_sub(self.done) as f64 / rate.max(0.001);
            eprintln!(
                "{} of {}, {rate:.0} a second, {} left{not_done}",
                self.done,
                self.total,
                HumanDuration(Duration::from_secs(left as u64))
            );
        }
    }

    /// Says something without breaking the bar.
    pub(super) fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
