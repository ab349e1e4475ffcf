//! All integration tests in one binary, so that they are linked once and share one MariaDB. `cargo test --test it mariadb::`
//! runs one module.

#[macro_use]
mod common;

mod aside;
mod bulk;
mod choosers;
mod citations;
mod collation;
mod command_line;
mod connections;
mod dialects;
mod did_fields;
mod did_lint;
mod did_log;
mod explain;
mod extension_routes;
mod forms;
mod forwarded;
mod functions;
mod galera;
mod golden;
mod groups;
mod handover;
mod health;
mod hostile;
mod http;
mod http2;
mod json;
mod json_extensions;
mod kills;
mod list_pages;
mod lists;
mod log_values;
mod long_lists;
mod mariadb;
mod migrations;
mod names;
mod numbers;
mod options;
mod outage;
mod packed;
mod permissions;
mod phones;
mod readme;
mod refusals;
mod route_test;
mod secrets;
mod shadow;
mod sign_in;
mod state;
mod tenants;
mod tls;
mod upstream;
mod upstream_arguments;
mod writers;
