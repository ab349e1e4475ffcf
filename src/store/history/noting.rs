//! Noting what a statement changes.

use super::row::{RowChange, Values, differing, split_did, sum, together};
use super::{DIDS, TABLES, subject};
use crate::store::sql::{Change, Sql, name};
use crate::store::{Db, QueryResult, dids, rows};

/// A statement that is about to run, and the rows that it is about.
pub(in crate::store) struct Watched {
    table: &'static str,
    change: Change,
    before: Vec<Values>,
}

/// Looks at what a statement is about to change; nothing where that is not kept.
pub(in crate::store) fn watch(db: &mut Db, sql: &Sql) -> QueryResult<Option<Watched>> {
    if db.history.days.is_none() {
        return Ok(None);
    }
    let Some(change) = sql.change() else {
        return Ok(None);
    };
    let Some(table) = TABLES.iter().find(|table| **table == change.table) else {
        return Ok(None);
    };
    let before = match &change.condition {
        Some(condition) => locked(db, table, condition.clone())?,
        None => Vec::new(),
    };
    Ok(Some(Watched {
        table,
        change,
        before,
    }))
}

/// Notes what the statement that was watched has changed.
pub(in crate::store) fn note(db: &mut Db, watched: Option<Watched>) -> QueryResult<()> {
    let Some(Watched {
        table,
        change,
        before,
    }) = watched
    else {
        return Ok(());
    };
    for added in change.added {
        let keys = rows::key_of(table);
        let has_key = keys.iter().all(|column| {
            added
                .iter()
                .any(|(name, value)| name == column && value.is_some())
        });
        let is_key = |column: &str| !has_key || keys.contains(&column);
        let columns = added.into_iter().filter(|(column, _)| is_key(column));
        let condition = equal(columns);
        for row in whole(db, table, condition)? {
            push(db, table, None, Some(row));
        }
    }
    for row in before {
        let after = match change.is_deletion {
            true => None,
            false => whole(db, table, of_key(table, &row))?.pop(),
        };
        push(db, table, Some(row), after);
    }
    Ok(())
}

/// Notes that a row was added under a key that the database gave it.
pub(in crate::store) fn note_added(
    db: &mut Db,
    insert: &Sql,
    table: &str,
    key: (&str, i64),
) -> QueryResult<()> {
    if db.history.days.is_none() {
        return Ok(());
    }
    let Some(table) = TABLES.iter().find(|known| **known == table) else {
        return Ok(());
    };
    let given = insert
        .change()
        .and_then(|change| change.added.into_iter().next());
    if let Some(given) = given.filter(|_| *table == DIDS) {
        // Not read again: an add is to stay quick.
        let mut row: Values = given.into_iter().collect();
        let pattern = row.remove("did_pattern").flatten().unwrap_or_default();
        db.history.noted.push(RowChange::Added {
            keys: vec![(key.1, pattern)],
            row,
            is_whole: false,
        });
        return Ok(());
    }
    let condition = equal([(key.0.to_owned(), Some(key.1.to_string()))]);
    for row in whole(db, table, condition)? {
        push(db, table, None, Some(row));
    }
    Ok(())
}

/// Notes that DIDs were added alike; they are looked at once the call is done.
pub(in crate::store) fn note_added_many(db: &mut Db, added: &[(i64, String)]) {
    if db.history.days.is_some() && !added.is_empty() {
        db.history.noted.push(RowChange::Added {
            keys: added.to_vec(),
            row: Values::new(),
            is_whole: true,
        });
    }
}

