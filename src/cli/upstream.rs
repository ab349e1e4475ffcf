//! Who answers other functions: the server that they are passed on to, or a recording.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::Failure;
use crate::api;
use crate::http::{
    self, Choice, Other, PassedOn, Recorder, Replay, Shadow, Upstream, UpstreamAddress,
};

/// The other scripts that are passed on where nothing else is said: the agent API.
const PATHS: &str = "/agc/api.php";

/// How long the upstream may take where nothing else is said.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Which functions are passed on, and where to.
#[derive(Args)]
pub(super) struct ChoiceArguments {
    /// The dialer's own API: every function that is not answered here is passed on to it
    #[arg(long, env = "VICISHIM_UPSTREAM", value_name = "URL")]
    upstream: Option<UpstreamAddress>,
    /// Recorded calls: every function that is not answered here is answered from these files, without a dialer
    #[arg(
        long,
        env = "VICISHIM_REPLAY",
        value_name = "FILE,…",
        value_delimiter = ','
    )]
    replay: Vec<PathBuf>,
    /// Functions to pass on although they could be answered here
    #[arg(
        long,
        env = "VICISHIM_UPSTREAM_ONLY",
        value_name = "FUNCTION,…",
        value_delimiter = ','
    )]
    upstream_only: Vec<String>,
    /// The only functions to answer here; all others are passed on
    #[arg(
        long,
        env = "VICISHIM_NATIVE_ONLY",
        value_name = "FUNCTION,…",
        value_delimiter = ','
    )]
    native_only: Vec<String>,
}

impl ChoiceArguments {
    /// Whether anything is passed on.
    fn is_given(&self) -> bool {
        self.upstream.is_some() || self.recordings().next().is_some()
    }

    /// The files to answer from; a variable may be set to nothing.
    fn recordings(&self) -> impl Iterator<Item = &PathBuf> {
        let files = self.replay.iter();
        files.filter(|file| !file.as_os_str().is_empty())
    }

    /// The functions that others answer; nothing where there are no others.
    pub(super) fn choice(&self) -> Result<Option<Choice>, Failure> {
        let choice = Choice {
            upstream_only: names("--upstream-only", &self.upstream_only)?,
            native_only: names("--native-only", &self.native_only)?,
            paths: Vec::new(),
        };
        if self.upstream.is_some() && self.recordings().next().is_some() {
            let message = "--replay answers without an upstream: leave --upstream out";
            return Err(Failure(message.to_owned()));
        }
        if !self.is_given() {
            needs_other("--upstream-only", !choice.upstream_only.is_empty())?;
            needs_other("--native-only", !choice.native_only.is_empty())?;
            return Ok(None);
        }
        let native = |name: &&String| api::function(name).is_some();
        if let Some(unknown) = choice.native_only.iter().find(|name| !native(name)) {
            let known: Vec<&str> = api::functions().map(api::Function::name).collect();
            let known = known.join(", ");
            return Err(Failure(format!(
                "--native-only: there is no function {unknown} here; there are {known}"
            )));
        }
        let is_native_only = |name: &&String| choice.native_only.contains(name);
        if let Some(both) = choice.upstream_only.iter().find(is_native_only) {
            return Err(Failure(format!(
                "{both} cannot be both in --upstream-only and in --native-only"
            )));
        }
        Ok(Some(choice))
    }
}

/// Who answers other functions.
pub(super) struct Others {
    /// What is said of them at the start.
    pub(super) shown: String,
    pub(super) passed_on: PassedOn,
    /// What is asked of it too, for a comparison.
    pub(super) shadow: Option<Shadow>,
}

/// How the upstream is asked.
#[derive(Args)]
pub(super) struct UpstreamArguments {
    #[command(flatten)]
    choice: ChoiceArguments,
    /// How long the upstream may take to answer: 500ms, 30s, 2min [default: 30s]
    #[arg(long, env = "VICISHIM_UPSTREAM_TIMEOUT", value_name = "TIME", value_parser = time_limit)]
    upstream_timeout: Option<Duration>,
    /// Other scripts on the upstream's host, whose calls are passed on to it [default: /agc/api.php, the agent API]
    #[arg(
        long,
        env = "VICISHIM_UPSTREAM_PATH",
        value_name = "PATH,…",
        value_delimiter = ','
    )]
    upstream_path: Option<Vec<String>>,
    /// Keep what the upstream answers in this file, without secrets, for --replay; one that is there is gone on with
    #[arg(long, env = "VICISHIM_RECORD", value_name = "FILE")]
    record: Option<PathBuf>,
    /// Ask the upstream too for what is read here, and log where its answer differs
    #[arg(long, env = "VICISHIM_SHADOW", value_parser = BoolishValueParser::new())]
    shadow: bool,
}

