//! Handing a call to the store and waiting for its answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::options::Options;
use super::{Answered, Call, Dialect, Parameters, Reply, answer, aside, function};
use crate::access::journal::Change;
use crate::store::logs::AdminRow;
use crate::store::{Db, Outcome, QueryResult, Store, Task};

/// How long a call may wait for the database.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Answers a call; the answer comes after its changes and log rows are on disk. Of an answer of many rows the first page
/// is read then.
pub async fn ask(store: &Store, call: Call, dialect: Dialect) -> Answered {
    if let Some(answered) = aside::answer(store, &call, dialect).await {
        return answered;
    }
    let (sender, receiver) = oneshot::channel();
    let call = Arc::new(call);
    store
        .submit(Box::new(Asking {
            call: Arc::clone(&call),
            dialect,
            answered: None,
            sender,
        }))
        .await;
    let mut answered = match tokio::time::timeout(PATIENCE, receiver).await {
        Ok(Ok(answered)) => answered,
        _ => return failed(&call, dialect, Reply::outcome_unknown()),
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
    match store.log_now(rows).await {
        Outcome::Committed => reply,
        Outcome::NothingChanged | Outcome::Unknown => Reply::database_unavailable(),
    }
}

struct Asking {
    call: Arc<Call>,
    dialect: Dialect,
    answered: Option<Answered>,
    sender: oneshot::Sender<Answered>,
}

impl Task for Asking {
    fn run(&mut self, db: &mut Db) -> QueryResult<()> {
        self.answered = None;
        self.answered = Some(answer(db, &self.call, self.dialect)?);
        Ok(())
    }

    fn announcement(&self) -> Option<AdminRow> {
        let name = Parameters::one(&self.call.pairs, "function", false);
        let function = function(&name)?;
        let is_rehearsed = Options::of(&self.call, self.dialect).rehearse(function);
        (function.changes() && !is_rehearsed)
            .then(|| Change::announcement(&self.call, function.name()))
    }

    fn finish(mut self: Box<Self>, outcome: Outcome) {
        let answered = match (outcome, self.answered.take()) {
            (Outcome::Committed, Some(answered)) => answered,
            (Outcome::Unknown, _) => failed(&self.call, self.dialect, Reply::outcome_unknown()),
            (Outcome::Committed | Outcome::NothingChanged, _) => {
                failed(&self.call, self.dialect, Reply::database_unavailable())
            }
        };
        // Nobody waits any more where the client has gone.
        drop(self.sender.send(answered));
    }
}

/// The answer to a call that the database could not answer.
pub(super) fn failed(call: &Call, dialect: Dialect, mut reply: Reply) -> Answered {
    reply.facts.is_json = Options::of(call, dialect).json;
    Answered::of(reply, &Parameters::filter(&call.pairs, false))
}
