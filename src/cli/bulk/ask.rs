//! One call, made again where that is safe.

use std::time::Duration;

use tokio::sync::watch;

use super::client::Parameters;
use super::client::{Api, Sent};

/// How long to wait before a call is made for the second time; twice as long before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What came of a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The server's answer.
    Answered(String),
    /// It may have been done or not.
    Lost {
        /// What happened to the answer.
        why: String,
        /// Whether the server seems to be away, so that no further call would do better.
        away: bool,
    },
    /// Nothing was done, and no further call would do better.
    Stopped(String),
    /// Nothing was done, and the run is to stop.
    GivenUp,
}

/// Makes a call, and makes it again, so often at the most, where nothing was done. `say` is told of each further time.
pub(super) async fn ask(
    api: &Api,
    parameters: &Parameters<'_>,
    retries: u32,
    mut stopping: watch::Receiver<bool>,
    say: &impl Fn(&str),
) -> Asked {
    let mut perhaps_done = None;
    let mut wait = FIRST_WAIT;
    for left in (0..=retries).rev() {
        let why = match api.send(parameters).await {
            Sent::Answered(text) => return Asked::Answered(text),
            Sent::Lost(why) => return Asked::Lost { why, away: false },
            Sent::Barred(why) => {
                return Asked::Stopped(format!("the server takes no such calls: {why}"));
            }
            Sent::NotDone(why) => why,
            Sent::PerhapsDone(why) => perhaps_done.insert(why).clone(),
        };
        if left == 0 {
            return match perhaps_done {
                Some(why) => Asked::Lost { why, away: true },
                None => Asked::Stopped(why),
            };
        }
        say(&format!(
            "{why}; trying again in {:.1} s",
            wait.as_secs_f64()
        ));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stopping.wait_for(|stopping| *stopping) => break,
        }
        wait = LONGEST_WAIT.min(wait * 2);
    }
    match perhaps_done {
        Some(why) => Asked::Lost { why, away: false },
        None => Asked::GivenUp,
    }
}
