//! A request as the API sees it: its parameters, who sent it, when, and what address was asked for. No HTTP.

use chrono::{
    DateTime, Datelike, FixedOffset, Local, NaiveDateTime, Offset, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;

use super::Proof;
use crate::now::now;
use crate::routing::number_form::NumberForm;

/// When a call is answered, in the dialer's local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallTime {
    at: DateTime<FixedOffset>,
    daylight_saving: bool,
}

impl CallTime {
    /// Now, in this machine's time zone.
    pub fn now() -> Self {
        Self::in_zone(now(), &Local)
    }

    /// A time in a time zone. It counts as daylight saving time when the zone's offset is ahead of the smaller one of
    /// that year's January and July.
    pub fn in_zone<Zone: TimeZone>(at: DateTime<Utc>, zone: &Zone) -> Self {
        let offset = |at: NaiveDateTime| zone.offset_from_utc_datetime(&at).fix().local_minus_utc();
        let now = offset(at.naive_utc());
        let of_month = |month| {
            let day = chrono::NaiveDate::from_ymd_opt(at.year(), month, 1)
                .and_then(|date| date.and_hms_opt(0, 0, 0));
            day.map_or(now, offset)
        };
        let standard = of_month(1).min(of_month(7));
        Self {
            at: at.with_timezone(&zone.offset_from_utc_datetime(&at.naive_utc()).fix()),
            daylight_saving: now > standard,
        }
    }

    /// `YYYY-MM-DD HH:MM:SS`, as the tables hold it.
    pub fn timestamp(&self) -> String {
        stamp(&self.at)
    }

    /// The timestamp of so many minutes ago.
    pub fn timestamp_minutes_ago(&self, minutes: i64) -> String {
        stamp(&(self.at - chrono::Duration::minutes(minutes)))
    }

    /// The same in UTC.
    pub fn utc(&self) -> DateTime<Utc> {
        self.at.to_utc()
    }

    /// Seconds since 1970.
    pub fn epoch(&self) -> i64 {
        self.at.timestamp()
    }

    /// Whether it is daylight saving time.
    pub fn is_daylight_saving(&self) -> bool {
        self.daylight_saving
    }

    /// Hours from UTC without daylight saving time.
    pub fn standard_hours(&self) -> f64 {
        f64::from(self.at.offset().local_minus_utc()) / 3600.0
            - f64::from(u8::from(self.daylight_saving))
    }
}

/// As `%Y-%m-%d %H:%M:%S`, of which each call needs several.
fn stamp(at: &DateTime<FixedOffset>) -> String {
    let at = at.naive_local();
    let (date, time) = (at.date(), at.time());
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// A request to the API.
#[derive(Clone)]
pub struct Call {
    /// The parameters as decoded, in the order in which the last of a name wins; not filtered yet.
    pub pairs: Vec<(String, Vec<u8>)>,
    /// How many of them came in a form: the first ones.
    pub form_pair_count: usize,
    /// What stands for the password, for somebody who has signed in before.
    pub proof: Option<Proof>,
    /// The client's address.
    pub client: String,
    /// The name of the host that was asked.
    pub host: String,
    /// This machine's own name.
    pub hostname: String,
    /// The address asked for, without its query.
    pub script_url: String,
    /// The whole address asked for, its password hidden.
    pub url: String,
    /// How this server writes new numbers.
    pub number_form: NumberForm,
    /// When it is answered.
    pub time: CallTime,
    /// The dialer's time zone, where the operator names it.
    pub time_zone: Option<Tz>,
    /// When it came in, for the log's run time.
    pub received: std::time::Instant,
}
