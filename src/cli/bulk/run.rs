//! Making the calls: a few at a time, to the end or to a clean stop.

use std::cell::RefCell;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::ask::{self, Asked, ask};
use super::calls;
use super::client::Api;
use super::job::Job;
use super::numbers::List;
use super::outcome::{Outcome, Tally, Word};
use super::plan::Plan;
use super::progress::Progress;
use super::replies::{self, Reply};
use super::report::Sink;

/// After so many lost answers in a row the server is not asked any more.
const LOST_IN_A_ROW: usize = 10;

/// Everything that a run needs.
pub(in crate::cli) struct Run<'a> {
    /// What is done.
    pub(in crate::cli) job: &'a Job,
    /// The numbers.
    pub(in crate::cli) list: &'a List,
    /// The calls.
    pub(in crate::cli) plan: &'a Plan,
    /// Where to.
    pub(in crate::cli) api: &'a Api,
    /// How many calls at a time.
    pub(in crate::cli) parallel: usize,
    /// How often a call is made again.
    pub(in crate::cli) retries: u32,
    /// Whether nothing is to be changed.
    pub(in crate::cli) is_dry_run: bool,
}

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) enum Ending {
    /// Every call was made.
    Complete,
    /// The server knows no dry run: nothing was sent but a call that names no number.
    NoDryRun,
    /// By Ctrl-C or SIGTERM.
    Interrupted,
    /// It made no sense to go on.
    Stopped(String),
}

/// What a run keeps while it goes.
struct State<'a> {
    report: &'a mut dyn Sink,
    progress: &'a RefCell<Progress>,
    tally: Tally,
    lost_in_a_row: usize,
    failure: Option<String>,
}

