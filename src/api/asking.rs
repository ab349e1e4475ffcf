//! Handing a call to the store and waiting for its answer.

use std::sync::Arc;
use std::time::Duration;

use super::journal::Change;
use super::options::Options;
use super::{Answered, Call, Dialect, Parameters, Reply, answer, aside, function};
use crate::store::logs::AdminRow;
use crate::store::{Db, Performed, QueryResult, Store, Work};

/// How long a call may wait for the database.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Answers a call; the answer comes after its changes and log rows are on disk. Of an answer of many rows the first page
/// is read then.
pub async fn ask(store: &Store, call: Call, dialect: Dialect) -> Answered {
    if let Some(answered) = aside::answer(store, &call, dialect).await {
        return answered;
    }
    let call = Arc::new(call);
    let asking = Asking {
        call: Arc::clone(&call),
        dialect,
    };
    let mut answered = match store.perform(asking, PATIENCE).await {
        Performed::Done(answered) => answered,
        Performed::NothingChanged => failed(&call, dialect, Reply::database_unavailable()),
        Performed::Unknown => failed(&call, dialect, Reply::outcome_unknown()),
    };
    if let Some(refusal) = &answered.refusal {
        refusal.log(&answered.function, &answered.user, &call.client);
    }
    if answered.reply.export.is_some() {
        let facts = answered.reply.facts.clone();
        answered.reply = tokio::time::timeout(PATIENCE, open(store, answered.reply))
            .await
            .unwrap_or_else(|_| Reply::database_unavailable());
        // Rows have a format of their own; what is answered in their place has not.
        if answered.reply.export.is_none() {
            answered.reply.facts = facts;
        }
    }
    answered
}

/// Reads the first page of an export beside the writers, then logs what was found. Nothing is changed but the log.
async fn open(store: &Store, reply: Reply) -> Reply {
    let Reply {
        content_type,
        export: Some(export),
        ..
    } = reply
    else {
        return reply;
    };
    let opened = store.read(move |db| export.open(content_type, db)).await;
    let Some((reply, rows)) = opened else {
        return Reply::database_unavailable();
    };
    match store.log_now(rows, PATIENCE).await {
        true => reply,
        false => Reply::database_unavailable(),
    }
}

struct Asking {
    call: Arc<Call>,
    dialect: Dialect,
}

impl Work for Asking {
    type Answer = Answered;

    fn run(&mut self, db: &mut Db) -> QueryResult<Answered> {
        answer(db, &self.call, self.dialect)
    }

    fn announcement(&self) -> Option<AdminRow> {
        let name = Parameters::one(&self.call.pairs, "function", false);
        let function = function(&name)?;
        let is_rehearsed = Options::of(&self.call, self.dialect).rehearse(function);
        (function.changes() && !is_rehearsed)
            .then(|| Change::announcement(&self.call, function.name()))
    }
}

/// The answer to a call that the database could not answer.
pub(super) fn failed(call: &Call, dialect: Dialect, mut reply: Reply) -> Answered {
    reply.facts.is_json = Options::of(call, dialect).json;
    Answered::of(reply, &Parameters::filter(&call.pairs, false))
}
