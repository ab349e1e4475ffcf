//! How a function ends: with a reply, or early.

use super::{Line, Reply};
use crate::access;

/// Why a function stops before its end.
pub(crate) type Stop = access::Stop<Reply>;

/// What a function comes to.
pub(super) type Answer = Result<Reply, Stop>;

impl From<Line> for Stop {
    fn from(line: Line) -> Self {
        Self::Answer(line.into())
    }
}

impl From<Reply> for Stop {
    fn from(reply: Reply) -> Self {
        Self::Answer(reply)
    }
}
