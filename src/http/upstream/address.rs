//! The upstream's address.

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, Scheme};

/// Where another server answers the API: `http://dialer/vicidial/non_agent_api.php`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamAddress {
    scheme: Scheme,
    authority: Authority,
    path: String,
}

impl FromStr for UpstreamAddress {
    type Err = &'static str;

    /// # Errors
    /// It is no `http://` or `https://` address of a script, or it holds more than that.
    fn from_str(address: &str) -> Result<Self, Self::Err> {
        const EXAMPLE: &str =
            "it must be an http or https address: http://DIALER/vicidial/non_agent_api.php";
        if address.contains('#') {
            return Err("it must end with the script's name, without a fragment");
        }
        let parts = address.parse::<Uri>().map_err(|_| EXAMPLE)?.into_parts();
        let (Some(scheme), Some(authority), Some(path)) =
            (parts.scheme, parts.authority, parts.path_and_query)
        else {
            return Err(EXAMPLE);
        };
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS || authority.host().is_empty() {
            return Err(EXAMPLE);
        }
        if authority.as_str().contains('@') {
            return Err("it must not hold a user or a password: each call brings its own");
        }
        let has_port = authority.as_str().len() > authority.host().len();
        if has_port && authority.port_u16().is_none_or(|port| port == 0) {
            return Err("its port must be from 1 to 65535");
        }
        if path.query().is_some() {
            return Err("it must end with the script's name, without a query");
        }
        if path.path() == "/" {
            return Err(
                "it must name the script too, which usually is /vicidial/non_agent_api.php",
            );
        }
        Ok(Self {
            scheme,
            authority,
            path: path.path().to_owned(),
        })
    }
}

impl fmt::Display for UpstreamAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

impl UpstreamAddress {
    /// Whether it is asked over TLS.
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// The address with a query, which stays as it was sent, byte for byte; or that of another script on its host.
    ///
    /// # Errors
    /// Together they are longer than 65,534 bytes.
    pub fn of(&self, script: Option<&str>, query: Option<&str>) -> Result<Uri, http::Error> {
        let path = script.unwrap_or(&self.path);
        let path = match query {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
    }

    /// Whether a server that listens there would be asking itself. A name that is not known now counts as another's.
    pub fn leads_to(&self, listen: SocketAddr) -> bool {
        let port = match (self.authority.port_u16(), self.is_https()) {
            (Some(port), _) => port,
            (None, true) => 443,
            (None, false) => 80,
        };
        if port != listen.port() {
            return false;
        }
        let host = self.authority.host();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let Ok(mut addresses) = (host, port).to_socket_addrs() else {
            return false;
        };
        let listen = listen.ip().to_canonical();
        addresses.any(|address| match address.ip().to_canonical() {
            ip if ip == listen => true,
            ip if ip.is_unspecified() => listen.is_loopback() || listen.is_unspecified(),
            ip => listen.is_unspecified() && is_this_machines(ip),
        })
    }
}

/// Only an address of this machine's own can be bound.
fn is_this_machines(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> UpstreamAddress {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn only_the_http_address_of_a_script_is_one() {
        for text in [
            "http://dialer/vicidial/non_agent_api.php",
            "https://dialer.example:8443/vicidial/non_agent_api.php",
            "http://10.0.0.5:80/api/",
            "http://[::1]:8080/vicidial/non_agent_api.php",
        ] {
            assert_eq!(address(text).to_string(), text);
        }
        for text in [
            "",
            "dialer",
            "dialer/vicidial/non_agent_api.php",
            "/vicidial/non_agent_api.php",
            "ftp://dialer/vicidial/non_agent_api.php",
            "http://",
            "http:///vicidial/non_agent_api.php",
            "http://dialer",
            "http://dialer/",
            "http://dialer:0/a.php",
            "http://dialer:99999/a.php",
            "http://dialer:/a.php",
            "http://6666:1234@dialer/a.php",
            "http://dialer/a.php?user=6666",
            "http://dialer/a.php#top",
            "http://dia ler/a.php",
        ] {
            assert!(text.parse::<UpstreamAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_query_stays_as_it_is() {
        let address = address("http://dialer/a.php");
        for query in [
            "",
            "a=b+c%2bd%zz&&=&x='\"<>{}|\\^`é",
            "function=add_user?&/../",
        ] {
            // What no client may send is no query either.
            let Ok(uri) = address.of(None, Some(query)) else {
                assert!(query.contains(['"', '<']), "{query}");
                continue;
            };
            assert_eq!(uri.to_string(), format!("http://dialer/a.php?{query}"));
        }
        let uri = address.of(None, None).expect("an address");
        assert_eq!(uri.to_string(), "http://dialer/a.php");
        let other = address.of(Some("/agc/api.php"), Some("a=b"));
        let other = other.expect("an address").to_string();
        assert_eq!(other, "http://dialer/agc/api.php?a=b");
        assert!(address.of(None, Some(&"x".repeat(65_536))).is_err());
    }

    #[test]
    fn our_own_address_is_known_by_any_of_its_names() {
        let leads_to = |upstream: &str, listen: &str| {
            address(&format!("{upstream}/a.php")).leads_to(listen.parse().expect("an address"))
        };
        for (upstream, listen) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://localhost:8080", "127.0.0.1:8080"),
            ("http://127.0.0.1", "0.0.0.0:80"),
            ("https://127.0.0.1", "0.0.0.0:443"),
            ("http://127.0.0.1:8080", "[::]:8080"),
            ("http://0.0.0.0:8080", "127.0.0.1:8080"),
            ("http://[::1]:8080", "[::1]:8080"),
        ] {
            assert!(leads_to(upstream, listen), "{upstream} {listen}");
        }
        for (upstream, listen) in [
            ("http://127.0.0.1:8081", "127.0.0.1:8080"),
            ("http://127.0.0.2:8080", "127.0.0.1:8080"),
            ("http://127.0.0.1", "0.0.0.0:8080"),
            ("http://192.0.2.1:8080", "0.0.0.0:8080"),
            ("http://name.invalid:8080", "0.0.0.0:8080"),
        ] {
            assert!(!leads_to(upstream, listen), "{upstream} {listen}");
        }
    }
}
