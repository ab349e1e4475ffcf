//! What the database has in the end.

use std::collections::HashMap;

/// What the database has in the end.
pub struct Truth {
    /// Pattern → `did_id` and description.
    pub(super) dids: HashMap<String, (String, String)>,
    pub(super) admin: Vec<AdminRow>,
    /// Tag → results of its rows in the API's log.
    pub(super) api: HashMap<String, Vec<String>>,
    /// Rows of `vicidial_api_log` without one in `vicidial_api_urls`, and the other way round.
    pub(super) orphans: (Vec<String>, Vec<String>),
}

pub(super) struct AdminRow {
    pub(super) code: String,
    pub(super) record_id: String,
    pub(super) sql: String,
    pub(super) notes: String,
}

impl Truth {
    /// Reads it with what runs a statement and gives lines of fields between tabs.
    pub fn read(run: impl Fn(&str) -> String) -> Self {
        let rows = |query: &str| -> Vec<Vec<String>> {
            let text = run(query);
            let lines = text.lines();
            lines
                .map(|line| line.split('\t').map(unescaped).collect())
                .collect()
        };
        let dids = rows(
            "SELECT did_pattern, did_id, IFNULL(did_description, '') FROM vicidial_inbound_dids",
        );
        let admin = rows(
            "SELECT event_code, record_id, event_sql, event_notes FROM vicidial_admin_log ORDER BY admin_log_id",
        );
        let logged = rows(
            "SELECT l.api_id, l.result, IFNULL(u.url, '') FROM vicidial_api_log l \
             LEFT JOIN vicidial_api_urls u ON u.api_id = l.api_id",
        );
        let urls = rows(
            "SELECT u.url FROM vicidial_api_urls u LEFT JOIN vicidial_api_log l ON l.api_id = u.api_id \
             WHERE l.api_id IS NULL",
        );
        let mut api: HashMap<String, Vec<String>> = HashMap::new();
        let mut without_url = Vec::new();
        for row in logged {
            match tag_of(&row[2]) {
                Some(tag) => api.entry(tag).or_default().push(row[1].clone()),
                None if row[2].is_empty() => without_url.push(row.join(" ")),
                None => {}
            }
        }
        Self {
            dids: dids
                .into_iter()
                .map(|row| (row[0].clone(), (row[1].clone(), row[2].clone())))
                .collect(),
            admin: admin
                .into_iter()
                .map(|row| AdminRow {
                    code: row[0].clone(),
                    record_id: row[1].clone(),
                    sql: row[2].clone(),
                    notes: row[3].clone(),
                })
                .collect(),
            api,
            orphans: (without_url, urls.into_iter().flatten().collect()),
        }
    }
}

/// The tag in an address.
fn tag_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("&tag=")?;
    Some(rest.split('.').next().unwrap_or_default().to_owned())
}

/// A field as the client's batch mode writes it.
fn unescaped(field: &str) -> String {
    field.replace("\\n", "\n").replace("\\\\", "\\")
}
