//! What the documented dialect offers beside VICIdial's own parameters: nothing of it without being asked for.

mod atomic;
mod dry_run;
mod forms;
mod headers;
mod json;
mod lists;
mod requests;
mod upsert;
