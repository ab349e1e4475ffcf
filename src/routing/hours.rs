//! Opening hours, holidays, and the conditions of a route, on the clock of an IANA time zone.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc, Weekday};
use chrono_tz::Tz;

/// The days' words, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The day of that word: `mon` to `sun`.
///
/// # Errors
/// It is not a day's name.
pub fn day(word: &str) -> Result<Weekday, String> {
    const WEEK: [Weekday; 7] = [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
        Weekday::Sat,
        Weekday::Sun,
    ];
    DAYS.iter()
        .zip(WEEK)
        .find(|(known, _)| **known == word)
        .map(|(_, day)| day)
        .ok_or_else(|| format!("{word:?} is not one of {}", DAYS.join(", ")))
}

/// The minute of the day, 0 to 1440, of `HH:MM`.
///
/// # Errors
/// It is not a time from 00:00 to 24:00.
pub fn minute(clock: &str) -> Result<u32, String> {
    let wrong = || format!("{clock:?} is not a time from 00:00 to 24:00");
    let (hours, minutes) = clock.split_once(':').ok_or_else(wrong)?;
    let number = |text: &str, bound: u32| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u32>().ok())
            .flatten()
            .filter(|number| *number <= bound)
            .ok_or_else(wrong)
    };
    let minute = number(hours, 24)? * 60 + number(minutes, 59)?;
    if minute <= 1440 {
        Ok(minute)
    } else {
        Err(wrong())
    }
}

/// The time zone of that IANA name, such as `America/New_York`.
///
/// # Errors
/// There is no such time zone.
pub fn zone(name: &str) -> Result<Tz, String> {
    name.parse()
        .map_err(|_| format!("{name:?} is no IANA time zone"))
}

/// A span of the clock that begins on its day; one that ends at or before its beginning goes on past midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    from: u32,
    to: u32,
}

impl Span {
    /// A span from `HH:MM` to `HH:MM`.
    ///
    /// # Errors
    /// One of them is no time, or they are the same.
    pub fn parse(from: &str, to: &str) -> Result<Self, String> {
        let span = Self {
            from: minute(from)?,
            to: minute(to)?,
        };
        if span.from == span.to || span.from == 1440 {
            return Err(format!("{from} to {to} is no span of time"));
        }
        Ok(span)
    }

    /// Whether it covers a time, where it begins on days that `begins` allows.
    fn covers(self, at: NaiveDateTime, begins: impl Fn(Weekday) -> bool) -> bool {
        let minute = at.hour() * 60 + at.minute();
        let today = at.weekday();
        if self.from < self.to {
            return begins(today) && (self.from..self.to).contains(&minute);
        }
        (begins(today) && minute >= self.from) || (begins(today.pred()) && minute < self.to)
    }
}

/// A day on which a schedule's holiday target applies, from midnight to midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    year: Option<i32>,
    month: u32,
    day: u32,
    /// Its name; may be empty.
    pub name: String,
}

impl Holiday {
    /// A holiday on `YYYY-MM-DD`, or every year on `MM-DD`.
    ///
    /// # Errors
    /// There is no such day.
    pub fn parse(date: &str, name: &str) -> Result<Self, String> {
        let yearly = date.len() == 5;
        // 2000 was a leap year: the 29th of February is a day.
        let full = if yearly {
            format!("2000-{date}")
        } else {
            date.to_owned()
        };
        let day = NaiveDate::parse_from_str(&full, "%Y-%m-%d")
            .ok()
            .filter(|_| full.len() == 10)
            .ok_or_else(|| format!("{date:?} is neither YYYY-MM-DD nor MM-DD"))?;
        Ok(Self {
            year: (!yearly).then(|| day.year()),
            month: day.month(),
            day: day.day(),
            name: name.to_owned(),
        })
    }

    fn is_on(&self, date: NaiveDate) -> bool {
        self.year.is_none_or(|year| year == date.year())
            && (self.month, self.day) == (date.month(), date.day())
    }
}

