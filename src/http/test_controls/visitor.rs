//! Who may use the controls: programs on this machine. A page of another site that a browser shows here may not: it could
//! send requests to loopback, also under a name of its own that leads there.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::http::State;
use crate::http::address::Host;
use crate::http::client_address::client_address;
use crate::resources::problem::Problem;

/// What proxies name their clients in. Here they count whoever sends them.
const FORWARDED: &[&str] = &["x-forwarded-for", "x-real-ip", "forwarded"];

/// # Errors
/// The request comes from elsewhere.
pub(super) fn check(request: &HttpRequest, state: &State) -> Result<(), Problem> {
    let header = |name: &str| Some(request.headers().get(name)?.to_str().unwrap_or("?"));
    let host = Host::of(request).unwrap_or_default();
    let of_host = |origin: &str| origin == format!("{}://{}", state.scheme(), host.text());
    let refused = |why: &str| {
        Err(Problem::new(
            403,
            format!("the test controls are for this machine: {why}"),
        ))
    };
    // What sends no Host is no browser.
    if !host.text().is_empty() && !is_loopback(host.name()) {
        return refused("the request names another host than localhost or a loopback address");
    }
    let forwarded = FORWARDED.iter().any(|name| {
        let sent = header(name);
        sent.is_some_and(|sent| !sent.split(',').all(|client| is_loopback(client.trim())))
    });
    if forwarded || !is_loopback(&client_address(request, &state.proxies)) {
        return refused("the request comes from another one");
    }
    if header("sec-fetch-site").is_some_and(|site| !["same-origin", "none"].contains(&site))
        || header(header::ORIGIN.as_str()).is_some_and(|origin| !of_host(origin))
    {
        return refused("the request comes from a page of another site");
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_this_machine_by_its_numbers_or_its_name() {
        for host in [
            "localhost",
            "LocalHost",
            "127.0.0.1",
            "127.9.9.9",
            "::1",
            "[::1]",
            "::ffff:127.0.0.1",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "localhost.example",
            "127.0.0.1.example",
            "10.0.0.1",
            "0.0.0.0",
            "[::2]",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
