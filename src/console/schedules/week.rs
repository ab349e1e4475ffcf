//! A week as bars: a row a day, from midnight to midnight.

use crate::routing::hours::{DAYS, minute};

/// The hours that are written above the week.
pub(super) const HOURS: [u32; 9] = [0, 3, 6, 9, 12, 15, 18, 21, 24];

/// Where a day begins, and how wide a minute is in tenths.
const LEFT: u32 = 40;
const TENTHS: u32 = 4;

/// The height of a day, and the room above the first.
const DAY: u32 = 22;
const TOP: u32 = 22;

/// Minutes of a day.
const MIDNIGHT: u32 = 24 * 60;

/// Some hours of a day.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    /// What is said where it is pointed at.
    pub(super) title: String,
}

/// Where a minute of the day is.
pub(super) fn x(minute: u32) -> u32 {
    LEFT + minute * TENTHS / 10
}

impl Bar {
    /// The bars of an opening: two where it goes past midnight. None where it cannot be read.
    pub(super) fn of(day: &str, opens: &str, closes: &str) -> Vec<Self> {
        let row = DAYS.iter().position(|known| *known == day);
        let row = row.and_then(|row| u32::try_from(row).ok());
        let (Some(row), Ok(from), Ok(to)) = (row, minute(opens), minute(closes)) else {
            return Vec::new();
        };
        let bar = |row: u32, from: u32, to: u32| Self {
            x: x(from),
            y: TOP + row * DAY,
            width: x(to) - x(from),
            title: format!("{day} {opens} to {closes}"),
        };
        match from < to {
            true => vec![bar(row, from, to)],
            false => vec![bar(row, from, MIDNIGHT), bar((row + 1) % 7, 0, to)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_past_midnight_are_on_two_days() {
        let bars = Bar::of("sun", "22:00", "02:00");
        let places: Vec<(u32, u32, u32)> =
            bars.iter().map(|bar| (bar.x, bar.y, bar.width)).collect();
        assert_eq!(places, [(568, 154, 48), (40, 22, 48)]);
        assert_eq!(Bar::of("mon", "09:00", "24:00").len(), 1);
        assert!(Bar::of("mon", "9", "24:00").is_empty());
    }
}
