//! Recorded calls: what a dialer answered to functions that are not ours, kept in a file, and given again without it.

mod asked;
mod file;
mod recorder;
mod replay;
mod template;

pub(super) use asked::{Asked, HIDDEN, SHORTEST_SECRET, hide};
pub(super) use recorder::LARGEST;
pub use recorder::Recorder;
pub use replay::Replay;
