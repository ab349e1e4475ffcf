//! Our own tables, in a database of ours or beside a VICIdial's (`--state`).

mod arguments;
mod cost;
mod interrupted;
mod kills;
mod orphans;
mod outage;
mod requests;
mod settings;
