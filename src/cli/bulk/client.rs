//! HTTP: one call, and what can be said of it whether or not an answer comes.

use std::str::FromStr;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response, StatusCode, Url, redirect, retry};

use super::password::Password;
use super::replies::excerpt;

/// A call's own parameters: names and values, in the order in which they are sent.
pub(super) type Parameters<'a> = Vec<(&'static str, std::borrow::Cow<'a, str>)>;

/// Where VICIdial has the API.
const PATH: &str = "/vicidial/non_agent_api.php";

/// How long a connection may take at the most.
const CONNECT: Duration = Duration::from_secs(10);

/// How long an idle connection is used again: less than servers keep theirs (Apache: 5 seconds), so that no call is
/// written into one that is just being closed.
const IDLE: Duration = Duration::from_secs(2);

/// What our server answers when the database went away in the middle of a change.
const OUTCOME_UNKNOWN: &str = "DATABASE CONNECTION LOST, LOOK WHETHER";

/// What stays as it is in a parameter. The comma, for people who read logs.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b',');

/// A parameter's value as it travels.
pub(super) fn encode(value: &str) -> String {
    utf8_percent_encode(value, ENCODED).to_string()
}

/// The API's address.
#[derive(Debug, Clone)]
pub(super) struct Target(Url);

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut url = Url::parse(text).map_err(|_| {
            "give it as http://DIALER, or as the whole address of the API".to_owned()
        })?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("only http:// and https:// are known".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("give it without parameters".to_owned());
        }
        if url.path() == "/" {
            url.set_path(PATH);
        }
        Ok(Self(url))
    }
}

/// What came of sending a call.
#[derive(Debug)]
pub(super) enum Sent {
    /// It was answered: the text.
    Answered(String),
    /// Nothing was done: it may be sent again.
    NotDone(String),
    /// A gateway had no answer: it may be sent again, but the first one may have been done.
    PerhapsDone(String),
    /// It may have been done, and is not to be sent again.
    Lost(String),
    /// The server does not take such calls at all.
    Barred(String),
}

/// An API, and who calls it.
pub(super) struct Api {
    client: Client,
    url: Url,
    get: bool,
    user: String,
    password: Password,
    source: String,
}

impl Api {
    /// Prepares the calls; sends nothing.
    ///
    /// # Errors
    /// The system's certificates cannot be read.
    pub(super) fn new(
        target: &Target,
        get: bool,
        user: &str,
        password: Password,
        source: &str,
        timeout: Duration,
    ) -> Result<Self, String> {
        // The cryptography of the server's own TLS; an error says that it was chosen before.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder()
            .user_agent(concat!("vicishim/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            // Less than the whole, so that it is known that nothing was sent.
            .connect_timeout(CONNECT.min(timeout / 2))
            .timeout(timeout)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(reason)?;
        Ok(Self {
            client,
            url: target.0.clone(),
            get,
            user: user.to_owned(),
            password,
            source: source.to_owned(),
        })
    }

    /// The API user.
    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// A server's text without the password, wherever it may stand.
    pub(super) fn without_password(&self, text: &str) -> String {
        let secret = self.password.secret();
        match secret.is_empty() {
            true => text.to_owned(),
            false => text.replace(&encode(secret), "*").replace(secret, "*"),
        }
    }

    /// An answer without the address that was called, which some gateways repeat.
    fn without_address(&self, text: String) -> String {
        let secret = self.password.secret();
        if !text.contains("pass=") {
            return text;
        }
        text.replace(&format!("pass={}", encode(secret)), "pass=*")
            .replace(&format!("pass={secret}"), "pass=*")
    }

    /// The request's method and address, without a password that may stand in it.
    pub(super) fn described(&self) -> String {
        let mut url = self.url.clone();
        if url.password().is_some() && url.set_password(Some("*")).is_err() {
            return self.method().to_owned();
        }
        format!("{} {url}", self.method())
    }

    fn method(&self) -> &'static str {
        if self.get { "GET" } else { "POST" }
    }

    /// The parameters as they are sent.
    pub(super) fn form(&self, parameters: &Parameters<'_>) -> String {
        let who = [
            ("source", self.source.as_str()),
            ("user", &self.user),
            ("pass", self.password.secret()),
        ];
        let call = parameters.iter().map(|(name, value)| (*name, &**value));
        let pair = |(name, value): (&str, &str)| format!("{name}={}", encode(value));
        let pairs: Vec<String> = who.into_iter().chain(call).map(pair).collect();
        pairs.join("&")
    }

    /// Sends a call once.
    pub(super) async fn send(&self, parameters: &Parameters<'_>) -> Sent {
        let form = self.form(parameters);
        let request = if self.get {
            let mut url = self.url.clone();
            url.set_query(Some(&form));
            self.client.get(url)
        } else {
            self.client
                .post(self.url.clone())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form)
        };
        match request.send().await {
            Ok(response) => self.read(response).await,
            Err(error) if error.is_connect() || error.is_builder() => {
                Sent::NotDone(format!("cannot connect: {}", reason(error)))
            }
            Err(error) => Sent::Lost(format!("no answer: {}", reason(error))),
        }
    }

    async fn read(&self, response: Response) -> Sent {
        let status = response.status();
        let location = response.headers().get(LOCATION).cloned();
        let text = match response.bytes().await {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            // That much is certain without the text.
            Err(_) if status.is_client_error() || status.is_redirection() => String::new(),
            Err(error) => return Sent::Lost(format!("the answer broke off: {}", reason(error))),
        };
        let said = match excerpt(&text) {
            said if said.is_empty() => format!("HTTP {}", status.as_u16()),
            said => format!("HTTP {}: {}", status.as_u16(), self.without_password(&said)),
        };
        match status {
            status if status.is_success() => Sent::Answered(self.without_address(text)),
            status if status.is_redirection() => {
                let location = location
                    .as_ref()
                    .and_then(|location| location.to_str().ok())
                    .and_then(|location| location.split('?').next())
                    .unwrap_or("another address");
                Sent::Barred(format!(
                    "{said}; it sends on to {location}, name that with --url"
                ))
            }
            status if status.is_client_error() => Sent::Barred(said),
            StatusCode::SERVICE_UNAVAILABLE if text.contains(OUTCOME_UNKNOWN) => Sent::Lost(said),
            StatusCode::SERVICE_UNAVAILABLE => Sent::NotDone(said),
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => Sent::PerhapsDone(said),
            _ => Sent::Lost(said),
        }
    }
}

/// Why sending failed: the innermost cause. Never the address, which may hold the password.
fn reason(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
