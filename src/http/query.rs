//! Decoding a query string or a form as the reference does (fixtures/reference/behaviour.md §1).

/// Whether the value of a parameter of this name is hidden wherever an address is kept, whoever knows such a parameter:
/// passwords, and the keys of `/route`.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("pass") || name == "secret" || name == "key"
}

/// Whether a parameter, a header or a member of JSON of this name may hold a secret: the wider rule, for what is kept in files of
/// recorded calls and shown to tests. Rows of the logs keep to the narrower one, as the recordings have them.
pub(super) fn may_be_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.split('[').next().unwrap_or_default();
    let words = ["pass", "secret", "token", "pwd", "auth"];
    is_secret(name)
        || words.iter().any(|word| name.contains(word))
        || name.ends_with("_key")
        || name.ends_with("-key")
}

/// Decodes a query string or a form: split on `&` only, `+` is a space, a stray `%` stays as it is. Pairs without a name
/// are skipped; a parameter without `=` is empty. Names are put as the reference puts them; the last of a repeated one
/// is to win.
pub fn pairs(encoded: &[u8]) -> Vec<(String, Vec<u8>)> {
    split(encoded)
        .map(|(name, value)| (parameter_name(name), decode(value)))
        .filter(|(name, _)| !name.is_empty())
        .collect()
}

/// The most parameters that a form has, and a query. VICIdial's server passes over what comes behind as many.
const MOST: usize = 1_000;

/// There are more parameters than are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

/// Those parameters of a query or a form that are wanted.
#[derive(Debug)]
pub(super) struct Pairs {
    kept: Vec<(String, Vec<u8>)>,
    count: usize,
    keeps: Keeps,
}

/// Which parameters are kept, by their names.
pub(super) type Keeps = fn(&str) -> bool;

impl Pairs {
    /// None yet.
    pub(super) fn none(keeps: Keeps) -> Self {
        Self {
            kept: Vec::new(),
            count: 0,
            keeps,
        }
    }

    /// Decodes a query string or a form as [`pairs`] does.
    ///
    /// # Errors
    /// There are more than 1,000, kept or not.
    pub(super) fn of(encoded: &[u8], keeps: Keeps) -> Result<Self, TooMany> {
        let mut pairs = Self::none(keeps);
        for (name, value) in split(encoded) {
            pairs.add(decode(name), || decode(value))?;
        }
        Ok(pairs)
    }

    /// Adds one. Of a name that is repeated the last one counts.
    ///
    /// # Errors
    /// There are 1,000 already.
    pub(super) fn add(
        &mut self,
        name: Vec<u8>,
        value: impl FnOnce() -> Vec<u8>,
    ) -> Result<(), TooMany> {
        let name = put_name(&name);
        if name.is_empty() {
            return Ok(());
        }
        if self.count == MOST {
            return Err(TooMany);
        }
        self.count += 1;
        if (self.keeps)(&name) {
            // What ends so adds to an array.
            if !name.ends_with("[]") {
                self.kept.retain(|(before, _)| *before != name);
            }
            self.kept.push((name, value()));
        }
        Ok(())
    }

    /// Those that were to be kept, each once.
    pub(super) fn kept(self) -> Vec<(String, Vec<u8>)> {
        self.kept
    }
}

/// The query string as it was sent, with `*` for every password in it.
pub fn without_secrets(query: &str) -> String {
    let hide = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if is_secret(&parameter_name(name.as_bytes())) => {
            format!("{name}=*")
        }
        _ => pair.to_owned(),
    };
    query.split('&').map(hide).collect::<Vec<_>>().join("&")
}

fn split(encoded: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    encoded.split(|&byte| byte == b'&').map(|pair| {
        match pair.iter().position(|&byte| byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        }
    })
}

fn parameter_name(encoded: &[u8]) -> String {
    put_name(&decode(encoded))
}

/// A name as the reference knows it: it ends at a NUL, leading spaces go, and a space, a dot or a `[` that no `]` closes
/// becomes `_`. Behind a `[` that is closed it is left as it is: it is an array's.
fn put_name(decoded: &[u8]) -> String {
    let name = decoded.split(|&byte| byte == 0).next().unwrap_or_default();
    let name = String::from_utf8_lossy(name);
    let name = name.trim_start_matches(' ');
    match name.split_once('[') {
        // An array without a name.
        Some(("", _)) => String::new(),
        Some((array, index)) if index.contains(']') => {
            format!("{}[{index}", array.replace([' ', '.'], "_"))
        }
        _ => name.replace([' ', '.', '['], "_"),
    }
}

