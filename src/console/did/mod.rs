//! One DID: its form, the way of a call, its calls and its history.

mod calls;
mod change;
mod checking;
mod delete;
mod drawing;
mod fields;
mod history;
mod loaded;
mod page;
mod picture;
mod way;

pub(super) use change::change;
pub(super) use checking::show as check;
pub(super) use delete::{ask as ask_delete, delete};
pub(super) use page::show;
