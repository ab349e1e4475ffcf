//! A request as tests look at it: its function and its parameters, whichever way they came. Secrets are masked here, as in
//! the logs: nothing behind this knows them.

use actix_web::HttpRequest;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::secrets::{Secrets, mask_members};
use crate::http::query::{self, may_be_secret};
use crate::http::recorded::HIDDEN;
use crate::http::{ENDPOINT, State, address, calls, form, rest};
use crate::resources::operations;

/// The largest JSON body whose values are kept.
const LARGEST_JSON: usize = 128 * 1024;

/// A request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without its query.
    pub(super) path: String,
    /// `text`, `json`, `route`, or `other` for what is none of these.
    pub(super) api: &'static str,
    /// As the text API names it, also for JSON; empty where there is none.
    pub(super) function: String,
    /// Who sends it, as sent.
    pub(super) user: String,
    /// Texts, or what a JSON body has.
    pub(super) parameters: Map<String, Value>,
}

impl Request {
    /// The request, and the secrets that it brings.
    pub(super) async fn of(request: &HttpRequest, state: &State, body: &Bytes) -> (Self, Secrets) {
        let mut secrets = Secrets::default();
        (
            Self::read(request, state, body, &mut secrets).await,
            secrets,
        )
    }

    async fn read(
        request: &HttpRequest,
        state: &State,
        body: &Bytes,
        secrets: &mut Secrets,
    ) -> Self {
        let path = address::plain(request.path()).into_owned();
        let seen = Self {
            method: request.method().to_string(),
            ..Self::default()
        };
        if crate::resources::is_ours(&path) {
            return seen.of_json(request, path, body, secrets);
        }
        let passed_on = state.passed_on.as_ref();
        let is_script = passed_on.is_some_and(|passed_on| passed_on.script(&path).is_some());
        if path.ends_with(ENDPOINT) || is_script {
            let pairs = form::all_parameters(request, body).await;
            let mut seen = Self {
                api: "text",
                path,
                ..seen
            };
            seen.take(pairs.map(Iterator::collect).unwrap_or_default(), secrets);
            seen.function = seen.text("function");
            seen.user = seen.text("user");
            return seen;
        }
        let is_route = calls::Place::of(&path).is_some();
        let mut seen = Self {
            api: if is_route { "route" } else { "other" },
            function: if is_route { "route" } else { "" }.to_owned(),
            path,
            ..seen
        };
        if is_route {
            seen.take(query::pairs(body), secrets);
        }
        seen.take(query::pairs(request.query_string().as_bytes()), secrets);
        seen
    }

    fn of_json(
        self,
        request: &HttpRequest,
        path: String,
        body: &Bytes,
        secrets: &mut Secrets,
    ) -> Self {
        let method = match request.method().as_str() {
            "HEAD" => "GET",
            method => method,
        };
        let operation = operations::place(&path)
            .and_then(|place| place.operations().find(|one| one.method.word() == method));
        let user = rest::credentials(request).map(|(user, _)| user);
        let mut seen = Self {
            api: "json",
            function: operation
                .map_or("", |operation| operation.function)
                .to_owned(),
            user: String::from_utf8_lossy(&user.unwrap_or_default()).into_owned(),
            path,
            ..self
        };
        seen.take(query::pairs(request.query_string().as_bytes()), secrets);
        if body.len() > LARGEST_JSON {
            let note = format!("{} bytes, too many to be kept", body.len());
            seen.parameters.insert("body".to_owned(), note.into());
        } else if let Ok(Value::Object(mut sent)) = serde_json::from_slice(body) {
            mask_members(&mut sent);
            seen.parameters.extend(sent);
        }
        seen
    }

    /// Adds parameters; of a name that is repeated the last one counts.
    fn take(&mut self, pairs: Vec<(String, Vec<u8>)>, secrets: &mut Secrets) {
        for (name, value) in pairs {
            let mut value = String::from_utf8_lossy(&value).into_owned();
            if may_be_secret(&name) {
                secrets.add(std::mem::replace(&mut value, HIDDEN.to_owned()));
            }
            self.parameters.insert(name, Value::String(value));
        }
    }

    fn text(&self, name: &str) -> String {
        let value = self.parameters.get(name).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    }

    /// About how many bytes it takes.
    pub(super) fn size(&self) -> usize {
        let parameters = self
            .parameters
            .iter()
            .map(|(name, value)| name.len() + size(value) + 100);
        self.path.len() + self.function.len() + self.user.len() + parameters.sum::<usize>()
    }
}

/// About how many bytes a value takes in memory, which may be fifty times what its text has.
fn size(value: &Value) -> usize {
    let inside: usize = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => {
            let members = members.iter();
            200 + members
                .map(|(name, value)| name.len() + size(value) + 100)
                .sum::<usize>()
        }
        _ => 0,
    };
    inside + 40
}
