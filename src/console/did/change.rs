//! Changing a DID by its form: what was typed is compared with what the form was made from, checked by the two APIs, and
//! stored by them.

use serde_json::{Map, Value};

use super::checking::{self, UPDATE};
use super::fields::{self, Field, Group, Through};
use super::loaded::{Loaded, address, page};
use super::page::Page;
use crate::console::notice::Notice;
use crate::console::rights::Right;
use crate::console::shown::{Answer, Shown};
use crate::console::stop::Stop;
use crate::console::visit::Visit;

type Groups = Vec<(&'static Group, Vec<Field>)>;

/// What was changed in a form.
struct Edit {
    did: Loaded,
    groups: Groups,
    /// Names and values for `update_did`.
    columns: Vec<(&'static str, String)>,
    /// Names and values for the JSON.
    fields: Vec<(&'static str, String)>,
    /// Whether somebody else has changed one of these fields since the form was made.
    has_conflict: bool,
}

/// `POST /dids/{id}`
pub(in crate::console) async fn change(visit: &Visit) -> Answer {
    let did = Loaded::read(visit).await?;
    let rights = visit.rights();
    if !rights.may(Right::ChangeDids) {
        return Err(Stop::Refused(
            403,
            rights.why_not(Right::ChangeDids).to_owned(),
        ));
    }
    let mut edit = Edit::of(visit, did);
    if edit.has_conflict {
        let why = "Somebody else has changed what you have changed. Nothing was stored yet: compare, and save again what is to stay.";
        return edit.shown(visit, 409, Notice::bad(why)).await;
    }
    if edit.columns.is_empty() && edit.fields.is_empty() {
        let notice = Notice::good("Nothing was changed: every field is as it was.");
        return Ok(Shown::saying(page(visit), notice));
    }
    let body = checking::body(
        edit.fields
            .iter()
            .map(|(name, typed)| (*name, typed.as_str())),
        |name| edit.typed(name),
    );
    let others = edit.check(visit, &body).await;
    if !others.is_empty() || edit.is_wrong() {
        let notice =
            Notice::bad("Nothing was stored: look at what is said below.").with_lines(others);
        return edit.shown(visit, 422, notice).await;
    }
    edit.store(visit, body).await
}

impl Edit {
    /// What a visit's form changes of a DID.
    fn of(visit: &Visit, did: Loaded) -> Self {
        let mut edit = Self {
            groups: fields::groups(visit, &did),
            did,
            columns: Vec::new(),
            fields: Vec::new(),
            has_conflict: false,
        };
        let all = edit.groups.iter_mut().flat_map(|(_, fields)| fields);
        for field in all.filter(|field| field.closed.is_empty()) {
            let name = field.name();
            let (typed, was) = (visit.form.text(name), fields::was(&visit.form, name));
            if !visit.form.has(name) || fields::is_same(typed, was) {
                continue;
            }
            typed.clone_into(&mut field.typed);
            if fields::is_same(typed, &field.stored) {
                continue;
            }
            if !fields::is_same(was, &field.stored) {
                let stored = match field.stored.as_str() {
                    "" => "nothing",
                    stored => stored,
                };
                field.wrong =
                    format!("Meanwhile somebody has changed it from “{was}” to “{stored}”.");
                edit.has_conflict = true;
            }
            let changed = match field.shape.through {
                Through::Text => &mut edit.columns,
                Through::Json | Through::Own => &mut edit.fields,
            };
            changed.push((name, typed.to_owned()));
        }
        edit
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Field> {
        self.groups.iter_mut().flat_map(|(_, fields)| fields)
    }

    fn field(&mut self, name: &str) -> Option<&mut Field> {
        self.all().find(|field| field.name() == name)
    }

    fn typed(&self, name: &str) -> String {
        let mut all = self.groups.iter().flat_map(|(_, fields)| fields);
        let field = all.find(|field| field.name() == name);
        field.map(|field| field.typed.clone()).unwrap_or_default()
    }

    fn is_wrong(&mut self) -> bool {
        self.all().any(|field| !field.wrong.is_empty())
    }

    /// Has everything checked; what is wrong beside the fields.
    async fn check(&mut self, visit: &Visit, body: &Map<String, Value>) -> Vec<String> {
        let mut others = Vec::new();
        for (name, typed) in self.columns.clone() {
            let verdict = checking::of_column(visit, &self.did, name, &typed).await;
            if let Some(field) = self.field(name) {
                field.wrong = verdict.wrong;
            }
        }
        if body.is_empty() {
            return others;
        }
        let told = checking::of_body(visit, &self.did, body).await;
        if told.is_done() {
            return others;
        }
        let messages = told.messages();
        if messages.is_empty() {
            others.push(told.problem());
        }
        for (name, message) in messages {
            match self.field(&name) {
                Some(field) => field.wrong = message,
                None => others.push(format!("{name}: {message}")),
            }
        }
        others
    }

    /// Stores what was checked.
    async fn store(self, visit: &Visit, body: Map<String, Value>) -> Answer {
        let mut stored: Vec<String> = Vec::new();
        let mut lines = Vec::new();
        let mut change_id = None;
        if !body.is_empty() {
            let tag = self.did.etag.clone();
            let told = visit
                .send("PATCH", address(visit), Value::Object(body), tag)
                .await;
            if told.status == 412 {
                let why = "Somebody else has changed this DID at the same moment. Nothing was stored: look at what is there now, and save again.";
                return self.again(visit, 409, Notice::bad(why)).await;
            }
            if !told.is_done() {
                // It says itself whether anything was stored: that may not be known.
                let notice = Notice::bad(told.problem());
                return self.again(visit, told.status, notice).await;
            }
            let warnings = told.body["warnings"].as_array();
            let warnings = warnings.into_iter().flatten().filter_map(Value::as_str);
            lines.extend(warnings.map(str::to_owned));
            stored.extend(self.labels(&self.fields));
            change_id = told.change_id;
        }
        if !self.columns.is_empty() {
            let mut parameters = vec![("did_pattern", self.did.number())];
            let columns = self.columns.iter();
            parameters.extend(columns.map(|(name, typed)| (*name, typed.as_str())));
            let said = visit.text(UPDATE, &parameters).await;
            if !said.is_done() {
                let asked = self.labels(&self.columns).join(", ");
                let why = checking::sentence(&said.told(UPDATE));
                let mut notice = Notice::bad(format!("{why} It was about: {asked}."));
                if !stored.is_empty() {
                    notice = notice
                        .with_lines(vec![format!("Stored: {}.", stored.join(", "))])
                        .of_change(change_id);
                }
                return self.again(visit, 422, notice).await;
            }
            lines.extend(said.warnings);
            stored.extend(self.labels(&self.columns));
            if let (Some(first), Some(_)) = (change_id, said.change_id) {
                lines.push(format!(
                    "{} is change {first}.",
                    self.labels(&self.fields).join(", ")
                ));
            }
            change_id = said.change_id.or(change_id);
        }
        let notice = Notice::good(format!("Stored: {}.", stored.join(", ")));
        let notice = notice.with_lines(lines).of_change(change_id);
        Ok(Shown::saying(page(visit), notice))
    }

    /// The labels of these fields.
    fn labels(&self, changed: &[(&'static str, String)]) -> Vec<String> {
        let all = self.groups.iter().flat_map(|(_, fields)| fields);
        let is_changed = |field: &&Field| changed.iter().any(|(name, _)| *name == field.name());
        all.filter(is_changed)
            .map(|field| field.shape.label.to_lowercase())
            .collect()
    }

    /// The page with what was typed, and what is stored now.
    async fn again(self, visit: &Visit, status: u16, notice: Notice) -> Answer {
        visit.note(&notice);
        let did = Loaded::read(visit).await?;
        let mut now = Self {
            groups: fields::groups(visit, &did),
            did,
            ..self
        };
        let typed: Vec<_> = now.columns.iter().chain(&now.fields).cloned().collect();
        for (name, typed) in typed {
            if let Some(field) = now.field(name) {
                field.typed = typed;
            }
        }
        now.shown(visit, status, notice).await
    }

    async fn shown(self, visit: &Visit, status: u16, notice: Notice) -> Answer {
        visit.note(&notice);
        let page = Page::of(visit, self.did, self.groups).await?;
        page.saying(notice).with_status(status)
    }
}
