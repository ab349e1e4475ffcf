//! Numbers as people paste them: lists, ranges, columns of a spreadsheet.
//!
//! A line is one of a table where it has a tab, a semicolon or a comma outside quotes: of the cells, those that are whole numbers
//! count, and the others are left out. Only where no cell is one do all cells count that could be a pattern, such as `1101`
//! or `_727555XXXX`. A cell holds one number, or several, or ranges, as [`number_list`] reads them.

use std::collections::HashMap;

use crate::routing::number_form::{NumberForm, common_part};
use crate::routing::number_list::{self, Piece};
use crate::store::collation;

/// Something that was pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its line, from 1.
    pub(super) line: usize,
    /// As it was written.
    pub(super) written: String,
    /// What it is.
    pub(super) what: What,
}

/// What was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// A number, in the form that was chosen.
    Number(String),
    /// The number of another line, as it is written there or in another way.
    Twin(String, usize),
    /// No number, because of this.
    Wrong(String),
    /// Something beside the numbers.
    LeftOut,
}

/// What a text holds, in its order; none where that is more than so many numbers, or than four times as many entries.
pub(super) fn read(text: &str, form: NumberForm, most: usize) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut numbers = 0;
    for (index, line) in text.lines().enumerate() {
        for (written, what) in of_line(line, form, most) {
            let line = index + 1;
            let what = match what {
                What::Number(number) => match seen.get(&identity(&number)) {
                    Some(first) => What::Twin(number, *first),
                    None => {
                        seen.insert(identity(&number), line);
                        numbers += 1;
                        What::Number(number)
                    }
                },
                what => what,
            };
            entries.push(Entry {
                line,
                written,
                what,
            });
            if numbers > most || entries.len() > 4 * most {
                return None;
            }
        }
    }
    Some(entries)
}

/// What two ways to write a number have in common.
fn identity(number: &str) -> String {
    match common_part(number) {
        Some(common) => common.to_owned(),
        // Whatever its case and accents.
        None => format!("{:?}", collation::key(number)),
    }
}

fn of_line(line: &str, form: NumberForm, most: usize) -> Vec<(String, What)> {
    let cells: Vec<String> = cells(line)
        .into_iter()
        .map(|cell| cell.trim().to_owned())
        .filter(|cell| !cell.is_empty())
        .collect();
    let is_table = cells.len() > 1;
    let mut read: Vec<Vec<(String, What)>> = Vec::new();
    let mut count = 0;
    for cell in &cells {
        let of_cell = of_cell(cell, form, most);
        count += of_cell.len();
        read.push(of_cell);
        // More than is taken: the rest is not looked at.
        if count > 4 * most {
            break;
        }
    }
    let is_number = |(_, what): &(String, What)| matches!(what, What::Number(number) if common_part(number).is_some());
    let has_numbers = read.iter().flatten().any(is_number);
    let cells = cells.into_iter().zip(read);
    cells
        .flat_map(|(cell, read)| {
            let is_whole = read.iter().all(is_number);
            // `2.50`, or a date, beside a number.
            let is_else = is_date(&cell) || (!is_whole && !begins_as_number(&cell));
            let is_beside = is_table && has_numbers && is_else;
            match is_beside || read.is_empty() {
                true => vec![(cell, What::LeftOut)],
                false => read,
            }
        })
        .collect()
}

