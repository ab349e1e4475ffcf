//! Which functions are answered here, and which others answer.

use crate::api;

/// What the operator says of it. The names are compared exactly, as the API compares them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Functions that the upstream answers, also where we could.
    pub upstream_only: Vec<String>,
    /// Where there are any: the only functions that are answered here.
    pub native_only: Vec<String>,
    /// The paths of other scripts, whose calls are all passed on.
    pub paths: Vec<String>,
}

impl Choice {
    /// Whether the upstream answers this function. A call that names none is answered here.
    pub fn passes_on(&self, function: &str) -> bool {
        let names = |list: &[String]| list.iter().any(|name| name == function);
        if function.is_empty() {
            return false;
        }
        names(&self.upstream_only)
            || api::function(function).is_none()
            || !(self.native_only.is_empty() || names(&self.native_only))
    }

    /// The path of another script, where this is one.
    pub(super) fn script(&self, path: &str) -> Option<&str> {
        let mut paths = self.paths.iter().map(String::as_str);
        paths.find(|known| *known == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed_on(upstream_only: &[&str], native_only: &[&str]) -> Vec<&'static str> {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let choice = Choice {
            upstream_only: list(upstream_only),
            native_only: list(native_only),
            paths: Vec::new(),
        };
        [
            "",
            "add_did",
            "update_did",
            "version",
            "add_user",
            "ADD_DID",
        ]
        .into_iter()
        .filter(|function| choice.passes_on(function))
        .collect()
    }

    #[test]
    fn what_is_not_ours_is_passed_on() {
        assert_eq!(passed_on(&[], &[]), ["add_user", "ADD_DID"]);
    }

    #[test]
    fn a_function_can_be_left_to_the_upstream() {
        assert_eq!(
            passed_on(&["update_did", "add_user"], &[]),
            ["update_did", "add_user", "ADD_DID"]
        );
    }

    #[test]
    fn only_those_named_may_be_answered_here() {
        assert_eq!(
            passed_on(&[], &["add_did"]),
            ["update_did", "version", "add_user", "ADD_DID"]
        );
        assert_eq!(
            passed_on(&["version"], &["add_did", "update_did"]),
            ["version", "add_user", "ADD_DID"]
        );
    }
}
