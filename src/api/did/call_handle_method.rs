//! `call_handle_method`: how a dialer looks for the lead of a call to an in-group.

/// Whether a dialer knows this method. The words are those that VICIdial's administration explains under *In-Group Call
/// Handle Method*: a number or an id alone (`CID`, `ANI`, `VIDPROMPT`), with a lookup of it (`CIDLOOKUP`), limited to a list
/// (`RL`) or a campaign (`RC`), then also in other columns (`ALT`, `ADDR3`); a code of some digits (`4DIGITID`); `CLOSER`.
pub(super) fn exists(method: &str) -> bool {
    if let Some(digits) = method.strip_suffix("DIGITID") {
        return matches!(digits.len(), 1..=2) && digits.bytes().all(|byte| byte.is_ascii_digit());
    }
    let (by, lookup) = match method.split_once("LOOKUP") {
        Some((by, lookup)) => (by, Some(lookup)),
        None => (method, None),
    };
    match (by, lookup) {
        ("CLOSER", None) => true,
        ("CID" | "ANI" | "VIDPROMPT" | "VIDPROMPTSPECIAL", None) => true,
        ("CID" | "ANI" | "VIDPROMPT" | "VIDPROMPTSPECIAL", Some(lookup)) => is_lookup(lookup),
        _ => false,
    }
}

/// What can stand behind `LOOKUP`.
fn is_lookup(mut rest: &str) -> bool {
    for words in [&["RL", "RC"][..], &["ALT"], &["ADDR3"]] {
        let mut words = words.iter();
        rest = words
            .find_map(|word| rest.strip_prefix(word))
            .unwrap_or(rest);
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_one_of_the_dialers_words() {
        for method in [
            "CID",
            "CIDLOOKUP",
            "CIDLOOKUPRL",
            "CIDLOOKUPRC",
            "CIDLOOKUPALT",
            "CIDLOOKUPRLALT",
            "CIDLOOKUPRCADDR3",
            "CIDLOOKUPRCALTADDR3",
            "ANI",
            "ANILOOKUP",
            "ANILOOKUPRL",
            "CLOSER",
            "3DIGITID",
            "4DIGITID",
            "10DIGITID",
            "VIDPROMPT",
            "VIDPROMPTLOOKUP",
            "VIDPROMPTLOOKUPRL",
            "VIDPROMPTLOOKUPRC",
        ] {
            assert!(exists(method), "{method}");
        }
        for method in [
            "",
            "cid",
            "CIDLOOKUPS",
            "CIDLOOKUPRCRL",
            "CIDLOOKUPLOOKUP",
            "CIDLOKUP",
            "LOOKUP",
            "CLOSERLOOKUP",
            "DIGITID",
            "XDIGITID",
            "100DIGITID",
            "CIDALT",
            "hhhhhhhhhhhhhhhhhhhh",
        ] {
            assert!(!exists(method), "{method}");
        }
    }
}
