//! The console: pages for people who look.

mod activity;
mod browser;
mod changes;
mod pages;
mod plan;
mod schedules;
mod sign_in;
mod tail;
mod why;
