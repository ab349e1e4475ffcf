//! A request on its way through sign-in and permission, on a writer's connection; long readings go on beside it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::problem::{Fault, Problem};
use super::request::Asked;
use crate::api::Refusal;
use crate::api::permission::Permission;
use crate::api::scope::Reach;
use crate::api::sign_in::{self, Code, Shut};
use crate::api::{Call, Dialect, Line, Parameters, Reply, Session, Stop, journal};
use crate::store::settings::Settings;
use crate::store::{self, Db, Performed, QueryResult, Store};

/// How long a request may wait for the database.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was done.
pub(super) struct Done {
    /// HTTP's status.
    pub(super) status: u16,
    /// The body; none for 204.
    pub(super) body: Option<Value>,
    /// The tag of the state that the body shows.
    pub(super) etag: Option<String>,
    /// Where a new thing is.
    pub(super) location: Option<String>,
    /// The log's line.
    pub(super) line: Line,
}

/// A reading that is done beside the writers.
pub(super) type Reading = Box<dyn FnOnce(&mut Db) -> QueryResult<Value> + Send>;

/// How a request goes on.
pub(super) enum Next {
    /// It is done.
    Done(Done),
    /// A reader does it; the log's line.
    Read(Reading, Line),
}

impl From<Done> for Next {
    fn from(done: Done) -> Self {
        Self::Done(done)
    }
}

/// The work of an endpoint, once its user has signed in.
pub(super) type Work = fn(&mut Session<'_>, &Asked) -> Result<Next, Fault>;

/// An endpoint: the text API's function that asks the same of its user, the permission, the work.
#[derive(Clone, Copy)]
pub(super) struct Endpoint {
    /// The function, as `api_allowed_functions` and the log name it.
    pub(super) function: &'static str,
    /// What it takes.
    pub(super) permission: &'static Permission,
    /// What it does.
    pub(super) work: Work,
}

impl Done {
    /// A state that is shown, and its tag.
    pub(super) fn shown(status: u16, view: &impl Serialize, line: Line) -> Self {
        let body = serde_json::to_value(view).unwrap_or_default();
        Self {
            status,
            etag: Some(tag(&body)),
            body: Some(body),
            location: None,
            line,
        }
    }

    /// An answer that is no state of a thing.
    pub(super) fn told(view: &impl Serialize, line: Line) -> Self {
        Self {
            etag: None,
            ..Self::shown(200, view, line)
        }
    }

    /// Something that is gone.
    pub(super) fn gone(line: Line) -> Self {
        Self {
            status: 204,
            body: None,
            etag: None,
            location: None,
            line,
        }
    }

    /// This, at a new address.
    #[must_use]
    pub(super) fn at(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }
}

/// The tag of a state. What is only said about it counts for nothing.
pub(super) fn tag(body: &Value) -> String {
    let mut hasher = DefaultHasher::new();
    match body {
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(name, _)| *name != "warnings") {
                (name, value.to_string()).hash(&mut hasher);
            }
        }
        other => other.to_string().hash(&mut hasher),
    }
    format!("\"{:016x}\"", hasher.finish())
}

/// Refuses a change to a state that is not the one the client has seen.
pub(super) fn unchanged(asked: &Asked, view: &impl Serialize) -> Result<(), Problem> {
    let Some(tags) = &asked.if_match else {
        return Ok(());
    };
    let current = tag(&serde_json::to_value(view).unwrap_or_default());
    let fits = tags
        .split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag == current);
    match fits {
        true => Ok(()),
        false => Err(Problem::new(
            412,
            "it was changed meanwhile: If-Match does not name its present ETag",
        )),
    }
}

/// Answers a request; the answer comes after its changes and log rows are on disk.
pub(super) async fn ask(
    store: &Store,
    endpoint: Endpoint,
    call: Call,
    asked: Asked,
    dialect: Dialect,
) -> Result<Done, Problem> {
    let asking = Asking {
        endpoint,
        call,
        asked,
        dialect,
    };
    let result = match store.perform(asking, PATIENCE).await {
        Performed::Done(result) => result,
        Performed::NothingChanged => Err(unavailable()),
        Performed::Unknown => Err(lost()),
    };
    match result? {
        Next::Done(done) => Ok(done),
        Next::Read(reading, line) => match store.read(reading).await {
            Some(body) => Ok(Done::told(&body, line)),
            None => Err(unavailable()),
        },
    }
}

fn unavailable() -> Problem {
    Problem::new(503, "the database is unavailable: nothing was changed")
}

fn lost() -> Problem {
    Problem::new(
        503,
        "the connection to the database was lost: look whether the change was made before you try again",
    )
}

struct Asking {
    endpoint: Endpoint,
    call: Call,
    asked: Asked,
    dialect: Dialect,
}

impl store::Work for Asking {
    type Answer = Result<Next, Problem>;

    fn run(&mut self, db: &mut Db) -> QueryResult<Self::Answer> {
        match self.respond(db) {
            Ok(next) => Ok(Ok(next)),
            Err(Fault::Problem(problem)) => Ok(Err(*problem)),
            Err(Fault::Database(error)) => Err(error),
        }
    }
}

impl Asking {
    fn respond(&self, db: &mut Db) -> Result<Next, Fault> {
        let settings = Settings::read(db)?;
        let parameters = Parameters::filter(&self.call.pairs, settings.non_latin());
        let user = sign_in::attempt(db, &self.call, &settings, &parameters)?
            .map_err(|shut| self.shut_out(&shut, &parameters))?;
        let Endpoint {
            function,
            permission,
            work,
        } = self.endpoint;
        let result = match permission.check(function, &user, &parameters) {
            Ok(()) => work(
                &mut Session {
                    db,
                    call: &self.call,
                    parameters: parameters.clone(),
                    dialect: self.dialect,
                    // Where a resource is seen more widely, its own code asks for that.
                    reach: Reach::Group,
                    options: crate::api::options::Options::default(),
                    user,
                    warnings: Vec::new(),
                },
                &self.asked,
            ),
            Err(Stop::Database(error)) => Err(error.into()),
            Err(Stop::Reply(_)) => Err(not_allowed(function).into()),
            Err(Stop::Refused(_, refusal)) => {
                self.log_refusal(&refusal, &parameters);
                Err(not_allowed(function).into())
            }
        };
        let reply: Reply = match &result {
            Ok(Next::Done(Done { line, .. }) | Next::Read(_, line)) => line.clone().into(),
            Err(Fault::Problem(problem)) => {
                let reason = format!("{function} {}", problem.title.to_uppercase());
                Line::error(reason, problem.logged()).into()
            }
            Err(Fault::Database(_)) => return result,
        };
        journal::record(db, &self.call, &parameters, &reply);
        result
    }

    fn shut_out(&self, shut: &Shut, parameters: &Parameters) -> Problem {
        self.log_refusal(&shut.refusal, parameters);
        match shut.code {
            Code::Bad => Problem::new(401, "the user or the password is wrong"),
            Code::NoSecondFactor => Problem::new(401, "the user has passed no second factor"),
            Code::Locked => Problem::new(401, "too many failed sign-ins: try again in 15 minutes"),
            Code::Blocked => Problem::new(403, "your IP address is not allowed"),
        }
    }

    /// The line that the text API's refusals leave in the process's log, too.
    fn log_refusal(&self, refusal: &Refusal, parameters: &Parameters) {
        let (function, user) = (self.endpoint.function, parameters.get("user"));
        refusal.log(function, user, &self.call.client);
    }
}

fn not_allowed(function: &str) -> Problem {
    Problem::new(
        403,
        format!("this user is not allowed what {function} needs"),
    )
}
