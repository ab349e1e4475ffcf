//! The console's way to the two APIs: in this process, as the user who has signed in.

use std::net::IpAddr;
use std::time::Instant;

use actix_web::HttpRequest;
use actix_web::web::Data;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::Asking;
use crate::access::Proof;
use crate::api::{self, Answered, Call, CallTime, Dialect, Mark, Reply};
use crate::console::door::{Asked, ColumnRule, Door, FieldRule, Finding, Said, Told};
use crate::console::sessions::Person;
use crate::http::{State, endpoint, query};
use crate::plan::Rules;
use crate::resources::field_rules::{self, BodyField};
use crate::resources::operations::{DID_CHECK, Endpoint, Place, place};
use crate::resources::problem::Problem;
use crate::resources::request::{IfMatch, Named, Sent};
use crate::resources::task;
use crate::store::Store;

/// The `source` of what is done here, for the logs.
const SOURCE: &str = "console";

/// The address of what is done here, for the logs: it does not grow with the pages.
const SCRIPT: &str = "/console";

/// The way of one request.
pub(super) struct Way {
    request: HttpRequest,
    state: Data<State>,
    user: String,
    /// What was sent for a password, at the sign-in.
    password: Option<String>,
    proof: Option<Proof>,
    received: Instant,
}

impl Way {
    /// That of somebody who has signed in.
    pub(super) fn of(asking: &Asking<'_>, person: &Person) -> Self {
        Self {
            proof: Some(person.proof.clone()),
            password: None,
            ..Self::to_sign_in(asking, &person.user, "")
        }
    }

    /// That of somebody who signs in.
    pub(super) fn to_sign_in(asking: &Asking<'_>, user: &str, password: &str) -> Self {
        Self {
            request: asking.request.clone(),
            state: Data::clone(asking.state),
            user: user.to_owned(),
            password: Some(password.to_owned()),
            proof: None,
            received: asking.received,
        }
    }

    fn call_with(&self, function: &str, parameters: Vec<(String, String)>) -> Call {
        let mut pairs: Vec<(String, Vec<u8>)> = parameters
            .into_iter()
            .map(|(name, value)| (name, value.into_bytes()))
            .collect();
        // Behind what pages send: of a name the last one counts.
        let password = self.password.as_deref().map(|password| ("pass", password));
        let of_session = [
            ("user", self.user.as_str()),
            ("function", function),
            ("source", SOURCE),
        ];
        let of_session = of_session.into_iter().chain(password);
        pairs.extend(of_session.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())));
        let call = endpoint::call(
            &self.request,
            SCRIPT,
            (pairs, 0),
            &self.state,
            self.received,
        );
        Call {
            proof: self.proof.clone(),
            ..call
        }
    }

    async fn ask(&self, asked: Asked) -> Result<Told, Problem> {
        let place = place(&asked.path).ok_or_else(nothing)?;
        let mut operations = place.operations();
        let operation = operations.find(|operation| operation.method.word() == asked.method);
        self.carry_out(operation.ok_or_else(nothing)?, &place, asked.clone())
            .await
    }

    async fn carry_out(
        &self,
        operation: &'static Endpoint,
        place: &Place<'_>,
        asked: Asked,
    ) -> Result<Told, Problem> {
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let named = Named {
            id: decoded(place.id),
            part: decoded(place.part),
        };
        let sent = Sent {
            query: asked.query,
            body: match asked.body {
                Value::Object(body) => Ok(body),
                _ => Ok(Map::new()),
            },
            if_match: match asked.if_match {
                Some(tag) => IfMatch::Tags(vec![tag]),
                None => IfMatch::Any,
            },
        };
        let call = self.call_with(operation.function, Vec::new());
        let done = task::ask(&self.state.store, operation, call, named, sent).await?;
        Ok(Told {
            status: done.status,
            body: done.body.unwrap_or_default(),
            etag: done.etag,
            change_id: done.change_id,
        })
    }
}

fn nothing() -> Problem {
    Problem::new(404, "there is nothing at this address")
}

