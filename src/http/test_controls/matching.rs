//! Which requests are meant: by function, path and method.

use super::request::Request;

/// Whether a path is that of a pattern: the same, or one that begins as it does up to a `*` at its end.
pub(super) fn is_path(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => path.starts_with(beginning),
        None => path == pattern,
    }
}

/// Which requests a fault is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Those of this function.
    Function(String),
    /// Those to this path, or to all that begin so.
    Path(String),
    /// All.
    All,
}

impl Target {
    pub(super) fn is_of(&self, request: &Request) -> bool {
        match self {
            Self::Function(function) => *function == request.function,
            Self::Path(pattern) => is_path(pattern, &request.path),
            Self::All => true,
        }
    }
}