fn decode(encoded: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = encoded
        .iter()
        .map(|&byte| if byte == b'+' { b' ' } else { byte })
        .collect();
    percent_encoding::percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::api;

    fn decoded(encoded: &str) -> Vec<(String, String)> {
        pairs(encoded.as_bytes())
            .into_iter()
            .map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()))
            .collect()
    }

    fn one(encoded: &str) -> (String, String) {
        let mut pairs = decoded(encoded);
        assert_eq!(pairs.len(), 1, "{encoded}");
        pairs.remove(0)
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn only_an_ampersand_separates() {
        assert_eq!(
            one("did_pattern=1;active=N"),
            pair("did_pattern", "1;active=N")
        );
        assert_eq!(decoded("a=1&b=2"), [pair("a", "1"), pair("b", "2")]);
    }

    #[test]
    fn a_plus_is_a_space_and_an_encoded_one_a_plus() {
        assert_eq!(one("a=b+c%2Bd%2be"), pair("a", "b c+d+e"));
        assert_eq!(one("a=%252B"), pair("a", "%2B"));
    }

    #[test]
    fn a_stray_percent_stays_as_it_is() {
        assert_eq!(one("a=1%"), pair("a", "1%"));
        assert_eq!(one("a=1%2"), pair("a", "1%2"));
        assert_eq!(one("a=1%zz%30"), pair("a", "1%zz0"));
    }

    #[test]
    fn empty_and_nameless_pairs_are_skipped_and_a_missing_value_is_empty() {
        assert_eq!(
            decoded("&&a=1&=x&&b&c="),
            [pair("a", "1"), pair("b", ""), pair("c", "")]
        );
        assert_eq!(one("a=b=c"), pair("a", "b=c"));
        assert!(decoded("").is_empty());
    }

    #[test]
    fn a_name_loses_leading_spaces_and_has_underscores_for_spaces_and_dots() {
        assert_eq!(one("%20did.pattern=1"), pair("did_pattern", "1"));
        assert_eq!(one("++did+pattern=1"), pair("did_pattern", "1"));
        assert_eq!(one("DID_pattern=1"), pair("DID_pattern", "1"));
    }

    #[test]
    fn a_name_ends_at_a_nul() {
        assert_eq!(one("did_pattern%00x=1"), pair("did_pattern", "1"));
        assert_eq!(one("+did.pattern%00[]=1"), pair("did_pattern", "1"));
        assert!(decoded("%00did_pattern=1&%20%00=2").is_empty());
    }

    #[test]
    fn a_bracket_in_a_name_is_an_arrays_where_it_is_closed() {
        assert_eq!(one("local[gmt=1"), pair("local_gmt", "1"));
        assert_eq!(
            one("phone%5Bring%20time.out[=1"),
            pair("phone_ring_time_out_", "1")
        );
        for array in ["a[]", "a[x]", "a[0][y", "a[b.c]d"] {
            assert_eq!(one(&format!("{array}=1")), pair(array, "1"));
        }
        assert_eq!(one("a.b[c.d]=1"), pair("a_b[c.d]", "1"));
        assert_eq!(one("a]=1"), pair("a]", "1"));
        assert!(decoded("[a]=1&[=2&[a=3").is_empty());
    }

    #[test]
    fn what_the_api_knows_is_kept_and_a_thousand_are_enough() {
        let known = |encoded: &str| {
            let pairs = Pairs::of(encoded.as_bytes(), api::is_known).map(Pairs::kept);
            let text = |value| String::from_utf8(value).expect("UTF-8");
            pairs.map(|pairs| {
                let pairs = pairs.into_iter();
                pairs
                    .map(|(name, value)| (name, text(value)))
                    .collect::<Vec<_>>()
            })
        };
        assert_eq!(
            known("did.pattern=1&x=2&active=%59&did_pattern=3&y&group[0]=z&x[0]=z"),
            Ok(vec![
                pair("active", "Y"),
                pair("did_pattern", "3"),
                pair("group[0]", "z")
            ])
        );
        assert_eq!(known(&"&=".repeat(2_000)), Ok(Vec::new()));
        assert_eq!(known(&"a&".repeat(1_000)), Ok(Vec::new()));
        assert_eq!(known(&"a&".repeat(1_001)), Err(TooMany));
    }

    #[test]
    fn secrets_are_hidden_however_their_names_are_written() {
        assert_eq!(
            without_secrets("user=6666&pass=1234&a=b"),
            "user=6666&pass=*&a=b"
        );
        assert_eq!(
            without_secrets("p%61ss=1234&+pass=5&phone_pass=x&registration.password=y"),
            "p%61ss=*&+pass=*&phone_pass=*&registration.password=*"
        );
        assert_eq!(
            without_secrets("pass&passx=1&Login.Password=2&secret=3&my_secret=4&pas=5"),
            "pass&passx=*&Login.Password=*&secret=*&my_secret=4&pas=5"
        );
    }

    proptest! {
        #[test]
        fn no_input_makes_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            pairs(&bytes);
        }

        #[test]
        fn no_secret_is_left(name in "[a-z%0-9+. ]{0,3}pass", secret in "[A-Z]{8}", rest in "[&=a-z%+]{0,12}") {
            let query = format!("{rest}&{name}={secret}&{rest}");
            let is_secret = pairs(query.as_bytes()).iter().any(|(name, value)| name == "pass" && value == secret.as_bytes());
            prop_assert!(!is_secret || !without_secrets(&query).contains(&secret));
        }
    }
}
