//! What is counted of the writers' work for the metrics.

use std::time::Instant;

use super::Outcome;
use super::job::Task;
use crate::metrics;

/// A writer has taken these tasks together.
pub(super) fn taken(tasks: &[Box<dyn Task>]) {
    metrics::count(|metrics| {
        let now = Instant::now();
        let queued = tasks.iter().filter_map(|task| task.queued());
        queued.for_each(|queued| metrics.queue_wait(now.saturating_duration_since(queued)));
        #[expect(clippy::cast_precision_loss, reason = "a batch is small")]
        metrics.batches.observe(tasks.len() as f64);
    });
}

/// So ended tasks that a writer has taken together.
pub(super) fn ended(outcomes: &[Outcome]) {
    metrics::count(|metrics| {
        for outcome in outcomes {
            match outcome {
                Outcome::Committed => metrics.committed.inc(),
                Outcome::NothingChanged => metrics.failed.inc(),
                Outcome::Unknown => metrics.unknown.inc(),
            }
        }
    });
}

/// A writer has a connection in the place of one that is gone.
pub(super) fn reconnected() {
    metrics::count(|metrics| metrics.reconnects.inc());
}

/// So many log rows are kept for a database that went away.
pub(super) fn wait(rows: usize) {
    metrics::count(|metrics| metrics.log_rows_waiting.add(number(rows)));
}

/// So many log rows that were kept are written now, or tried.
pub(super) fn no_longer_wait(rows: usize) {
    metrics::count(|metrics| metrics.log_rows_waiting.sub(number(rows)));
}

/// So many log rows are, or may be, lost.
pub(super) fn lost(rows: usize) {
    metrics::count(|metrics| metrics.log_rows_lost.inc_by(rows as u64));
}

fn number(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
