//! Questions to somebody at a terminal.

use std::io::IsTerminal;

use super::Failure;

/// Asks whether it shall be done; only the word `yes` says so.
///
/// # Errors
/// There is nobody to ask.
pub(super) fn is_wanted(question: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        let message =
            "there is nobody to ask: --yes does it without a question; nothing was changed";
        return Err(Failure(message.to_owned()));
    }
    eprint!("{question} Only yes counts: ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
