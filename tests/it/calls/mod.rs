//! Calls obey: what a dialplan asks at `/route`, with keys of its own.

mod channels;
mod keys;
mod route;
mod sip;

use crate::common::client::Response;
use crate::common::server::run;
use crate::common::site::Site;

/// What every refusal of a key says.
const NOT_ALLOWED: &str = "ERROR: KEY OR ADDRESS NOT ALLOWED\n";

impl Site {
    /// `vicishim route-key` with these arguments, on this database: whether it succeeded, what it printed, its messages.
    fn route_key(&self, arguments: &[&str]) -> (bool, String, String) {
        let arguments = [&["route-key"], arguments, &self.database.arguments()].concat();
        let output = run(&arguments);
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let messages = text(output.stderr);
        let messages = messages.lines().filter(|line| !line.starts_with('['));
        let messages = messages.map(|line| format!("{line}\n")).collect();
        (output.status.success(), text(output.stdout), messages)
    }

    /// A new key of this name.
    fn new_key(&self, name: &str) -> String {
        let (is_made, key, messages) = self.route_key(&["add", name]);
        assert!(is_made, "{messages}");
        key.trim_end().to_owned()
    }

    /// A request at a path with a key in its header.
    fn with_key(&mut self, key: &str, method: &str, target: &str) -> Response {
        let bearer = format!("Bearer {key}");
        let headers = [("Authorization", bearer.as_str())];
        self.client.request(method, target, &headers, b"")
    }

    /// What `/route` says of a number, and whatever follows it in the query.
    fn line(&mut self, key: &str, query: &str) -> String {
        let response = self.with_key(key, "GET", &format!("/route?number={query}"));
        assert_eq!(response.status, 200, "{query}: {}", response.body);
        let line = response.body.strip_suffix('\n').expect("a line");
        assert!(!line.contains('\n'), "{line}");
        line.to_owned()
    }
}
