//! The time that calls see: of their log rows, of hours, of what they change. The one place where it is taken. Time limits and
//! the process's own log have the machine's.
//!
//! It is the machine's too, unless a server was started with `--test-controls`: a test may then fix or shift it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};

/// What calls take for the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The machine's time.
    Real,
    /// Always this.
    Fixed(DateTime<Utc>),
    /// So much later than the machine's, or earlier.
    Shifted(TimeDelta),
}

impl Clock {
    /// What it shows now; none where that is beyond the calendar.
    pub(crate) fn shows(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Real => Some(real()),
            Self::Fixed(at) => Some(at),
            Self::Shifted(by) => real().checked_add_signed(by),
        }
    }
}

static IS_ADJUSTABLE: AtomicBool = AtomicBool::new(false);
static CLOCK: RwLock<Clock> = RwLock::new(Clock::Real);

/// The time now.
pub(crate) fn now() -> DateTime<Utc> {
    clock().shows().unwrap_or_else(real)
}

/// The machine's time, for what no call sees.
pub(crate) fn real() -> DateTime<Utc> {
    Utc::now()
}

/// What shows the time now.
pub(crate) fn clock() -> Clock {
    match is_adjustable() {
        true => *CLOCK.read().unwrap_or_else(PoisonError::into_inner),
        false => Clock::Real,
    }
}

/// Lets the clock of this process be set from now on; to be called before a database is opened, which learns of it then.
pub(crate) fn make_adjustable() {
    IS_ADJUSTABLE.store(true, Ordering::Release);
}

/// Whether the clock of this process can be set.
pub(crate) fn is_adjustable() -> bool {
    IS_ADJUSTABLE.load(Ordering::Acquire)
}

/// Sets the clock, where this process has one that can be set.
pub(crate) fn set(clock: Clock) {
    *CLOCK.write().unwrap_or_else(PoisonError::into_inner) = clock;
}
