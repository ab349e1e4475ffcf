//! `vicidial_cid_groups` and their entries (`vicidial_campaign_cid_areacodes`); campaigns can have entries too.

use diesel::result::{DatabaseErrorKind, Error};

use super::sql::{Bind, Sql};
use super::{Db, QueryResult};

const ENTRIES: &str = "vicidial_campaign_cid_areacodes";

/// An entry: a caller id for calls to an area code.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The area code, or a state.
    pub areacode: String,
    /// The caller id.
    pub outbound_cid: String,
    /// `Y`, `N` or empty, which is as good as `N`.
    pub active: Option<String>,
    /// What people know it by.
    pub cid_description: Option<String>,
    /// The calls it was used for today; a number.
    pub call_count_today: String,
}

/// Which entries are meant.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// The CID group or campaign.
    pub group: &'a str,
    /// Those of this area code; of every one where there is none.
    pub areacode: Option<&'a str>,
    /// The one with this caller id; with every one where there is none.
    pub outbound_cid: Option<&'a str>,
}

impl Selection<'_> {
    fn of(&self, statement: Sql) -> Sql {
        let mut statement = statement.sql(" WHERE campaign_id = ").bind(self.group);
        if let Some(areacode) = self.areacode {
            statement = statement.sql(" AND areacode = ").bind(areacode);
        }
        if let Some(outbound_cid) = self.outbound_cid {
            statement = statement.sql(" AND outbound_cid = ").bind(outbound_cid);
        }
        statement
    }
}

/// What an entry's row is to hold; values that are too long for their columns are cut.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// `Y` or empty.
    pub active: Option<&'static str>,
    /// What people know it by.
    pub cid_description: Option<String>,
}

impl Values {
    /// These values as their columns hold them.
    #[must_use]
    pub fn cut(mut self, db: &Db) -> Self {
        self.cid_description = self.cid_description.map(|description| {
            let cut = db.columns.cut(ENTRIES, "cid_description", &description);
            cut.to_owned()
        });
        self
    }

    /// Whether they would change that entry. The databases count this differently, so it is counted here.
    pub fn change(&self, entry: &Entry) -> bool {
        (self.active.is_some() && self.active != entry.active.as_deref())
            || (self.cid_description.is_some() && self.cid_description != entry.cid_description)
    }
}

/// The user group of a CID group; none where there is no such CID group.
///
/// # Errors
/// The database cannot be read.
pub fn user_group(db: &mut Db, group: &str) -> QueryResult<Option<Option<String>>> {
    let query = Sql::new("SELECT user_group FROM vicidial_cid_groups WHERE cid_group_id = ");
    let rows = db.read(query.bind(group))?;
    Ok(rows
        .into_iter()
        .next()
        .map(|row| row.0.into_iter().next().flatten()))
}

/// Whether there is a campaign of that name.
///
/// # Errors
/// The database cannot be read.
pub fn campaign_exists(db: &mut Db, campaign: &str) -> QueryResult<bool> {
    let query = Sql::new("SELECT campaign_id FROM vicidial_campaigns WHERE campaign_id = ");
    Ok(!db.read(query.bind(campaign))?.is_empty())
}

/// The entries that are meant, by area code and caller id.
///
/// # Errors
/// The database cannot be read.
pub fn entries(db: &mut Db, selection: &Selection<'_>) -> QueryResult<Vec<Entry>> {
    let query = Sql::new(format!(
        "SELECT areacode, outbound_cid, active, cid_description, CAST(call_count_today AS CHAR) AS calls FROM {ENTRIES}"
    ));
    let rows = db.read(selection.of(query).sql(" ORDER BY areacode, outbound_cid"))?;
    Ok(rows
        .into_iter()
        .map(|row| Entry {
            areacode: row.text(0).to_owned(),
            outbound_cid: row.text(1).to_owned(),
            active: row.0.get(2).cloned().flatten(),
            cid_description: row.0.get(3).cloned().flatten(),
            call_count_today: row.text(4).to_owned(),
        })
        .collect())
}

/// The selection's area code and caller id as their columns hold them: what a new entry's key would be.
#[must_use]
pub fn stored<'a>(db: &Db, selection: Selection<'a>) -> Selection<'a> {
    let cut = |column, value: &'a str| db.columns.cut(ENTRIES, column, value);
    Selection {
        group: cut("campaign_id", selection.group),
        areacode: selection.areacode.map(|value| cut("areacode", value)),
        outbound_cid: selection
            .outbound_cid
            .map(|value| cut("outbound_cid", value)),
    }
}

/// The statement that adds an entry.
pub fn insertion(key: &Selection<'_>, values: &Values) -> Sql {
    let texts = [
        Some(key.group),
        key.areacode,
        key.outbound_cid,
        values.active,
        values.cid_description.as_deref(),
    ];
    Sql::new(format!(
        "INSERT INTO {ENTRIES} (campaign_id, areacode, outbound_cid, active, cid_description) VALUES ("
    ))
    .bind_list(texts.map(|text| Bind::Text(text.map(str::to_owned))))
    .sql(")")
}

/// Adds an entry; false where it is there already.
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

/// The statement that changes entries.
pub fn change(selection: &Selection<'_>, values: &Values) -> Sql {
    let mut update = Sql::new(format!("UPDATE {ENTRIES} SET "));
    if let Some(active) = values.active {
        update = update.sql("active = ").bind(active);
    }
    if let Some(description) = &values.cid_description {
        update.push_sql(if values.active.is_some() { ", " } else { "" });
        update = update.sql("cid_description = ").bind(description.as_str());
    }
    selection.of(update)
}

/// The statement that deletes entries.
pub fn deletion(selection: &Selection<'_>) -> Sql {
    selection.of(Sql::new(format!("DELETE FROM {ENTRIES}")))
}
