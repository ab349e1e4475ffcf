//! vicishim answers VICIdial's non-agent API for inbound numbers: on its own embedded SQLite file, or on the MariaDB of a
//! running VICIdial.
//!
//! A request goes `http → {api, resources, console} → access → routing → store` and back. `api` (the text API), `resources`
//! (the JSON API) and `console` (the pages) know neither HTTP nor each other; `store` knows no function of either.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]

mod access;
pub mod api;
pub mod cli;
mod console;
pub mod http;
mod loading;
mod log_limit;
mod metrics;
mod now;
mod plan;
mod resources;
pub mod routing;
pub mod store;