fn told(problem: Problem) -> Told {
    Told {
        status: problem.status,
        body: serde_json::to_value(&problem).unwrap_or_default(),
        etag: None,
        change_id: None,
    }
}

impl Door for Way {
    fn text(
        &self,
        function: &'static str,
        mut parameters: Vec<(String, String)>,
    ) -> LocalBoxFuture<'_, Said> {
        parameters.push(("format".to_owned(), "json".to_owned()));
        let call = self.call_with(function, parameters);
        async move { said(&api::ask(&self.state.store, call, Dialect::Documented).await) }
            .boxed_local()
    }

    fn json(&self, asked: Asked) -> LocalBoxFuture<'_, Told> {
        async move { self.ask(asked).await.unwrap_or_else(told) }.boxed_local()
    }

    fn explain(
        &self,
        user: String,
        function: String,
        address: Option<IpAddr>,
    ) -> LocalBoxFuture<'_, Option<Vec<Finding>>> {
        let address = address.map(|address| address.to_canonical().to_string());
        let reading = move |db: &mut _| {
            api::explain(db, &user, &function, address.as_deref(), &CallTime::now())
        };
        async move {
            let found = self.state.store.read(reading).await?;
            let finding = |finding: api::Finding| Finding {
                opens: match finding.mark {
                    Mark::Opens => Some(true),
                    Mark::Fails => Some(false),
                    Mark::Unknown => None,
                },
                gate: finding.gate,
                why: finding.why,
            };
            Some(found.into_iter().map(finding).collect())
        }
        .boxed_local()
    }

    fn without_secrets(&self, address: &str) -> String {
        // VICIdial writes what came in a form behind the query.
        let parts = address.split('?').map(query::without_secrets);
        parts.collect::<Vec<_>>().join("?")
    }

    fn rules(&self) -> Rules {
        api::did::RULES
    }

    fn functions(&self) -> Vec<(&'static str, &'static str)> {
        api::functions()
            .map(|function| (function.name(), function.summary()))
            .collect()
    }

    fn did_columns(&self) -> Vec<ColumnRule> {
        let rule = |rule: api::did::FieldRule| ColumnRule {
            parameter: rule.parameter,
            column: rule.column,
            rule: rule.words,
            choices: rule.choices,
        };
        api::did::field_rules().map(rule).collect()
    }

    fn kept(&self, parameter: &str, value: &str, non_latin: bool) -> String {
        api::Parameters::filter_one(parameter, value, non_latin)
    }

    fn did_fields(&self) -> Vec<FieldRule> {
        let rule = |field: &'static BodyField| FieldRule {
            name: &field.name,
            rule: &field.description,
            choices: &field.choices,
            longest: field.longest,
        };
        field_rules::did_fields().iter().map(rule).collect()
    }

    fn check_did(&self, asked: Asked) -> LocalBoxFuture<'_, Told> {
        async move {
            let checked = async {
                let place = place(&asked.path).ok_or_else(nothing)?;
                self.carry_out(&DID_CHECK, &place, asked.clone()).await
            };
            checked.await.unwrap_or_else(told)
        }
        .boxed_local()
    }

    fn call(&self, function: &'static str) -> Call {
        self.call_with(function, Vec::new())
    }

    fn store(&self) -> &Store {
        &self.state.store
    }
}

/// A reply as pages read it.
fn said(answered: &Answered) -> Said {
    let text = answered.text(Dialect::Documented);
    let object: Value = serde_json::from_str(&text).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let facts = &answered.reply.facts;
    let unknown = Reply::outcome_unknown();
    Said {
        status: answered.reply.http_status,
        is_unknown: unknown
            .lines
            .iter()
            .any(|line| object["reason"].as_str() == Some(&line.reason)),
        result: text(&object["status"]),
        reason: text(&object["reason"]),
        lines: object["lines"]
            .as_array()
            .into_iter()
            .flatten()
            .map(text)
            .collect(),
        warnings: facts.warnings.clone(),
        change_id: facts.change_id.map(i64::from),
    }
}
