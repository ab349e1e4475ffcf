//! The registry: every function that is answered here, what it does, and what it asks of its user.

use super::Effect::{Changes, Reads};
use super::denial::Denial;
use super::function::Function;
use super::{change, cid_group, coffee, did, filter_phone_group, lists, phone, version};
use crate::access::permission;
use crate::access::scope::ScopeRule::{Lenient, Unscoped};

/// Every function: its name, what it does, its effect, what it asks of its user, how it refuses, and who answers. An entry may
/// end with what marks it, such as [`Function::with_dry_run`].
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
    Function::for_users(
        "add_did",
        "adds a DID",
        Changes,
        &permission::CHANGE_DIDS,
        Denial::user_only("USER DOES NOT HAVE PERMISSION TO ADD DIDS"),
        did::add::answer,
    )
    .scoped(Unscoped)
    .with_dry_run(),
    Function::for_users(
        "copy_did",
        "adds DIDs with the settings of another",
        Changes,
        &permission::CHANGE_DIDS,
        Denial::user_only("USER DOES NOT HAVE PERMISSION TO ADD DIDS"),
        did::copy::answer,
    )
    .with_dry_run(),
    Function::for_users(
        "update_did",
        "changes or deletes a DID",
        Changes,
        &permission::CHANGE_DIDS,
        Denial::user_only("USER DOES NOT HAVE PERMISSION TO UPDATE DIDS"),
        did::update::answer,
    )
    .deleting_with(&permission::DELETE_DIDS)
    .with_dry_run(),
    Function::for_users(
        "did_list",
        "lists DIDs as pipe, CSV, tab or JSON",
        Reads,
        &permission::LIST_DIDS,
        Denial::user_only("USER DOES NOT HAVE PERMISSION TO LIST DIDS"),
        did::list::answer,
    )
    .extension(),
    Function::for_users(
        "did_route_test",
        "says where a call to a number would land, and why",
        Reads,
        &permission::VIEW_DIDS,
        Denial::user_only("USER DOES NOT HAVE PERMISSION TO VIEW DIDS"),
        did::route_test::answer,
    )
    .extension(),
    Function::for_users(
        "did_lint",
        "says what is wrong with DIDs, as pipe, CSV, tab or JSON",
        Reads,
        &permission::VIEW_DIDS,
        Denial::user_only("USER DOES NOT HAVE PERMISSION TO VIEW DIDS"),
        did::lint::answer,
    )
    .extension(),
    Function::for_users(
        "change_list",
        "lists what calls have changed",
        Reads,
        &permission::LIST_CHANGES,
        Denial::user_only("USER DOES NOT HAVE PERMISSION TO LIST CHANGES"),
        change::list::answer,
    )
    .extension(),
    Function::for_users(
        "change_undo",
        "takes changes back",
        Changes,
        &permission::UNDO_CHANGES,
        Denial::user_only("USER DOES NOT HAVE PERMISSION TO UNDO CHANGES"),
        change::undo::answer,
    )
    .with_dry_run()
    .extension(),
    Function::for_users(
        "did_log_export",
        "exports a day's calls to a DID",
        Reads,
        &permission::VIEW_CALLS,
        Denial::barred("USER DOES NOT HAVE PERMISSION TO GET DID INFO"),
        did::log_export::answer,
    )
    .scoped(Unscoped),
    Function::for_users(
        "add_fpg_phone",
        "adds a number to a filter phone group",
        Changes,
        &permission::CHANGE_FILTER_PHONES,
        Denial::with_zero("USER DOES NOT HAVE PERMISSION TO ADD FILTER PHONE GROUP NUMBERS"),
        filter_phone_group::add,
    )
    .scoped(Unscoped),
    Function::for_users(
        "delete_fpg_phone",
        "deletes a number from a filter phone group",
        Changes,
        &permission::CHANGE_FILTER_PHONES,
        Denial::with_zero("USER DOES NOT HAVE PERMISSION TO DELETE FILTER PHONE GROUP NUMBERS"),
        filter_phone_group::delete,
    )
    .scoped(Unscoped),
    Function::for_users(
        "update_cid_group_entry",
        "shows, adds, changes or deletes the numbers of a CID group",
        Changes,
        &permission::CHANGE_CID_GROUPS,
        Denial::user_only("USER DOES NOT HAVE PERMISSION TO UPDATE CID GROUPS"),
        cid_group::answer,
    ),
    Function::for_users(
        "ingroup_list",
        "lists the active in-groups",
        Reads,
        &permission::VIEW_LISTS,
        Denial::of_list("USER DOES NOT HAVE PERMISSION TO VIEW INBOUND GROUPS LIST"),
        lists::in_groups,
    )
    .scoped(Lenient),
    Function::for_users(
        "callmenu_list",
        "lists the call menus",
        Reads,
        &permission::VIEW_LISTS,
        Denial::of_list("USER DOES NOT HAVE PERMISSION TO VIEW CALL MENUS LIST"),
        lists::call_menus,
    )
    .scoped(Lenient),
    Function::for_users(
        "vm_list",
        "lists the active voicemail boxes",
        Reads,
        &permission::VIEW_LISTS,
        Denial::of_list("USER DOES NOT HAVE PERMISSION TO VIEW VOICEMAIL BOXES LIST"),
        lists::voicemail_boxes,
    )
    .scoped(Lenient),
    Function::for_users(
        "add_phone",
        "adds a phone",
        Changes,
        &permission::CHANGE_PHONES,
        Denial::with_zero("USER DOES NOT HAVE PERMISSION TO ADD PHONES"),
        phone::add::answer,
    )
    .scoped(Unscoped),
    Function::for_users(
        "update_phone",
        "changes or deletes a phone",
        Changes,
        &permission::CHANGE_PHONES,
        Denial::with_zero("USER DOES NOT HAVE PERMISSION TO UPDATE PHONES"),
        phone::update::answer,
    )
    .scoped(Lenient)
    .deleting_with(&permission::DELETE_PHONES),
    Function::for_users(
        "add_phone_alias",
        "adds a phone alias",
        Changes,
        &permission::CHANGE_PHONES,
        Denial::with_zero("USER DOES NOT HAVE PERMISSION TO ADD PHONE ALIASES"),
        phone::add_alias::answer,
    )
    .scoped(Unscoped),
    Function::for_users(
        "update_phone_alias",
        "changes or deletes a phone alias",
        Changes,
        &permission::CHANGE_PHONES,
        Denial::with_zero("USER DOES NOT HAVE PERMISSION TO UPDATE PHONE ALIASES"),
        phone::update_alias::answer,
    )
    .scoped(Unscoped)
    .deleting_with(&permission::DELETE_PHONES),
];

/// Every function that is answered here, in the order in which it is shown to people.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter()
}

/// The function of this name, compared exactly; none where it is not answered here.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name() == name)
}

#[cfg(test)]
mod tests {
    use super::super::Parameters;
    use super::*;

    #[test]
    fn each_name_is_there_once_and_can_be_sent() {
        for (index, function) in FUNCTIONS.iter().enumerate() {
            let pairs = [("function".to_owned(), function.name().as_bytes().to_vec())];
            assert_eq!(
                Parameters::filter(&pairs, false).get("function"),
                function.name()
            );
            let found = FUNCTIONS
                .iter()
                .position(|other| other.name() == function.name());
            assert_eq!(found, Some(index), "{}", function.name());
            assert!(!function.summary().contains('|'), "{}", function.name());
        }
        assert!(function("ADD_DID").is_none());
    }
}
