//! What each table and column can hold: read from `information_schema` on MariaDB, from `columns.tsv` on our own SQLite
//! file (a test compares that file with both migration trees). That file also says which indexes a column is in, and which
//! functions cannot do without it: VICIdial versions differ, and one that only a DID's field or a copy uses is not needed.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    /// One of the declared words.
    Enum(Vec<String>),
    /// A whole number within these bounds, both included.
    Integer(i128, i128),
    /// A number with a fixed count of decimals.
    Decimal,
    /// `YYYY-MM-DD HH:MM:SS`.
    DateTime,
    /// A type that none of our tables uses; nothing is checked.
    Other,
}

/// A column of the connected database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// How the database fills it when a row leaves it out.
    pub filled: Filled,
}

/// How the database fills a column that a row leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// Not at all.
    No,
    /// With its default.
    ByDefault,
    /// With the next number.
    Counting,
}

impl Filled {
    /// How a column is filled that has a default, or of which `information_schema` has something extra to say.
    pub(super) fn of(has_default: bool, extra: &str) -> Self {
        match (extra.contains("auto_increment"), has_default) {
            (true, _) => Self::Counting,
            (false, true) => Self::ByDefault,
            (false, false) => Self::No,
        }
    }
}

/// The tables of the connected database that vicishim knows, by name.
#[derive(Debug, Clone, Default)]
pub struct Columns(BTreeMap<String, Vec<Column>>);

const OURS: &str = include_str!("columns.tsv");

/// The fields of each line of [`OURS`]: table, column, type, nullable, default, extra, index, needed by. An index is
/// `primary`, `unique` or `index`; one of several columns has its name and the column's place behind that.
fn lines_of_ours() -> impl Iterator<Item = [&'static str; 8]> {
    OURS.lines().skip(1).map(|line| {
        let mut fields = line.split('\t');
        std::array::from_fn(|_| fields.next().unwrap_or_default())
    })
}

impl Columns {
    /// The tables of our own databases, as the migrations make them.
    pub fn ours() -> Self {
        let mut columns = Self::default();
        for [table, name, kind, nullable, default, extra, ..] in lines_of_ours() {
            columns.add(
                table,
                name,
                kind,
                nullable == "YES",
                Filled::of(default != "NULL", extra),
            );
        }
        columns
    }

