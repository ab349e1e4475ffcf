//! The console: pages for people who look.

mod browser;
mod changes;
mod activity;
mod pages;
mod plan;
mod sign_in;
mod tail;
mod why;
