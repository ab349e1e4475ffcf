//! How long one round trip to a MariaDB may take, by who waits for it: connecting, a statement, a commit. A connection whose
//! answer is late is given up, so that a network that has gone silent holds nobody longer. SQLite waits no longer than
//! 10 seconds for another process that writes to its file.

use std::time::Duration;

/// A writer's: everybody's calls wait behind it.
pub const WRITER: Duration = Duration::from_secs(10);

/// A reader's: a page of a long list, or of a report on a busy dialer. Less than a call may take.
pub const READER: Duration = Duration::from_secs(50);

/// The command line's: loading, dumping, making tables.
pub const COMMAND: Duration = Duration::from_secs(600);

/// A health check's.
pub const HEALTH: Duration = Duration::from_secs(2);

/// For connecting to the state, where our tables are beside a dialer's: calls that need nothing of it wait behind those that
/// find it away.
pub const STATE_CONNECT: Duration = Duration::from_secs(1);
