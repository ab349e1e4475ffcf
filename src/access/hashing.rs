//! Hashed passwords (fixtures/reference/behaviour.md §3). A bcrypt digest takes from a fraction of a millisecond to
//! seconds, as `system_settings.pass_cost` says. So it is made beside the writers, on few threads, and that of a password
//! that has signed in is remembered: somebody who guesses keeps neither changes nor other sign-ins waiting.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread::available_parallelism;

use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use ring::hmac;
use ring::rand::SystemRandom;
use tokio::sync::{Semaphore, oneshot};

use crate::log_limit;
use crate::store::settings::Hashing;

/// How many digests may be waited for. One more is refused.
const WAITING: usize = 256;

/// How many digests are remembered, of passwords that have signed in.
const REMEMBERED: usize = 1024;

/// The highest cost there is.
const HIGHEST_COST: u32 = 31;

/// How many bytes of a password bcrypt takes, with the NUL behind it.
const LONGEST_KEY: usize = 72;

/// What a password comes to under the system's key and cost.
#[derive(Clone)]
pub(crate) struct Digest {
    hashing: Hashing,
    /// The 31 characters that `vicidial_users.pass_hash` holds: bcrypt's digest without its head. None where the
    /// system's key or cost cannot be bcrypt's: nobody can sign in.
    text: Option<String>,
}

impl Digest {
    /// Makes it, which takes as long as the cost says.
    pub(crate) fn new(hashing: Hashing, password: &str) -> Self {
        let text = digest(&hashing, password);
        Self { hashing, text }
    }

    /// Makes it on a thread of its own. None where too many are waited for.
    pub(crate) async fn beside(hashing: Hashing, password: String) -> Option<Self> {
        // Half of the processors: the other half answers.
        static THREADS: LazyLock<Semaphore> = LazyLock::new(|| {
            let cores = available_parallelism().map_or(1, |cores| cores.get());
            Semaphore::new((cores / 2).max(1))
        });
        static PLACES: Semaphore = Semaphore::const_new(WAITING);
        let Ok(_place) = PLACES.try_acquire() else {
            log_limit::warn!("a sign-in is refused: {WAITING} wait for a password's digest");
            return None;
        };
        let thread = THREADS.acquire().await.ok()?;
        let (sender, made) = oneshot::channel();
        // Not one of the runtime's: its end would wait for it.
        let work = move || {
            let _thread = thread;
            // Its caller may be gone.
            sender.send(Self::new(hashing, &password)).ok();
        };
        std::thread::Builder::new()
            .name("digest".to_owned())
            .spawn(work)
            .inspect_err(|error| log_limit::error!("no thread for a password's digest: {error}"))
            .ok()?;
        made.await.ok()
    }

    /// The one that was made for this call, or is remembered, where it is for this hashing.
    pub(crate) fn known(hashing: &Hashing, password: &str, made: Option<&Self>) -> Option<Self> {
        let made = made.filter(|digest| digest.hashing == *hashing).cloned();
        made.or_else(|| {
            let text = remembered().get(&name(hashing, password)).cloned()?;
            Some(Self {
                hashing: hashing.clone(),
                text: Some(text),
            })
        })
    }

    /// As `vicidial_users.pass_hash` holds it.
    pub(crate) fn into_text(self) -> Option<String> {
        self.text
    }

    /// Whether it is this one.
    pub(crate) fn is(&self, pass_hash: &str) -> bool {
        self.text.as_deref() == Some(pass_hash)
    }

    /// Remembers it: its password has signed in.
    pub(crate) fn remember(self, password: &str) {
        let Some(text) = self.text else { return };
        let (mut remembered, name) = (remembered(), name(&self.hashing, password));
        if remembered.len() >= REMEMBERED && !remembered.contains_key(&name) {
            remembered.clear();
        }
        remembered.insert(name, text);
    }
}

type Remembered = HashMap<Vec<u8>, String>;

fn remembered() -> std::sync::MutexGuard<'static, Remembered> {
    static DIGESTS: LazyLock<Mutex<Remembered>> = LazyLock::new(Mutex::default);
    DIGESTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name under which a digest is remembered. The password cannot be read from it: it is signed with a key that only this
/// process has.
fn name(hashing: &Hashing, password: &str) -> Vec<u8> {
    static KEY: LazyLock<Option<hmac::Key>> =
        LazyLock::new(|| hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok());
    let Some(key) = &*KEY else { return Vec::new() };
    let mut context = hmac::Context::with_key(key);
    for part in [
        hashing.key.as_bytes(),
        &hashing.cost.to_be_bytes(),
        password.as_bytes(),
    ] {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    context.sign().as_ref().to_vec()
}

fn digest(hashing: &Hashing, password: &str) -> Option<String> {
    let Ok(salt) = <[u8; 16]>::try_from(hashing.key.as_bytes()) else {
        log_limit::warn!(
            "nobody can sign in: system_settings.pass_key has {} bytes, not 16",
            hashing.key.len()
        );
        return None;
    };
    if hashing.cost > HIGHEST_COST {
        log_limit::warn!("nobody can sign in: system_settings.pass_cost is above {HIGHEST_COST}");
        return None;
    }
    let mut key = password.as_bytes().to_vec();
    key.push(0);
    key.truncate(LONGEST_KEY);
    let digest = bcrypt::bcrypt(hashing.cost, salt, &key);
    Some(GeneralPurpose::new(&BCRYPT, NO_PAD).encode(&digest[..23]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashing(key: &str, cost: u32) -> Hashing {
        let key = key.to_owned();
        Hashing { key, cost }
    }

    #[test]
    fn a_digest_is_that_of_the_reference() {
        let digest_of = |cost, password: &str| digest(&hashing("abcdefghijklmnop", cost), password);
        assert_eq!(
            digest_of(4, "1234").as_deref(),
            Some("uTpfxUqSKSbGH6FhoDfMWL1iFXhpekW")
        );
        // VICIdial's own default is a cost of 2, which bcrypt's usual bounds leave out.
        assert!(digest_of(2, "1234").is_some_and(|digest| digest.len() == 31));
        assert_eq!(digest_of(32, "1234"), None);
        assert_eq!(digest(&hashing("short", 4), "1234"), None);
        // The 72nd byte counts, and no later one does.
        let [short, full, long] = [71, 72, 200].map(|length| digest_of(4, &"x".repeat(length)));
        assert_ne!(short, full);
        assert_eq!(full, long);
    }

    #[test]
    fn only_the_same_password_under_the_same_hashing_is_remembered() {
        let first = hashing("abcdefghijklmnop", 2);
        assert!(Digest::known(&first, "secret", None).is_none());
        let made = Digest::new(first.clone(), "secret");
        made.clone().remember("secret");
        Digest::new(first.clone(), "another").remember("another");
        for password in ["secret", "another"] {
            assert!(
                Digest::known(&first, password, None).is_some(),
                "{password}"
            );
        }
        assert!(Digest::known(&first, "Secret", None).is_none());
        assert!(Digest::known(&hashing("abcdefghijklmnop", 3), "secret", None).is_none());
        let other = hashing("abcdefghijklmnoq", 2);
        assert!(Digest::known(&other, "secret", None).is_none());
        // One made for a key that was changed meanwhile does not count.
        assert!(Digest::known(&other, "secret", Some(&made)).is_none());
    }
}
