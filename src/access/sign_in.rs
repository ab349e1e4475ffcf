//! Sign-in (fixtures/reference/behaviour.md §3): password, lockout, IP lists, second factor. It is read from the database
//! for every call, once for those that wait together.

use std::sync::Arc;

use super::gates::{Gate, IpLists, LOCK_MINUTES, Refusal, SecondFactor};
use super::hashing::Digest;
use super::{Call, CallTime, Identity, Proof};
use crate::store::collation;
use crate::store::settings::{Hashing, Settings};
use crate::store::users::{self, Failure, LOCKED_AT, User};
use crate::store::{Db, QueryResult};

/// Why a sign-in failed, as the client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// A wrong user or password, or a user who may not sign in.
    Bad,
    /// Too many failed ones.
    Locked,
    /// An address that is not allowed.
    Blocked,
    /// No second factor.
    NoSecondFactor,
}

/// Why nobody is signed in.
#[derive(Debug, Clone)]
pub(crate) struct SignInFailure {
    /// What the client is told.
    pub(crate) code: Code,
    /// The gate that the user did not pass, for the process's log.
    pub(crate) refusal: Refusal,
}

impl SignInFailure {
    fn at(gate: &Gate<'_>, code: Code) -> Self {
        Self {
            code,
            refusal: gate.refusal(),
        }
    }
}

/// What came of a sign-in.
pub(crate) enum Attempt {
    /// This user is signed in.
    SignedIn(Arc<User>),
    /// Nobody is.
    Failed(SignInFailure),
    /// Its password's digest is to be made first. Nothing is noted.
    Unhashed(Hashing),
}

/// The user that signs in, or why nobody does. The user's row keeps count of both. Where passwords are hashed, the digest
/// is that of this one, if it was made.
///
/// # Errors
/// The database cannot be read or written.
pub(crate) fn attempt(
    db: &mut Db,
    call: &Call,
    settings: &Settings,
    identity: &Identity,
    digest: Option<&Digest>,
) -> QueryResult<Attempt> {
    let (name, password) = (identity.user.as_str(), identity.password.as_str());
    let now = call.time.timestamp();
    let user = users::find(db, name)?;
    if let Some(proof) = &call.proof {
        return again(db, call, settings, (name, user), proof);
    }
    let lockout = user.as_deref().map(|user| lockout(user, &call.time));
    let is_locked = lockout.as_ref().is_some_and(|gate| !gate.opens());
    let made = digest;
    let digest = match settings.hashing() {
        // An unknown user takes as long as a known one, and a locked one nothing.
        Some(hashing) if !is_locked => match Digest::known(&hashing, password, digest) {
            Some(digest) => Some(digest),
            None => return Ok(Attempt::Unhashed(hashing)),
        },
        Some(_) | None => None,
    };
    let (Some(user), Some(lockout)) = (&user, lockout) else {
        let is_known = false;
        let gate = Gate::User { name, is_known };
        return Ok(Attempt::Failed(SignInFailure::at(&gate, Code::Bad)));
    };
    let [active, level] = standing(user);
    let right = Gate::Password(is_right(user, password, digest.as_ref()));
    if let Some(failed) = [&lockout, &active, &level, &right]
        .into_iter()
        .find(|gate| !gate.opens())
    {
        let (counted, code) = match (lockout.opens(), lockout.counts_on()) {
            // Where no time is known from which on it is locked, this one sets it.
            (false, _) if user.last_login_date.is_empty() => (Failure::BadAfterLock, Code::Bad),
            (false, _) => (Failure::Locked, Code::Locked),
            (true, true) => (Failure::Bad, Code::Bad),
            (true, false) => (Failure::BadAfterLock, Code::Bad),
        };
        let mut note = |failure| users::failed(db, user.user_id, failure, &now, &call.client);
        let code = match (note(counted)?, counted) {
            (false, Failure::Bad) => {
                note(Failure::Locked)?;
                Code::Locked
            }
            (false, Failure::BadAfterLock) => {
                note(Failure::Bad)?;
                code
            }
            (true, _) | (false, Failure::Locked | Failure::Blocked) => code,
        };
        let failure = SignInFailure::at(failed, code);
        return Ok(Attempt::Failed(failure));
    }
    if let (Some(digest), Some(_)) = (digest, made) {
        digest.remember(password);
    }
    let address = address(db, user, settings, &call.client)?;
    if !address.opens() {
        users::failed(db, user.user_id, Failure::Blocked, &now, &call.client)?;
        return Ok(Attempt::Failed(SignInFailure::at(&address, Code::Blocked)));
    }
    users::signed_in(db, user, &now, &call.client)?;
    let factor = second_factor(db, user, settings, &now)?;
    if !factor.opens() {
        let failure = SignInFailure::at(&factor, Code::NoSecondFactor);
        return Ok(Attempt::Failed(failure));
    }
    Ok(Attempt::SignedIn(Arc::clone(user)))
}

