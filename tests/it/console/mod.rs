//! The console: pages for people who look.

mod activity;
mod adding;
mod browser;
mod bulk;
mod changes;
mod did;
mod did_form;
mod list;
mod pages;
mod plan;
mod schedules;
mod sign_in;
mod tail;
mod why;