impl Run<'_> {
    /// Makes the calls; each outcome goes into the report at once.
    ///
    /// # Errors
    /// The report cannot be written. The calls that were under way have ended.
    pub(in crate::cli) fn to_the_end(
        &self,
        report: &mut dyn Sink,
    ) -> Result<(Ending, Tally), String> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?
            .block_on(self.make_calls(report))
    }

    async fn make_calls(&self, report: &mut dyn Sink) -> Result<(Ending, Tally), String> {
        let mut interrupts = Interrupts::listen().map_err(|error| error.to_string())?;
        if self.is_dry_run && !ask::knows_dry_run(self.api, self.job).await? {
            return Ok((Ending::NoDryRun, self.plan.tally()));
        }
        let progress = RefCell::new(Progress::begin(self.plan.numbers));
        let say = |text: &str| progress.borrow().say(text);
        say(&format!(
            "{} with {} numbers, calls: {}, as user {}",
            self.api.described(),
            self.plan.numbers,
            self.plan.calls.len(),
            self.api.user()
        ));
        let mut state = State {
            report,
            progress: &progress,
            tally: self.plan.tally(),
            lost_in_a_row: 0,
            failure: None,
        };
        let (stopping, stop) = watch::channel(false);
        let mut waiting = self.plan.calls.iter().enumerate();
        let mut under_way = FuturesUnordered::new();
        let mut open: Vec<usize> = Vec::new();
        let mut ending = None;
        // One call alone shows whether the sign-in is right: several wrong ones at once would lock the user out.
        let mut width = 1;
        loop {
            while ending.is_none() && under_way.len() < width {
                let Some((at, call)) = waiting.next() else {
                    break;
                };
                open.push(at);
                let (stop, say) = (stop.clone(), &say);
                under_way.push(async move {
                    let mut parameters = calls::parameters(self.job, self.list, call);
                    if self.is_dry_run {
                        parameters.push(calls::DRY_RUN);
                    }
                    (
                        at,
                        ask(self.api, &parameters, self.retries, stop, say).await,
                    )
                });
            }
            tokio::select! {
                ended = under_way.next() => {
                    let Some((at, asked)) = ended else { break };
                    open.retain(|&open| open != at);
                    if matches!(asked, Asked::Answered(_)) {
                        width = self.parallel;
                    }
                    if let Some(why) = self.settle(&self.plan.calls[at], asked, &mut state) {
                        ending.get_or_insert(Ending::Stopped(why));
                        stopping.send_replace(true);
                    }
                }
                () = interrupts.next() => {
                    if ending.is_some() {
                        break;
                    }
                    say("stopping after the calls under way; Ctrl-C again stops at once");
                    ending = Some(Ending::Interrupted);
                    stopping.send_replace(true);
                }
            }
        }
        drop(under_way);
        for at in open {
            let asked = Asked::Lost {
                why: "stopped before the answer came".to_owned(),
                away: false,
            };
            self.settle(&self.plan.calls[at], asked, &mut state);
        }
        let State { tally, failure, .. } = state;
        progress.into_inner().end();
        match failure {
            Some(failure) => Err(failure),
            None => Ok((ending.unwrap_or(Ending::Complete), tally)),
        }
    }

    /// Takes down what came of a call. Why the run is to stop, where it is.
    fn settle(&self, call: &[usize], asked: Asked, state: &mut State<'_>) -> Option<String> {
        state.lost_in_a_row = match asked {
            Asked::Lost { .. } => state.lost_in_a_row + 1,
            _ => 0,
        };
        let is_answered = matches!(asked, Asked::Answered(_));
        let (outcomes, mut stop) = self.outcomes(call, asked);
        let rows = call.iter().map(|&row| &self.list.rows[row]);
        let outcomes: Vec<Outcome> = outcomes
            .into_iter()
            .zip(rows)
            .map(|(outcome, row)| outcome.of(row.line, &self.list.hash(self.job, row)))
            .collect();
        if state.lost_in_a_row >= LOST_IN_A_ROW {
            stop.get_or_insert(format!("the last {LOST_IN_A_ROW} calls had no answer"));
        }
        if let Err(error) = state.report.write(&outcomes) {
            stop.get_or_insert(error.clone());
            state.failure.get_or_insert(error);
        }
        for outcome in &outcomes {
            state.tally.count(outcome);
        }
        let not_done = state.tally.of(Word::Refused) + state.tally.of(Word::Unknown);
        state
            .progress
            .borrow_mut()
            .advance(outcomes.len(), not_done, is_answered);
        stop
    }

    /// What became of a call's numbers, and why the run is to stop, where it is.
    fn outcomes(&self, call: &[usize], asked: Asked) -> (Vec<Outcome>, Option<String>) {
        let numbers: Vec<&str> = call
            .iter()
            .map(|&row| self.list.rows[row].number.as_str())
            .collect();
        match asked {
            Asked::Answered(answer) if self.is_dry_run && !answer.is_dry_run => {
                let why = "the server did not say that it was a dry run: look whether it changed something";
                let lost = |number| Outcome::because(number, Word::Unknown, why);
                (
                    numbers.into_iter().map(lost).collect(),
                    Some(why.to_owned()),
                )
            }
            Asked::Answered(answer) => {
                match replies::read(self.job, &numbers, self.api.user(), &answer.text) {
                    Reply::Outcomes(mut outcomes) => {
                        let unknown = |outcome: &&mut Outcome| outcome.word == Word::Unknown;
                        for outcome in outcomes.iter_mut().filter(unknown) {
                            outcome.reason = self.api.without_password(&outcome.reason);
                        }
                        for outcome in &mut outcomes {
                            outcome.said.change = answer.change;
                            outcome.said.warning.clone_from(&answer.warning);
                        }
                        (outcomes, None)
                    }
                    Reply::Stop(why) => (Vec::new(), Some(why)),
                }
            }
            Asked::Lost { why, away } => {
                let lost = |number| Outcome::because(number, Word::Unknown, &why);
                let outcomes = numbers.into_iter().map(lost).collect();
                (outcomes, away.then_some(why))
            }
            Asked::Stopped(why) => (Vec::new(), Some(why)),
            Asked::GivenUp => (Vec::new(), None),
        }
    }
}

/// The signals that ask for a stop.
struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