/// The user who has signed in before, or why nobody is. Nothing is counted: nobody guesses here, and nobody signs in.
fn again(
    db: &mut Db,
    call: &Call,
    settings: &Settings,
    (name, user): (&str, Option<Arc<User>>),
    proof: &Proof,
) -> QueryResult<Attempt> {
    let failed = |gate: &Gate<'_>, code| Ok(Attempt::Failed(SignInFailure::at(gate, code)));
    let Some(user) = user else {
        let is_known = false;
        return failed(&Gate::User { name, is_known }, Code::Bad);
    };
    let lockout = lockout(&user, &call.time);
    if !lockout.opens() {
        return failed(&lockout, Code::Locked);
    }
    let [active, level] = standing(&user);
    let right = Gate::Password(proof.holds_for(&user));
    if let Some(closed) = [&active, &level, &right].iter().find(|gate| !gate.opens()) {
        return failed(closed, Code::Bad);
    }
    let address = address(db, &user, settings, &call.client)?;
    if !address.opens() {
        return failed(&address, Code::Blocked);
    }
    let factor = second_factor(db, &user, settings, &call.time.timestamp())?;
    if !factor.opens() {
        return failed(&factor, Code::NoSecondFactor);
    }
    Ok(Attempt::SignedIn(user))
}

/// Whether that user may sign in with that password, wherever it calls from. Nothing is noted.
///
/// # Errors
/// The database cannot be read.
pub(crate) fn opens_with(db: &mut Db, name: &str, password: &str) -> QueryResult<bool> {
    let settings = Settings::read(db)?;
    let Some(user) = users::find(db, name)? else {
        return Ok(false);
    };
    let digest = settings
        .hashing()
        .map(|hashing| Digest::new(hashing, password));
    let stands = standing(&user).iter().all(Gate::opens);
    Ok(stands && is_right(&user, password, digest.as_ref()))
}

fn is_right(user: &User, password: &str, digest: Option<&Digest>) -> bool {
    match digest {
        Some(digest) => digest.is(&user.pass_hash),
        None => collation::compare(&user.pass, password).is_eq(),
    }
}

/// The gates of the user's own row that do not change from call to call.
pub(crate) fn standing(user: &User) -> [Gate<'static>; 2] {
    [Gate::Active(user.active), Gate::SignInLevel(user.level)]
}

/// The gate that too many failed sign-ins close.
pub(crate) fn lockout<'a>(user: &'a User, time: &CallTime) -> Gate<'a> {
    Gate::Lockout {
        failures: user.failed_login_count,
        last_login: &user.last_login_date,
        is_over: user.failed_login_count >= LOCKED_AT
            && !user.last_login_date.is_empty()
            && user.last_login_date < time.timestamp_minutes_ago(LOCK_MINUTES),
    }
}

/// The gate of the IP lists, for this address.
pub(crate) fn address<'a>(
    db: &mut Db,
    user: &User,
    settings: &Settings,
    address: &'a str,
) -> QueryResult<Gate<'a>> {
    let lists = match ip_lists_off(user, settings) {
        Some(off) => off,
        None => ip_lists(db, user, settings, address)?,
    };
    Ok(Gate::Address { address, lists })
}

/// Why the IP lists do not count for this user; none where they do.
pub(crate) fn ip_lists_off(user: &User, settings: &Settings) -> Option<IpLists> {
    if !settings.ip_lists() {
        return Some(IpLists::Off);
    }
    user.ignores_ip_lists.then_some(IpLists::Ignored)
}

/// The gate of the second factor.
pub(crate) fn second_factor(
    db: &mut Db,
    user: &User,
    settings: &Settings,
    now: &str,
) -> QueryResult<Gate<'static>> {
    Ok(Gate::SecondFactor(if !settings.two_factor() {
        SecondFactor::Off
    } else if user.without_two_factor {
        SecondFactor::Waived
    } else if users::has_second_factor(db, &user.user, now)? {
        SecondFactor::Passed
    } else {
        SecondFactor::Missing
    }))
}

/// What the lists say of this address: it may be in the system's blacklist, or not in the list of the user's group.
fn ip_lists(db: &mut Db, user: &User, settings: &Settings, address: &str) -> QueryResult<IpLists> {
    let class_c = class_c(address);
    let addresses: Vec<&str> = std::iter::once(address).chain(class_c.as_deref()).collect();
    if let Some(blacklist) = settings.ip_blacklist()
        && users::in_ip_list(db, blacklist, &addresses)?
    {
        return Ok(IpLists::Blacklisted(blacklist.to_owned()));
    }
    let whitelist = users::group(db, &user.user_group)?
        .and_then(|group| group.api_ip_list.clone())
        .filter(|name| name.len() > 1);
    let Some(whitelist) = whitelist else {
        return Ok(IpLists::NoWhitelist);
    };
    Ok(match users::in_ip_list(db, &whitelist, &addresses)? {
        true => IpLists::Whitelisted(whitelist),
        false => IpLists::NotWhitelisted(whitelist),
    })
}

/// An IPv4 address with `x` for its last part, as the lists write a whole class-C network.
fn class_c(address: &str) -> Option<String> {
    let parts: Vec<&str> = address.split('.').collect();
    (parts.len() == 4).then(|| format!("{}.{}.{}.x", parts[0], parts[1], parts[2]))
}

#[cfg(test)]
mod tests;