    /// The names of the tables of our own databases, in the order of `columns.tsv`.
    pub(super) fn known_tables() -> impl Iterator<Item = &'static str> {
        let mut last = "";
        lines_of_ours().filter_map(move |[table, ..]| {
            let is_new = table != std::mem::replace(&mut last, table);
            is_new.then_some(table)
        })
    }

    /// The same with the tables of our own, `vicishim_…`, that are in another database.
    #[must_use]
    pub(super) fn with_vicishim_tables(mut self) -> Self {
        let own = Self::ours().0.into_iter();
        self.0
            .extend(own.filter(|(table, _)| table.starts_with("vicishim_")));
        self
    }

    /// The same without the tables and columns that vicishim does not know: a VICIdial's database has more of both.
    #[must_use]
    pub fn known(&self) -> Self {
        let ours = Self::ours();
        let known = self.0.iter().filter_map(|(table, columns)| {
            let columns = columns
                .iter()
                .filter(|column| ours.find(table, &column.name).is_some());
            let columns: Vec<_> = columns.cloned().collect();
            (!columns.is_empty()).then(|| (table.clone(), columns))
        });
        Self(known.collect())
    }

    /// What this database lacks, tables and columns, each with what needs it; none where nothing is missing.
    pub fn missing(&self) -> Option<String> {
        let mut tables: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut columns = Vec::new();
        for [table, column, .., needed_by] in lines_of_ours() {
            if needed_by.is_empty() || self.find(table, column).is_some() {
                continue;
            }
            if !self.of(table).is_empty() {
                columns.push(format!("column {table}.{column} (for {needed_by})"));
                continue;
            }
            if tables.last().is_none_or(|(last, _)| *last != table) {
                tables.push((table, Vec::new()));
            }
            if let Some((_, needed)) = tables.last_mut() {
                for function in needed_by.split(", ") {
                    if !needed.contains(&function) {
                        needed.push(function);
                    }
                }
            }
        }
        let tables = tables
            .into_iter()
            .map(|(table, needed)| format!("table {table} (for {})", needed.join(", ")));
        let missing: Vec<String> = tables.chain(columns).collect();
        (!missing.is_empty()).then(|| missing.join(", "))
    }

    /// Adds a column, its type as `information_schema` spells it: `varchar(50)`, `enum('Y','N')`, `int(9) unsigned`.
    pub fn add(&mut self, table: &str, name: &str, kind: &str, nullable: bool, filled: Filled) {
        let column = Column {
            name: name.to_owned(),
            kind: Kind::parse(kind),
            nullable,
            filled,
        };
        self.0.entry(table.to_owned()).or_default().push(column);
    }

    /// The tables' names, in alphabetical order.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The columns of a table in their order; none where the database has no such table.
    pub fn of(&self, table: &str) -> &[Column] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }

    /// A column, where the database has it.
    pub fn find(&self, table: &str, column: &str) -> Option<&Column> {
        self.of(table).iter().find(|c| c.name == column)
    }

    /// How many characters a text column holds; as many as you like where that is not known.
    pub fn width(&self, table: &str, column: &str) -> usize {
        match self.find(table, column).map(|c| &c.kind) {
            Some(Kind::Text(width)) => *width,
            _ => usize::MAX,
        }
    }

    /// How many characters each of these columns holds.
    pub fn widths(&self, table: &str, columns: &[&str]) -> Vec<usize> {
        columns
            .iter()
            .map(|column| self.width(table, column))
            .collect()
    }

    /// The value cut to the width of its column, at a character's end (fixtures/reference/behaviour.md §7).
    pub fn cut<'v>(&self, table: &str, column: &str, value: &'v str) -> &'v str {
        cut(value, self.width(table, column))
    }

    /// The value as a log's column takes it, of at most 3 bytes a character and the column's width.
    pub(super) fn storable<'v>(&self, table: &str, column: &str, value: &'v str) -> Cow<'v, str> {
        storable(value, self.width(table, column))
    }

    /// The value as its column keeps it: cut to its width, an ENUM's word in its declared spelling, a number without
    /// leading zeros (fixtures/reference/behaviour.md §1).
    pub fn kept(&self, table: &str, column: &str, value: &str) -> String {
        let kind = self.find(table, column).map(|c| &c.kind);
        match kind {
            Some(kind @ (Kind::Enum(_) | Kind::Integer(..))) => kind.fit(value).ok(),
            _ => None,
        }
        .unwrap_or_else(|| self.cut(table, column, value).to_owned())
    }
}

/// The value as a log's column takes it: without letters of four bytes in UTF-8, which VICIdial's columns cannot hold, and
/// cut to the column's width.
pub(super) fn storable(value: &str, width: usize) -> Cow<'_, str> {
    if value.bytes().all(|byte| byte < 0xf0) {
        return Cow::Borrowed(cut(value, width));
    }
    let kept = value.chars().filter(|c| c.len_utf8() < 4).take(width);
    Cow::Owned(kept.collect())
}

/// The first so many characters of a value.
pub(super) fn cut(value: &str, width: usize) -> &str {
    if value.len() <= width {
        return value;
    }
    match value.char_indices().nth(width) {
        Some((end, _)) => &value[..end],
        None => value,
    }
}

