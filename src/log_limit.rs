//! Log lines that an outage repeats for every call: the first of a kind is written, then one a second with the count of
//! the ones that were held back, so that an outage fills no disk and no call is left out of the count.
//!
//! `log_limit::error!("…")`, `warn!` and `info!` are used as those of the `log` crate. Each place in the code is a kind of
//! its own.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use log::Level;

/// How often a line of one kind is written.
const INTERVAL: Duration = Duration::from_secs(1);

/// The kinds that hold lines back, and whether a thread is there to write them.
static WAITING: Mutex<Waiting> = Mutex::new(Waiting {
    kinds: Vec::new(),
    has_thread: false,
});

struct Waiting {
    kinds: Vec<&'static Kind>,
    has_thread: bool,
}

/// Lines from one place in the code.
pub(crate) struct Kind {
    level: Level,
    target: &'static str,
    lines: Mutex<Lines>,
}

struct Lines {
    /// When the last one was written.
    written: Option<Instant>,
    /// The first of those that were held back since, and how many came after it.
    held: Option<(String, u64)>,
}

impl Kind {
    pub(crate) const fn new(level: Level, target: &'static str) -> Self {
        Self {
            level,
            target,
            lines: Mutex::new(Lines {
                written: None,
                held: None,
            }),
        }
    }

    /// Writes a line, or holds it back for at most a second.
    pub(crate) fn log(&'static self, line: fmt::Arguments<'_>) {
        self.log_with(line, || {
            log::log!(target: self.target, self.level, "{line}");
        });
    }

    /// The same; `write` writes it where it is not held back.
    pub(crate) fn log_with(&'static self, line: fmt::Arguments<'_>, write: impl FnOnce()) {
        if !log::log_enabled!(target: self.target, self.level) {
            return;
        }
        let mut lines = lock(&self.lines);
        if let Some((_, more)) = &mut lines.held {
            *more += 1;
        } else if lines.written.is_none_or(|at| at.elapsed() >= INTERVAL) {
            lines.written = Some(Instant::now());
            drop(lines);
            write();
        } else {
            lines.held = Some((line.to_string(), 0));
            drop(lines);
            self.wait();
        }
    }

    /// Has the held line written within a second.
    fn wait(&'static self) {
        let mut waiting = lock(&WAITING);
        waiting.kinds.push(self);
        if waiting.has_thread {
            return;
        }
        let thread = std::thread::Builder::new().name("log-limit".to_owned());
        waiting.has_thread = thread.spawn(write_each_second).is_ok();
        if !waiting.has_thread {
            drop(waiting);
            flush();
        }
    }

    fn write_held(&self) {
        let mut lines = lock(&self.lines);
        let Some((line, more)) = lines.held.take() else {
            return;
        };
        lines.written = Some(Instant::now());
        drop(lines);
        match more {
            0 => log::log!(target: self.target, self.level, "{line}"),
            more => {
                let more = grouped(more);
                log::log!(target: self.target, self.level, "{line} ({more} more in the last second)");
            }
        }
    }
}

/// Writes what is held back now: at the end of the process.
pub(crate) fn flush() {
    let kinds = std::mem::take(&mut lock(&WAITING).kinds);
    for kind in kinds {
        kind.write_held();
    }
}

/// Writes what is held back, until nothing is.
fn write_each_second() {
    loop {
        std::thread::sleep(INTERVAL);
        flush();
        let mut waiting = lock(&WAITING);
        if waiting.kinds.is_empty() {
            waiting.has_thread = false;
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number with its thousands set apart: `1,234`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

macro_rules! line {
    ($level:ident, target: $target:expr, $($message:tt)+) => {{
        static KIND: $crate::log_limit::Kind =
            $crate::log_limit::Kind::new(::log::Level::$level, $target);
        KIND.log(format_args!($($message)+));
    }};
    ($level:ident, $($message:tt)+) => {
        $crate::log_limit::line!($level, target: module_path!(), $($message)+)
    };
}
pub(crate) use line;

/// An error line, as `log::error!` writes it, at most one a second.
macro_rules! error {
    ($($message:tt)+) => { $crate::log_limit::line!(Error, $($message)+) };
}
pub(crate) use error;

/// A warning, as `log::warn!` writes it, at most one a second.
macro_rules! warn_ {
    ($($message:tt)+) => { $crate::log_limit::line!(Warn, $($message)+) };
}
pub(crate) use warn_ as warn;

/// A line of information, as `log::info!` writes it, at most one a second.
macro_rules! info {
    ($($message:tt)+) => { $crate::log_limit::line!(Info, $($message)+) };
}
pub(crate) use info;

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written under the targets of these tests.
    static WRITTEN: Mutex<Vec<(Instant, String)>> = Mutex::new(Vec::new());

    struct Log;

    impl log::Log for Log {
        fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
            metadata.target().starts_with("log_limit::")
        }

        fn log(&self, record: &log::Record<'_>) {
            if self.enabled(record.metadata()) {
                let line = format!("{} {}", record.target(), record.args());
                lock(&WRITTEN).push((Instant::now(), line));
            }
        }

        fn flush(&self) {}
    }

    fn written(target: &str) -> Vec<(Instant, String)> {
        let lines = lock(&WRITTEN).clone();
        let is_it = |(_, line): &(Instant, String)| line.starts_with(target);
        lines.into_iter().filter(is_it).collect()
    }

    /// How many lines one stands for.
    fn count(line: &str) -> u64 {
        line.strip_suffix(" more in the last second)")
            .and_then(|line| line.rsplit_once('('))
            .map_or(1, |(_, more)| {
                1 + more.replace(',', "").parse::<u64>().expect("a number")
            })
    }

    #[test]
    fn a_burst_is_one_line_a_second_and_the_counts_add_up() {
        if log::set_logger(&Log).is_ok() {
            log::set_max_level(log::LevelFilter::Info);
        }
        let begun = Instant::now();
        let mut sent = 0;
        while begun.elapsed() < Duration::from_millis(2500) {
            for _ in 0..100 {
                error!(target: "log_limit::burst", "call {sent} failed");
                sent += 1;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let target = "log_limit::burst";
        let end = Instant::now() + Duration::from_secs(30);
        let counted = || {
            written(target)
                .iter()
                .map(|(_, line)| count(line))
                .sum::<u64>()
        };
        while counted() < sent {
            assert!(Instant::now() < end, "{} of {sent}", counted());
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(counted(), sent);
        let lines = written(target);
        assert_eq!(lines[0].1, "log_limit::burst call 0 failed");
        assert_eq!(lines[0].0.duration_since(begun).as_millis() / 500, 0);
        let second = &lines[1].1;
        assert!(
            second.starts_with("log_limit::burst call 1 failed ("),
            "{second}"
        );
        assert!(lines.len() <= 5, "{} lines", lines.len());
        // Afterwards a single line is written at once again.
        std::thread::sleep(INTERVAL);
        error!(target: "log_limit::after", "alone");
        assert_eq!(written("log_limit::after").len(), 1);
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_234, "1,234"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
