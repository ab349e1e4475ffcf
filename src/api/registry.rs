//! The registry: every function that is answered here, what it does, and what it asks of its user.

use super::function::Function;
use super::{cid_group, coffee, did, filter_phone_group, lists, phone, version};
use crate::access::permission;

/// Every function. An entry may end with what marks it, such as [`Function::reading_only`] and [`Function::with_dry_run`].
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
    .without_scope()
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
    .deleting_with(&permission::DELETE_DIDS)
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
        did::log_export::answer,
    )
    .without_scope()
    .reading_only(),
    Function::signed_in(
        "add_fpg_phone",
        "adds a number to a filter phone group",
        &permission::ADD_FILTER_PHONES,
        filter_phone_group::add,
    )
    .without_scope(),
    Function::signed_in(
        "delete_fpg_phone",
        "deletes a number from a filter phone group",
        &permission::DELETE_FILTER_PHONES,
        filter_phone_group::delete,
    )
    .without_scope(),
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
    .with_wide_scope()
    .reading_only(),
    Function::signed_in(
        "callmenu_list",
        "lists the call menus",
        &permission::VIEW_CALL_MENUS,
        lists::call_menus,
    )
    .with_wide_scope()
    .reading_only(),
    Function::signed_in(
        "vm_list",
        "lists the active voicemail boxes",
        &permission::VIEW_VOICEMAIL_BOXES,
        lists::voicemail_boxes,
    )
    .with_wide_scope()
    .reading_only(),
    Function::signed_in(
        "add_phone",
        "adds a phone",
        &permission::ADD_PHONES,
        phone::add::answer,
    )
    .without_scope(),
    Function::signed_in(
        "update_phone",
        "changes or deletes a phone",
        &permission::UPDATE_PHONES,
        phone::update::answer,
    )
    .with_wide_scope()
    .deleting_with(&permission::DELETE_PHONES),
    Function::signed_in(
        "add_phone_alias",
        "adds a phone alias",
        &permission::ADD_PHONE_ALIASES,
        phone::add_alias::answer,
    )
    .without_scope(),
    Function::signed_in(
        "update_phone_alias",
        "changes or deletes a phone alias",
        &permission::UPDATE_PHONE_ALIASES,
        phone::update_alias::answer,
    )
    .without_scope()
    .deleting_with(&permission::DELETE_PHONES),
];

/// Every function that is answered here, in the order in which it is shown to people.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter()
}

/// The function of this name, compared exactly; none where it is not answered here.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

#[cfg(test)]
mod tests {
    use super::super::Parameters;
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
            assert!(!function.summary().contains('|'), "{}", function.name);
        }
        assert!(function("ADD_DID").is_none());
    }
}