impl Kind {
    fn parse(declared: &str) -> Self {
        let (name, rest) = declared.split_once('(').unwrap_or((declared, ""));
        let unsigned = declared.contains("unsigned");
        let integer = |bits: u32| {
            if unsigned {
                Self::Integer(0, (1 << bits) - 1)
            } else {
                Self::Integer(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
            }
        };
        match name.split(' ').next().unwrap_or_default() {
            "varchar" | "char" => Self::Text(
                rest.split(')')
                    .next()
                    .and_then(|n| n.parse().ok())
                    .unwrap_or(usize::MAX),
            ),
            "tinytext" => Self::Text(255),
            // In bytes; a character takes three of them at the most, as VICIdial's utf8 does.
            "text" => Self::Text(65_535 / 3),
            "mediumtext" => Self::Text(16_777_215 / 3),
            "longtext" => Self::Text(usize::MAX),
            "enum" => Self::Enum(
                rest.trim_end_matches(')')
                    .split(',')
                    .map(|word| word.trim_matches('\'').replace("''", "'"))
                    .collect(),
            ),
            "tinyint" => integer(8),
            "smallint" => integer(16),
            "mediumint" => integer(24),
            "int" => integer(32),
            "bigint" => integer(64),
            "decimal" => Self::Decimal,
            "datetime" | "timestamp" => Self::DateTime,
            _ => Self::Other,
        }
    }

    /// The value as this column stores it, or what is wrong with it. An ENUM takes its declared spelling.
    ///
    /// # Errors
    /// A sentence's end: `"… is longer than 50 characters"`.
    pub fn fit(&self, value: &str) -> Result<String, String> {
        match self {
            Self::Text(width) if value.chars().count() > *width => {
                Err(format!("is longer than {width} characters"))
            }
            Self::Enum(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(value)) {
                Some(word) => Ok(word.clone()),
                None => Err(format!("is none of {}", words.join(", "))),
            },
            Self::Integer(low, high) => match value.parse::<i128>() {
                Ok(number) if (*low..=*high).contains(&number) => Ok(number.to_string()),
                Ok(_) => Err(format!("is not between {low} and {high}")),
                Err(_) => Err("is not a whole number".to_owned()),
            },
            Self::Decimal
                if value
                    .parse::<f64>()
                    .map_or(true, |number| !number.is_finite()) =>
            {
                Err("is not a number".to_owned())
            }
            // A server that is not strict stores it for a date that is none.
            Self::DateTime if value == "0000-00-00 00:00:00" => Ok(value.to_owned()),
            Self::DateTime
                if chrono::NaiveDateTime::parse_from_str(value, "%Y-%m-%d %H:%M:%S").is_err() =>
            {
                Err("is not a date and time (YYYY-MM-DD HH:MM:SS)".to_owned())
            }
            _ => Ok(value.to_owned()),
        }
    }
}

impl Kind {
    /// What a column of this kind takes where it must have a value and was given none.
    pub fn empty(&self) -> &str {
        match self {
            Self::Text(_) | Self::Other => "",
            Self::Enum(words) => words.first().map_or("", String::as_str),
            Self::Integer(..) | Self::Decimal => "0",
            Self::DateTime => "2001-01-01 00:00:00",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logs_value_has_no_letters_of_four_bytes_and_the_columns_width() {
        assert_eq!(storable("señal 日本", 6), "señal ");
        assert_eq!(storable("a😀b😀cd", 3), "abc");
        assert_eq!(storable("😀", 3), "");
    }

    #[test]
    fn our_own_tables_have_everything() {
        assert_eq!(Columns::ours().missing(), None);
    }

    #[test]
    fn an_empty_database_lacks_every_table_that_is_needed() {
        let missing = Columns::default().missing().expect("everything is missing");
        let mut needed: Vec<_> = lines_of_ours()
            .filter(|line| !line[7].is_empty())
            .map(|line| line[0])
            .collect();
        needed.dedup();
        assert_eq!(missing.matches("table ").count(), needed.len());
        assert!(!missing.contains("column "), "{missing}");
        assert!(
            missing.contains(
                "table vicidial_inbound_dids (for add_did, copy_did, update_did, did_list)"
            )
        );
    }
}
