//! The calls under way, as dialplans tell of them, by DID. They are in the memory of this process: a call that begins writes
//! nothing to a disk. One that nobody ends counts no longer than the time it was begun for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most calls at once.
const MOST: usize = 100_000;

/// A call: the key that tells of it, and its id there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CallId {
    /// The key's number.
    pub(super) key: i64,
    /// The dialplan's id.
    pub(super) id: String,
}

/// A call's DID, and when it counts no more.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    did_id: i64,
    until: Instant,
    /// Whether it is under way: not yet decided where it goes otherwise.
    is_kept: bool,
}

/// The calls under way.
#[derive(Default)]
pub struct Channels(Mutex<Calls>);

#[derive(Default)]
struct Calls {
    places: HashMap<CallId, Place>,
    /// Those of each DID.
    of_dids: HashMap<i64, Vec<CallId>>,
}

/// There are too many calls at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// A call's place among those of its DID; given up where it is not kept.
pub(super) struct Reserved {
    channels: Arc<Channels>,
    call: CallId,
    place: Place,
    before: Option<Place>,
    /// How many calls the DID has, this one among them.
    pub(super) count: u32,
    /// Whether the call had its place before.
    pub(super) is_known: bool,
}

impl Channels {
    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls a DID has.
    pub(super) fn count(&self, did_id: i64) -> u32 {
        self.lock().count(did_id)
    }

    /// Counts a call among those of a DID for so long, from now on. One that is known has its time anew, and goes to this DID.
    ///
    /// # Errors
    /// There are too many at once.
    pub(super) fn reserve(
        self: &Arc<Self>,
        call: CallId,
        did_id: i64,
        time: Duration,
    ) -> Result<Reserved, Full> {
        let until = Instant::now() + time;
        let mut calls = self.lock();
        calls.count(did_id);
        if calls.places.len() >= MOST && !calls.places.contains_key(&call) {
            calls.sweep();
            if calls.places.len() >= MOST {
                return Err(Full);
            }
        }
        let place = Place {
            did_id,
            until,
            is_kept: false,
        };
        let before = calls.remove(&call).filter(|before| before.is_kept);
        calls.insert(call.clone(), place);
        let count = calls.count(did_id);
        drop(calls);
        Ok(Reserved {
            channels: Arc::clone(self),
            call,
            is_known: before.is_some_and(|before| before.did_id == did_id),
            place,
            before,
            count,
        })
    }

    /// Ends all calls.
    pub(crate) fn end_all(&self) {
        *self.lock() = Calls::default();
    }

    /// Ends a call; whether it was under way.
    pub(super) fn end(&self, call: &CallId) -> bool {
        let ended = self.lock().remove(call);
        ended.is_some_and(|place| place.until > Instant::now())
    }
}

