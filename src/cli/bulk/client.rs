//! HTTP: one call, and what can be said of it whether or not an answer comes.

use std::str::FromStr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use tokio::time::{Instant, timeout_at};

use super::password::Password;
use super::replies::excerpt;
use crate::http::UpstreamAddress;
use crate::http::outgoing::{self, Client, innermost};

/// A call's own parameters: names and values, in the order in which they are sent.
pub(in crate::cli) type Parameters<'a> = Vec<(&'static str, std::borrow::Cow<'a, str>)>;

/// Where VICIdial has the API.
const PATH: &str = "/vicidial/non_agent_api.php";

/// How long a connection may take at the most.
const CONNECT: Duration = Duration::from_secs(10);

/// What is said of a call whose time is over.
const TOO_LONG: &str = "it took too long";

/// What our server answers when the database went away in the middle of a change.
const OUTCOME_UNKNOWN: &str = "DATABASE CONNECTION LOST, LOOK WHETHER";

/// Pairs as they travel. A comma stays as it is, for people who read logs.
fn encode_pairs(pairs: &[(&str, &str)]) -> String {
    // Pairs of texts can always be encoded.
    let form = serde_urlencoded::to_string(pairs).unwrap_or_default();
    form.replace("%2C", ",")
}

/// A parameter's value as it travels.
pub(in crate::cli) fn encode(value: &str) -> String {
    encode_pairs(&[("", value)]).split_off("=".len())
}

/// The API's address, and who may come to it: `http://USER:PASSWORD@DIALER` is for HTTP's own sign-in.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Target {
    address: UpstreamAddress,
    sign_in: Option<String>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "give it as http://DIALER, or as the whole address of the API";
        if text.contains(['?', '#']) {
            return Err("give it without parameters".to_owned());
        }
        let address: Uri = text.parse().map_err(|_| FORM)?;
        let (Some(scheme), Some(host)) = (address.scheme_str(), address.authority()) else {
            return Err(FORM.to_owned());
        };
        if !matches!(scheme, "http" | "https") {
            return Err("only http:// and https:// are known".to_owned());
        }
        let (sign_in, host) = match host.as_str().rsplit_once('@') {
            Some((sign_in, host)) => (Some(sign_in.to_owned()), host),
            None => (None, host.as_str()),
        };
        let path = match address.path() {
            "/" => PATH,
            path => path,
        };
        let address = format!("{scheme}://{host}{path}").parse()?;
        Ok(Self { address, sign_in })
    }
}

impl Target {
    /// HTTP's own sign-in.
    fn authorization(&self) -> Option<HeaderValue> {
        let (user, password) = self.credentials()?;
        let decoded = |text| percent_decode_str(text).collect::<Vec<u8>>();
        let both = [decoded(user), decoded(password)].join(&b':');
        let value = format!("Basic {}", STANDARD.encode(both));
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    fn credentials(&self) -> Option<(&str, &str)> {
        let sign_in = self.sign_in.as_deref()?;
        Some(sign_in.split_once(':').unwrap_or((sign_in, "")))
    }

    /// The address without a password that may stand in it.
    fn described(&self) -> String {
        let address = self.address.to_string();
        let (Some((user, password)), Some((scheme, rest))) =
            (self.credentials(), address.split_once("://"))
        else {
            return address;
        };
        let hidden = if password.is_empty() { "" } else { ":*" };
        format!("{scheme}://{user}{hidden}@{rest}")
    }
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) struct Answer {
    /// Its text, as it may be shown: without what a terminal obeys, and without the password.
    pub(in crate::cli) text: String,
    /// The same as it came.
    pub(in crate::cli) whole: String,
    /// Whether the server says that it changed nothing: `X-Vicishim-Dry-Run`.
    pub(in crate::cli) is_dry_run: bool,
    /// The number of the change that was made: `X-Vicishim-Change`.
    pub(in crate::cli) change: Option<u64>,
    /// `X-Vicishim-Warning`
    pub(in crate::cli) warning: Option<String>,
}

/// What came of sending a call.
#[derive(Debug)]
pub(in crate::cli) enum Sent {
    /// It was answered.
    Answered(Answer),
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
pub(in crate::cli) struct Api {
    client: Client,
    target: Target,
    get: bool,
    user: String,
    password: Password,
    source: String,
    timeout: Duration,
}

impl Api {
    /// Prepares the calls; sends nothing.
    ///
    /// # Errors
    /// The system's certificates cannot be read.
    pub(in crate::cli) fn new(
        target: &Target,
        get: bool,
        user: &str,
        password: Password,
        source: &str,
        timeout: Duration,
    ) -> Result<Self, String> {
        // Less than the whole, so that it is known that nothing was sent.
        let client = outgoing::client(CONNECT.min(timeout / 2), target.address.is_https())
            .map_err(|error| format!("no certificates to check the server by: {error}"))?;
        Ok(Self {
            client,
            target: target.clone(),
            get,
            user: user.to_owned(),
            password,
            source: source.to_owned(),
            timeout,
        })
    }

    /// The API user.
    pub(in crate::cli) fn user(&self) -> &str {
        &self.user
    }

