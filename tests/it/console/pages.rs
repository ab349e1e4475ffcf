//! A person at the console, without a browser: keeps the cookie, and sends the forms of the pages it has seen.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;

use crate::common::client::{Client, Response};
use crate::common::server::Server;

/// A connection with a session, or without one.
pub struct Pages {
    client: Client,
    /// The cookie that was set last; empty where there is none.
    pub cookie: String,
    /// What forms must send: of the page that was seen last.
    pub form_token: String,
}

impl Pages {
    /// Nobody yet.
    pub fn nobody(server: &Server) -> Self {
        Self {
            client: server.client(),
            cookie: String::new(),
            form_token: String::new(),
        }
    }

    /// Signed in as 6666.
    pub fn of_6666(server: &Server) -> Self {
        Self::signed_in(server, "6666", "1234")
    }

    /// Signed in as this user.
    pub fn signed_in(server: &Server, user: &str, password: &str) -> Self {
        let mut pages = Self::nobody(server);
        let answer = pages.sign_in(user, password);
        assert_eq!(answer.status, 303, "{user}: {}", answer.body);
        pages.get("/why");
        pages
    }

    /// Sends the sign-in's form.
    pub fn sign_in(&mut self, user: &str, password: &str) -> Response {
        self.post("/sign-in", &[("user", user), ("pass", password)])
    }

    /// A page.
    pub fn get(&mut self, address: &str) -> Response {
        self.ask("GET", address, &[], "")
    }

    /// A page that is there, as text.
    pub fn page(&mut self, address: &str) -> String {
        let answer = self.get(address);
        assert_eq!(answer.status, 200, "{address}: {}", answer.body);
        answer.body
    }

    /// The part of a page that the script asks for.
    pub fn part(&mut self, address: &str) -> String {
        let answer = self.ask("GET", address, &[("X-Vicishim-Part", "1")], "");
        assert_eq!(answer.status, 200, "{address}: {}", answer.body);
        answer.body
    }

    /// Sends a form with these fields.
    pub fn post(&mut self, address: &str, fields: &[(&str, &str)]) -> Response {
        let token = self.form_token.clone();
        let fields = fields
            .iter()
            .copied()
            .chain([("form_token", token.as_str())]);
        let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<String> = fields
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        self.ask("POST", address, &kind, &pairs.join("&"))
    }

    /// Sends a form, and gives the page that it leads to.
    pub fn done(&mut self, address: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(address, fields);
        assert_eq!(answer.status, 303, "{address}: {}", answer.body);
        let next = answer.header("location").expect("a page").to_owned();
        self.page(&next)
    }

    /// Any request.
    pub fn ask(
        &mut self,
        method: &str,
        address: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        self.ask_bytes(method, address, headers, body.as_bytes())
    }

    /// The same with a body that is no text.
    pub fn ask_bytes(
        &mut self,
        method: &str,
        address: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let cookie = self.cookie.clone();
        let mut headers = headers.to_vec();
        if !cookie.is_empty() {
            headers.push(("Cookie", cookie.as_str()));
        }
        let answer = self.client.request(method, address, &headers, body);
        if let Some(set) = answer.header("set-cookie") {
            self.cookie = set.split(';').next().expect("a pair").to_owned();
        }
        let token = Regex::new("name=\"form_token\" value=\"([^\"]+)\"").expect("a pattern");
        if let Some(found) = token.captures(&answer.body) {
            found[1].clone_into(&mut self.form_token);
        }
        answer
    }
}
