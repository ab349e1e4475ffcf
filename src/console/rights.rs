//! What a user may do, and the gate that closes what it may not: pages show that in grey, with the reason.

use crate::access::gates::Gate;
use crate::access::permission::{
    self, CHANGE_DIDS, CHANGE_PHONES, DELETE_DIDS, LIST_CHANGES, LIST_DIDS, LIST_PHONES,
    Permission, UNDO_CHANGES, VIEW_CALLS, VIEW_DIDS,
};
use crate::store::users::User;

/// Something that pages let a user do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    ListDids,
    ViewDids,
    AddDids,
    CopyDids,
    ChangeDids,
    DeleteDids,
    ListChanges,
    UndoChanges,
    ViewCalls,
    ListPhones,
    ChangePhones,
}

/// Each with the function whose user it takes, and what that asks.
const ALL: &[(Right, &str, &Permission)] = &[
    (Right::ListDids, "did_list", &LIST_DIDS),
    (Right::ViewDids, "did_lint", &VIEW_DIDS),
    (Right::AddDids, "add_did", &CHANGE_DIDS),
    (Right::CopyDids, "copy_did", &CHANGE_DIDS),
    (Right::ChangeDids, "update_did", &CHANGE_DIDS),
    (Right::DeleteDids, "update_did", &CHANGE_DIDS),
    (Right::ListChanges, "change_list", &LIST_CHANGES),
    (Right::UndoChanges, "change_undo", &UNDO_CHANGES),
    (Right::ViewCalls, "did_log_export", &VIEW_CALLS),
    (Right::ListPhones, "phone_list", &LIST_PHONES),
    (Right::ChangePhones, "update_phone", &CHANGE_PHONES),
];

/// What a user may do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rights {
    /// What it may not, and why.
    closed: Vec<(Right, String)>,
}

impl Rights {
    /// Those of this user.
    pub(super) fn of(user: &User) -> Self {
        let why = |(right, function, permission): &(Right, &'static str, &'static Permission)| {
            let allowed = permission::allowed(function, user);
            let deleting = (*right == Right::DeleteDids).then(|| DELETE_DIDS.gate(user));
            if !allowed.opens() {
                return Some((*right, reason(&allowed)));
            }
            let closed = permission
                .gates(user)
                .chain(deleting)
                .find(|gate| !gate.opens())?;
            Some((*right, reason(&closed)))
        };
        Self {
            closed: ALL.iter().filter_map(why).collect(),
        }
    }

    /// Whether the user may.
    pub(super) fn may(&self, right: Right) -> bool {
        self.why_not(right).is_empty()
    }

    /// Why the user may not; empty where it may.
    pub(super) fn why_not(&self, right: Right) -> &str {
        let closed = self.closed.iter().find(|(closed, _)| *closed == right);
        closed.map_or("", |(_, why)| why)
    }
}

/// The gate that closes, in words.
fn reason(gate: &Gate<'_>) -> String {
    match gate.name() {
        "allowed functions" => format!("your API functions: {gate}"),
        "level" => format!("your user level {gate}"),
        name => format!("{name} {gate}"),
    }
}
