//! File descriptors: how many connections there may be.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::http::connections::EXTRA;

/// How many connections may be open where nothing else is said, and the descriptors are enough.
pub(super) const MOST_CONNECTIONS: usize = 10_000;

/// Descriptors for everything else: the database, its files, what is listened on, logs.
const OTHERS: usize = 128;

/// Raises the limit of descriptors as far as the system allows, and says how many connections there may be. With an
/// upstream each of them may need a second descriptor.
///
/// # Errors
/// One sentence: more are `wanted` than there are descriptors for.
pub fn most_connections(wanted: Option<usize>, has_upstream: bool) -> Result<usize, String> {
    let limit = raised();
    let each = if has_upstream { 2 } else { 1 };
    let most = limit.saturating_sub(OTHERS + EXTRA) / each;
    match wanted {
        Some(wanted) if wanted > most => Err(format!(
            "--max-connections {wanted} needs {} file descriptors; the limit here is {limit} (ulimit -n, LimitNOFILE)",
            wanted.saturating_mul(each).saturating_add(OTHERS + EXTRA)
        )),
        Some(wanted) => Ok(wanted),
        None => Ok(most.clamp(1, MOST_CONNECTIONS)),
    }
}

/// The limit of descriptors, raised as far as the system allows.
fn raised() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let limit = match current == maximum || setrlimit(Resource::Nofile, raised).is_ok() {
        true => maximum,
        false => current,
    };
    // None is no limit.
    limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    })
}