/// A schedule as its rows have it: texts, which may hold mistakes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduleRows {
    /// Its name.
    pub name: String,
    /// The IANA name of its time zone.
    pub time_zone: String,
    /// Day, opening, closing.
    pub hours: Vec<(String, String, String)>,
    /// Date and name.
    pub holidays: Vec<(String, String)>,
}

/// Opening hours and holidays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    zone: Tz,
    hours: Vec<(Weekday, Span)>,
    holidays: Vec<Holiday>,
}

/// What a schedule says of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// Within the hours.
    Open,
    /// Outside them.
    Closed,
    /// On a holiday of that name.
    Holiday(String),
}

impl Schedule {
    /// Reads the rows.
    ///
    /// # Errors
    /// The first mistake in them.
    pub fn parse(rows: &ScheduleRows) -> Result<Self, String> {
        let hours = rows
            .hours
            .iter()
            .map(|(on, from, to)| Ok((day(on)?, Span::parse(from, to)?)))
            .collect::<Result<_, String>>()?;
        let holidays = rows
            .holidays
            .iter()
            .map(|(date, name)| Holiday::parse(date, name))
            .collect::<Result<_, String>>()?;
        Ok(Self {
            zone: zone(&rows.time_zone)?,
            hours,
            holidays,
        })
    }

    /// Its time zone.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// What it says of this time.
    pub fn at(&self, at: DateTime<Utc>) -> Hours {
        let local = at.with_timezone(&self.zone).naive_local();
        if let Some(holiday) = self.holidays.iter().find(|day| day.is_on(local.date())) {
            return Hours::Holiday(holiday.name.clone());
        }
        match self
            .hours
            .iter()
            .any(|(on, span)| span.covers(local, |day| day == *on))
        {
            true => Hours::Open,
            false => Hours::Closed,
        }
    }
}

/// When a route applies, as its row has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConditionRow {
    /// Days between commas; empty for every day.
    pub days: String,
    /// From when on, `HH:MM`; empty for the whole day.
    pub from: String,
    /// Until when.
    pub to: String,
    /// The IANA name of a time zone; empty for the schedule's, or else the dialer's.
    pub time_zone: String,
}

/// When a route applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    days: Vec<Weekday>,
    span: Option<Span>,
    zone: Option<Tz>,
}

impl Condition {
    /// Reads the row.
    ///
    /// # Errors
    /// The first mistake in it.
    pub fn parse(row: &ConditionRow) -> Result<Self, String> {
        let days = row
            .days
            .split(',')
            .filter(|word| !word.is_empty())
            .map(day)
            .collect::<Result<_, _>>()?;
        let span = match (row.from.as_str(), row.to.as_str()) {
            ("", "") => None,
            ("", _) | (_, "") => return Err("from and to belong together".to_owned()),
            (from, to) => Some(Span::parse(from, to)?),
        };
        let zone = match row.time_zone.as_str() {
            "" => None,
            name => Some(zone(name)?),
        };
        Ok(Self { days, span, zone })
    }

    /// The time zone on whose clock it is read, for a DID with a schedule of this one; none for the dialer's clock.
    pub fn zone_within(&self, schedule: Option<Tz>) -> Option<Tz> {
        self.zone.or(schedule)
    }

    /// Whether it holds at this time; on the clock of its own zone, else of the schedule's, else the dialer's.
    pub fn holds(&self, at: DateTime<Utc>, schedule: Option<Tz>, dialer: NaiveDateTime) -> bool {
        let local = self
            .zone_within(schedule)
            .map_or(dialer, |zone| at.with_timezone(&zone).naive_local());
        let begins = |day: Weekday| self.days.is_empty() || self.days.contains(&day);
        match self.span {
            Some(span) => span.covers(local, begins),
            None => begins(local.weekday()),
        }
    }
}