/// Whether a cell looks as if it were meant as a telephone number.
fn begins_as_number(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    digits >= MEANT
        && cell.starts_with(['+', '(', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
}

/// Whether a cell is a date as spreadsheets write it: `2026-11-20`, `11/20/2026`, `20.11.2026`.
fn is_date(cell: &str) -> bool {
    let parts: Vec<&str> = cell.split(['-', '/', '.']).collect();
    let are_digits = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    parts.iter().all(are_digits) && matches!(lengths[..], [4, 1 | 2, 1 | 2] | [1 | 2, 1 | 2, 4])
}

/// Digits from which on something beside a number is looked at as one: a date has eight.
const MEANT: usize = 9;

/// The cells of a line, by the first of these that it holds outside of quotes.
fn cells(line: &str) -> Vec<String> {
    for separator in [b'\t', b';', b','] {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(line.as_bytes());
        let mut record = csv::StringRecord::new();
        if reader.read_record(&mut record).unwrap_or(false) && record.len() > 1 {
            return record.iter().map(str::to_owned).collect();
        }
    }
    vec![line.trim().trim_matches('"').to_owned()]
}

fn of_cell(cell: &str, form: NumberForm, most: usize) -> Vec<(String, What)> {
    // What is one number may have separators that separate numbers elsewhere.
    if let Ok(Some(number)) = form.number(cell) {
        return vec![(cell.to_owned(), What::Number(number))];
    }
    let (pieces, _) = number_list::pieces(cell);
    let mut read = Vec::new();
    for piece in pieces {
        match &piece {
            Piece::Number(number) => read.extend(of_number(number, form)),
            Piece::Range(first, last) => {
                let range = format!("{first}-{last}");
                match number_list::expanded(std::slice::from_ref(&piece)) {
                    Ok(numbers) => {
                        let numbers = numbers.iter().take(most + 1);
                        read.extend(numbers.flat_map(|number| {
                            let of_range = of_number(number, form);
                            of_range.map(|(_, what)| (range.clone(), what))
                        }));
                    }
                    Err(bad) => read.push((range, What::Wrong(format!("the {}", bad.fault)))),
                }
            }
        }
        if read.len() > 4 * most {
            break;
        }
    }
    read
}

fn of_number(written: &str, form: NumberForm) -> Option<(String, What)> {
    let what = match form.number(written) {
        Ok(Some(number)) => What::Number(number),
        Ok(None) if is_pattern(written) => What::Number(written.to_owned()),
        Ok(None) => return None,
        Err(malformed) => What::Wrong(format!("the number {malformed}")),
    };
    Some((written.to_owned(), what))
}

/// Whether a text that is no number can be a pattern of another kind: `default`, `_727555XXXX`, `*98`, `1101`.
fn is_pattern(text: &str) -> bool {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || "+*#._:".contains(c);
    text.chars().all(is_kept)
        && (text.eq_ignore_ascii_case("default")
            || text.starts_with(['_', '*', '#'])
            || text.contains(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::number_form::Form;

    fn shown(text: &str) -> Vec<String> {
        let entries = read(text, NumberForm::default(), 100).expect("not too many");
        let shown = entries.iter().map(|entry| match &entry.what {
            What::Number(number) => format!("{}:{number}", entry.line),
            What::Twin(number, first) => format!("{}:{number} as {first}", entry.line),
            What::Wrong(why) => format!("{}:{}!{why}", entry.line, entry.written),
            What::LeftOut => format!("{}:({})", entry.line, entry.written),
        });
        shown.collect()
    }

    #[test]
    fn every_way_in_which_people_paste_numbers() {
        for (text, read) in [
            ("", &[][..]),
            ("7275551014", &["1:7275551014"]),
            (
                "  (800) 555-1013  \n+1 727 555 1014\r\n\n727.555.1015",
                &["1:8005551013", "2:+17275551014", "4:7275551015"],
            ),
            (
                "7275551014, 7275551015;7275551016",
                &["1:7275551014", "1:7275551015", "1:7275551016"],
            ),
            ("7275551014 7275551015", &["1:7275551014", "1:7275551015"]),
            (
                "7275551014-7275551016",
                &["1:7275551014", "1:7275551015", "1:7275551016"],
            ),
            (
                "7275551014\tFront desk\t2.50",
                &["1:7275551014", "1:(Front desk)", "1:(2.50)"],
            ),
            (
                "\"Front; desk\";\"(727) 555-1014\";x",
                &["1:(Front; desk)", "1:7275551014", "1:(x)"],
            ),
            (
                "Number,Description\n7275551014,\"Main, office\"",
                &[
                    "1:(Number)",
                    "1:(Description)",
                    "2:7275551014",
                    "2:(Main, office)",
                ],
            ),
            ("7275551014,2026-11-20", &["1:7275551014", "1:(2026-11-20)"]),
            (
                "\"7275551014\"\n'7275551015\n=\"7275551016\"",
                &["1:7275551014", "2:7275551015", "3:7275551016"],
            ),
            ("1101, 1102", &["1:1101", "1:1102"]),
            (
                "default\n_727555XXXX\n*98",
                &["1:default", "2:_727555XXXX", "3:*98"],
            ),
            ("Front desk", &["1:(Front desk)"]),
            (
                "7275551014\n17275551014\n+1 (727) 555-1014",
                &["1:7275551014", "2:17275551014 as 1", "3:+17275551014 as 1"],
            ),
            (
                "7.27556E+09",
                &[
                    "1:7.27556E+09!the number was rounded by a spreadsheet, format its column as text and export it again",
                ],
            ),
            (
                "7275551014 x22",
                &["1:7275551014 x22!the number has more in it than a number, as an extension"],
            ),
            (
                "7275551016-7275551014",
                &["1:7275551016-7275551014!the range must not end before it begins"],
            ),
            ("\u{202E}7275551014\u{200B}", &["1:7275551014"]),
        ] {
            assert_eq!(shown(text), read, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_written_in_the_form_that_is_chosen() {
        let form = NumberForm {
            form: Form::E164,
            country: 1,
        };
        let read = read("(727) 555-1014\n5551014\ndefault", form, 100).expect("not too many");
        let what: Vec<&What> = read.iter().map(|entry| &entry.what).collect();
        assert_eq!(
            what,
            [
                &What::Number("+17275551014".to_owned()),
                &What::Wrong("the number is no number of this country".to_owned()),
                &What::Number("default".to_owned()),
            ]
        );
    }

    #[test]
    fn no_more_are_read_than_may_be() {
        let count = |text: &str| Some(read(text, NumberForm::default(), 10)?.len());
        assert_eq!(count("7275551001-7275551010"), Some(10));
        assert_eq!(count("7275551001-7275559999"), None);
        assert_eq!(count(&"7275551001-7275551010\n".repeat(4)), Some(40));
        assert_eq!(count(&"7275551001-7275551010\n".repeat(1000)), None);
        // All in one line, or in one cell of it: no more is made of it than is taken.
        for between in [" ", ","] {
            let line = format!("7275551001-7275551010{between}").repeat(1000);
            assert_eq!(count(&line), None);
            let read = of_line(&line, NumberForm::default(), 10);
            assert!(read.len() < 1000, "{}", read.len());
        }
    }
}
