//! `vicishim export`, `plan` and `apply`: what a table says becomes so, and nothing else.

mod applying;
mod bench;
mod planning;
mod round_trip;
