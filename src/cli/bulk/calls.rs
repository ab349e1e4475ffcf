//! Cutting the list into calls, and the parameters of each.

use std::borrow::Cow;
use std::collections::HashMap;

use super::client::{Parameters, encode};
use super::job::Job;
use super::numbers::List;

/// A call's `new_dids` stay below this many bytes: 2,000 are the most that copy_did takes (fixtures/reference/behaviour.md §5).
const BELOW: usize = 2000;

/// The parameter by which a call changes nothing, on a server that knows it.
pub(in crate::cli) const DRY_RUN: (&str, Cow<'static, str>) = ("dry_run", Cow::Borrowed("Y"));

/// The rows of each call. Copies go together as far as they fit, those with equal fields; the other functions take one
/// number a call. `in_address`: the bound is for the encoded text, so that the address stays short enough for any server.
pub(in crate::cli) fn cut(
    job: &Job,
    list: &List,
    rows: Vec<usize>,
    in_address: bool,
) -> Vec<Vec<usize>> {
    if !matches!(job, Job::Copy { .. }) {
        return rows.into_iter().map(|row| vec![row]).collect();
    }
    let length = |row: usize| {
        let number = &list.rows[row].number;
        match in_address {
            true => encode(number).len(),
            false => number.len(),
        }
    };
    let mut calls: Vec<Vec<usize>> = Vec::new();
    // For each set of fields, its call that may still grow, and the length of its `new_dids`.
    let mut open: HashMap<&[String], (usize, usize)> = HashMap::new();
    for row in rows {
        let length = length(row);
        match open.get_mut(list.rows[row].values.as_slice()) {
            Some((call, filled)) if *filled + 1 + length < BELOW => {
                *filled += 1 + length;
                calls[*call].push(row);
            }
            _ => {
                open.insert(&list.rows[row].values, (calls.len(), length));
                calls.push(vec![row]);
            }
        }
    }
    calls
}

/// The parameters of a call for these rows of the list.
pub(in crate::cli) fn parameters<'a>(
    job: &'a Job,
    list: &'a List,
    call: &[usize],
) -> Parameters<'a> {
    let mut parameters: Parameters<'a> = vec![("function", job.function().into())];
    let rows = || call.iter().filter_map(|&row| list.rows.get(row));
    match job {
        Job::Copy { source } => {
            let numbers: Vec<&str> = rows().map(|row| row.number.as_str()).collect();
            parameters.push(("source_did_pattern", source.into()));
            parameters.push(("new_dids", numbers.join(",").into()));
        }
        _ => parameters.extend(rows().map(|row| ("did_pattern", (&row.number).into()))),
    }
    // A call's rows have equal fields. An empty one is as good as none.
    let values = rows().next().map_or(&[][..], |row| &row.values);
    let given = list
        .columns
        .iter()
        .zip(values)
        .filter(|(_, value)| !value.is_empty());
    parameters.extend(given.map(|(&name, value)| (name, value.into())));
    parameters
}

#[cfg(test)]
mod tests {
    use super::super::numbers::Row;
    use super::*;

    fn list(rows: &[(&str, &str)]) -> List {
        let row = |(number, description): &(&str, &str)| Row {
            line: 1,
            number: (*number).to_owned(),
            values: vec![(*description).to_owned()],
        };
        List {
            columns: vec!["did_description"],
            rows: rows.iter().map(row).collect(),
            ..List::default()
        }
    }

    fn copies() -> Job {
        Job::Copy {
            source: "default".to_owned(),
        }
    }

    #[test]
    fn copies_are_filled_up_to_the_bound_and_hold_every_number_once() {
        let numbers: Vec<String> = (0..1000).map(|n| format!("+1727555{n:04}")).collect();
        let list = list(&numbers.iter().map(|n| (n.as_str(), "")).collect::<Vec<_>>());
        for in_address in [false, true] {
            let calls = cut(&copies(), &list, (0..1000).collect(), in_address);
            let sent = |call: &[usize]| {
                let numbers: Vec<_> = call
                    .iter()
                    .map(|&row| list.rows[row].number.as_str())
                    .collect();
                let text = numbers.join(",");
                if in_address {
                    encode(&text).len()
                } else {
                    text.len()
                }
            };
            assert!(calls.iter().all(|call| sent(call) < 2000));
            let (_, full) = calls.split_last().expect("calls");
            assert!(full.iter().all(|call| sent(call) + 14 + 1 >= 2000));
            assert!(calls.concat().into_iter().eq(0..1000));
        }
    }

    #[test]
    fn copies_with_equal_descriptions_go_together() {
        let list = list(&[("11", "one"), ("12", "two"), ("13", "one"), ("14", "")]);
        let calls = cut(&copies(), &list, vec![0, 1, 2, 3], false);
        assert_eq!(calls, [vec![0, 2], vec![1], vec![3]]);
    }

    #[test]
    fn the_other_functions_take_one_number_a_call() {
        let list = list(&[("11", ""), ("12", "")]);
        assert_eq!(cut(&Job::Add, &list, vec![1, 0], false), [[1], [0]]);
    }
}
