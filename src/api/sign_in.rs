//! Sign-in (reference/behaviour.md §3): password, lockout, IP lists, second factor. Nothing of it is ever cached.

use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

use super::{Call, Parameters, Reply, Stop};
use crate::store::collation;
use crate::store::settings::{Hashing, Settings};
use crate::store::users::{self, Failure, User};
use crate::store::{Db, QueryResult};

/// Failed sign-ins in a row from which on a user is locked out.
const LOCKED_AT: i32 = 10;

/// Minutes that a lock lasts.
const LOCK_MINUTES: i64 = 15;

/// Why nobody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A wrong user or password, or a user who may not sign in.
    Bad,
    /// Too many failed ones.
    Locked,
    /// An address that is not allowed.
    Blocked,
    /// No second factor.
    NoSecondFactor,
}

/// The user that signs in, or the refusal. The user's row keeps count of both.
pub(super) fn check(
    db: &mut Db,
    call: &Call,
    settings: &Settings,
    parameters: &Parameters,
) -> Result<User, Stop> {
    let password = parameters.get("pass");
    attempt(db, call, settings, parameters)?.map_err(|refusal| {
        match refusal {
            Refusal::Bad => Reply::login_incorrect(password, "BAD"),
            Refusal::Locked => Reply::locked_out(),
            Refusal::Blocked => Reply::address_not_allowed(&call.client),
            Refusal::NoSecondFactor => Reply::login_incorrect(password, "2FA"),
        }
        .into()
    })
}

/// As [`check`], with the reason of a refusal.
pub(crate) fn attempt(
    db: &mut Db,
    call: &Call,
    settings: &Settings,
    parameters: &Parameters,
) -> QueryResult<Result<User, Refusal>> {
    let (name, password) = (parameters.get("user"), parameters.get("pass"));
    let now = call.moment.stamp();
    let Some(user) = users::find(db, name)? else {
        return Ok(Err(Refusal::Bad));
    };
    let open_again = user.last_login_date < call.moment.stamp_minutes_ago(LOCK_MINUTES);
    let locked = user.failed_login_count >= LOCKED_AT && !open_again;
    let right =
        password_is_right(&user, password, settings.hashing()) && user.active && user.level > 6;
    if !right || locked {
        let (failure, refusal) = if user.failed_login_count < LOCKED_AT {
            (Failure::Bad, Refusal::Bad)
        } else if open_again {
            (Failure::BadAfterLock, Refusal::Bad)
        } else {
            (Failure::Locked, Refusal::Locked)
        };
        users::failed(db, user.user_id, failure, &now, &call.client)?;
        return Ok(Err(refusal));
    }
    if settings.ip_lists()
        && !user.ignores_ip_lists
        && is_blocked(db, &user, settings, &call.client)?
    {
        users::failed(db, user.user_id, Failure::Blocked, &now, &call.client)?;
        return Ok(Err(Refusal::Blocked));
    }
    users::signed_in(db, &user, &now, &call.client)?;
    if settings.two_factor()
        && !user.without_two_factor
        && !users::has_second_factor(db, &user.user, &now)?
    {
        return Ok(Err(Refusal::NoSecondFactor));
    }
    Ok(Ok(user))
}

fn password_is_right(user: &User, password: &str, hashing: Option<Hashing>) -> bool {
    match hashing {
        Some(hashing) => digest(&hashing, password).is_some_and(|digest| digest == user.pass_hash),
        None => collation::compare(&user.pass, password).is_eq(),
    }
}

/// The 31 characters that `vicidial_users.pass_hash` holds: bcrypt's digest without its head. None where the system's key
/// or cost cannot be bcrypt's.
fn digest(hashing: &Hashing, password: &str) -> Option<String> {
    let Ok(salt) = <[u8; 16]>::try_from(hashing.key.as_bytes()) else {
        log::warn!(
            "nobody can sign in: system_settings.pass_key has {} bytes, not 16",
            hashing.key.len()
        );
        return None;
    };
    if hashing.cost > 31 {
        log::warn!("nobody can sign in: system_settings.pass_cost is above 31");
        return None;
    }
    let mut key = password.as_bytes().to_vec();
    key.truncate(71);
    key.push(0);
    let digest = bcrypt::bcrypt(hashing.cost, salt, &key);
    Some(GeneralPurpose::new(&BCRYPT, NO_PAD).encode(&digest[..23]))
}

/// Whether the IP lists shut this address out: it is in the system's blacklist, or not in the list of the user's group.
fn is_blocked(db: &mut Db, user: &User, settings: &Settings, address: &str) -> QueryResult<bool> {
    let class_c = class_c(address);
    let addresses: Vec<&str> = std::iter::once(address).chain(class_c.as_deref()).collect();
    if let Some(blacklist) = settings.ip_blacklist()
        && users::in_ip_list(db, blacklist, &addresses)?
    {
        return Ok(true);
    }
    let whitelist = users::group(db, &user.user_group)?
        .and_then(|group| group.api_ip_list)
        .filter(|name| name.len() > 1);
    match whitelist {
        Some(whitelist) => Ok(!users::in_ip_list(db, &whitelist, &addresses)?),
        None => Ok(false),
    }
}

/// An IPv4 address with `x` for its last part, as the lists write a whole class-C network.
fn class_c(address: &str) -> Option<String> {
    let parts: Vec<&str> = address.split('.').collect();
    (parts.len() == 4).then(|| format!("{}.{}.{}.x", parts[0], parts[1], parts[2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_reference() {
        let hashing = |cost| Hashing {
            key: "abcdefghijklmnop".to_owned(),
            cost,
        };
        assert_eq!(
            digest(&hashing(4), "1234").as_deref(),
            Some("uTpfxUqSKSbGH6FhoDfMWL1iFXhpekW")
        );
        // VICIdial's own default is a cost of 2, which bcrypt's usual bounds leave out.
        assert!(digest(&hashing(2), "1234").is_some_and(|digest| digest.len() == 31));
        assert_eq!(digest(&hashing(32), "1234"), None);
        assert_eq!(
            digest(
                &Hashing {
                    key: "short".to_owned(),
                    cost: 4
                },
                "1234"
            ),
            None
        );
        assert!(digest(&hashing(4), &"x".repeat(200)).is_some());
    }

    #[test]
    fn a_class_c_network_has_an_x() {
        assert_eq!(class_c("127.0.0.1").as_deref(), Some("127.0.0.x"));
        assert_eq!(class_c("::1"), None);
    }
}
