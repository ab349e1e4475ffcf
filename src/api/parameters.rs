//! The parameters and the characters that are kept of each (`fixtures/reference/parameters.csv`).

use std::collections::HashSet;

use super::Dialect;
use crate::access::characters::{Keep, kept};
use crate::access::identity::{AGENT_USER, FUNCTION, PASS, REQUEST_ID, Rule, SOURCE, USER};

use Keep::{Alphabet, Ascii, Capitals, Digits, Letters};

/// The word that `areacode` and `outbound_cid` keep in spite of their rule.
pub(super) const EVERY: &str = "---ALL---";

/// Each parameter of the reference, what it keeps, and its punctuation.
const RULES: &[Rule] = &[
    FUNCTION,
    USER,
    PASS,
    SOURCE,
    AGENT_USER,
    ("lead_id", Digits, ""),
    ("did_pattern", Letters, ":+*#._"),
    ("source_did_pattern", Letters, ":+*#._"),
    ("new_dids", Letters, ":+,*#._"),
    ("did_description", Letters, "- .,_"),
    ("active", Capitals, ""),
    ("did_route", Letters, "-_"),
    ("record_call", Letters, "-_"),
    ("extension", Letters, "-_"),
    ("exten_context", Letters, "-_"),
    ("voicemail_ext", Letters, "*#._"),
    ("phone_extension", Letters, "-_"),
    ("server_ip", Ascii, "-.:_"),
    ("group", Letters, "-|_"),
    ("menu_id", Letters, "-_"),
    ("filter_clean_cid_number", Letters, "- .,_"),
    ("call_handle_method", Ascii, "_"),
    ("agent_search_method", Ascii, "_"),
    ("list_id", Ascii, "-_"),
    ("entry_list_id", Digits, ""),
    ("campaign_id", Letters, "-_"),
    ("phone_code", Digits, ""),
    ("delete_did", Letters, ""),
    ("phone_number", Digits, ","),
    ("date", Digits, "-"),
    ("stage", Ascii, "-_"),
    ("header", Ascii, ""),
    ("cid_group_id", Letters, "-_"),
    ("areacode", Letters, ""),
    ("outbound_cid", Digits, ""),
    ("cid_description", Letters, "- .,_"),
    ("dialplan_number", Letters, "*#"),
    ("voicemail_id", Letters, ""),
    ("phone_login", Letters, "-_"),
    ("phone_pass", Letters, "-_"),
    ("protocol", Ascii, ""),
    ("registration_password", Letters, "-_"),
    ("phone_full_name", Letters, "- +._"),
    ("local_gmt", Digits, "-."),
    ("phone_context", Letters, "-_"),
    ("email", Letters, "- '.:/@%_"),
    ("admin_user_group", Letters, "-_"),
    ("outbound_alt_cid", Letters, ""),
    ("phone_ring_timeout", Digits, ""),
    ("delete_vm_after_email", Alphabet, ""),
    ("is_webphone", Letters, "-_"),
    ("webphone_auto_answer", Letters, "-_"),
    ("use_external_server_ip", Letters, "-_"),
    ("template_id", Letters, "-_"),
    ("on_hook_agent", Letters, "-_"),
    ("delete_phone", Capitals, ""),
    ("alias_id", Letters, "-_"),
    ("alias_name", Letters, "- +.:/@_"),
    ("phone_logins", Letters, "-,_"),
    ("delete_alias", Capitals, ""),
];

/// Our own ones, which only the documented dialect looks at; and those of the lists' pages, of which the reference keeps
/// `comments` whole and echoes it as it is. Ours keeps what an id or a name in a page is made of.
const OURS: &[Rule] = &[
    ("comments", Letters, "-_.:[]"),
    ("did_active", Capitals, ""),
    ("group_id", Letters, "-|_"),
    ("user_id", Letters, "-_"),
    ("user_group_filter", Letters, "-_"),
    ("search", Letters, "- .,:+*#%_"),
    ("records", Ascii, "-.,"),
    ("offset", Ascii, "-.,"),
    // Any stored pattern may be the last of a page.
    ("after", Letters, "- !\"#$%&'()*+,./:;<=>?@[\\]^_`{|}~"),
    ("at", Ascii, "-:+. "),
    ("caller", Letters, "+*#._ -"),
    ("calls", Ascii, "-.,"),
    ("new_did_pattern", Letters, ":+*#._"),
    ("insert_if_not_found", Ascii, "-._"),
    ("dry_run", Ascii, "-._"),
    ("format", Ascii, "-._"),
    ("atomic", Ascii, "-._"),
    ("strict_numbers", Ascii, "-._"),
    REQUEST_ID,
    ("change_id", Digits, ","),
    ("by_user", Letters, "-_"),
    ("by_function", Ascii, "-_"),
    ("since", Ascii, "-:+. "),
    ("until", Ascii, "-:+. "),
    ("partial", Ascii, "-._"),
];

