//! `system_settings`, and the first server's time zone.

use std::sync::Arc;

use super::sql::{Sql, TextRow};
use super::{Db, QueryResult, servers};

/// The settings of the system that the API looks at.
#[derive(Default)]
pub struct Settings {
    use_non_latin: Option<String>,
    pass_hash_enabled: Option<String>,
    pass_key: Option<String>,
    pass_cost: Option<i32>,
    allow_ip_lists: Option<String>,
    system_ip_blacklist: Option<String>,
    two_factor_auth_hours: Option<i32>,
    two_factor_container: Option<String>,
}

impl From<&TextRow> for Settings {
    fn from(row: &TextRow) -> Self {
        let text = |column| row.value(column).map(str::to_owned);
        let number = |column| row.value(column).and_then(|text| text.parse().ok());
        Self {
            use_non_latin: text(0),
            pass_hash_enabled: text(1),
            pass_key: text(2),
            pass_cost: number(3),
            allow_ip_lists: text(4),
            system_ip_blacklist: text(5),
            two_factor_auth_hours: number(6),
            two_factor_container: text(7),
        }
    }
}

/// How passwords are hashed on this system.
#[derive(Clone, PartialEq, Eq)]
pub struct Hashing {
    /// The salt: 16 bytes.
    pub key: String,
    /// bcrypt's cost.
    pub cost: u32,
}

impl Settings {
    /// The settings, read once a batch; the defaults where the table is empty.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn read(db: &mut Db) -> QueryResult<Arc<Self>> {
        if let Some(settings) = &db.seen.settings {
            return Ok(Arc::clone(settings));
        }
        let rows = db.read(Sql::new(
            "SELECT use_non_latin, pass_hash_enabled, pass_key, CAST(pass_cost AS CHAR) AS c4, allow_ip_lists, \
             system_ip_blacklist, CAST(two_factor_auth_hours AS CHAR) AS c7, two_factor_container \
             FROM system_settings LIMIT 1",
        ))?;
        let settings = Arc::new(rows.first().map(Self::from).unwrap_or_default());
        db.seen.settings = Some(Arc::clone(&settings));
        Ok(settings)
    }

    /// Whether letters beyond ASCII are kept in values (fixtures/reference/behaviour.md §1).
    pub fn non_latin(&self) -> bool {
        above_zero(self.use_non_latin.as_deref())
    }

    /// How passwords are hashed; none where they are compared as they are.
    pub fn hashing(&self) -> Option<Hashing> {
        above_zero(self.pass_hash_enabled.as_deref()).then(|| Hashing {
            key: self.pass_key.clone().unwrap_or_default(),
            cost: u32::try_from(self.pass_cost.unwrap_or(0)).unwrap_or(0),
        })
    }

    /// Whether a client's address is looked up in the IP lists.
    pub fn ip_lists(&self) -> bool {
        above_zero(self.allow_ip_lists.as_deref())
    }

    /// The list whose addresses are blocked; none where its name is too short to be one.
    pub fn ip_blacklist(&self) -> Option<&str> {
        self.system_ip_blacklist
            .as_deref()
            .filter(|name| name.len() > 1)
    }

    /// Whether a second factor is asked for.
    pub fn two_factor(&self) -> bool {
        let container = self.two_factor_container.as_deref().unwrap_or_default();
        self.two_factor_auth_hours.unwrap_or(0) > 0
            && !container.is_empty()
            && container != "---DISABLED---"
    }
}

/// What functions without a sign-in look at.
pub struct System {
    /// The settings.
    pub settings: Arc<Settings>,
    /// `local_gmt` of the first active server: its hours from UTC without daylight saving time, such as `-5.00`. None where
    /// no server is active.
    pub local_gmt: Option<String>,
}

impl System {
    /// Reads it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn read(db: &mut Db) -> QueryResult<Self> {
        Ok(Self {
            settings: Settings::read(db)?,
            local_gmt: servers::local_gmt(db)?,
        })
    }
}

/// Whether an ENUM column that counts up from `'0'` stands above it.
pub(super) fn above_zero(value: Option<&str>) -> bool {
    value
        .and_then(|text| text.parse::<i32>().ok())
        .is_some_and(|number| number > 0)
}
