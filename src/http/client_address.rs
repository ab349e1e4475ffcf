//! Whose request it is: the address at the connection's other end, or what a proxy there says.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;

/// The proxies that are believed when they name their client in `X-Forwarded-For`.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpAddr>);

impl TrustedProxies {
    /// These addresses. An IPv4 one also stands for itself written as an IPv6 one.
    pub fn new(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let addresses = addresses.into_iter();
        Self(addresses.map(|address| address.to_canonical()).collect())
    }

    fn has(&self, address: &IpAddr) -> bool {
        self.0.contains(address)
    }

    /// The last address of these lists that is no trusted one; none where there is no such, or where what stands behind
    /// it is no address.
    fn client<'a>(
        &self,
        forwarded_for: impl DoubleEndedIterator<Item = &'a str>,
    ) -> Option<IpAddr> {
        for part in forwarded_for.rev().flat_map(|list| list.rsplit(',')) {
            let address = address(part.trim())?;
            if !self.has(&address) {
                return Some(address);
            }
        }
        None
    }
}

/// An address as proxies write it: alone, or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = match text.parse::<SocketAddr>() {
        Ok(with_port) => with_port.ip(),
        Err(_) => bare.unwrap_or(text).parse().ok()?,
    };
    Some(address.to_canonical())
}

/// The address at the connection's other end, an IPv4 one as such also where it came over IPv6.
fn peer(request: &HttpRequest) -> Option<IpAddr> {
    Some(request.peer_addr()?.ip().to_canonical())
}

fn written(address: Option<IpAddr>) -> String {
    address.map_or_else(String::new, |address| address.to_string())
}

/// The address at the connection's other end, as it is written.
pub(super) fn peer_address(request: &HttpRequest) -> String {
    written(peer(request))
}

/// The address of the client: for IP lists and logs.
pub(super) fn client_address(request: &HttpRequest, proxies: &TrustedProxies) -> String {
    let peer = peer(request);
    let named = peer.filter(|peer| proxies.has(peer)).and_then(|_| {
        let headers = request.headers().get_all("x-forwarded-for");
        // What is no text is no address either.
        let lists: Vec<&str> = headers.map(|list| list.to_str().unwrap_or("?")).collect();
        proxies.client(lists.into_iter())
    });
    written(named.or(peer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_untrusted_address_counts() {
        let trusted = ["127.0.0.1", "10.0.0.1", "::ffff:10.0.0.2"];
        let trusted = trusted.map(|text| text.parse().expect("an address"));
        let proxies = TrustedProxies::new(trusted);
        for (lists, client) in [
            (&["203.0.113.7"][..], Some("203.0.113.7")),
            (&["198.51.100.1, 203.0.113.7"], Some("203.0.113.7")),
            (&["198.51.100.1", "203.0.113.7"], Some("203.0.113.7")),
            (&["203.0.113.7 ,10.0.0.1,10.0.0.2"], Some("203.0.113.7")),
            (&["203.0.113.7", "10.0.0.1"], Some("203.0.113.7")),
            (&["203.0.113.7:4711"], Some("203.0.113.7")),
            (&["::ffff:203.0.113.7"], Some("203.0.113.7")),
            (&["[2001:db8::1]:4711"], Some("2001:db8::1")),
            (&["[2001:db8::1]"], Some("2001:db8::1")),
            // What a client made up stands before what the proxy adds.
            (&["<script>, 203.0.113.7"], Some("203.0.113.7")),
            (&["203.0.113.7, unknown"], None),
            (&["203.0.113.7,"], None),
            (&["203.0.113.7", "?", "10.0.0.1"], None),
            (&["203.0.113"], None),
            (&["10.0.0.1"], None),
            (&[""], None),
            (&[], None),
        ] {
            let client = client.map(|text| text.parse().expect("an address"));
            assert_eq!(proxies.client(lists.iter().copied()), client, "{lists:?}");
        }
    }
}
