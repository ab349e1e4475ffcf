//! The time that calls see: of their log rows, of hours, of what they change. The one place where it is taken. Time limits and
//! the process's own log have the machine's.

use chrono::{DateTime, Utc};

/// The time now.
pub(crate) fn now() -> DateTime<Utc> {
    real()
}

/// The machine's time, for what no call sees.
pub(crate) fn real() -> DateTime<Utc> {
    Utc::now()
}
