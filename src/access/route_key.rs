//! Keys with which a dialplan asks where a call goes. They are random, so a digest without salt and cost hides them, and
//! finds them: a guess is as good as any other.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ipnet::IpNet;
use ring::digest::{SHA256, digest};

use crate::store::route_keys::{self, StoredKey};
use crate::store::{Db, QueryResult};

/// What every key begins with, so that one can be told from other secrets.
const PREFIX: &str = "vrk_";

/// How many random bytes a key has.
const BYTES: usize = 32;

/// How many characters a key has: its beginning, and the bytes in Base64.
const LENGTH: usize = PREFIX.len() + (BYTES * 4).div_ceil(3);

/// A key that a request may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteKey {
    /// Its number.
    pub(crate) id: i64,
    /// Its name, for logs.
    pub(crate) name: String,
}

/// Why a request may not use its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotAllowed {
    /// It has none.
    Missing,
    /// There is no such key.
    Unknown,
    /// The key of this name is not for the client's address.
    Address(String),
}

impl std::fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::Unknown => f.write_str("is none of ours"),
            Self::Address(name) => write!(f, "{name} is not for this address"),
        }
    }
}

/// Finds the key that a request brings, from this address.
///
/// # Errors
/// The database cannot be read.
pub(crate) fn admit(
    db: &mut Db,
    key: &str,
    client: &str,
) -> QueryResult<Result<RouteKey, NotAllowed>> {
    if key.is_empty() {
        return Ok(Err(NotAllowed::Missing));
    }
    if key.len() != LENGTH || !key.starts_with(PREFIX) {
        return Ok(Err(NotAllowed::Unknown));
    }
    let Some(stored) = route_keys::of_digest(db, &digest_of(key))? else {
        return Ok(Err(NotAllowed::Unknown));
    };
    let StoredKey { key_id, name, .. } = &stored;
    Ok(match is_within(&stored.networks, client) {
        true => Ok(RouteKey {
            id: *key_id,
            name: name.clone(),
        }),
        false => Err(NotAllowed::Address(name.clone())),
    })
}

/// Whether an address is in one of these networks.
fn is_within(networks: &str, client: &str) -> bool {
    let Ok(client) = client.parse::<IpAddr>() else {
        return false;
    };
    let mut networks = networks.split(',').filter_map(|text| network(text).ok());
    networks.any(|network| network.contains(&client))
}

/// A network, `10.0.0.0/8`, or a single address, as people write them.
///
/// # Errors
/// It is neither.
pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let single = || {
        text.parse()
            .map(|ip: IpAddr| IpNet::from(ip.to_canonical()))
    };
    match text.parse::<IpNet>() {
        Ok(network) => Ok(network.trunc()),
        Err(_) => single().map_err(|_| format!("{text:?} is no IP address and no network")),
    }
}

/// Networks as they are stored and shown: `127.0.0.1,10.0.0.0/8`.
pub(crate) fn written(networks: &[IpNet]) -> String {
    let one = |network: &IpNet| match network.prefix_len() == network.max_prefix_len() {
        true => network.addr().to_string(),
        false => network.to_string(),
    };
    networks.iter().map(one).collect::<Vec<_>>().join(",")
}

/// Makes a key of this name for these networks: the key itself, which is stored nowhere; none where the name is taken.
///
/// # Errors
/// The database cannot be written, or the system gives no random bytes.
pub(crate) fn make(
    db: &mut Db,
    name: &str,
    networks: &[IpNet],
    now: i64,
) -> Result<Option<String>, String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random bytes: {error}"))?;
    let key = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let added = route_keys::add(db, name, &digest_of(&key), &written(networks), now);
    let is_added = added.map_err(|error| error.to_string())?;
    Ok(is_added.then_some(key))
}

/// SHA-256 in hexadecimal digits.
fn digest_of(key: &str) -> String {
    let digest = digest(&SHA256, key.as_bytes());
    let digits = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_sha_256() {
        // FIPS 180-4's example.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest_of("abc"), expected);
    }

    #[test]
    fn a_network_is_an_address_or_has_a_length() {
        let written_of = |text: &str| network(text).map(|network| written(&[network]));
        for (text, shown) in [
            ("127.0.0.1", "127.0.0.1"),
            (" 10.1.2.3/8 ", "10.0.0.0/8"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            assert_eq!(written_of(text).as_deref(), Ok(shown));
        }
        for wrong in ["", "10.0.0.0/33", "dialer", "10.0.0.", "10.0.0.1-9"] {
            assert!(network(wrong).is_err(), "{wrong}");
        }
        for (networks, client, is_in) in [
            ("127.0.0.1,10.0.0.0/8", "10.9.9.9", true),
            ("127.0.0.1,10.0.0.0/8", "127.0.0.1", true),
            ("127.0.0.1,10.0.0.0/8", "11.0.0.1", false),
            ("127.0.0.1,10.0.0.0/8", "::1", false),
            ("::1", "::1", true),
            ("", "127.0.0.1", false),
            ("10.0.0.0/8", "", false),
        ] {
            assert_eq!(is_within(networks, client), is_in, "{networks} {client}");
        }
    }
}
