//! Who may do what, and what is written down of it: the way of a call through sign-in and permission to its work, and into
//! the logs. It is the same for every front end, and words nothing: each front end does that itself.

pub mod allowed_functions;
mod call;
pub(crate) mod changes;
pub(crate) mod characters;
pub(crate) mod gates;
pub(crate) mod hashing;
pub(crate) mod identity;
pub(crate) mod journal;
pub(crate) mod permission;
mod proof;
pub(crate) mod route_key;
pub(crate) mod scope;
mod session;
pub(crate) mod sign_in;
pub(crate) mod task;
pub(crate) mod time;
pub(crate) mod warning;

pub use call::{Call, CallTime};
pub use gates::Refusal;
pub(crate) use identity::Identity;
pub use proof::Proof;
pub(crate) use session::{Session, Stop, dialer_clock};