impl UpstreamArguments {
    /// Whether there is an upstream.
    pub(super) fn is_given(&self) -> bool {
        self.choice.upstream.is_some()
    }

    /// Who answers what a server does not that is to listen there, and what is compared; nothing where nobody does.
    pub(super) fn others(self, listen: SocketAddr) -> Result<Option<Others>, Failure> {
        let paths = paths(self.upstream_path.as_deref())?;
        let choice = self.choice.choice()?;
        if choice.is_none() {
            let is_given = self.upstream_path.is_some() && !paths.is_empty();
            needs_other("--upstream-path", is_given)?;
        }
        if !self.is_given() {
            needs_upstream("--upstream-timeout", self.upstream_timeout.is_some())?;
            needs_upstream("--record", self.record.is_some())?;
            needs_upstream("--shadow", self.shadow)?;
        }
        let Some(choice) = choice else {
            return Ok(None);
        };
        let choice = Choice { paths, ..choice };
        let Some(address) = self.choice.upstream else {
            let replay = Replay::read(self.choice.recordings())?;
            let answers = match replay.count() {
                1 => "1 recorded answer".to_owned(),
                count => format!("{count} recorded answers"),
            };
            return Ok(Some(Others {
                shown: format!("what is not answered here gets one of {answers}"),
                passed_on: PassedOn {
                    choice,
                    to: Other::Recorded(replay),
                },
                shadow: None,
            }));
        };
        if address.leads_to(listen) {
            return Err(Failure(format!(
                "--upstream {address} is this server's own address: it would ask itself"
            )));
        }
        let read = api::functions().filter(|function| function.is_comparable());
        let shadow = self
            .shadow
            .then(|| Shadow::of(read.map(api::Function::name)));
        let limit = self.upstream_timeout.unwrap_or(TIME_LIMIT);
        let upstream = Upstream::new(address.clone(), limit).map_err(|error| {
            format!("--upstream {address}: no certificates to check it by: {error}")
        })?;
        let recorder = self.record.as_deref().map(Recorder::begin).transpose()?;
        let mut shown = format!("what is not answered here goes to {address}");
        if let Some(file) = &self.record {
            shown.push_str(&format!(" and is kept in {}", file.display()));
        }
        Ok(Some(Others {
            shown,
            passed_on: PassedOn {
                choice,
                to: Other::Upstream(Arc::new(upstream), recorder),
            },
            shadow,
        }))
    }
}

/// An argument about what others answer.
fn needs_other(argument: &str, is_given: bool) -> Result<(), Failure> {
    if is_given {
        return Err(Failure(format!(
            "{argument} needs --upstream URL or --replay FILE"
        )));
    }
    Ok(())
}

/// An argument about the upstream alone.
fn needs_upstream(argument: &str, is_given: bool) -> Result<(), Failure> {
    if is_given {
        return Err(Failure(format!("{argument} needs --upstream URL")));
    }
    Ok(())
}

/// The paths of other scripts; an empty list is none.
fn paths(sent: Option<&[String]>) -> Result<Vec<String>, Failure> {
    let Some(sent) = sent else {
        return Ok(vec![PATHS.to_owned()]);
    };
    let paths = sent.iter().map(|path| path.trim());
    let paths: Vec<&str> = paths.filter(|path| !path.is_empty()).collect();
    for path in &paths {
        if !http::is_script(path) {
            return Err(Failure(format!(
                "--upstream-path: {path:?} is no script's path, such as {PATHS}"
            )));
        }
        if path.ends_with(http::ENDPOINT) {
            return Err(Failure(format!(
                "--upstream-path: {path} is answered here; --upstream-only leaves functions to the upstream"
            )));
        }
    }
    Ok(paths.into_iter().map(str::to_owned).collect())
}

/// The names of a list; an empty one counts for nothing, so that a variable may be set to nothing.
fn names(argument: &str, list: &[String]) -> Result<Vec<String>, Failure> {
    let can_be_sent = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let names = list.iter().map(|name| name.trim());
    let names: Vec<String> = names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    match names.iter().find(|name| !name.bytes().all(can_be_sent)) {
        Some(wrong) => Err(Failure(format!(
            "{argument}: {wrong:?} cannot be a function's name"
        ))),
        None => Ok(names),
    }
}

fn time_limit(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it must be more than nothing".to_owned()),
        Ok(limit) => Ok(limit),
        Err(error) => Err(error.to_string()),
    }
}
