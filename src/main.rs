//! The command `vicishim`.

use std::process::ExitCode;

/// Requests are allocated by HTTP's threads and freed by the database's: the system's allocator makes them wait for each
/// other (benches/README.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    vicishim::cli::run()
}
