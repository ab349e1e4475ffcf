//! The API: which functions there are, and the way of a call through sign-in and permission to one of them.

mod aside;
mod asking;

mod cid_group;
mod coffee;
pub mod did;

mod explain;
mod export;
mod facts;
mod filter_phone_group;
mod format;
mod function;

mod lists;
pub mod needs;
pub(crate) mod options;
mod parameters;

mod phone;
mod registry;
mod reply;

mod table;
mod version;

pub use crate::access::{Call, Moment, Refusal};
pub use asking::ask;
pub use explain::{Finding, Mark, explain};
pub use export::Export;
pub use facts::{Copies, Facts};
pub use function::Function;

pub use parameters::Parameters;
pub use registry::{function, functions};
pub use reply::{Dialect, Line, Reply, Status};

use std::sync::Arc;

use crate::access::scope::Reach;
use crate::access::{journal, sign_in};
use crate::store::settings::{Settings, System};
use crate::store::users::User;
use crate::store::{Db, QueryResult};
use function::Entrance;
use options::{Options, requests};

/// Why a function stops before its end.
pub(crate) enum Stop {
    /// With this answer; nothing was changed.
    Reply(Reply),
    /// With this answer, at this gate; nothing was changed but what counts sign-ins.
    Refused(Reply, Box<Refusal>),
    /// The database failed.
    Database(diesel::result::Error),
}

impl From<Line> for Stop {
    fn from(line: Line) -> Self {
        Self::Reply(line.into())
    }
}

impl From<Reply> for Stop {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl From<diesel::result::Error> for Stop {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

type Answer = Result<Reply, Stop>;

/// A call that has signed in.
pub(crate) struct Session<'a> {
    pub(crate) db: &'a mut Db,
    pub(crate) call: &'a Call,
    pub(crate) parameters: Parameters,
    pub(crate) dialect: Dialect,
    /// Which rows the function sees.
    pub(crate) reach: Reach,
    pub(crate) user: Arc<User>,
    pub(crate) options: Options,
    /// What the caller should look at, whatever is answered: ASCII.
    pub(crate) warnings: Vec<String>,
}

impl Session<'_> {
    /// Whether the reply alone is asked for: nothing may be changed.
    fn is_rehearsal(&self) -> bool {
        self.options.dry_run
    }

    /// A parameter after filtering; empty where it was not sent.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name)
    }

    /// A parameter as a value of its own.
    fn owned(&self, name: &str) -> String {
        self.parameters.get(name).to_owned()
    }
}

/// An answer and what the access log says of it.
#[derive(Debug)]
pub struct Answered {
    /// The answer.
    pub reply: Reply,
    /// The user as sent, after filtering.
    pub user: String,
    /// The function as sent, after filtering.
    pub function: String,
    /// The source as sent, after filtering.
    pub source: String,
    /// The gate that refused it, for the process's log.
    pub refusal: Option<Refusal>,
}

impl Answered {
    fn of(reply: Reply, parameters: &Parameters) -> Self {
        let sent = |name| parameters.get(name).to_owned();
        Self {
            reply,
            user: sent("user"),
            function: sent("function"),
            source: sent("source"),
            refusal: None,
        }
    }

    /// The text of an answer that is not an export.
    pub fn text(&self, dialect: Dialect) -> String {
        if self.reply.is_json() {
            return options::json::text(self);
        }
        self.reply.render(&self.user, dialect)
    }
}

/// Answers a call on a connection whose transaction is open; its log rows wait there for the end of the batch.
///
/// # Errors
/// The database failed: the caller takes the transaction back.
pub fn answer(db: &mut Db, call: &Call, dialect: Dialect) -> QueryResult<Answered> {
    let settings = Settings::read(db)?;
    let mut parameters = Parameters::filter(&call.pairs, settings.non_latin());
    if dialect == Dialect::Documented {
        parameters.keep_separators(&call.pairs, settings.non_latin());
        phone::fields::take_blanks(&mut parameters, &call.pairs);
    }
    let function =
        function(parameters.get("function")).filter(|function| function.is_known_in(dialect));
    let options = Options::of(call, dialect);
    let is_json = options.json;
    let is_rehearsal = function.is_some_and(|function| options.rehearse(function));
    let responded = respond(db, call, function, dialect, options, &settings, &parameters);
    let (mut reply, refusal) = match responded {
        Ok(reply) | Err(Stop::Reply(reply)) => (reply, None),
        Err(Stop::Refused(reply, refusal)) => (reply, Some(*refusal)),
        Err(Stop::Database(error)) => return Err(error),
    };
    reply.facts.is_rehearsal = is_rehearsal;
    reply.facts.is_json = is_json;
    if !is_rehearsal {
        journal::record(db, call, &parameters, &reply);
    }
    Ok(Answered {
        refusal,
        ..Answered::of(reply, &parameters)
    })
}

fn respond(
    db: &mut Db,
    call: &Call,
    function: Option<&'static Function>,
    dialect: Dialect,
    options: Options,
    settings: &Settings,
    parameters: &Parameters,
) -> Answer {
    if let Some(Function {
        entrance: Entrance::Open(answer),
        ..
    }) = function
    {
        return Ok(answer(&System::read(db)?, call, parameters));
    }
    let user = sign_in::check(db, call, settings, parameters)?;
    let Some(
        function @ Function {
            name,
            entrance: Entrance::SignedIn(permission, answer),
            ..
        },
    ) = function
    else {
        return Ok(Reply::no_function());
    };
    permission.check(name, &user, parameters)?;
    options.check(function, call, dialect, parameters)?;
    let request = options.request(db, call, function, &user, parameters)?;
    if let Some(request) = &request
        && let Some(reply) = requests::take(db, request, call)?
    {
        return Ok(reply);
    }
    let is_json = options.json;
    let mut session = Session {
        db,
        call,
        parameters: parameters.clone(),
        dialect,
        reach: function.reach,
        options,
        user,
        warnings: Vec::new(),
    };
    let mut reply = match answer(&mut session) {
        Ok(reply) | Err(Stop::Reply(reply)) => reply,
        Err(error) => return Err(error),
    };
    if !session.warnings.is_empty() {
        let warning = session.warnings.join("; ");
        log::warn!(target: "vicishim::numbers", "function={name} user={} {warning}", parameters.get("user"));
        reply.facts.warning = Some(warning);
    }
    let Some(request) = request else {
        return Ok(reply);
    };
    reply.facts.is_json = is_json;
    let answered = Answered::of(reply, parameters);
    requests::keep(db, &request, call, &answered)?;
    Ok(answered.reply)
}
