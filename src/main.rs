//! The command `vicishim`.

use std::process::ExitCode;

fn main() -> ExitCode {
    vicishim::cli::run()
}
