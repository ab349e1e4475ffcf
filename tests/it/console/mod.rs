//! The console: pages for people who look.

mod browser;
mod changes;
mod pages;
mod sign_in;
mod why;
