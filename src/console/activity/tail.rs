//! The calls as they come: read once a second beside the writers, and sent as server-sent events.

use std::collections::BTreeSet;

use serde_json::json;

use super::{asked, times};
use crate::console::form::Fields;
use crate::console::reading::Reader;
use crate::console::shown::{Answer, Shown};
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::routing::clock::Clock;
use crate::store::Db;
use crate::store::logs::reading::{Filter, calls_from, newest_key};

/// How many calls are sent at a time; of more, the newest.
const MOST: usize = 100;

/// By how many keys a row may come later than one with a higher key: writers commit beside each other.
const ASIDE: i64 = 200;

/// How many are read at a time.
const AT_ONCE: usize = 300;

/// A tail of the log.
pub(crate) struct Tail {
    query: Fields,
    filter: Filter,
    clock: Clock,
    /// The highest key that was seen.
    newest: i64,
    /// The keys that were seen, of the last ones.
    seen: BTreeSet<i64>,
}

/// `GET /activity/tail?function=&result=&user=&source=&text=`
pub(in crate::console) async fn open(visit: &Visit) -> Answer {
    let query = asked::kept(&visit.query);
    let begun = begin(visit, &query).await?;
    Ok(Shown::Tail(Box::new(Tail { query, ..begun })))
}

/// A tail that begins behind what is there now.
async fn begin(visit: &Visit, query: &Fields) -> Result<Tail, Stop> {
    let (function, asks) = super::ASKS;
    let query = query.clone();
    let reading = move |db: &mut Db, reader: &Reader| {
        let filter = match asked::filter(&query, reader) {
            // What is older is not asked for.
            Ok(filter) => Filter {
                since: None,
                ..filter
            },
            Err(wrong) => return Ok(Err(wrong)),
        };
        let newest = newest_key(db)?;
        let there = calls_from(db, &filter, newest - ASIDE, AT_ONCE)?;
        Ok(Ok(Tail {
            query: Fields::default(),
            filter,
            clock: reader.clock.clone(),
            newest,
            seen: there.iter().map(|call| call.api_id).collect(),
        }))
    };
    let begun = visit.read(function, asks, reading).await?;
    begun.map_err(|wrong| Stop::Refused(422, wrong))
}

impl Tail {
    /// Looks again whether this user may see it, and what of it.
    ///
    /// # Errors
    /// It may not any more, or the database does not answer.
    pub(crate) async fn check(&mut self, visit: &Visit) -> Result<(), String> {
        match begin(visit, &self.query).await {
            Ok(now) => {
                (self.filter, self.clock) = (now.filter, now.clock);
                Ok(())
            }
            Err(stop) => Err(stop.said().2),
        }
    }

    /// The calls since the last look, as the text of one event; none where there are none, or the database does not answer
    /// now.
    pub(crate) async fn next(&mut self, visit: &Visit) -> Option<String> {
        let (filter, first) = (self.filter.clone(), self.newest - ASIDE);
        let reading = move |db: &mut Db| {
            let newest = newest_key(db)?;
            Ok((newest, calls_from(db, &filter, first, AT_ONCE)?))
        };
        let (newest, rows) = visit.door.store().glance(reading).await?;
        // Also where no call is meant: what was looked through once is not looked through again.
        self.newest = self.newest.max(newest);
        let mut fresh: Vec<_> = rows
            .into_iter()
            .filter(|row| self.seen.insert(row.api_id))
            .collect();
        self.seen = self.seen.split_off(&(self.newest - ASIDE));
        if fresh.is_empty() {
            return None;
        }
        let left_out = fresh.len().saturating_sub(MOST);
        fresh.truncate(MOST);
        let calls: Vec<_> = fresh
            .iter()
            .rev()
            .map(|call| {
                json!({
                    "id": call.api_id,
                    "time": times::shown(&call.api_date, &self.clock),
                    "user": call.user,
                    "source": call.source,
                    "function": call.function,
                    "result": call.result,
                    "class": super::class(&call.result),
                    "reason": call.reason,
                    "data": call.data.as_deref().unwrap_or("(not shown: it may hold a password)"),
                })
            })
            .collect();
        Some(json!({ "calls": calls, "left_out": left_out }).to_string())
    }
}