impl Calls {
    /// How many calls a DID has; those whose time is over are forgotten.
    fn count(&mut self, did_id: i64) -> u32 {
        let now = Instant::now();
        let Some(calls) = self.of_dids.get(&did_id) else {
            return 0;
        };
        let is_over = |call: &&CallId| self.places.get(call).is_none_or(|at| at.until <= now);
        let over: Vec<CallId> = calls.iter().filter(is_over).cloned().collect();
        for call in over {
            self.remove(&call);
        }
        let left = self.of_dids.get(&did_id).map_or(0, Vec::len);
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    /// Forgets the calls of all DIDs whose time is over.
    fn sweep(&mut self) {
        let dids: Vec<i64> = self.of_dids.keys().copied().collect();
        for did_id in dids {
            self.count(did_id);
        }
    }

    fn insert(&mut self, call: CallId, place: Place) {
        let of_did = self.of_dids.entry(place.did_id).or_default();
        of_did.push(call.clone());
        self.places.insert(call, place);
    }

    fn remove(&mut self, call: &CallId) -> Option<Place> {
        let place = self.places.remove(call)?;
        if let Some(calls) = self.of_dids.get_mut(&place.did_id) {
            calls.retain(|known| known != call);
            if calls.is_empty() {
                self.of_dids.remove(&place.did_id);
            }
        }
        Some(place)
    }
}

impl Reserved {
    /// The call is under way.
    pub(super) fn keep(self) {
        // Not one that has taken its place meanwhile.
        if let Some(place) = self.channels.lock().places.get_mut(&self.call)
            && *place == self.place
        {
            place.is_kept = true;
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let mut calls = self.channels.lock();
        // It is kept, has ended, or was begun again meanwhile.
        if calls.places.get(&self.call) != Some(&self.place) {
            return;
        }
        calls.remove(&self.call);
        if let Some(before) = self.before {
            calls.insert(self.call.clone(), before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn call(id: &str) -> CallId {
        CallId {
            key: 1,
            id: id.to_owned(),
        }
    }

    fn begin(channels: &Arc<Channels>, id: &str, did_id: i64, time: Duration) -> u32 {
        let reserved = channels
            .reserve(call(id), did_id, time)
            .expect("there is room");
        let count = reserved.count;
        reserved.keep();
        count
    }

    #[test]
    fn a_call_counts_until_it_ends_or_its_time_is_over() {
        let channels = Arc::new(Channels::default());
        assert_eq!(begin(&channels, "a", 1, HOUR), 1);
        assert_eq!(begin(&channels, "b", 1, HOUR), 2);
        assert_eq!(begin(&channels, "c", 2, HOUR), 1);
        // The same one again is no other.
        assert_eq!(begin(&channels, "b", 1, HOUR), 2);
        assert!(channels.end(&call("a")) && !channels.end(&call("a")));
        assert_eq!((channels.count(1), channels.count(2)), (1, 1));
        // That of another key is another one.
        let other = CallId {
            key: 2,
            ..call("b")
        };
        assert!(!channels.end(&other));
        // One whose time is over has ended.
        assert_eq!(begin(&channels, "b", 1, Duration::ZERO), 0);
        assert_eq!(begin(&channels, "d", 2, Duration::ZERO), 1);
        assert!(!channels.end(&call("b")) && !channels.end(&call("d")));
        assert_eq!((channels.count(1), channels.count(2)), (0, 1));
        // It goes to another DID with its number.
        assert_eq!(begin(&channels, "c", 1, HOUR), 1);
        assert_eq!((channels.count(1), channels.count(2)), (1, 0));
        assert!(channels.end(&call("c")));
        assert!(channels.lock().places.is_empty() && channels.lock().of_dids.is_empty());
    }

    #[test]
    fn what_is_not_kept_is_as_it_was() {
        let channels = Arc::new(Channels::default());
        let reserve = |id, did_id| channels.reserve(call(id), did_id, HOUR).expect("room");
        drop(reserve("a", 1));
        assert_eq!(channels.count(1), 0);
        begin(&channels, "a", 1, HOUR);
        let moved = reserve("a", 2);
        assert!(!moved.is_known && moved.count == 1);
        assert_eq!((channels.count(1), channels.count(2)), (0, 1));
        drop(moved);
        assert_eq!((channels.count(1), channels.count(2)), (1, 0));
        assert!(reserve("a", 1).is_known);
    }

    #[test]
    fn there_are_only_so_many_at_once() {
        let channels = Arc::new(Channels::default());
        for number in 0..MOST {
            let did_id = i64::try_from(number / 100).expect("a number");
            begin(&channels, &number.to_string(), did_id, HOUR);
        }
        let more = channels.reserve(call("more"), 1, HOUR);
        assert!(more.is_err());
        // One that is known goes on, and those whose time is over make room.
        assert_eq!(begin(&channels, "99999", 999, Duration::ZERO), 99);
        assert_eq!(begin(&channels, "more", 1, HOUR), 101);
    }
}
