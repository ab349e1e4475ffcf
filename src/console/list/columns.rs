//! The columns of the list.

use crate::store::dids::listing::Order;

/// A column beside the number's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Its name in addresses.
    pub(super) name: &'static str,
    /// What it is called.
    pub(super) title: &'static str,
    /// Its name in a downloaded file: `did_list`'s, where that has it.
    pub(super) header: &'static str,
    /// Whether it is shown where nobody chooses.
    is_usual: bool,
    /// What it holds.
    pub(super) holds: Holds,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// The text of a column of the table.
    Text(&'static str),
    /// Whether it takes calls.
    Active,
    /// The route in words.
    Route,
    /// Where it leads.
    Target,
    /// Calls today.
    Today,
    /// Calls in 30 days.
    Month,
    /// What is wrong with it.
    Findings,
}

const fn column(
    (name, title): (&'static str, &'static str),
    header: &'static str,
    is_usual: bool,
    holds: Holds,
) -> Column {
    Column {
        name,
        title,
        header,
        is_usual,
        holds,
    }
}

#[rustfmt::skip]
pub(super) const COLUMNS: &[Column] = &[
    column(("description", "Description"), "did_description", true, Holds::Text("did_description")),
    column(("active", "Active"), "did_active", true, Holds::Active),
    column(("route", "Route"), "did_route", false, Holds::Route),
    column(("target", "Leads to"), "target", true, Holds::Target),
    column(("user_group", "User group"), "user_group", true, Holds::Text("user_group")),
    column(("carrier", "Carrier"), "did_carrier_description", false, Holds::Text("did_carrier_description")),
    column(("recording", "Recording"), "record_call", false, Holds::Text("record_call")),
    column(("changed", "Changed"), "modify_stamp", false, Holds::Text("modify_stamp")),
    column(("added", "DID id"), "did_id", false, Holds::Text("did_id")),
    column(("today", "Calls today"), "calls_today", true, Holds::Today),
    column(("month", "In 30 days"), "calls_in_30_days", true, Holds::Month),
    column(("findings", "Findings"), "findings", true, Holds::Findings),
];

/// The names of the chosen columns as columns in their own order; the usual ones where none is chosen.
pub(super) fn chosen<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'static Column> {
    let names: Vec<&str> = names.collect();
    let is_chosen = |column: &&Column| names.contains(&column.name);
    let chosen: Vec<&Column> = COLUMNS.iter().filter(is_chosen).collect();
    match chosen.is_empty() {
        true => COLUMNS.iter().filter(|column| column.is_usual).collect(),
        false => chosen,
    }
}

impl Column {
    /// The order that a list has by this column; none where it cannot have one.
    pub(super) fn order(&self) -> Option<Order> {
        match self.name {
            "description" => Some(Order::Description),
            "route" => Some(Order::Route),
            "changed" => Some(Order::Changed),
            "added" => Some(Order::Added),
            _ => None,
        }
    }

    /// Whether it holds numbers.
    pub(super) fn is_number(&self) -> bool {
        matches!(self.holds, Holds::Today | Holds::Month)
    }
}
