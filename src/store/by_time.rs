//! Tables whose rows come in the order of their time, and have an index for their key alone.

use super::sql::{Bind, Sql};
use super::{Db, QueryResult};

/// By how many keys rows may have come in another order than that of their times: calls that were under way together.
const ASIDE: i64 = 1_000;

/// A table, its key and its time.
pub(super) struct ByTime {
    pub(super) table: &'static str,
    pub(super) key: &'static str,
    pub(super) time: &'static str,
}

impl ByTime {
    /// A key before which no row has this time or a later one. So many rows are looked at as the number of keys has binary
    /// digits.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn first_since(&self, db: &mut Db, time: impl Into<Bind>) -> QueryResult<i64> {
        let time = time.into();
        let Self {
            table,
            key,
            time: column,
        } = self;
        let bounds = Sql::new(format!(
            "SELECT CAST(MIN({key}) AS CHAR) AS c0, CAST(MAX({key}) AS CHAR) AS c1 FROM {table}"
        ));
        let rows = db.read(bounds)?;
        let bound = |place| {
            rows.first()
                .and_then(|row| row.text(place).parse::<i64>().ok())
        };
        let (Some(mut low), Some(highest)) = (bound(0), bound(1)) else {
            return Ok(0);
        };
        let mut high = highest + 1;
        while low < high {
            let middle = low + (high - low) / 2;
            let query = Sql::new(format!(
                "SELECT CAST({key} AS CHAR) AS c0, CASE WHEN {column} >= "
            ))
            .bind(time.clone())
            .sql(&format!(
                " THEN '1' ELSE '0' END AS c1 FROM {table} WHERE {key} >= "
            ))
            .bind(middle)
            .sql(&format!(" ORDER BY {key} LIMIT 1"));
            match db.read(query)?.first() {
                Some(row) if row.text(1) == "0" => low = row.text(0).parse().unwrap_or(middle) + 1,
                _ => high = middle,
            }
        }
        Ok(low - ASIDE)
    }

    /// The condition that lets through the keys from [`ByTime::first_since`] on that may have just this time.
    pub(super) fn around(&self, first: i64) -> Sql {
        let key = self.key;
        Sql::new(format!(" WHERE {key} >= "))
            .bind(first)
            .sql(&format!(" AND {key} < "))
            .bind(first + 5 * ASIDE)
    }
}
