//! The registry: every function that is answered here, what it does, and what it asks of its user.

use super::permission::{self, Permission};
use super::{Answer, Call, Dialect, Parameters, Session};
use super::{cid_group, coffee, did, did_log_export, filter_phone_group, lists, phone, version};
use crate::store::Db;

/// How a function is reached.
pub(super) enum Gate {
    /// Without a sign-in.
    Open(fn(&mut Db, &Call, &Parameters) -> Answer),
    /// Signed in, with a `source`, allowed the function, and with this permission.
    SignedIn(&'static Permission, fn(&mut Session<'_>) -> Answer),
}

/// A function of the API that is answered here.
pub struct Function {
    pub(super) name: &'static str,
    pub(super) gate: Gate,
    summary: &'static str,
    is_ours: bool,
    reads_only: bool,
    changes: bool,
    can_rehearse: bool,
}

/// Every function. An entry may end with [`Function::reading_only`], [`Function::with_dry_run`] and
/// [`Function::of_our_own`].
const FUNCTIONS: &[Function] = &[
    Function::open(
        "version",
        "tells the API's version and the dialer's time",
        version::answer,
    ),
    Function::open("coffee", "makes coffee", coffee::answer),
    Function::open("start_coffee", "makes coffee", coffee::answer),
    Function::open("make_coffee", "makes coffee", coffee::answer),
    Function::open("brew_coffee", "makes coffee", coffee::answer),
    Function::signed_in(
        "add_did",
        "adds a DID",
        &permission::ADD_DIDS,
        did::add::answer,
    )
    .with_dry_run(),
    Function::signed_in(
        "copy_did",
        "adds DIDs with the settings of another",
        &permission::ADD_DIDS,
        did::copy::answer,
    )
    .with_dry_run(),
    Function::signed_in(
        "update_did",
        "changes or deletes a DID",
        &permission::UPDATE_DIDS,
        did::update::answer,
    )
    .with_dry_run(),
    Function::signed_in(
        "did_list",
        "lists DIDs as pipe, CSV, tab or JSON",
        &permission::LIST_DIDS,
        did::list::answer,
    )
    .changing_nothing()
    .of_our_own(),
    Function::signed_in(
        "did_route_test",
        "says where a call to a number would land, and why",
        &permission::TEST_DIDS,
        did::route_test::answer,
    )
    .of_our_own(),
    Function::signed_in(
        "did_lint",
        "says what is wrong with DIDs, as pipe, CSV, tab or JSON",
        &permission::TEST_DIDS,
        did::lint::answer,
    )
    .of_our_own(),
    Function::signed_in(
        "did_log_export",
        "exports a day's calls to a DID",
        &permission::GET_DID_INFO,
        did_log_export::answer,
    )
    .reading_only(),
    Function::signed_in(
        "add_fpg_phone",
        "adds a number to a filter phone group",
        &permission::ADD_FILTER_PHONES,
        filter_phone_group::add,
    ),
    Function::signed_in(
        "delete_fpg_phone",
        "deletes a number from a filter phone group",
        &permission::DELETE_FILTER_PHONES,
        filter_phone_group::delete,
    ),
    Function::signed_in(
        "update_cid_group_entry",
        "shows, adds, changes or deletes the numbers of a CID group",
        &permission::UPDATE_CID_GROUPS,
        cid_group::answer,
    ),
    Function::signed_in(
        "ingroup_list",
        "lists the active in-groups",
        &permission::VIEW_INBOUND_GROUPS,
        lists::in_groups,
    )
    .reading_only(),
    Function::signed_in(
        "callmenu_list",
        "lists the call menus",
        &permission::VIEW_CALL_MENUS,
        lists::call_menus,
    )
    .reading_only(),
    Function::signed_in(
        "vm_list",
        "lists the active voicemail boxes",
        &permission::VIEW_VOICEMAIL_BOXES,
        lists::voicemail_boxes,
    )
    .reading_only(),
    Function::signed_in(
        "add_phone",
        "adds a phone",
        &permission::ADD_PHONES,
        phone::add::answer,
    ),
    Function::signed_in(
        "update_phone",
        "changes or deletes a phone",
        &permission::UPDATE_PHONES,
        phone::update::answer,
    ),
    Function::signed_in(
        "add_phone_alias",
        "adds a phone alias",
        &permission::ADD_PHONE_ALIASES,
        phone::add_alias::answer,
    ),
    Function::signed_in(
        "update_phone_alias",
        "changes or deletes a phone alias",
        &permission::UPDATE_PHONE_ALIASES,
        phone::update_alias::answer,
    ),
];

