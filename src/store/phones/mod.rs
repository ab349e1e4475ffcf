//! `phones`, their aliases in `phones_alias`, and the templates that they may name.

pub mod rows;

use diesel::result::{DatabaseErrorKind, Error};

use super::columns::{Column, Kind};
use super::sql::{Bind, Secret, Sql, name, names};
use super::{Db, QueryResult, rows as whole_rows};

const PHONES: &str = "phones";
const ALIASES: &str = "phones_alias";

/// Whether no log may show this column's values (fixtures/reference/behaviour.md §8.5).
pub fn is_secret(column: &str) -> bool {
    let column = column.to_ascii_lowercase();
    column.contains("pass") || column.contains("secret")
}

/// A column and its new value.
pub type Field = (&'static str, String);

/// A phone, as far as the checks need it.
#[derive(Debug, Clone)]
pub struct Phone {
    /// The user group that it belongs to.
    pub user_group: Option<String>,
}

/// The phone of that extension on that dialer, whatever its case and accents.
///
/// # Errors
/// The database cannot be read.
pub fn find(db: &mut Db, extension: &str, server_ip: &str) -> QueryResult<Option<Phone>> {
    let query = of_phone(
        Sql::new("SELECT user_group FROM phones"),
        extension,
        server_ip,
    );
    let mut found = db.read(query.sql(" LIMIT 1"))?;
    Ok(found.pop().map(|mut row| Phone {
        user_group: row.0.pop().flatten(),
    }))
}

/// Whether some phone has that login.
///
/// # Errors
/// The database cannot be read.
pub fn login_exists(db: &mut Db, login: &str) -> QueryResult<bool> {
    exists(
        db,
        Sql::new("SELECT login FROM phones WHERE login = ").bind(login),
    )
}

/// Whether a phone of another extension on another dialer has that login: one that shares either of them does not count.
///
/// # Errors
/// The database cannot be read.
pub fn login_is_taken(
    db: &mut Db,
    login: &str,
    extension: &str,
    server_ip: &str,
) -> QueryResult<bool> {
    let others = Sql::new("SELECT login FROM phones WHERE login = ")
        .bind(login)
        .sql(" AND extension <> ")
        .bind(extension)
        .sql(" AND server_ip <> ")
        .bind(server_ip);
    exists(db, others)
}

/// Whether there is a configuration template of that name.
///
/// # Errors
/// The database cannot be read.
pub fn template_exists(db: &mut Db, template_id: &str) -> QueryResult<bool> {
    let templates =
        Sql::new("SELECT template_id FROM vicidial_conf_templates WHERE template_id = ")
            .bind(template_id);
    exists(db, templates)
}

/// The first of these columns that this database's `phones` does not have, or whose ENUM does not have that word:
/// VICIdial versions differ.
pub fn missing_column(db: &Db, fields: &[Field]) -> Option<&'static str> {
    let is_missing = |(column, value): &&Field| match db.columns.find(PHONES, column) {
        Some(Column {
            kind: kind @ Kind::Enum(_),
            ..
        }) => kind.fit(value).is_err(),
        found => found.is_none(),
    };
    fields.iter().find(is_missing).map(|(column, _)| *column)
}

/// The statement that adds a phone.
pub fn insertion(db: &Db, fields: &[Field]) -> Sql {
    insertion_into(db, PHONES, fields)
}

/// The statement that changes a phone.
pub fn change(db: &Db, extension: &str, server_ip: &str, fields: &[Field]) -> Sql {
    of_phone(change_of(db, PHONES, fields), extension, server_ip)
}

/// The statement that deletes a phone.
pub fn deletion(extension: &str, server_ip: &str) -> Sql {
    of_phone(Sql::new("DELETE FROM phones"), extension, server_ip)
}

/// Whether there is an alias of that name.
///
/// # Errors
/// The database cannot be read.
pub fn alias_exists(db: &mut Db, alias_id: &str) -> QueryResult<bool> {
    exists(
        db,
        Sql::new("SELECT alias_id FROM phones_alias WHERE alias_id = ").bind(alias_id),
    )
}

/// The statement that adds an alias.
pub fn alias_insertion(db: &Db, fields: &[Field]) -> Sql {
    insertion_into(db, ALIASES, fields)
}

/// The statement that changes an alias.
pub fn alias_change(db: &Db, alias_id: &str, fields: &[Field]) -> Sql {
    change_of(db, ALIASES, fields)
        .sql(" WHERE alias_id = ")
        .bind(alias_id)
}

/// The statement that deletes an alias.
pub fn alias_deletion(alias_id: &str) -> Sql {
    Sql::new("DELETE FROM phones_alias WHERE alias_id = ").bind(alias_id)
}

/// Adds a phone or an alias; `false` where its key is taken.
///
/// # Errors
/// The database cannot be written.
pub fn insert(db: &mut Db, insertion: &Sql) -> QueryResult<bool> {
    match db.write(insertion) {
        Ok(_) => Ok(true),
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn exists(db: &mut Db, query: Sql) -> QueryResult<bool> {
    Ok(!db.read(query.sql(" LIMIT 1"))?.is_empty())
}

fn of_phone(statement: Sql, extension: &str, server_ip: &str) -> Sql {
    statement
        .sql(" WHERE extension = ")
        .bind(extension)
        .sql(" AND server_ip = ")
        .bind(server_ip)
}

fn insertion_into(db: &Db, table: &'static str, fields: &[Field]) -> Sql {
    let given: whole_rows::Row = fields
        .iter()
        .map(|(column, value)| ((*column).to_owned(), Some(value.clone())))
        .collect();
    let left_out = whole_rows::required(db, table, &given);
    let columns = fields
        .iter()
        .map(|(column, _)| *column)
        .chain(left_out.iter().map(|(column, _)| column.as_str()));
    let values = fields
        .iter()
        .map(|field| bound(db, table, field))
        .chain(left_out.iter().map(|(_, value)| Bind::from(value.clone())));
    Sql::new(format!("INSERT INTO {table} ({}) VALUES (", names(columns)))
        .bind_list(values)
        .sql(")")
}

fn change_of(db: &Db, table: &'static str, fields: &[Field]) -> Sql {
    let mut update = Sql::new(format!("UPDATE {table} SET "));
    for (index, field) in fields.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        update.push_sql(&format!("{comma}{} = ", name(field.0)));
        update.push_bind(bound(db, table, field));
    }
    update
}

/// The value as its column keeps it, to be bound.
fn bound(db: &Db, table: &str, (column, value): &Field) -> Bind {
    let value = db.columns.kept(table, column, value);
    if is_secret(column) {
        Secret::from(value.as_str()).into()
    } else {
        value.into()
    }
}
