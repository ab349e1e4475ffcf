//! `vicidial_users.api_allowed_functions`: which functions a user may call (fixtures/reference/behaviour.md §4), and what in
//! it looks like a permission and is none.

/// The word that allows every function.
pub const EVERY: &str = "ALL_FUNCTIONS";

/// Whether the list allows a function.
pub(crate) fn allows(list: &str, function: &str) -> bool {
    allows_every(list) || list.contains(&format!(" {function} "))
}

/// Whether the list allows every function.
pub(crate) fn allows_every(list: &str) -> bool {
    list.contains(EVERY)
}

/// The word of a list that looks as if it allowed this function but does not: `ALL`, or the function's name without a
/// space on each side or with capitals. None where the list allows it, or has no such word.
pub(crate) fn ineffective<'l>(list: &'l str, function: &str) -> Option<&'l str> {
    if allows(list, function) {
        return None;
    }
    words(list).find(|word| is_every(word) || word.eq_ignore_ascii_case(function))
}

/// The list as its words mean it: each name between two spaces, `ALL` as [`EVERY`], and the names that `is_function` knows in
/// lower case. None where every word of it counts already.
pub fn corrected(list: &str, is_function: impl Fn(&str) -> bool) -> Option<String> {
    if allows_every(list) {
        return None;
    }
    let mut meant: Vec<String> = Vec::new();
    for word in words(list) {
        let lower = word.to_ascii_lowercase();
        let word = match is_every(word) {
            true => EVERY.to_owned(),
            false if is_function(&lower) => lower,
            false => word.to_owned(),
        };
        if !meant.contains(&word) {
            meant.push(word);
        }
    }
    let counts = meant.iter().all(|word| allows(list, word));
    (!counts).then(|| format!(" {} ", meant.join(" ")))
}

fn is_every(word: &str) -> bool {
    word.eq_ignore_ascii_case("ALL") || word.eq_ignore_ascii_case(EVERY)
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(|c: char| !c.is_alphanumeric() && !"-_".contains(c))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_permission_and_is_none() {
        for (list, word, fixed) in [
            ("ALL", Some("ALL"), Some(" ALL_FUNCTIONS ")),
            ("all", Some("all"), Some(" ALL_FUNCTIONS ")),
            (
                " all_functions ",
                Some("all_functions"),
                Some(" ALL_FUNCTIONS "),
            ),
            ("add_did", Some("add_did"), Some(" add_did ")),
            (
                " version add_did",
                Some("add_did"),
                Some(" version add_did "),
            ),
            ("version add_did ", None, Some(" version add_did ")),
            (
                " add_did,update_did ",
                Some("add_did"),
                Some(" add_did update_did "),
            ),
            (" ADD_DID ", Some("ADD_DID"), Some(" add_did ")),
            // A function of the agents' API, which is none of ours, stays as it is written.
            ("ADD_DID Other", Some("ADD_DID"), Some(" add_did Other ")),
            (" version ", None, None),
            ("xALL_FUNCTIONSx", None, None),
            (" version add_did ", None, None),
            (" add_did add_did ", None, None),
            ("", None, None),
            (" , ", None, None),
        ] {
            assert_eq!(ineffective(list, "add_did"), word, "{list:?}");
            let is_function = |name: &str| ["add_did", "update_did", "version"].contains(&name);
            let corrected = corrected(list, is_function);
            assert_eq!(corrected.as_deref(), fixed, "{list:?}");
            if let Some(fixed) = &corrected {
                assert_eq!(super::corrected(fixed, is_function), None, "{list:?}");
            }
        }
    }
}
