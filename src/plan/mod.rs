//! The DIDs of a server as a table: reading it, comparing it with what the server has, and what has to be done. Nothing here asks
//! a server, or changes anything: the commands `plan` and `apply` do, and the console.

pub(crate) mod change;
pub(crate) mod compare;
pub(crate) mod file;
pub(crate) mod listed;
mod rules;
pub(crate) mod state;
pub(crate) mod text;

pub(crate) use rules::Rules;
