//! What is held against the database.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use std::time::Duration;

use super::{Answer, Call, Kind, Ledger, Lies, Truth};

/// A call that took longer has waited for a round trip to the database in vain.
const IN_VAIN: Duration = Duration::from_secs(9);

impl Ledger {
    /// What was not true.
    pub fn lies(&self, truth: &Truth) -> Lies {
        let mut lies = Lies::default();
        for call in &self.calls {
            let told = call.told();
            match call.answer {
                Answer::Silence => lies.add("no answer", told),
                Answer::Other => lies.add("an answer that is none of the known", told),
                _ => {}
            }
        }
        self.check_own_numbers(truth, &mut lies);
        self.check_shared_numbers(truth, &mut lies);
        self.check_atomic_copies(truth, &mut lies);
        self.check_admin_log(truth, &mut lies);
        self.check_api_log(truth, &mut lies);
        lies
    }

    /// Numbers of one client: each call finds what the one before has left.
    fn check_own_numbers(&self, truth: &Truth, lies: &mut Lies) {
        let mut histories: BTreeMap<&str, Vec<(&Call, Answer)>> = BTreeMap::new();
        for call in self.calls.iter().filter(|call| !call.shared) {
            for (number, answer) in &call.outcomes {
                histories.entry(number).or_default().push((call, *answer));
            }
        }
        for (number, history) in histories {
            // What may be there: no DID, or one with that description.
            let mut possible: BTreeSet<Option<String>> = BTreeSet::from([None]);
            for (call, answer) in &history {
                let after = (call.kind != Kind::Delete).then(|| call.description());
                match answer {
                    Answer::Success => possible = BTreeSet::from([after]),
                    Answer::Look | Answer::Silence => {
                        possible.insert(after);
                    }
                    Answer::Exists if possible.iter().all(Option::is_none) => {
                        lies.add("ALREADY EXISTS, of a number that does not", call.told());
                    }
                    Answer::Missing if possible.iter().all(Option::is_some) => {
                        lies.add("DOES NOT EXIST, of a number that does", call.told());
                    }
                    _ => {}
                }
            }
            let there = truth.dids.get(number).map(|(_, text)| text.clone());
            let Some((last, answer)) = history.last().filter(|_| !possible.contains(&there)) else {
                continue;
            };
            let found = match &there {
                None => "is not there".to_owned(),
                Some(_) if possible.contains(&None) => "is there".to_owned(),
                Some(_) => "is there with another description".to_owned(),
            };
            let kind = format!("{:?} said {answer:?}, and the number {found}", last.kind);
            lies.add(kind, format!("{number}: {there:?}; {}", last.told()));
        }
    }

    /// Numbers that many clients add: one of them was told SUCCESS.
    fn check_shared_numbers(&self, truth: &Truth, lies: &mut Lies) {
        let mut told: BTreeMap<&str, Vec<Answer>> = BTreeMap::new();
        for call in self.calls.iter().filter(|call| call.shared) {
            for (number, answer) in &call.outcomes {
                told.entry(number).or_default().push(*answer);
            }
        }
        for (number, answers) in told {
            let has = |wanted| answers.contains(&wanted);
            let successes = answers.iter().filter(|a| **a == Answer::Success).count();
            let is_there = truth.dids.contains_key(number);
            let example = format!("{number}: {answers:?}, there: {is_there}");
            if successes > 1 {
                lies.add("two SUCCESSes for a shared number", &example);
            }
            if !is_there && (successes > 0 || has(Answer::Exists)) {
                lies.add(
                    "SUCCESS or ALREADY EXISTS, and the shared number is not there",
                    &example,
                );
            }
            let may_be = successes > 0 || has(Answer::Look) || has(Answer::Silence);
            if is_there && !may_be {
                lies.add("the shared number is there, and nobody was told", &example);
            }
        }
    }

    /// All numbers of a copy with `atomic=Y` are there, or none.
    fn check_atomic_copies(&self, truth: &Truth, lies: &mut Lies) {
        let atomic = Kind::Copy { atomic: true };
        for call in self.calls.iter().filter(|call| call.kind == atomic) {
            let numbers = call.outcomes.iter();
            let there = numbers.filter(|(number, _)| truth.dids.contains_key(number));
            let there = there.count();
            if there != 0 && there != call.outcomes.len() {
                let example = format!("{there} are there; {}", call.told());
                lies.add("a copy with atomic=Y is there in part", example);
            }
        }
    }

