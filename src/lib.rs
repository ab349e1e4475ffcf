//! vicishim answers VICIdial's non-agent API for inbound numbers: on its own embedded SQLite file, or on the MariaDB of a
//! running VICIdial.
//!
//! A request goes `http → api → store` and back. `api` knows no HTTP, `store` knows no function of the API.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]

pub mod api;
pub mod cli;
pub mod http;
mod log_limit;
pub mod numbers;
pub mod store;