    /// A server's text without the password, wherever it may stand.
    pub(in crate::cli) fn without_password(&self, text: &str) -> String {
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

    /// The address, without a password that may stand in it.
    pub(in crate::cli) fn address(&self) -> String {
        self.target.described()
    }

    /// The request's method and address, without a password that may stand in it.
    pub(in crate::cli) fn described(&self) -> String {
        format!("{} {}", self.method(), self.target.described())
    }

    fn method(&self) -> Method {
        if self.get { Method::GET } else { Method::POST }
    }

    /// The parameters as they are sent.
    pub(in crate::cli) fn form(&self, parameters: &Parameters<'_>) -> String {
        let who = [
            ("source", self.source.as_str()),
            ("user", &self.user),
            ("pass", self.password.secret()),
        ];
        let call = parameters.iter().map(|(name, value)| (*name, &**value));
        encode_pairs(&who.into_iter().chain(call).collect::<Vec<_>>())
    }

    fn request(&self, form: String) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut request = Request::builder()
            .method(self.method())
            .header(header::ACCEPT, "*/*")
            .header(
                header::USER_AGENT,
                concat!("vicishim/", env!("CARGO_PKG_VERSION")),
            );
        if let Some(authorization) = self.target.authorization() {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let address = &self.target.address;
        if self.get {
            let address = address.of(None, Some(&form))?;
            return request.uri(address).body(Full::default());
        }
        request
            .uri(address.of(None, None)?)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::from(form))
    }

    /// Sends a call once.
    pub(in crate::cli) async fn send(&self, parameters: &Parameters<'_>) -> Sent {
        let request = match self.request(self.form(parameters)) {
            Ok(request) => request,
            Err(error) => return Sent::NotDone(format!("cannot be sent: {error}")),
        };
        let end = Instant::now() + self.timeout;
        match timeout_at(end, self.client.request(request)).await {
            Ok(Ok(response)) => self.read(response, end).await,
            Ok(Err(error)) if error.is_connect() => {
                Sent::NotDone(format!("cannot connect: {}", innermost(&error)))
            }
            Ok(Err(error)) => Sent::Lost(format!("no answer: {}", innermost(&error))),
            Err(_) => Sent::Lost(format!("no answer: {TOO_LONG}")),
        }
    }

    async fn read(&self, response: Response<Incoming>, end: Instant) -> Sent {
        let status = response.status();
        let location = response.headers().get(header::LOCATION).cloned();
        let is_dry_run = response.headers().contains_key("x-vicishim-dry-run");
        let header = |name| response.headers().get(name)?.to_str().ok();
        let change = header("x-vicishim-change").and_then(|change| change.parse().ok());
        let warning = header("x-vicishim-warning").map(plain);
        let body = match timeout_at(end, response.into_body().collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) => Err(innermost(&error).to_string()),
            Err(_) => Err(TOO_LONG.to_owned()),
        };
        let whole = match body {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            // That much is certain without the text.
            Err(_) if status.is_client_error() || status.is_redirection() => String::new(),
            Err(reason) => return Sent::Lost(format!("the answer broke off: {reason}")),
        };
        let text = plain(&whole);
        let said = match excerpt(&text) {
            said if said.is_empty() => format!("HTTP {}", status.as_u16()),
            said => format!("HTTP {}: {}", status.as_u16(), self.without_password(&said)),
        };
        match status {
            status if status.is_success() => Sent::Answered(Answer {
                text: self.without_address(text),
                whole,
                is_dry_run,
                change,
                warning,
            }),
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

/// A server's text without the characters that a terminal obeys, or that turn the order of others round.
fn plain(text: &str) -> String {
    const KEPT: &[char] = &['\n', '\r', '\t'];
    let is_obeyed = |letter: char| letter.is_control() && !KEPT.contains(&letter);
    let is_order =
        |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(|letter| is_obeyed(letter) || is_order(letter), "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_leave_out_the_apis_path() {
        for (given, described) in [
            (
                "http://dialer",
                Ok("http://dialer/vicidial/non_agent_api.php"),
            ),
            (
                "https://dialer:8443/",
                Ok("https://dialer:8443/vicidial/non_agent_api.php"),
            ),
            ("http://[::1]:8080/x.php", Ok("http://[::1]:8080/x.php")),
            ("http://web@dialer/x.php", Ok("http://web@dialer/x.php")),
            (
                "http://web:a:b@dialer/x.php",
                Ok("http://web:*@dialer/x.php"),
            ),
            (
                "dialer",
                Err("give it as http://DIALER, or as the whole address of the API"),
            ),
            (
                "http://",
                Err("give it as http://DIALER, or as the whole address of the API"),
            ),
            (
                "ftp://dialer/x.php",
                Err("only http:// and https:// are known"),
            ),
            (
                "http://dialer/x.php?user=1",
                Err("give it without parameters"),
            ),
            ("http://dialer/x.php#x", Err("give it without parameters")),
        ] {
            let target = given.parse::<Target>().map(|target| target.described());
            assert_eq!(
                target.as_deref().map_err(String::as_str),
                described,
                "{given}"
            );
        }
    }

    #[test]
    fn parameters_are_encoded_as_a_form_and_commas_stay() {
        assert_eq!(encode("+1 727,Señal&x=*"), "%2B1+727,Se%C3%B1al%26x%3D*");
        assert_eq!(encode_pairs(&[("a", "1,2"), ("b", "")]), "a=1,2&b=");
    }
}
