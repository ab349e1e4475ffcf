//! `vicishim bulk`: what becomes of a list of numbers, on a server that answers and on one that does not.

pub mod bench;
pub mod gate;
mod lists;
mod refusals;
mod stopping;
mod trouble;