    /// Each change has one row in the admin log, and each row there a change.
    fn check_admin_log(&self, truth: &Truth, lies: &mut Lies) {
        // What each row says was done: the kind of change, the number, and the description that it stored.
        let mut rows: HashMap<(String, String), usize> = HashMap::new();
        let mut begun = 0;
        for row in &truth.admin {
            let of_one = |notes: &str| -> Option<(String, String)> {
                let (number, rest) = notes.strip_prefix("did: ")?.split_once(" did_id: ")?;
                let did_id = rest.split(' ').next().unwrap_or_default();
                Some((number.to_owned(), did_id.to_owned()))
            };
            if row.notes == "begun, not finished" {
                begun += 1;
                continue;
            }
            if let Some((number, did_id)) = of_one(&row.notes) {
                let stored = truth.dids.get(&number).map(|(did_id, _)| did_id);
                if row.record_id != did_id || stored.is_some_and(|stored| *stored != did_id) {
                    let example = format!(
                        "{number}: {} {}, stored {stored:?}",
                        row.record_id, row.notes
                    );
                    lies.add("an admin-log row names another did_id", example);
                }
            }
            let key = match row.code.as_str() {
                "ADMIN API DELETE DID" => row.notes.split(' ').nth(1).unwrap_or_default(),
                _ => description_in(&row.sql),
            };
            *rows.entry((row.code.clone(), key.to_owned())).or_default() += 1;
        }
        let mut unknown = 0;
        for call in self.calls.iter() {
            let number = call.outcomes[0].0.as_str();
            let (code, key) = match call.kind {
                Kind::Add => ("ADMIN API ADD DID", call.description()),
                Kind::Update => ("ADMIN API UPDATE DID", call.description()),
                Kind::Copy { .. } => ("ADMIN API COPY DIDS", call.description()),
                Kind::Delete => ("ADMIN API DELETE DID", number.to_owned()),
            };
            let count = rows.remove(&(code.to_owned(), key)).unwrap_or(0);
            let has_success = call.outcomes.iter().any(|(_, a)| *a == Answer::Success);
            let is_unknown = matches!(call.answer, Answer::Look | Answer::Silence);
            // One that waited for a round trip in vain may have left the row that announced it: no answer told its key.
            unknown += usize::from(is_unknown || call.took >= IN_VAIN);
            let example = || format!("{count} rows; {}", call.told());
            match count {
                0 if has_success => lies.add("SUCCESS without a row in the admin log", example()),
                2.. => lies.add("several rows in the admin log for one change", example()),
                1 if !has_success && !is_unknown && !call.is_refused_copy() => {
                    lies.add(
                        "a row in the admin log of a change that was not made",
                        example(),
                    );
                }
                _ => {}
            }
        }
        for ((code, key), count) in rows {
            let of_us = code.ends_with(" DID") || code.ends_with(" DIDS");
            if of_us && !key.is_empty() {
                lies.add(
                    "a row in the admin log that no call left",
                    format!("{count} × {code} {key}"),
                );
            }
        }
        if begun > unknown {
            let example = format!(
                "{begun} rows begun, {unknown} calls that were told to look or waited in vain"
            );
            lies.add(
                "more rows begun and not finished than calls that were told so",
                example,
            );
        }
    }

    /// Each call that was answered has its rows in the API's log, and each row there its address.
    fn check_api_log(&self, truth: &Truth, lies: &mut Lies) {
        for row in &truth.orphans.0 {
            lies.add(
                "a row of vicidial_api_log without its row in vicidial_api_urls",
                row,
            );
        }
        for row in &truth.orphans.1 {
            lies.add(
                "a row of vicidial_api_urls without its row in vicidial_api_log",
                row,
            );
        }
        for call in &self.calls {
            let results = truth.api.get(&call.tag).cloned().unwrap_or_default();
            let successes = results.iter().filter(|result| *result == "SUCCESS").count();
            let example = || format!("{results:?}; {}", call.told());
            let wanted = match call.answer {
                _ if call.line.starts_with("SUCCESS") => 1..=1,
                Answer::Look | Answer::Silence => 0..=1,
                _ => 0..=0,
            };
            if !wanted.contains(&successes) {
                let kind = format!("{successes} rows in the API's log for {:?}", call.answer);
                lies.add(kind, example());
            }
            if call.status == 200 && results.is_empty() {
                lies.add("a call without a row in the API's log", example());
            }
        }
    }
}

/// The description that a logged statement stores.
fn description_in(sql: &str) -> &str {
    let start = sql.find("Made c");
    start.map_or("", |start| {
        let rest = &sql[start..];
        rest.split_inclusive('.').next().unwrap_or_default()
    })
}
