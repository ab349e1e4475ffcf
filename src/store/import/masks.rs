//! What takes the place of passwords.

use super::super::rows::Row;

/// What takes the place of every password, so that somebody can still sign in.
pub struct Masks {
    /// The password of every user, phone and voicemail box.
    pub password: String,
    /// The salt of passwords' digests.
    pub pass_key: String,
    /// The password's digest, where the system hashes passwords; else empty.
    pub pass_hash: String,
}

/// What becomes of a column that holds a password, or may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mask {
    Password,
    Key,
    Hash,
    /// A text in which there may be one.
    Emptied,
    /// An address: what is behind `?` and before `@` is left out.
    Address,
}

/// The columns that hold passwords, or may.
const SECRETS: &[(&str, &str, Mask)] = &[
    ("phones", "conf_secret", Mask::Password),
    ("phones", "pass", Mask::Password),
    ("system_settings", "pass_key", Mask::Key),
    ("vicidial_admin_log", "event_notes", Mask::Emptied),
    ("vicidial_admin_log", "event_sql", Mask::Emptied),
    ("vicidial_api_log", "data", Mask::Emptied),
    ("vicidial_api_log", "value", Mask::Emptied),
    ("vicidial_api_urls", "url", Mask::Address),
    (
        "vicidial_conf_templates",
        "template_contents",
        Mask::Emptied,
    ),
    ("vicidial_inbound_dids", "filter_url", Mask::Address),
    ("vicidial_two_factor_auth", "auth_code", Mask::Emptied),
    ("vicidial_users", "pass", Mask::Password),
    ("vicidial_users", "pass_hash", Mask::Hash),
    ("vicidial_voicemail", "pass", Mask::Password),
];

/// The tables and columns that take the password itself.
pub fn passwords() -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = SECRETS.iter();
    all.filter(|(.., mask)| *mask == Mask::Password)
        .map(|(table, column, _)| (*table, *column))
}

/// Whether the column may hold a password.
pub(super) fn is_secret(table: &str, column: &str) -> bool {
    of(table, column).is_some()
}

fn of(table: &str, column: &str) -> Option<Mask> {
    let mut all = SECRETS.iter();
    let found = all.find(|(of, name, _)| *of == table && *name == column);
    found.map(|(.., mask)| *mask)
}

impl Masks {
    /// Masks a row of a table.
    pub(super) fn mask(&self, table: &str, row: &mut Row) {
        for (column, value) in row {
            let Some(mask) = of(table, column) else {
                continue;
            };
            *value = Some(match mask {
                Mask::Password => self.password.clone(),
                Mask::Key => self.pass_key.clone(),
                Mask::Hash => self.pass_hash.clone(),
                Mask::Emptied => String::new(),
                Mask::Address => bare(value.as_deref().unwrap_or_default()),
            });
        }
    }
}

/// An address without its query and without the user it names.
fn bare(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::columns::Columns;

    #[test]
    fn every_column_that_sounds_like_a_password_is_masked() {
        // Neither a password nor an address that somebody typed: the script's own address, and codes of countries and areas.
        let harmless = [
            "vicidial_urls.url",
            "vicidial_urls.url_id",
            "vicidial_api_log.api_url",
            "system_settings.pass_hash_enabled",
            "system_settings.pass_cost",
            "vicidial_inbound_dids.phone_code",
            "vicidial_inbound_dids.filter_phone_code",
            "vicidial_closer_log.phone_code",
            "vicidial_campaign_cid_areacodes.areacode",
            "vicidial_admin_log.event_code",
            "vicidial_two_factor_auth.auth_code_exp_date",
            "vicidial_inbound_dids.filter_url_did_redirect",
        ];
        let (ours, mut masked) = (Columns::ours(), 0);
        for table in ours
            .tables()
            .filter(|table| !table.starts_with("vicishim_"))
        {
            for column in ours.of(table) {
                let name = format!("{table}.{}", column.name);
                let sounds = ["pass", "secret", "key", "code", "url", "contents", "sql"]
                    .iter()
                    .any(|part| column.name.contains(part));
                masked += usize::from(is_secret(table, &column.name));
                assert!(
                    !sounds || harmless.contains(&name.as_str()) || is_secret(table, &column.name),
                    "{name}"
                );
            }
        }
        assert_eq!(masked, SECRETS.len());
    }

    #[test]
    fn an_address_loses_who_asks() {
        assert_eq!(
            bare("https://joe:pw@example.com/a/b.php?pass=pw"),
            "https://example.com/a/b.php"
        );
        assert_eq!(
            bare("http://example.com?x=joe@example.com"),
            "http://example.com"
        );
        assert_eq!(
            bare("/vicidial/non_agent_api.php?pass=pw"),
            "/vicidial/non_agent_api.php"
        );
        assert_eq!(bare(""), "");
    }
}
