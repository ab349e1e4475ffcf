//! What our tables hold of a DID, wherever it is kept: in its rows, or in an intention.

use serde::{Deserialize, Serialize};

use super::{DIDS, ROUTES, Table, client_ids};
use crate::store::records::{Field, Record};

/// Columns and their values.
pub type Values = Vec<(String, Option<String>)>;

/// What our tables hold of a DID: its row, without the key and the number, and its conditional routes in their order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DidSettings {
    row: Values,
    routes: Vec<Values>,
}

/// The columns of a DID's row that say which DID it is.
const OF_DID: &[&str] = &["did_id", "did_pattern"];

/// The columns of a route's row that say whose it is, and which.
const OF_ROUTE: &[&str] = &["route_id", "did_id", "position"];

impl DidSettings {
    /// Of a row's columns and those of its routes.
    pub fn new(row: &[Field], routes: impl IntoIterator<Item = Vec<Field>>) -> Self {
        Self {
            row: values(row),
            routes: routes.into_iter().map(|route| values(&route)).collect(),
        }
    }

    pub(super) fn of_rows(row: &Record, routes: &[Record]) -> Self {
        let without = |table: &Table, row: &Record, those: &[&str]| {
            let columns = table
                .columns
                .iter()
                .filter(|column| !those.contains(column));
            columns
                .map(|column| ((*column).to_owned(), row.get(column).map(str::to_owned)))
                .collect()
        };
        Self {
            row: without(&DIDS, row, OF_DID),
            routes: routes
                .iter()
                .map(|route| without(&ROUTES, route, OF_ROUTE))
                .collect(),
        }
    }

    /// The same for a copy: the id that a client gave stays with the DID to which it was given.
    #[must_use]
    pub fn of_a_copy(mut self) -> Self {
        self.row.retain(|(column, _)| column != client_ids::COLUMN);
        self
    }

    /// The id that a client gave to the DID.
    pub fn client_id(&self) -> Option<&str> {
        client_id(&self.row)
    }

    /// The columns of the DID's row.
    pub(super) fn row_of(&self, did_id: i64, number: &str) -> Vec<Field> {
        let mut fields = vec![
            ("did_id", Some(did_id.to_string())),
            ("did_pattern", Some(number.to_owned())),
        ];
        fields.extend(fields_of(&DIDS, &self.row));
        fields
    }

    /// The columns of each route's row.
    pub(super) fn routes_of(&self, did_id: i64) -> Vec<Vec<Field>> {
        let one = |(index, route): (usize, &Values)| {
            let mut fields = vec![
                ("did_id", Some(did_id.to_string())),
                ("position", Some((index + 1).to_string())),
            ];
            fields.extend(fields_of(&ROUTES, route));
            fields
        };
        self.routes.iter().enumerate().map(one).collect()
    }
}

/// The id that a client gave, among the columns of our row.
pub(in crate::store) fn client_id(values: &Values) -> Option<&str> {
    let field = values
        .iter()
        .find(|(column, _)| column == client_ids::COLUMN);
    field.and_then(|(_, value)| value.as_deref())
}

/// Columns and their values, to be kept.
pub(in crate::store) fn values(fields: &[Field]) -> Values {
    let fields = fields.iter();
    fields
        .map(|(column, value)| ((*column).to_owned(), value.clone()))
        .collect()
}

/// The same as a statement takes them: those that the table has.
pub(in crate::store) fn fields_of(table: &Table, values: &Values) -> Vec<Field> {
    let field = |(name, value): &(String, Option<String>)| {
        let column = table.columns.iter().find(|column| *column == name)?;
        Some((*column, value.clone()))
    };
    values.iter().filter_map(field).collect()
}
