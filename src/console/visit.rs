//! A request of the console on its way: who asks, what was sent, and the way to the APIs.

use std::cell::RefCell;

use serde_json::Value;

use super::door::{Asked, Door, Said, Told};
use super::form::Fields;
use super::frame::{Frame, Section};
use super::notice::Notice;
use super::reading::{self, Asks, Reader};
use super::rights::Rights;
use super::sessions::Person;
use super::stop::Stop;
use crate::routing::clock::Clock;
use crate::store::{Db, QueryResult};

/// A request of somebody who has signed in.
pub(crate) struct Visit {
    /// Who it is.
    pub(crate) person: Person,
    /// The address, without its query.
    pub(crate) path: String,
    /// What the `{id}` in the address is; empty where it has none.
    pub(crate) id: String,
    /// The query.
    pub(crate) query: Fields,
    /// The form; empty for a GET.
    pub(crate) form: Fields,
    /// Whether the part of the page that changes is all that is asked for.
    pub(crate) is_part: bool,
    /// What the last page left to be said.
    pub(crate) notice: Option<Notice>,
    /// What this request has come to, should the page that says it not be made.
    outcome: RefCell<Option<Notice>>,
    /// The way to the APIs.
    pub(crate) door: Box<dyn Door>,
    /// What is known of the user, once something was read.
    known: RefCell<Option<(Rights, Clock)>>,
}

impl Visit {
    /// A request of this person.
    pub(crate) fn new(person: Person, path: String, door: Box<dyn Door>) -> Self {
        Self {
            person,
            path,
            id: String::new(),
            query: Fields::default(),
            form: Fields::default(),
            is_part: false,
            notice: None,
            outcome: RefCell::default(),
            door,
            known: RefCell::default(),
        }
    }

    /// Reads from the database, beside the writers. `function` is for the process's log.
    ///
    /// # Errors
    /// The user may not, or the database does not answer.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        function: &'static str,
        asks: Asks,
        reading: impl Fn(&mut Db, &Reader) -> QueryResult<T> + Send + Sync + 'static,
    ) -> Result<T, Stop> {
        let call = self.door.call(function);
        let read = reading::read(self.door.store(), call, (function, asks), reading).await?;
        *self.known.borrow_mut() = Some((read.rights, read.clock));
        Ok(read.found)
    }

    /// Lets a user come who may do what a function asks: what it may do, and the dialer's clock, are known then.
    ///
    /// # Errors
    /// The user may not, or the database does not answer.
    pub(super) async fn admit(&self, function: &'static str, asks: Asks) -> Result<(), Stop> {
        self.read(function, asks, |_, _| Ok(())).await
    }

    /// Whether a call of the API finds a DID by this number, of which it may drop letters: what is left may be another DID's.
    pub(super) fn is_named_by(&self, number: &str, non_latin: bool) -> bool {
        self.door.kept("did_pattern", number, non_latin) == number
    }

    /// Calls a function of the text API.
    pub(super) async fn text(&self, function: &'static str, parameters: &[(&str, &str)]) -> Said {
        self.door.text(function, owned(parameters)).await
    }

    /// Asks the JSON API for a state.
    ///
    /// # Errors
    /// It is not shown.
    pub(super) async fn get(
        &self,
        what: &'static str,
        path: String,
        query: &[(&str, &str)],
    ) -> Result<Told, Stop> {
        let asked = Asked {
            method: "GET",
            path,
            query: owned(query),
            ..Asked::default()
        };
        self.door.json(asked).await.done(what)
    }

    /// Has the JSON API change something. Only a state that has this tag is changed, where there is one.
    pub(super) async fn send(
        &self,
        method: &'static str,
        path: String,
        body: Value,
        if_match: Option<String>,
    ) -> Told {
        let asked = Asked {
            method,
            path,
            body,
            if_match,
            ..Asked::default()
        };
        self.door.json(asked).await
    }

    /// Notes what this request has come to: it is said also where the page cannot be made that would say it.
    pub(super) fn note(&self, outcome: &Notice) {
        *self.outcome.borrow_mut() = Some(outcome.clone());
    }

    /// What is to be said, whatever page is shown.
    pub(super) fn to_be_said(&self) -> Option<Notice> {
        let outcome = self.outcome.borrow().clone();
        outcome.or_else(|| self.notice.clone())
    }

    /// What is around a page. Something must have been read before: else nothing is known of what the user may do.
    pub(super) fn frame(&self, section: Section, title: impl Into<String>) -> Frame {
        let known = self.known.borrow();
        let (rights, zone) = match &*known {
            Some((rights, clock)) => (rights.clone(), clock.name().to_owned()),
            None => (Rights::default(), String::new()),
        };
        Frame {
            title: title.into(),
            section,
            user: self.person.user.clone(),
            form_token: self.person.form_token.clone(),
            notice: self.notice.clone(),
            rights,
            zone,
        }
    }

    /// What the user may do, as far as something was read.
    pub(super) fn rights(&self) -> Rights {
        let known = self.known.borrow();
        known
            .as_ref()
            .map(|(rights, _)| rights.clone())
            .unwrap_or_default()
    }

    /// The dialer's clock, once something was read.
    pub(super) fn clock(&self) -> Option<Clock> {
        self.known.borrow().as_ref().map(|(_, clock)| clock.clone())
    }
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}
