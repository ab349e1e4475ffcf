//! The list as a file for spreadsheets.

use super::asked::Asked;
use super::columns::{Column, Holds};
use super::found::{Found, Row};
use super::{ASKS, words};
use crate::console::shown::{Answer, Shown};
use crate::console::visit::Visit;
use crate::store::dids::listing::From;

/// How many numbers a file has at the most; so many are looked at where those with findings are asked for.
const MOST: usize = 100_000;

/// How many are read at a time.
const STEP: usize = 2000;

/// `GET /numbers.csv`: the same filters, order and columns as the list, from its beginning on.
pub(in crate::console) async fn download(visit: &Visit) -> Answer {
    let mut asked = Asked {
        from: From::Begin,
        is_file: true,
        ..Asked::of(&visit.query)
    };
    asked.per_page = STEP;
    let mut file = Vec::new();
    let names = asked.columns.iter().map(|column| column.header);
    line(&mut file, std::iter::once("did_pattern").chain(names));
    let (mut rows, mut looked_at) = (0, 0);
    loop {
        let reading = asked.clone();
        let (function, asks) = ASKS;
        let found = visit
            .read(function, asks, move |db, reader| {
                Found::read(db, reader, &reading)
            })
            .await?;
        for row in &found.rows {
            let cells = asked.columns.iter().map(|column| cell(row, column));
            let number = row.record.text("did_pattern").to_owned();
            let cells: Vec<String> = std::iter::once(number).chain(cells).collect();
            line(&mut file, cells.iter().map(String::as_str));
        }
        rows += found.rows.len();
        looked_at += found.looked_at.unwrap_or(found.rows.len());
        asked.from = match found.behind {
            Some(place) if looked_at < MOST => From::Behind(place),
            // A part does not look like all of it.
            Some(_) => {
                let name = format!("numbers-first-{rows}-only.csv");
                return Ok(shown(name, file));
            }
            None => return Ok(shown("numbers.csv".to_owned(), file)),
        };
    }
}

fn shown(name: String, file: Vec<u8>) -> Shown {
    let text = String::from_utf8_lossy(&file).into_owned();
    Shown::File(name, "text/csv; charset=utf-8", text)
}

fn cell(row: &Row, column: &Column) -> String {
    let record = &row.record;
    let count = |count: fn(&crate::store::did_log::CallCount) -> u64| {
        let calls = row.calls.as_ref();
        calls.map_or_else(String::new, |calls| count(calls).to_string())
    };
    match column.holds {
        Holds::Text(name) => record.text(name).to_owned(),
        Holds::Active => record.text("did_active").to_owned(),
        Holds::Route => record.text("did_route").to_owned(),
        Holds::Target => words::target(record),
        Holds::Today => count(|calls| calls.late),
        Holds::Month => count(|calls| calls.all),
        Holds::Findings => {
            let details = row.findings.iter().map(|finding| finding.detail.as_str());
            details.collect::<Vec<_>>().join("; ")
        }
    }
}

fn line<'c>(file: &mut Vec<u8>, cells: impl Iterator<Item = &'c str>) {
    let mut writer = ::csv::Writer::from_writer(file);
    let harmless: Vec<String> = cells.map(harmless).collect();
    // Writing into memory does not fail.
    writer.write_record(&harmless).ok();
    writer.flush().ok();
}

/// A cell that no spreadsheet takes for a formula: one that could be gets a `'` before it. A number with its plus is none, and
/// stays as it is, so that the file can be read in again.
fn harmless(cell: &str) -> String {
    let digits = cell.strip_prefix('+').unwrap_or(cell);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match !is_number && cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn a_formula_is_made_a_text_and_a_number_stays() {
        for (cell, written) in [
            ("+17275551112", "+17275551112"),
            ("7275551112", "7275551112"),
            ("=1+1", "'=1+1"),
            ("+1+1", "'+1+1"),
            ("+", "'+"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("---ALL---", "'---ALL---"),
            ("Sales =", "Sales ="),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), written);
        }
    }
}
