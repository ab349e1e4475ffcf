//! Where a call to a number goes, when, and why. Pure functions over loaded rows: nothing here reads the database.
//!
//! A DID's VICIdial columns hold the target that applies with no condition; what VICIdial cannot say (schedules, conditions,
//! caps) comes from tables of our own.

pub mod caller;
pub mod clock;
pub mod decide;
pub mod decision;
pub mod dialplan;
pub mod extension;
pub mod hours;
pub mod lint;
pub mod number;
pub mod number_form;
pub mod number_list;
pub mod target;
pub mod time;
