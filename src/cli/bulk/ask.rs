//! One call, made again where that is safe.

use std::time::Duration;

use tokio::sync::watch;

use super::calls::DRY_RUN;
use super::client::Parameters;
use super::client::{Answer, Api, Sent};
use super::job::Job;
use super::replies::{self, Reply};

/// How long to wait before a call is made for the second time; twice as long before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What came of a call.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) enum Asked {
    /// The server's answer.
    Answered(Answer),
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
pub(in crate::cli) async fn ask(
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
            Sent::Answered(answer) => return Asked::Answered(answer),
            Sent::Lost(why) => return Asked::Lost { why, away: false },
            Sent::Barred(why) => return Asked::Stopped(barred(&why)),
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

fn barred(why: &str) -> String {
    format!("the server takes no such calls: {why}")
}

/// Whether the server knows `dry_run=Y`, asked by a call that can do nothing: it names no number.
///
/// # Errors
/// The server cannot be asked, or does not let the user in.
pub(in crate::cli) async fn knows_dry_run(api: &Api, job: &Job) -> Result<bool, String> {
    let parameters = vec![("function", job.function().into()), DRY_RUN];
    match api.send(&parameters).await {
        Sent::Answered(answer) => match replies::read(job, &[], api.user(), &answer.text) {
            Reply::Stop(why) => Err(why),
            Reply::Outcomes(_) => Ok(answer.is_dry_run),
        },
        Sent::Barred(why) => Err(barred(&why)),
        Sent::Lost(why) | Sent::NotDone(why) | Sent::PerhapsDone(why) => Err(why),
    }
}