/// Every function that is answered here, in the order in which it is shown to people.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter()
}

/// The function of this name, compared exactly; none where it is not answered here.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

impl Function {
    const fn new(name: &'static str, summary: &'static str, gate: Gate) -> Self {
        Self {
            name,
            gate,
            summary,
            is_ours: false,
            reads_only: false,
            changes: true,
            can_rehearse: false,
        }
    }

    const fn open(
        name: &'static str,
        summary: &'static str,
        answer: fn(&mut Db, &Call, &Parameters) -> Answer,
    ) -> Self {
        Self::new(name, summary, Gate::Open(answer))
    }

    const fn signed_in(
        name: &'static str,
        summary: &'static str,
        permission: &'static Permission,
        answer: fn(&mut Session<'_>) -> Answer,
    ) -> Self {
        Self::new(name, summary, Gate::SignedIn(permission, answer))
    }

    /// Marks one that changes nothing but logs: another server may be asked the same, and its answer compared.
    #[must_use]
    pub const fn reading_only(mut self) -> Self {
        self.reads_only = true;
        self.changing_nothing()
    }

    /// Marks one that changes nothing but logs, though no other server can be asked the same.
    #[must_use]
    pub const fn changing_nothing(mut self) -> Self {
        self.changes = false;
        self
    }

    /// Marks one that tells what it would do: it asks `Session::is_rehearsal` before each change.
    #[must_use]
    pub const fn with_dry_run(mut self) -> Self {
        self.can_rehearse = true;
        self
    }

    /// Marks one that VICIdial does not have.
    #[must_use]
    pub const fn of_our_own(mut self) -> Self {
        self.is_ours = true;
        self
    }

    /// Its name, as the parameter `function` has it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it does, in a few words.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// What it asks of its user, in words.
    pub fn permission(&self) -> String {
        match self.gate {
            Gate::Open(_) => "no sign-in".to_owned(),
            Gate::SignedIn(permission, _) => permission.to_string(),
        }
    }

    /// Whether this dialect knows it: the wire's has none of our own.
    pub(super) fn is_known_in(&self, dialect: Dialect) -> bool {
        dialect == Dialect::Documented || !self.is_ours
    }

    /// Whether VICIdial has none of this name.
    pub fn is_ours(&self) -> bool {
        self.is_ours
    }

    /// Whether it changes more than logs.
    pub(super) fn changes(&self) -> bool {
        self.changes
    }

    /// Whether it knows `dry_run=Y`.
    pub(super) fn can_rehearse(&self) -> bool {
        self.can_rehearse
    }

    /// Whether it changes nothing but logs.
    pub fn reads_only(&self) -> bool {
        self.reads_only
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_there_once_and_can_be_sent() {
        for (index, function) in FUNCTIONS.iter().enumerate() {
            let pairs = [("function".to_owned(), function.name.as_bytes().to_vec())];
            assert_eq!(
                Parameters::filter(&pairs, false).get("function"),
                function.name
            );
            let found = FUNCTIONS
                .iter()
                .position(|other| other.name == function.name);
            assert_eq!(found, Some(index), "{}", function.name);
            assert!(!function.summary.contains('|'), "{}", function.name);
        }
        assert!(function("ADD_DID").is_none());
    }

    #[test]
    fn a_function_is_native_and_may_write_unless_it_is_marked() {
        let plain = || Function::open("a", "b", version::answer);
        assert!(!plain().is_ours() && !plain().reads_only());
        assert!(plain().reading_only().reads_only() && !plain().reading_only().changes());
        assert!(plain().changes() && !plain().changing_nothing().changes());
        assert!(plain().of_our_own().is_ours());
        assert!(!plain().can_rehearse() && plain().with_dry_run().can_rehearse());
    }
}
