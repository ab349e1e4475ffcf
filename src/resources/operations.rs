//! The operations of the JSON API: addresses, methods, what each takes and who carries it out. Routing, the description for
//! machines and the tests are made from this one table.

use super::query::{
    ALIAS_LIST, CALL_LIST, CHANGE_LIST, CHANGES_OF_ONE, CHOICE_LIST, DELETION, DID_LIST,
    EXTENSION_LANDING, EXTENSION_LIST, FINDING_LIST, FLOW_LIST, LANDING, Parameter, SCHEDULE_LIST,
    SHOWN, TENANT_LIST,
};
use super::request::Method::{self, Delete, Get, Patch, Post, Put};
use super::response::Perform;
use super::{aliases, cdrs, changes, choices, dids, extensions, schedules, tenants};
use crate::access::permission::{
    self, CHANGE_DIDS, CHANGE_PHONES, Permission, VIEW_CALLS, VIEW_DIDS, VIEW_LISTS,
};
use crate::access::task::Effect::{self, Changes, Reads};

/// What an operation answers, by the name of its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// The state of a thing.
    State(&'static str),
    /// A page of things.
    Page(&'static str),
    /// Something that has no state.
    Report(&'static str),
    /// Nothing.
    Nothing,
}

use Shows::{Nothing, Page, Report, State};

/// An operation.
pub(crate) struct Endpoint {
    /// The method.
    pub(crate) method: Method,
    /// The path; `{id}` stands for the thing, `{n}` for one of its parts.
    pub(crate) path: &'static str,
    /// What it does, for people.
    pub(super) summary: &'static str,
    /// The text API's function that asks the same of its user, as `api_allowed_functions` and the log name it.
    pub(crate) function: &'static str,
    /// What it asks of its user.
    pub(super) permission: &'static Permission,
    /// Whether it changes anything but logs.
    pub(super) effect: Effect,
    /// Who carries it out.
    pub(super) perform: Perform,
    /// The parameters of its query.
    pub(super) query: &'static [Parameter],
    /// The schema of its body, where it has one.
    pub(super) body: Option<&'static str>,
    /// What it answers.
    pub(super) shows: Shows,
}

/// What an operation takes: the function, the permission, the effect.
type Takes = (&'static str, &'static Permission, Effect);

const fn endpoint(
    (method, path): (Method, &'static str),
    summary: &'static str,
    (function, permission, effect): Takes,
    perform: Perform,
    (query, body, shows): (&'static [Parameter], Option<&'static str>, Shows),
) -> Endpoint {
    Endpoint {
        method,
        path,
        summary,
        function,
        permission,
        effect,
        perform,
        query,
        body,
        shows,
    }
}

const LIST_DIDS: Takes = ("did_list", &permission::LIST_DIDS, Reads);
const ADD_DID: Takes = ("add_did", &CHANGE_DIDS, Changes);
const UPDATE_DID: Takes = ("update_did", &CHANGE_DIDS, Changes);
const LIST_PHONES: Takes = ("phone_list", &permission::LIST_PHONES, Reads);
const LIST_CHANGES: Takes = ("change_list", &permission::LIST_CHANGES, Reads);
const ADD_PHONE: Takes = ("add_phone", &CHANGE_PHONES, Changes);
const UPDATE_PHONE: Takes = ("update_phone", &CHANGE_PHONES, Changes);

/// Every operation; of the paths that fit an address the first one counts.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Endpoint] = &[
    endpoint((Get, "/api/dids"), "Lists DIDs",
        LIST_DIDS, dids::read::list, (DID_LIST, None, Page("Did"))),
    endpoint((Post, "/api/dids"), "Adds a DID",
        ADD_DID, dids::write::add, (SHOWN, Some("DidBody"), State("Did"))),
    endpoint((Get, "/api/dids/lint"), "Says what is wrong with DIDs",
        ("did_lint", &VIEW_DIDS, Reads), dids::lint::answer, (FINDING_LIST, None, Page("Finding"))),
    endpoint((Get, "/api/dids/{id}"), "Shows a DID with its routes",
        LIST_DIDS, dids::read::one, (SHOWN, None, State("Did"))),
    endpoint((Put, "/api/dids/{id}"), "Changes a DID; its target and routes stay where they are left out",
        UPDATE_DID, dids::write::change, (SHOWN, Some("DidBody"), State("Did"))),
    endpoint((Patch, "/api/dids/{id}"), "Changes what the body names of a DID",
        UPDATE_DID, dids::write::change, (SHOWN, Some("DidBody"), State("Did"))),
    endpoint((Delete, "/api/dids/{id}"), "Deletes a DID",
        UPDATE_DID, dids::write::delete, (&[], None, Nothing)),
    endpoint((Get, "/api/dids/{id}/routes"), "Lists a DID's routes in their order",
        LIST_DIDS, dids::routes::list, (&[], None, State("Routes"))),
    endpoint((Put, "/api/dids/{id}/routes"), "Replaces a DID's routes",
        UPDATE_DID, dids::routes::replace, (SHOWN, Some("RoutesBody"), State("Did"))),
    endpoint((Post, "/api/dids/{id}/routes"), "Adds a route to a DID: before the one without conditions, or at its position",
        UPDATE_DID, dids::route::add, (&[], Some("RouteFields"), State("Route"))),
    endpoint((Get, "/api/dids/{id}/routes/{n}"), "Shows a route of a DID",
        LIST_DIDS, dids::route::one, (&[], None, State("Route"))),
    endpoint((Put, "/api/dids/{id}/routes/{n}"), "Puts a route in the place of a DID's",
        UPDATE_DID, dids::route::replace, (&[], Some("RouteFields"), State("Route"))),
    endpoint((Delete, "/api/dids/{id}/routes/{n}"), "Deletes a route of a DID; those behind it move up",
        UPDATE_DID, dids::route::delete, (&[], None, Nothing)),
    endpoint((Get, "/api/dids/{id}/history"), "Lists what calls have changed of a DID, the newest first",
        LIST_CHANGES, changes::of_one_did, (CHANGES_OF_ONE, None, Page("Change"))),
    endpoint((Get, "/api/dids/{id}/route"), "Says where a call would land, and why",
        ("did_route_test", &VIEW_DIDS, Reads), dids::preview::answer, (LANDING, None, Report("Landing"))),
    endpoint((Get, "/api/extensions"), "Lists extensions",
        LIST_PHONES, extensions::list, (EXTENSION_LIST, None, Page("Extension"))),
    endpoint((Post, "/api/extensions"), "Adds an extension",
        ADD_PHONE, extensions::write::add, (SHOWN, Some("ExtensionBody"), State("Extension"))),
    endpoint((Get, "/api/extensions/{id}"), "Shows an extension",
        LIST_PHONES, extensions::one, (SHOWN, None, State("Extension"))),
    endpoint((Put, "/api/extensions/{id}"), "Changes an extension",
        UPDATE_PHONE, extensions::write::change, (SHOWN, Some("ExtensionBody"), State("Extension"))),
    endpoint((Patch, "/api/extensions/{id}"), "Changes what the body names of an extension",
        UPDATE_PHONE, extensions::write::change, (SHOWN, Some("ExtensionBody"), State("Extension"))),
    endpoint((Delete, "/api/extensions/{id}"), "Deletes an extension that nothing points at",
        UPDATE_PHONE, extensions::delete::answer, (DELETION, None, Nothing)),
    endpoint((Get, "/api/extensions/{id}/route"), "Says where a call to an extension would land, and why",
        LIST_PHONES, extensions::preview::answer, (EXTENSION_LANDING, None, Report("Landing"))),
    endpoint((Get, "/api/schedules"), "Lists schedules",
        LIST_DIDS, schedules::list, (SCHEDULE_LIST, None, Page("Schedule"))),
    endpoint((Post, "/api/schedules"), "Adds a schedule",
        ADD_DID, schedules::add, (SHOWN, Some("ScheduleBody"), State("Schedule"))),
    endpoint((Get, "/api/schedules/{id}"), "Shows a schedule",
        LIST_DIDS, schedules::one, (SHOWN, None, State("Schedule"))),
    endpoint((Put, "/api/schedules/{id}"), "Changes a schedule",
        UPDATE_DID, schedules::change, (SHOWN, Some("ScheduleBody"), State("Schedule"))),
    endpoint((Patch, "/api/schedules/{id}"), "Changes what the body names of a schedule",
        UPDATE_DID, schedules::change, (SHOWN, Some("ScheduleBody"), State("Schedule"))),
    endpoint((Delete, "/api/schedules/{id}"), "Deletes a schedule that nothing has",
        UPDATE_DID, schedules::delete, (DELETION, None, Nothing)),
    endpoint((Get, "/api/tenants"), "Lists tenants",
        LIST_DIDS, tenants::list, (TENANT_LIST, None, Page("Tenant"))),
    endpoint((Post, "/api/tenants"), "Makes a user group a tenant",
        ADD_PHONE, tenants::add, (SHOWN, Some("TenantBody"), State("Tenant"))),
    endpoint((Get, "/api/tenants/{id}"), "Shows a tenant",
        LIST_DIDS, tenants::one, (SHOWN, None, State("Tenant"))),
    endpoint((Put, "/api/tenants/{id}"), "Changes a tenant",
        UPDATE_PHONE, tenants::change, (SHOWN, Some("TenantBody"), State("Tenant"))),
    endpoint((Patch, "/api/tenants/{id}"), "Changes what the body names of a tenant",
        UPDATE_PHONE, tenants::change, (SHOWN, Some("TenantBody"), State("Tenant"))),
    endpoint((Delete, "/api/tenants/{id}"), "Takes a tenant's number away; its user group stays",
        UPDATE_PHONE, tenants::delete, (&[], None, Nothing)),
    endpoint((Get, "/api/queues"), "Lists queues: in-groups",
        ("ingroup_list", &VIEW_LISTS, Reads), choices::queues, (CHOICE_LIST, None, Page("Queue"))),
    endpoint((Get, "/api/flows"), "Lists flows: call menus",
        ("callmenu_list", &VIEW_LISTS, Reads), choices::flows, (FLOW_LIST, None, Page("Flow"))),
    endpoint((Get, "/api/voicemail"), "Lists voicemail boxes",
        ("vm_list", &VIEW_LISTS, Reads), choices::voicemail, (CHOICE_LIST, None, Page("VoicemailBox"))),
    endpoint((Get, "/api/users"), "Lists users",
        ("user_list", &permission::LIST_DIDS, Reads), choices::users, (CHOICE_LIST, None, Page("User"))),
    endpoint((Get, "/api/devices"), "Lists devices: phones",
        LIST_PHONES, choices::devices, (CHOICE_LIST, None, Page("Device"))),
    endpoint((Get, "/api/cdrs"), "Lists the calls to DIDs on a day",
        ("did_log_export", &VIEW_CALLS, Reads), cdrs::list, (CALL_LIST, None, Report("CdrPage"))),
    endpoint((Get, "/api/changes"), "Lists what calls have changed, the newest first",
        LIST_CHANGES, changes::list, (CHANGE_LIST, None, Page("Change"))),
    endpoint((Get, "/api/changes/{id}"), "Shows a change with what was there before",
        LIST_CHANGES, changes::one, (&[], None, Report("ChangeRows"))),
    endpoint((Post, "/api/changes/{id}/undo"), "Takes a change back",
        ("change_undo", &permission::UNDO_CHANGES, Changes), changes::undo, (&[], Some("UndoBody"), Report("Undo"))),
    endpoint((Get, "/api/aliases"), "Lists the ids that clients gave to what VICIdial has under other names",
        LIST_DIDS, aliases::list, (ALIAS_LIST, None, Page("Alias"))),
    endpoint((Post, "/api/aliases"), "Gives an id to a call menu, an in-group, a user or a voicemail box",
        ADD_DID, aliases::add, (&[], Some("AliasBody"), State("Alias"))),
    endpoint((Get, "/api/aliases/{id}"), "Shows an alias",
        LIST_DIDS, aliases::one, (&[], None, State("Alias"))),
    endpoint((Delete, "/api/aliases/{id}"), "Deletes an alias; what it stands for stays",
        UPDATE_DID, aliases::delete, (&[], None, Nothing)),
];

/// What a change of a DID would be refused for, or make of it: the console asks for it beforehand. It has no address of its
/// own.
pub(crate) static DID_CHECK: Endpoint = endpoint(
    (Patch, "/api/dids/{id}"),
    "Shows what a change would make of a DID, and changes nothing",
    ("update_did", &CHANGE_DIDS, Reads),
    dids::write::check,
    (&[], Some("DidBody"), Report("Did")),
);

/// The function that each operation is named after, and what it asks of its user.
#[cfg(test)]
pub(crate) fn permissions() -> impl Iterator<Item = (&'static str, &'static Permission)> {
    OPERATIONS
        .iter()
        .map(|operation| (operation.function, operation.permission))
}

/// What an address stands for.
pub(crate) struct Place<'p> {
    /// The path of its operations.
    path: &'static str,
    /// The id in it, as it was sent; empty for a collection.
    pub(crate) id: &'p str,
    /// Which part of the thing, as it was sent; empty for the whole.
    pub(crate) part: &'p str,
}

/// What this address stands for; none where nothing does.
pub(crate) fn place(address: &str) -> Option<Place<'_>> {
    OPERATIONS.iter().find_map(|operation| {
        let path = operation.path;
        let (id, part) = names_in(path, address)?;
        Some(Place { path, id, part })
    })
}

