//! What a change is about, by which it is found.

use super::row::{RowChange, Values};

/// A DID of that number.
pub fn of_did(pattern: &str) -> String {
    format!("did {pattern}")
}

/// A phone.
pub fn of_phone(extension: &str, server_ip: &str) -> String {
    format!("phone {extension}@{server_ip}")
}

/// What stands for a DID's number until that is looked up.
pub(super) const DID_ID: &str = "did_id ";

/// What a row of a table is about.
pub(super) fn of_row(table: &str, row: &Values) -> String {
    let text = |column: &str| row.get(column).cloned().flatten().unwrap_or_default();
    match table {
        "vicidial_inbound_dids" => of_did(&text("did_pattern")),
        "phones" | "vicishim_extensions" => of_phone(&text("extension"), &text("server_ip")),
        "phones_alias" => format!("alias {}", text("alias_id")),
        "vicidial_campaign_cid_areacodes" => format!("cid_group {}", text("campaign_id")),
        "vicidial_filter_phone_numbers" => {
            format!("filter_phone_group {}", text("filter_phone_group_id"))
        }
        "vicishim_schedules" | "vicishim_schedule_hours" | "vicishim_schedule_holidays" => {
            format!("schedule {}", text("schedule_id"))
        }
        "vicishim_aliases" => format!("id {}", text("client_id")),
        "vicishim_tenants" => format!("tenant {}", text("user_group")),
        // Our rows of a DID: beside a dialer they have its number.
        _ if !text("did_pattern").is_empty() => of_did(&text("did_pattern")),
        _ => format!("{DID_ID}{}", text("did_id")),
    }
}

/// What some changes are about.
pub(super) fn of_changes(changes: &[RowChange]) -> Vec<String> {
    let mut subjects: Vec<String> = Vec::new();
    for change in changes {
        match change {
            RowChange::Added { keys, .. } | RowChange::Removed { keys, .. } => {
                subjects.extend(keys.iter().map(|(_, pattern)| folded(&of_did(pattern))));
            }
            RowChange::Changed { subjects: of, .. } => {
                subjects.extend(of.iter().map(|subject| folded(subject)));
            }
        }
    }
    subjects.dedup();
    subjects
}

/// A subject as it is stored: compared byte by byte, which takes a fraction of the time of a collation.
pub(super) fn folded(subject: &str) -> String {
    match subject.is_ascii() {
        true => subject.trim_end_matches(' ').to_ascii_lowercase(),
        false => subject.trim_end_matches(' ').to_lowercase(),
    }
}