/// The rule of a parameter; none where the API does not know it.
fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().chain(OURS).find(|rule| rule.0 == name)
}

/// A parameter of the dialect whose last value came as an array, `name[]` or `name[key]`. Where a function uses it, the
/// reference fails with an empty HTTP 500; taken for absent, it would no longer say which rows are meant. Where a single
/// value follows, the reference takes that one.
pub fn array(pairs: &[(String, Vec<u8>)], dialect: Dialect) -> Option<&'static str> {
    if pairs.iter().all(|(name, _)| !name.contains('[')) {
        return None;
    }
    let mut seen = HashSet::new();
    pairs.iter().rev().find_map(|(name, _)| {
        let (name, is_array) = match name.split_once('[') {
            Some((array, _)) => (array, true),
            None => (name.as_str(), false),
        };
        let known = rule(name).map(|rule| rule.0)?;
        let is_looked_at =
            dialect == Dialect::Documented || OURS.iter().all(|ours| ours.0 != known);
        (seen.insert(known) && is_array && is_looked_at).then_some(known)
    })
}

/// Whether this names a parameter that the API reads, or one as an array.
pub fn is_known(name: &str) -> bool {
    let array = name.split_once('[').map(|(array, _)| array);
    rule(array.unwrap_or(name)).is_some()
}

