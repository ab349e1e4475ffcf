//! The console: pages for people who look.

mod pages;
mod sign_in;
mod why;
