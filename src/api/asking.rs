//! Handing a call to the store and waiting for its answer.

use std::time::Duration;

use tokio::sync::oneshot;

use super::{Answered, Call, Dialect, Parameters, Reply, answer};
use crate::store::{Db, Outcome, QueryResult, Store, Task};

/// How long a call may wait for the database.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers a call; the answer comes after its changes and log rows are on disk.
pub async fn ask(store: &Store, call: Call, dialect: Dialect) -> Answered {
    let (sender, receiver) = oneshot::channel();
    let lost = failed(&call, Reply::outcome_unknown());
    store
        .submit(Box::new(Asking {
            call,
            dialect,
            answered: None,
            sender,
        }))
        .await;
    match tokio::time::timeout(PATIENCE, receiver).await {
        Ok(Ok(answered)) => answered,
        _ => lost,
    }
}

struct Asking {
    call: Call,
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

    fn finish(mut self: Box<Self>, outcome: Outcome) {
        let answered = match (outcome, self.answered.take()) {
            (Outcome::Committed, Some(answered)) => answered,
            (Outcome::Unknown, _) => failed(&self.call, Reply::outcome_unknown()),
            (Outcome::Committed | Outcome::NothingChanged, _) => {
                failed(&self.call, Reply::database_unavailable())
            }
        };
        // Nobody waits any more where the client has gone.
        drop(self.sender.send(answered));
    }
}

fn failed(call: &Call, reply: Reply) -> Answered {
    let parameters = Parameters::filter(&call.pairs, false);
    let sent = |name| parameters.get(name).to_owned();
    Answered {
        reply,
        user: sent("user"),
        function: sent("function"),
        source: sent("source"),
    }
}
