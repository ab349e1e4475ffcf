//! `vicishim bulk`: what becomes of a list of numbers, on a server that answers and on one that does not.

mod bench;
mod gate;
mod lists;
mod refusals;
mod stopping;
mod trouble;
