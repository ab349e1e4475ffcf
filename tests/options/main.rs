//! What the documented dialect offers beside VICIdial's own parameters: nothing of it without being asked for.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

mod api;
mod atomic;
mod dry_run;
mod forms;
mod headers;
mod json;
mod lists;
mod requests;
