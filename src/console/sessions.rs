//! Who has signed in to the console: kept in memory, until it signs out, is idle or has been there for long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::notice::Notice;
use crate::access::Proof;

/// How long a session lives that nothing is asked of.
const IDLE: Duration = Duration::from_secs(30 * 60);

/// How long a session lives at the most.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);

/// How many sessions there may be; at that number the one that was idle for longest ends.
const MOST: usize = 10_000;

/// The random bytes of a token.
const TOKEN: usize = 32;

/// How many may watch the log at once: each of them asks the database once a second.
const MOST_TAILS: usize = 32;

/// The sessions of this process.
pub struct Sessions {
    tails: Arc<Semaphore>,
    /// By the digest of the token, so that how long a look takes tells nothing of a token.
    kept: Mutex<HashMap<Vec<u8>, Kept>>,
}

/// Somebody who has signed in.
#[derive(Clone)]
pub(crate) struct Person {
    /// The user, as it was sent.
    pub(crate) user: String,
    /// What stands for the password.
    pub(crate) proof: Proof,
    /// What each form of the session's must send.
    pub(crate) form_token: String,
}

struct Kept {
    person: Person,
    began: Instant,
    used: Instant,
    /// What the next page is to say.
    notice: Option<Notice>,
}

impl Kept {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.used) > IDLE || now.duration_since(self.began) > LONGEST
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            tails: Arc::new(Semaphore::new(MOST_TAILS)),
            kept: Mutex::default(),
        }
    }
}

impl Sessions {
    /// A place among those who watch the log; none where all are taken.
    pub(crate) fn place_for_a_tail(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.tails).try_acquire_owned().ok()
    }

    /// How many sessions there are.
    pub(crate) fn count(&self) -> usize {
        let now = Instant::now();
        let kept = self.lock();
        kept.values().filter(|kept| !kept.is_over(now)).count()
    }

    /// Whether the session with this token goes on. It does not count as used: who only watches is idle.
    pub(crate) fn goes_on(&self, token: &str) -> bool {
        let kept = self.lock();
        let found = kept.get(&name(token));
        found.is_some_and(|kept| !kept.is_over(Instant::now()))
    }

    /// Begins a session; its token, for the cookie. None where this machine has no random numbers.
    pub(crate) fn begin(&self, user: String, proof: Proof) -> Option<String> {
        let (token, form_token) = (random()?, random()?);
        let now = Instant::now();
        let mut kept = self.lock();
        kept.retain(|_, kept| !kept.is_over(now));
        if kept.len() >= MOST {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.used);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                kept.remove(&oldest);
            }
        }
        let person = Person {
            user,
            proof,
            form_token,
        };
        let begun = Kept {
            person,
            began: now,
            used: now,
            notice: None,
        };
        kept.insert(name(&token), begun);
        Some(token)
    }

    /// Who has this token; none where the session has ended. It counts as used.
    pub(crate) fn find(&self, token: &str) -> Option<Person> {
        let now = Instant::now();
        let mut kept = self.lock();
        let name = name(token);
        let found = kept.get_mut(&name)?;
        if found.is_over(now) {
            kept.remove(&name);
            return None;
        }
        found.used = now;
        Some(found.person.clone())
    }

    /// Ends a session.
    pub(crate) fn end(&self, token: &str) {
        self.lock().remove(&name(token));
    }

    /// Keeps what the session's next page is to say.
    pub(crate) fn leave(&self, token: &str, notice: Notice) {
        if let Some(kept) = self.lock().get_mut(&name(token)) {
            kept.notice = Some(notice);
        }
    }

    /// What the next page is to say.
    pub(crate) fn notice(&self, token: &str) -> Option<Notice> {
        self.lock().get(&name(token))?.notice.clone()
    }

    /// Notes that a page has said it.
    pub(crate) fn said(&self, token: &str) {
        if let Some(kept) = self.lock().get_mut(&name(token)) {
            kept.notice = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Person {
    /// Whether a form was sent from a page of this session.
    pub(crate) fn sent(&self, form_token: &str) -> bool {
        name(form_token) == name(&self.form_token)
    }
}

fn name(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

fn random() -> Option<String> {
    let mut bytes = [0; TOKEN];
    getrandom::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}