impl Place<'_> {
    /// The address of all things of this kind, for the log: it does not grow with them.
    pub(crate) fn collection(&self) -> &'static str {
        let end = self.path.match_indices('/').nth(2);
        end.map_or(self.path, |(end, _)| &self.path[..end])
    }

    /// Its operations.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &'static Endpoint> {
        OPERATIONS
            .iter()
            .filter(|operation| operation.path == self.path)
    }
}

/// The id and the part in an address that has this path; empty where the path has none.
fn names_in<'a>(path: &str, address: &'a str) -> Option<(&'a str, &'a str)> {
    let (mut id, mut part) = ("", "");
    let mut given = address.split('/');
    for word in path.split('/') {
        let given = given.next()?;
        match word {
            "{id}" => id = given,
            "{n}" => part = given,
            _ if word != given => return None,
            _ => {}
        }
    }
    given.next().is_none().then_some((id, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found_at_its_address() {
        for operation in OPERATIONS {
            let address = operation.path.replace("{id}", "did_10").replace("{n}", "2");
            let place = place(&address).expect("a place");
            let found = place
                .operations()
                .filter(|found| found.method == operation.method)
                .count();
            assert_eq!(found, 1, "{} {address}", operation.method.word());
            let has_id = operation.path.contains("{id}");
            assert_eq!(place.id, if has_id { "did_10" } else { "" });
            let has_part = operation.path.contains("{n}");
            assert_eq!(place.part, if has_part { "2" } else { "" });
            let kind = operation.path.split('/').nth(2).expect("a kind");
            assert_eq!(place.collection(), format!("/api/{kind}"));
        }
        for nothing in [
            "/api",
            "/api/",
            "/api/dids/",
            "/api/dids/1/",
            "/api/dids/1/x",
            "/api/x",
        ] {
            assert!(
                place(nothing).is_none_or(|place| place.id.is_empty()),
                "{nothing}"
            );
        }
        assert!(place("/api/dids/1/routes/2/x").is_none());
    }

    /// Else a thing of that id would be there and never be found.
    #[test]
    fn no_word_of_an_address_can_be_an_id() {
        let words = OPERATIONS.iter().filter_map(|operation| {
            let word = operation.path.split('/').nth(3)?;
            (word != "{id}").then_some(word)
        });
        let mut words: Vec<&str> = words.collect();
        words.dedup();
        assert_eq!(words, crate::resources::client_id::RESERVED);
    }

    #[test]
    fn what_reads_is_got_and_what_changes_is_not() {
        for operation in OPERATIONS {
            let reads = operation.method == Method::Get;
            assert_eq!(
                operation.effect == Effect::Reads,
                reads,
                "{}",
                operation.summary
            );
            let has_body = matches!(operation.method, Post | Put | Patch);
            assert_eq!(operation.body.is_some(), has_body, "{}", operation.summary);
        }
    }
}
