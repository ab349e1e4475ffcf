//! Numbers as people think of them: where a call to one goes, when, and why. Pure functions over loaded rows; only
//! [`loading`] reads the database.
//!
//! A DID's VICIdial columns hold the target that applies with no condition; what VICIdial cannot say (schedules, conditions,
//! caps) comes from tables of our own.

pub mod asking;
pub mod caller;
pub mod decision;
pub mod hours;
pub mod lint;
pub mod linting;
pub mod loading;
pub mod number;
pub mod routing;
pub mod target;
