//! Who may do what, and what is written down of it: sign-in, permission, scope and the logs of a call, the same for every
//! front end.

pub(crate) mod call;
pub(crate) mod gates;
pub(crate) mod journal;
pub(crate) mod permission;
pub(crate) mod scope;
pub(crate) mod sign_in;

pub use call::{Call, Moment};
pub use gates::Refusal;
