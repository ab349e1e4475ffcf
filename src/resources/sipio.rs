//! SIP.IO's own shape (`?shape=sipio`): its names only, every id a text, one target.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::aliases;
use super::request::Request;
use super::response::Response;
use crate::access::Session;
use crate::access::journal::LogLine;
use crate::routing::target::Kind;
use crate::store::vicishim_tables::bound::{PhoneKey, phone_key};
use crate::store::vicishim_tables::client_ids;
use crate::store::{Db, QueryResult, collation};

/// A target in three fields: kind, id and variables.
pub(super) type Trio = (Option<Kind>, Option<String>, Option<Map<String, Value>>);

/// What has SIP.IO's shape beside the one of all names.
pub(super) trait SipIo: Serialize {
    /// SIP.IO's.
    type Shape: Serialize;

    /// The kinds and ids of its targets.
    fn targets(&self) -> Vec<(Kind, &str)> {
        Vec::new()
    }

    /// It in SIP.IO's shape.
    fn sip_io(self, ids: &TargetIds) -> Self::Shape;
}

/// A state that is shown, in the shape that the request asks for.
///
/// # Errors
/// The database cannot be read.
pub(super) fn shown<V: SipIo>(
    session: &mut Session<'_>,
    request: &Request,
    status: u16,
    view: V,
    line: LogLine,
) -> QueryResult<Response> {
    let response = Response::shown(status, &view, line);
    if !request.query.is_sip_io() {
        return Ok(response);
    }
    let ids = TargetIds::of(session.db, &view.targets())?;
    let body = serde_json::to_value(view.sip_io(&ids)).unwrap_or_default();
    Ok(response.in_shape(body))
}

/// The things of a list, in SIP.IO's shape or in that of all names.
///
/// # Errors
/// The database cannot be read.
pub(super) fn listed<V: SipIo>(
    db: &mut Db,
    is_sip_io: bool,
    views: Vec<V>,
) -> QueryResult<Vec<Value>> {
    if !is_sip_io {
        let value = |view: &V| serde_json::to_value(view).unwrap_or_default();
        return Ok(views.iter().map(value).collect());
    }
    let targets: Vec<_> = views.iter().flat_map(V::targets).collect();
    let ids = TargetIds::of(db, &targets)?;
    let value = |view: V| serde_json::to_value(view.sip_io(&ids)).unwrap_or_default();
    Ok(views.into_iter().map(value).collect())
}

/// The ids by which clients know targets.
#[derive(Default)]
pub(super) struct TargetIds {
    aliases: HashMap<(&'static str, collation::Key), String>,
    extensions: HashMap<PhoneKey, String>,
}

impl TargetIds {
    fn of(db: &mut Db, targets: &[(Kind, &str)]) -> QueryResult<Self> {
        let (phones, others): (Vec<_>, Vec<_>) = targets
            .iter()
            .copied()
            .partition(|(kind, _)| *kind == Kind::Extension);
        let unique = |mut names: Vec<_>| -> Vec<&str> {
            names.sort_unstable();
            names.dedup();
            names
        };
        let names: Vec<&str> = unique(others.iter().map(|(_, id)| *id).collect());
        let mut of = Self::default();
        for row in client_ids::aliases_of(db, &names)? {
            if let Some(kind) = Kind::of_word(row.text("kind")) {
                let key = (aliases::word(kind), collation::key(row.text("name")));
                of.aliases.insert(key, row.text("client_id").to_owned());
            }
        }
        let phones = phones.iter().filter_map(|(_, id)| id.rsplit_once('@'));
        let phones: Vec<&str> = unique(phones.map(|(phone, _)| phone).collect());
        for row in client_ids::extensions_of(db, &phones)? {
            let number = || format!("ext_{}", row.text("extension_id"));
            let id = row.get("client_id").map_or_else(number, str::to_owned);
            of.extensions.insert(phone_key(&row), id);
        }
        Ok(of)
    }

    /// A target as SIP.IO writes it.
    pub(super) fn target(&self, (kind, id, xform): Trio) -> Trio {
        let known = match (kind, id.as_deref()) {
            (Some(Kind::Extension), Some(id)) => id.rsplit_once('@').and_then(|(phone, server)| {
                let key = (collation::key(phone), collation::key(server));
                self.extensions.get(&key)
            }),
            (Some(kind), Some(id)) => {
                let key = (aliases::word(kind), collation::key(id));
                self.aliases.get(&key)
            }
            _ => None,
        };
        // SIP.IO has one word for call menus.
        let kind = kind.map(|kind| match kind {
            Kind::Ivr => Kind::Flow,
            kind => kind,
        });
        (kind, known.cloned().or(id), xform)
    }
}
