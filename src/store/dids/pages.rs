//! `vicidial_inbound_dids`, many rows at a time: in the order of their pattern, whose unique index makes every page as
//! cheap as the first one.

use crate::store::columns::Kind;
use crate::store::page::number;
use crate::store::sql::{Sql, name};
use crate::store::{Db, Page, QueryResult};

const TABLE: &str = "vicidial_inbound_dids";

/// What a list shows of a DID. A column that this database does not have is NULL: VICIdial versions differ.
pub const COLUMNS: &[&str] = &[
    "did_pattern",
    "did_description",
    "did_active",
    "did_route",
    "extension",
    "exten_context",
    "voicemail_ext",
    "phone",
    "server_ip",
    "user",
    "group_id",
    "menu_id",
    "record_call",
    "user_group",
    "did_carrier_description",
    "did_id",
    "modify_stamp",
];

/// Rows that are read at a time.
const PAGE: usize = 1000;

/// Which patterns are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// This one.
    Exactly(String),
    /// Those that begin so.
    Beginning(String),
}

/// Which DIDs are asked for; what is not set lets every one through. Texts count whatever their case and accents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The pattern.
    pub pattern: Option<Pattern>,
    /// Columns and the value that they must have.
    pub values: Vec<(&'static str, String)>,
    /// A text that is in the pattern or the description.
    pub search: Option<String>,
    /// A text that is in what the route leads to: an in-group, a call menu, an extension, a voicemail box, a phone, a user.
    pub target: Option<String>,
    /// The user groups whose rows are seen.
    pub user_groups: Option<Vec<String>>,
}

/// The DIDs that are asked for, page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DidPages {
    filter: Filter,
    offset: usize,
    left: usize,
    /// The last pattern of the page before.
    after: Option<String>,
}

impl DidPages {
    /// At most so many DIDs, behind an offset.
    pub fn new(filter: Filter, offset: usize, records: usize) -> Self {
        Self {
            filter,
            offset,
            left: records,
            after: None,
        }
    }

    /// The same behind this pattern, whether it is there or not.
    #[must_use]
    pub fn behind(self, pattern: String) -> Self {
        Self {
            after: Some(pattern),
            ..self
        }
    }

    /// The next page, its values in the order of [`COLUMNS`]. A DID that is added or deleted meanwhile is in the list or
    /// not; no other is left out or comes twice.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn next(&mut self, db: &mut Db) -> QueryResult<Page<Vec<Option<String>>>> {
        let asked = self.left.min(PAGE);
        let columns: Vec<String> = COLUMNS.iter().map(|column| read_as(db, column)).collect();
        let mut query = Sql::new(format!("SELECT {} FROM {TABLE} d", columns.join(", ")));
        self.push_conditions(db, &mut query);
        query.push_sql(" ORDER BY d.did_pattern LIMIT ");
        query.push_bind(number(asked));
        query.push_sql(" OFFSET ");
        query.push_bind(number(self.offset));
        let rows: Vec<_> = db.read(query)?.into_iter().map(|row| row.0).collect();
        self.left -= rows.len().min(asked);
        self.offset = 0;
        self.after = rows
            .last()
            .and_then(|row| row.first().cloned().flatten())
            .or(self.after.take());
        Ok(Page::of(rows, asked, self.left))
    }

    /// How many DIDs are still to come.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count(&self, db: &mut Db) -> QueryResult<usize> {
        let mut query = Sql::new(format!(
            "SELECT CAST(count(*) AS CHAR) AS n FROM (SELECT d.did_pattern FROM {TABLE} d"
        ));
        self.push_conditions(db, &mut query);
        query.push_sql(" LIMIT ");
        query.push_bind(number(self.left));
        query.push_sql(" OFFSET ");
        query.push_bind(number(self.offset));
        let rows = db.read(query.sql(") found"))?;
        Ok(rows
            .first()
            .and_then(|row| row.text(0).parse().ok())
            .unwrap_or(0))
    }

    fn push_conditions(&self, db: &Db, query: &mut Sql) {
        query.push_sql(" WHERE 1 = 1");
        match (&self.filter.pattern, self.after.as_deref()) {
            (Some(Pattern::Beginning(beginning)), after) => {
                query.push_sql(" AND ");
                db.push_begins_with(query, "d.did_pattern", beginning, after);
            }
            (Some(Pattern::Exactly(_)) | None, Some(after)) => {
                query.push_sql(" AND d.did_pattern > ");
                query.push_bind(after);
            }
            (Some(Pattern::Exactly(_)) | None, None) => {}
        }
        self.filter.push(db, query);
    }
}

impl Filter {
    /// Whether each row must be looked at: no index says which ones fit.
    pub(super) fn reads_rows(&self) -> bool {
        self.search.is_some()
            || self.target.is_some()
            || self.user_groups.is_some()
            || !self.values.is_empty()
    }

    /// Adds the conditions, each with an ` AND ` before it, for the table as `d`. That a pattern begins in some way is left to the
    /// caller, whose order it belongs to.
    pub(super) fn push(&self, db: &Db, query: &mut Sql) {
        if let Some(Pattern::Exactly(pattern)) = &self.pattern {
            query.push_sql(" AND d.did_pattern = ");
            query.push_bind(pattern.as_str());
        }
        for (column, value) in &self.values {
            // The `+` keeps SQLite to the pattern's index: with another one it would sort all that is left for each page.
            query.push_sql(&format!(" AND +d.{} = ", name(column)));
            query.push_bind(value.as_str());
        }
        if let Some(search) = &self.search {
            query.push_sql(" AND (");
            db.push_holds(query, "d.did_pattern", search);
            query.push_sql(" OR ");
            db.push_holds(query, "d.did_description", search);
            query.push_sql(")");
        }
        if let Some(target) = &self.target {
            query.push_sql(" AND ");
            db.push_holds(query, TARGET, target);
        }
        if let Some(groups) = &self.user_groups {
            query.push_sql(" AND d.user_group IN (");
            for (index, group) in groups.iter().enumerate() {
                query.push_sql(if index > 0 { ", " } else { "" });
                query.push_bind(group.as_str());
            }
            query.push_sql(")");
        }
    }
}

/// The column that a DID's route leads by, as [`crate::routing::target::Route::parts`] begins.
const TARGET: &str = "CASE d.did_route WHEN 'IN_GROUP' THEN d.group_id WHEN 'CALLMENU' THEN d.menu_id WHEN 'AGENT' THEN d.user \
     WHEN 'PHONE' THEN d.phone WHEN 'VOICEMAIL' THEN d.voicemail_ext WHEN 'VMAIL_NO_INST' THEN d.voicemail_ext ELSE d.extension END";

/// A column as a SELECT reads it: as text.
fn read_as(db: &Db, column: &str) -> String {
    let quoted = name(column);
    match db.columns.find(TABLE, column).map(|column| &column.kind) {
        None => format!("NULL AS {quoted}"),
        Some(Kind::Text(_) | Kind::Enum(_)) => format!("d.{quoted} AS {quoted}"),
        Some(_) => format!("CAST(d.{quoted} AS CHAR) AS {quoted}"),
    }
}
