//! Calls of functions without a sign-in. They change nothing, so they are answered without waiting for those that do;
//! their rows in the API's log are written after their answers.

use super::asking::{PATIENCE, failed};
use super::function::Entrance;
use super::options::Options;
use super::{Answered, Call, Dialect, Function, Parameters, Reply, function};
use crate::access::journal::Entry;
use crate::store::Store;
use crate::store::settings::System;

/// The answer to a call of such a function; none where it is a call of another one.
pub(super) async fn answer(store: &Store, call: &Call, dialect: Dialect) -> Option<Answered> {
    open(&Parameters::one(&call.pairs, "function", false), dialect)?;
    let Ok(Some(system)) = tokio::time::timeout(PATIENCE, store.system()).await else {
        return Some(failed(call, dialect, Reply::database_unavailable()));
    };
    let parameters = Parameters::filter(&call.pairs, system.settings.non_latin());
    let answer = open(parameters.get("function"), dialect)?;
    let mut reply = answer(&system, call, &parameters);
    reply.facts.is_json = Options::of(call, dialect).json;
    store.log(Entry::of(call, &parameters).rows(&reply)).await;
    Some(Answered::of(reply, &parameters))
}

/// The function of that name, where it needs no sign-in.
fn open(name: &str, dialect: Dialect) -> Option<fn(&System, &Call, &Parameters) -> Reply> {
    match function(name) {
        Some(
            function @ Function {
                entrance: Entrance::Open(answer),
                ..
            },
        ) if function.is_known_in(dialect) => Some(*answer),
        _ => None,
    }
}
