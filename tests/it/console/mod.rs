//! The console: pages for people who look.

mod activity;
mod adding;
mod browser;
mod bulk;
mod changes;
mod list;
mod did;
mod did_form;
mod pages;
mod plan;
mod schedules;
mod sign_in;
mod tail;
mod why;
