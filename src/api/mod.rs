//! The text API, VICIdial's own: which functions there are, what each is asked and what it answers, in two dialects.

mod change;
mod cid_group;
mod coffee;
mod denial;
pub mod did;
mod dispatch;
mod explain;
mod export;
mod facts;
mod filter_phone_group;
mod format;
mod function;
mod lists;
mod options;
mod parameters;
mod phone;
mod registry;
mod reply;
mod session;
mod stop;
mod table;
mod version;

pub use crate::access::task::Effect;
pub use crate::access::{Call, CallTime, Refusal};
pub use dispatch::{Answered, answer, ask};
pub use explain::{Finding, Mark, explain};
pub use export::Export;
pub use facts::{Copies, Facts};
pub use function::Function;
pub use parameters::{Parameters, is_known};
pub use registry::{function, functions};
pub use reply::{Dialect, Line, Reply, Status};

use session::Session;
use stop::{Answer, Stop};