/// The filtered parameters of a call.
#[derive(Debug, Clone, Default)]
pub struct Parameters(Vec<(&'static str, String)>);

impl Parameters {
    /// Filters the parameters that the API knows; with `non_latin`, letters of every script are kept where the rule has
    /// letters, and a value of such a rule that is not UTF-8 becomes empty (fixtures/reference/behaviour.md §1).
    pub fn filter(pairs: &[(String, Vec<u8>)], non_latin: bool) -> Self {
        let mut parameters = Self::default();
        for (name, value) in pairs {
            if let Some((name, keep, punctuation)) = rule(name) {
                let value = filter(name, *keep, punctuation, value, non_latin);
                match parameters.0.iter_mut().find(|(known, _)| known == name) {
                    Some(known) => known.1 = value,
                    None => parameters.0.push((name, value)),
                }
            }
        }
        parameters
    }

    /// A text as this parameter keeps it.
    pub fn filter_one(name: &str, value: &str, non_latin: bool) -> String {
        let pair = (name.to_owned(), value.as_bytes().to_vec());
        Self::filter(&[pair], non_latin).get(name).to_owned()
    }

    /// A parameter's value; empty where it was not sent.
    pub fn get(&self, name: &str) -> &str {
        debug_assert!(rule(name).is_some(), "{name} has no rule");
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map_or("", |(_, value)| value.as_str())
    }

    /// Gives `name` the value of `other` where it is absent or empty.
    pub fn fall_back(&mut self, name: &'static str, other: &str) {
        let value = self.get(other).to_owned();
        if self.get(name).is_empty() && !value.is_empty() {
            self.0.retain(|(known, _)| *known != name);
            self.0.push((name, value));
        }
    }

    /// Takes `word` for the value of `name` where exactly that was sent, though its rule drops characters of it.
    pub fn keep_word(&mut self, name: &'static str, word: &str, pairs: &[(String, Vec<u8>)]) {
        let sent = pairs.iter().rev().find(|(known, _)| known == name);
        if sent.is_some_and(|(_, value)| value == word.as_bytes()) {
            self.0.retain(|(known, _)| *known != name);
            self.0.push((name, word.to_owned()));
        }
    }
}

fn filter(name: &str, keep: Keep, punctuation: &str, value: &[u8], non_latin: bool) -> String {
    // Other characters are dropped before it is looked for: ` ---ALL---` is that word, `x---ALL---` is not.
    if matches!(name, "areacode" | "outbound_cid") && kept(Letters, "-_", value, non_latin) == EVERY
    {
        return EVERY.to_owned();
    }
    let spaced: Vec<u8>;
    let value = if name == "email" && value.contains(&b'+') {
        spaced = value
            .iter()
            .map(|&byte| if byte == b'+' { b' ' } else { byte })
            .collect();
        &spaced
    } else {
        value
    };
    kept(keep, punctuation, value, non_latin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::options::NAMES as OPTIONS;

    fn value(name: &str, value: &[u8], non_latin: bool) -> String {
        Parameters::filter(&[(name.to_owned(), value.to_vec())], non_latin)
            .get(name)
            .to_owned()
    }

    #[test]
    fn the_table_is_that_of_the_reference() {
        let reference = include_str!("../../fixtures/reference/parameters.csv");
        let mut reader = csv::Reader::from_reader(reference.as_bytes());
        let mut names = Vec::new();
        for record in reader.records() {
            let record = record.expect("a record");
            let kept = |column: usize, c: char, non_latin: bool| {
                let text = format!("{}{c}", &record[column]);
                drop(text);
                value(&record[0], c.to_string().as_bytes(), non_latin) == c.to_string()
            };
            for (column, non_latin) in [(1, false), (2, true)] {
                let rule = record[column]
                    .split(", or exactly")
                    .next()
                    .unwrap_or_default()
                    .split(';')
                    .next()
                    .unwrap_or_default();
                let has = |word: &str| rule.split(' ').any(|part| part == word);
                for c in (0u8..128).map(char::from).chain(['é', '日']) {
                    let expected = match c {
                        '0'..='9' => has("0-9"),
                        'a'..='z' => has("a-z") || has("letters"),
                        'A'..='Z' => has("A-Z") || has("letters"),
                        ' ' => has("space"),
                        c if c.is_ascii() => has(&c.to_string()),
                        _ => has("letters"),
                    };
                    // A plus in `email` comes out as a space.
                    if !(&record[0] == "email" && c == '+') {
                        assert_eq!(
                            kept(column, c, non_latin),
                            expected,
                            "{} {c:?} {non_latin}",
                            &record[0]
                        );
                    }
                }
            }
            names.push(record[0].to_owned());
        }
        let known = RULES.iter().map(|rule| rule.0);
        assert!(known.eq(names.iter().map(String::as_str)));
        assert!(
            OPTIONS
                .iter()
                .all(|option| OURS.iter().any(|rule| rule.0 == *option))
        );
    }

    #[test]
    fn an_array_is_found_where_no_single_value_follows() {
        let found = |names: &[&str], dialect| {
            let pairs: Vec<_> = names
                .iter()
                .map(|name| ((*name).to_owned(), Vec::new()))
                .collect();
            array(&pairs, dialect)
        };
        for rule in RULES.iter().chain(OURS) {
            for form in ["[]", "[x]", "[0][y]"] {
                let (name, array) = (rule.0, format!("{}{form}", rule.0));
                let documented = |names: &[&str]| found(names, Dialect::Documented);
                assert_eq!(documented(&[&array]), Some(name));
                assert_eq!(documented(&[name, &array]), Some(name));
                assert_eq!(documented(&[&array, name]), None);
                assert_eq!(documented(&["function", &array, "tags[]"]), Some(name));
            }
        }
        assert_eq!(
            found(&["tags[]", "did_pattern_[]"], Dialect::Documented),
            None
        );
        assert_eq!(found(&["dry_run[]"], Dialect::Wire), None);
        assert_eq!(found(&["areacode[]"], Dialect::Wire), Some("areacode"));
    }

    #[test]
    fn every_and_the_plus_of_an_address_are_kept_as_the_reference_does() {
        assert_eq!(value("areacode", b"---ALL---", false), "---ALL---");
        assert_eq!(value("areacode", b"---ALL--", false), "ALL");
        assert_eq!(value("outbound_cid", b"---ALL---", false), "---ALL---");
        assert_eq!(value("outbound_cid", b"x---ALL---", false), "");
        for sent in [
            &b" ---ALL---"[..],
            b"---ALL--- ",
            b"\"---A.LL---",
            b"-+--ALL---",
        ] {
            for name in ["areacode", "outbound_cid"] {
                assert_eq!(value(name, sent, false), "---ALL---", "{sent:?}");
                assert_eq!(value(name, sent, true), "---ALL---", "{sent:?}");
            }
        }
        assert_eq!(value("areacode", b" ---all---", false), "all");
        assert_eq!(value("areacode", b"_---ALL---", false), "ALL");
        assert_eq!(value("email", b"a+b@c.d", false), "a b@c.d");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_dropped_one_by_one_or_with_the_value() {
        assert_eq!(
            value("did_description", b"bad\xE9\xE8utf8", false),
            "badutf8"
        );
        assert_eq!(value("did_description", b"bad\xE9\xE8utf8", true), "");
        assert_eq!(value("did_pattern", "ñandú".as_bytes(), true), "ñandú");
        assert_eq!(
            value("did_description", "emoji 😀 is dropped".as_bytes(), true),
            "emoji  is dropped"
        );
    }
}
