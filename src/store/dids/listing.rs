//! `vicidial_inbound_dids` as people look through them: in an order that they choose, a page at a time, both ways.

use super::pages::{COLUMNS, Filter};
use crate::store::page::number;
use crate::store::records::{self, Record};
use crate::store::sql::Sql;
use crate::store::{Connection, Db, Page, QueryResult, collation};

const TABLE: &str = "vicidial_inbound_dids";

/// What a list is ordered by. An index gives the first two; for the others the whole table is looked through for each page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// `did_pattern`
    #[default]
    Number,
    /// `did_id`: the order in which they were added.
    Added,
    /// `did_description`
    Description,
    /// `did_route`, by its word.
    Route,
    /// `modify_stamp`
    Changed,
}

/// Which DIDs are listed, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Which.
    pub filter: Filter,
    /// By what they are ordered; what is alike in that, by `did_id`.
    pub order: Order,
    /// Whether the order is turned round.
    pub is_descending: bool,
}

/// A place in a list, beside a DID: by what is ordered by, so that the place is there when the DID is not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The DID's `did_id`.
    pub did_id: i64,
    /// What it was ordered by.
    pub value: String,
}

/// Which rows a page has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum From {
    /// The first ones.
    #[default]
    Begin,
    /// Those behind a place.
    Behind(Place),
    /// Those before a place, the nearest first.
    Before(Place),
}

/// The DIDs of these ids.
///
/// # Errors
/// The database cannot be read.
pub fn by_ids(db: &mut Db, ids: impl IntoIterator<Item = i64>) -> QueryResult<Vec<Record>> {
    records::select(db, TABLE, COLUMNS, records::among("did_id", ids))
}

impl Listing {
    /// At most so many DIDs, the ones next to where the page begins first, each with its place.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn page(
        &self,
        db: &mut Db,
        from: &From,
        count: usize,
    ) -> QueryResult<Page<(Place, Record)>> {
        let places = self.places(db, from, count + 1)?;
        let is_last = places.len() <= count;
        let ids = places.iter().take(count).map(|place| place.did_id);
        let mut records = by_ids(db, ids)?;
        let mut record_of = |place: Place| {
            let is_its = |record: &Record| record.number("did_id") == Some(place.did_id);
            let at = records.iter().position(is_its)?;
            Some((place, records.swap_remove(at)))
        };
        // One that was deleted between the two statements is not listed.
        let rows = places.into_iter().take(count).filter_map(&mut record_of);
        Ok(Page {
            rows: rows.collect(),
            is_last,
        })
    }

    /// The places alone: their rows are much wider than what they are ordered by.
    fn places(&self, db: &mut Db, from: &From, count: usize) -> QueryResult<Vec<Place>> {
        let order = self.order_in(db);
        let key = order.key(db);
        let mut query = Sql::new(format!(
            "SELECT CAST(d.did_id AS CHAR) AS id, {} AS place FROM {TABLE} d WHERE 1 = 1",
            order.shown()
        ));
        self.filter.push(db, &mut query);
        let is_backward = matches!(from, From::Before(_));
        let is_descending = self.is_descending != is_backward;
        let (sign, word) = match is_descending {
            true => ("<", " DESC"),
            false => (">", ""),
        };
        if let From::Behind(place) | From::Before(place) = from {
            match order {
                Order::Added => {
                    query.push_sql(&format!(" AND d.did_id {sign} "));
                    query.push_bind(place.did_id);
                }
                Order::Number => {
                    query.push_sql(&format!(" AND d.did_pattern {sign} "));
                    query.push_bind(place.value.as_str());
                }
                _ => {
                    query.push_sql(&format!(" AND ({key} {sign} "));
                    query.push_bind(place.value.as_str());
                    query.push_sql(&format!(" OR ({key} = "));
                    query.push_bind(place.value.as_str());
                    query.push_sql(&format!(" AND d.did_id {sign} "));
                    query.push_bind(place.did_id);
                    query.push_sql("))");
                }
            }
        }
        let indexed = |column: &str| match self.filter.reads_rows() {
            true => db.order_in_a_search(column),
            false => column.to_owned(),
        };
        let ordered = match order {
            Order::Added => format!("{}{word}", indexed("d.did_id")),
            // No two are alike.
            Order::Number => format!("{}{word}", indexed("d.did_pattern")),
            _ => format!("{key}{word}, d.did_id{word}"),
        };
        query.push_sql(&format!(" ORDER BY {ordered} LIMIT "));
        query.push_bind(number(count));
        let place = |row: crate::store::sql::TextRow| Place {
            did_id: row.text(0).parse().unwrap_or(0),
            value: row.text(1).to_owned(),
        };
        Ok(db.read(query)?.into_iter().map(place).collect())
    }

    /// The order, where this database has its column; else that by `did_id`.
    fn order_in(&self, db: &Db) -> Order {
        let has = |column| db.columns.find(TABLE, column).is_some();
        match self.order {
            Order::Changed if !has("modify_stamp") => Order::Added,
            order => order,
        }
    }
}

impl Order {
    /// The column, as text.
    fn shown(self) -> &'static str {
        match self {
            Self::Number => "d.did_pattern",
            Self::Added => "CAST(d.did_id AS CHAR)",
            Self::Description => "COALESCE(d.did_description, '')",
            // An enum is ordered by its word, and compared with it.
            Self::Route => "CAST(COALESCE(d.did_route, '') AS CHAR)",
            Self::Changed => "CAST(d.modify_stamp AS CHAR)",
        }
    }

    /// What is ordered by. A column's collation does not hold for what SQLite makes of it.
    fn key(self, db: &Db) -> String {
        match (self, &db.connection) {
            (Self::Description, Connection::Sqlite(_)) => {
                format!("{} COLLATE {}", self.shown(), collation::NAME)
            }
            _ => self.shown().to_owned(),
        }
    }
}
