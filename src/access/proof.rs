//! What stands for a password in the calls of somebody who has signed in before: no session keeps the password itself.

use std::sync::LazyLock;

use ring::hmac;
use ring::rand::SystemRandom;

use crate::store::users::User;

/// That a user's password was right once. It holds as long as that user's row has the password that it had then.
#[derive(Clone)]
pub struct Proof(Vec<u8>);

impl Proof {
    /// For a user whose password was right just now; none where this machine has no random numbers.
    pub(crate) fn of(user: &User) -> Option<Self> {
        let key = KEY.as_ref()?;
        Some(Self(hmac::sign(key, &signed(user)).as_ref().to_vec()))
    }

    /// Whether it still holds for this user.
    pub(crate) fn holds_for(&self, user: &User) -> bool {
        KEY.as_ref()
            .is_some_and(|key| hmac::verify(key, &signed(user), &self.0).is_ok())
    }
}

/// Only this process can make a proof, and none can be read back.
static KEY: LazyLock<Option<hmac::Key>> =
    LazyLock::new(|| hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok());

/// What is signed: whose password it is, and both forms in which a row has it.
fn signed(user: &User) -> Vec<u8> {
    let mut signed = user.user_id.to_be_bytes().to_vec();
    for part in [&user.pass, &user.pass_hash] {
        signed.extend(part.len().to_be_bytes());
        signed.extend(part.as_bytes());
    }
    signed
}