fn push(db: &mut Db, table: &str, before: Option<Values>, after: Option<Values>) {
    let Some(row) = before.as_ref().or(after.as_ref()) else {
        return;
    };
    if before == after {
        return;
    }
    let key = rows::key_of(table).iter().filter_map(|column| {
        let (name, value) = row.get_key_value(*column)?;
        Some((name.clone(), value.clone()))
    });
    let both = [before.as_ref(), after.as_ref()];
    let mut subjects: Vec<String> = both
        .iter()
        .flatten()
        .map(|row| subject::of_row(table, row))
        .collect();
    subjects.dedup();
    let (key, was, is) = (
        key.collect(),
        before.as_ref().map(sum),
        after.as_ref().map(sum),
    );
    if was == is {
        return;
    }
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (
            Some(differing(&before, &after)),
            Some(differing(&after, &before)),
        ),
        both => both,
    };
    db.history.noted.push(RowChange::Changed {
        table: table.to_owned(),
        key,
        subjects,
        before,
        after,
        was,
        is,
    });
}

/// What the call has changed.
pub(super) fn take(db: &mut Db) -> QueryResult<Vec<RowChange>> {
    let mut noted = std::mem::take(&mut db.history.noted);
    if let Some(own) = db.connected_own() {
        noted.append(&mut own.history.noted);
    }
    for change in &mut noted {
        match change {
            RowChange::Added {
                keys,
                row,
                is_whole: true,
            } if row.is_empty() => {
                if let Some((did_id, _)) = keys.first() {
                    *row = added_row(db, *did_id)?;
                }
            }
            RowChange::Changed { subjects, .. } => {
                for subject in subjects {
                    let Some(did_id) = subject.strip_prefix(subject::DID_ID) else {
                        continue;
                    };
                    let did_id = did_id.parse().unwrap_or(0);
                    let found = dids::rows::by_id(db, did_id)?;
                    if let Some(row) = found {
                        *subject = subject::of_did(row.text("did_pattern"));
                    }
                }
            }
            RowChange::Added { .. } | RowChange::Removed { .. } => {}
        }
    }
    Ok(together(noted))
}

/// The columns of a DID that was just added, apart from its key and pattern.
fn added_row(db: &mut Db, did_id: i64) -> QueryResult<Values> {
    let rows = whole(
        db,
        DIDS,
        equal([("did_id".to_owned(), Some(did_id.to_string()))]),
    )?;
    let row = rows.into_iter().next().and_then(split_did);
    Ok(row.map(|(_, row)| row).unwrap_or_default())
}

/// The whole rows that a condition, which begins with ` WHERE`, names.
pub(super) fn whole(db: &mut Db, table: &str, condition: Sql) -> QueryResult<Vec<Values>> {
    let columns = db.columns();
    let columns = columns.of(table);
    let selected: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(place, column)| format!("CAST({} AS CHAR) AS c{place}", name(&column.name)))
        .collect();
    let query = Sql::new(format!("SELECT {} FROM {table}", selected.join(", ")));
    let rows = db.read(query.append(condition))?;
    let names = || columns.iter().map(|column| column.name.clone());
    Ok(rows
        .into_iter()
        .map(|row| names().zip(row.0).collect())
        .collect())
}

/// The same, as the last one who committed has left them; nobody else changes them until the end of the transaction.
pub(super) fn locked(db: &mut Db, table: &str, condition: Sql) -> QueryResult<Vec<Values>> {
    let condition = condition.sql(db.for_update());
    whole(db, table, condition)
}

/// The condition that names a row by its key.
pub(super) fn of_key(table: &str, row: &Values) -> Sql {
    let keys = rows::key_of(table).iter();
    equal(keys.map(|column| ((*column).to_owned(), row.get(*column).cloned().flatten())))
}

/// The condition that these columns have these values.
pub(super) fn equal(columns: impl IntoIterator<Item = (String, Option<String>)>) -> Sql {
    let mut condition = Sql::new("");
    for (place, (column, value)) in columns.into_iter().enumerate() {
        let word = if place == 0 { " WHERE" } else { " AND" };
        condition.push_sql(&format!("{word} {}", name(&column)));
        match value {
            Some(value) => {
                condition.push_sql(" = ");
                condition.push_bind(value);
            }
            None => condition.push_sql(" IS NULL"),
        }
    }
    condition
}
