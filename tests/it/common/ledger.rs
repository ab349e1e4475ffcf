//! Every answer that a test got, held against what the database has in the end: which of them were not true.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::client::Client;

/// The DID that is copied; each recorded conversation begins with it.
pub const SOURCE: &str = "7275551114";

/// How long a client waits after it was told that the database is not available.
const PAUSE: Duration = Duration::from_millis(20);

/// What a call says of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It was added, changed or deleted.
    Success,
    /// `ALREADY EXISTS`
    Exists,
    /// `DOES NOT EXIST`
    Missing,
    /// `NOTHING WAS CHANGED`
    NothingChanged,
    /// `LOOK WHETHER THE CHANGE WAS MADE`
    Look,
    /// The connection ended, or a minute passed.
    NoAnswer,
    /// Anything else.
    Other,
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Add,
    Update,
    Delete,
    Copy { atomic: bool },
}

/// A call that was made.
#[derive(Debug, Clone)]
pub struct Call {
    /// Part of its address, and of the description that it stores.
    tag: String,
    pub kind: Kind,
    /// Whether others add the same numbers.
    shared: bool,
    /// Its numbers, and what the answer says of each.
    outcomes: Vec<(String, Answer)>,
    /// What it says as a whole.
    pub answer: Answer,
    status: u16,
    /// The last line of the reply; the error where there is none.
    line: String,
    /// How long the answer took.
    pub took: Duration,
    /// When the answer came.
    pub at: Instant,
}

/// A client that remembers what it asked and was told. It numbers its DIDs so that no other client has them.
pub struct Caller {
    id: usize,
    address: SocketAddr,
    client: Option<Client>,
    numbers: usize,
    pub calls: Vec<Call>,
}

impl Caller {
    /// `id` is below 100, and no other caller's on the same database.
    pub fn new(id: usize, address: SocketAddr) -> Self {
        Self {
            id,
            address,
            client: None,
            numbers: 0,
            calls: Vec::new(),
        }
    }

    /// A number that no call had before.
    pub fn fresh(&mut self) -> String {
        self.numbers += 1;
        format!("8{:02}{:07}", self.id, self.numbers)
    }

    /// Sends the next calls to another server.
    pub fn turn_to(&mut self, address: SocketAddr) {
        self.address = address;
        self.client = None;
    }

    pub fn add(&mut self, number: &str) -> Answer {
        self.call(Kind::Add, false, &[number.to_owned()])
    }

    /// Adds a number that other clients add, too.
    pub fn add_shared(&mut self, number: &str) -> Answer {
        self.call(Kind::Add, true, &[number.to_owned()])
    }

    /// Copies onto numbers that other clients add, too.
    pub fn copy_shared(&mut self, numbers: &[String]) -> Answer {
        self.call(Kind::Copy { atomic: false }, true, numbers)
    }

    pub fn update(&mut self, number: &str) -> Answer {
        self.call(Kind::Update, false, &[number.to_owned()])
    }

    pub fn delete(&mut self, number: &str) -> Answer {
        self.call(Kind::Delete, false, &[number.to_owned()])
    }

    /// Copies onto so many fresh numbers.
    pub fn copy(&mut self, count: usize, atomic: bool) -> Answer {
        let numbers: Vec<String> = (0..count).map(|_| self.fresh()).collect();
        self.call(Kind::Copy { atomic }, false, &numbers)
    }

    /// What a number goes through: it is added, changed, and every other one deleted, as far as the answers allow to know
    /// what is there; then three are copied.
    pub fn live(&mut self) {
        let number = self.fresh();
        let step = self.numbers;
        if self.add(&number) == Answer::Success
            && self.update(&number) == Answer::Success
            && step.is_multiple_of(2)
        {
            self.delete(&number);
        }
        self.copy(3, step.is_multiple_of(3));
    }

    fn call(&mut self, kind: Kind, shared: bool, numbers: &[String]) -> Answer {
        let tag = format!("c{}n{}", self.id, self.calls.len());
        let list = numbers.join(",");
        let function = match kind {
            Kind::Add => format!("add_did&did_pattern={list}&did_description=Made {tag}."),
            Kind::Update => format!("update_did&did_pattern={list}&did_description=Made {tag}."),
            Kind::Delete => format!("update_did&did_pattern={list}&delete_did=Y"),
            Kind::Copy { atomic } => format!(
                "copy_did&source_did_pattern={SOURCE}&did_description=Made {tag}.{}",
                if atomic { "&atomic=Y" } else { "" }
            ),
        };
        let target = format!(
            "/vicidial/non_agent_api.php?source=test&user=6666&pass=1234&function={}&tag={tag}.",
            function.replace(' ', "+")
        );
        let since = Instant::now();
        let sent = self.send(&target, matches!(kind, Kind::Copy { .. }).then_some(&list));
        let took = since.elapsed();
        let (status, body) = match sent {
            Ok(response) => response,
            Err(error) => {
                self.client = None;
                (0, error.to_string())
            }
        };
        let line = body.trim_end().rsplit('\n').next().unwrap_or_default();
        let outcomes: Vec<(String, Answer)> = outcomes(kind, numbers, status, &body);
        // A copy that did not add all says of each number which; the others have one number.
        let answer = outcomes
            .iter()
            .map(|(_, answer)| *answer)
            .max()
            .unwrap_or(Answer::Other);
        self.calls.push(Call {
            tag,
            kind,
            shared,
            outcomes,
            answer,
            status,
            line: line.to_owned(),
            took,
            at: Instant::now(),
        });
        if answer == Answer::NothingChanged {
            std::thread::sleep(PAUSE);
        }
        answer
    }

    fn send(&mut self, target: &str, list: Option<&String>) -> std::io::Result<(u16, String)> {
        let client = match &mut self.client {
            Some(client) => client,
            none => none.insert(Client::try_connect(self.address)?),
        };
        let response = match list {
            Some(list) => {
                let form = format!("new_dids={list}");
                let kind = [("Content-Type", "application/x-www-form-urlencoded")];
                client.try_request("POST", target, &kind, form.as_bytes())?
            }
            None => client.try_request("GET", target, &[], b"")?,
        };
        Ok((response.status, response.body))
    }
}

/// What a reply says of each number.
fn outcomes(kind: Kind, numbers: &[String], status: u16, body: &str) -> Vec<(String, Answer)> {
    let all = |answer| {
        let numbers = numbers.iter().cloned();
        numbers.map(|number| (number, answer)).collect()
    };
    let last = body.trim_end().rsplit('\n').next().unwrap_or_default();
    if status == 0 {
        return all(Answer::NoAnswer);
    }
    if last.contains("NOTHING WAS CHANGED") {
        return all(Answer::NothingChanged);
    }
    if last.contains("LOOK WHETHER") {
        return all(Answer::Look);
    }
    if last.contains("DOES NOT EXIST") {
        return all(Answer::Missing);
    }
    if !matches!(kind, Kind::Copy { .. }) {
        return all(match last {
            _ if last.starts_with("SUCCESS: ") => Answer::Success,
            _ if last.contains("DID ALREADY EXISTS") => Answer::Exists,
            _ => Answer::Other,
        });
    }
    let said: HashMap<&str, Answer> = body
        .lines()
        .filter_map(|line| {
            let (reason, data) = line.split_once(" - 6666|")?;
            let answer = match reason {
                "NOTICE: copy_did DID HAS BEEN ADDED" => Answer::Success,
                "NOTICE: copy_did DID ALREADY EXISTS" => Answer::Exists,
                _ => return None,
            };
            Some((data.split('|').next().unwrap_or_default(), answer))
        })
        .collect();
    let of = |number: &String| said.get(number.as_str()).copied().unwrap_or(Answer::Other);
    let numbers = numbers.iter();
    numbers.map(|number| (number.clone(), of(number))).collect()
}

/// What the database has in the end.
pub struct Truth {
    /// Pattern → `did_id` and description.
    dids: HashMap<String, (String, String)>,
    admin: Vec<AdminRow>,
    /// Tag → results of its rows in the API's log.
    api: HashMap<String, Vec<String>>,
    /// Rows of `vicidial_api_log` without one in `vicidial_api_urls`, and the other way round.
    orphans: (Vec<String>, Vec<String>),
}

struct AdminRow {
    code: String,
    record_id: String,
    sql: String,
    notes: String,
}

impl Truth {
    /// Reads it with what runs a statement and gives lines of fields between tabs.
    pub fn read(run: impl Fn(&str) -> String) -> Self {
        let rows = |query: &str| -> Vec<Vec<String>> {
            let text = run(query);
            let lines = text.lines();
            lines
                .map(|line| line.split('\t').map(unescaped).collect())
                .collect()
        };
        let dids = rows(
            "SELECT did_pattern, did_id, IFNULL(did_description, '') FROM vicidial_inbound_dids",
        );
        let admin = rows(
            "SELECT event_code, record_id, event_sql, event_notes FROM vicidial_admin_log ORDER BY admin_log_id",
        );
        let logged = rows(
            "SELECT l.api_id, l.result, IFNULL(u.url, '') FROM vicidial_api_log l \
             LEFT JOIN vicidial_api_urls u ON u.api_id = l.api_id",
        );
        let urls = rows(
            "SELECT u.url FROM vicidial_api_urls u LEFT JOIN vicidial_api_log l ON l.api_id = u.api_id \
             WHERE l.api_id IS NULL",
        );
        let mut api: HashMap<String, Vec<String>> = HashMap::new();
        let mut without_url = Vec::new();
        for row in logged {
            match tag_of(&row[2]) {
                Some(tag) => api.entry(tag).or_default().push(row[1].clone()),
                None if row[2].is_empty() => without_url.push(row.join(" ")),
                None => {}
            }
        }
        Self {
            dids: dids
                .into_iter()
                .map(|row| (row[0].clone(), (row[1].clone(), row[2].clone())))
                .collect(),
            admin: admin
                .into_iter()
                .map(|row| AdminRow {
                    code: row[0].clone(),
                    record_id: row[1].clone(),
                    sql: row[2].clone(),
                    notes: row[3].clone(),
                })
                .collect(),
            api,
            orphans: (without_url, urls.into_iter().flatten().collect()),
        }
    }
}

/// The tag in an address.
fn tag_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("&tag=")?;
    Some(rest.split('.').next().unwrap_or_default().to_owned())
}

/// A field as the client's batch mode writes it.
fn unescaped(field: &str) -> String {
    field.replace("\\n", "\n").replace("\\\\", "\\")
}

/// What was not true, by kind.
#[derive(Default)]
pub struct Lies(BTreeMap<String, Vec<String>>);

impl Lies {
    fn add(&mut self, kind: impl Into<String>, example: impl Into<String>) {
        self.0.entry(kind.into()).or_default().push(example.into());
    }

    /// Adds one that a test has found itself.
    pub fn found(&mut self, kind: &str, example: impl Into<String>) {
        self.add(kind, example);
    }

    /// Fails with the counts, and some examples of each.
    ///
    /// # Panics
    /// Something was not true.
    pub fn assert_none(&self, what: &str) {
        let mut text = String::new();
        for (kind, examples) in &self.0 {
            text.push_str(&format!("{} × {kind}\n", examples.len()));
            for example in examples.iter().take(3) {
                text.push_str(&format!("    {example}\n"));
            }
        }
        assert!(text.is_empty(), "{what}:\n{text}");
    }
}

/// All calls of a test.
#[derive(Default)]
pub struct Ledger {
    pub calls: Vec<Call>,
}

impl Ledger {
    /// The calls of these clients.
    pub fn of(callers: impl IntoIterator<Item = Caller>) -> Self {
        let calls = callers.into_iter().flat_map(|caller| caller.calls);
        Self {
            calls: calls.collect(),
        }
    }

    /// How many calls were answered so.
    pub fn count(&self, answer: Answer) -> usize {
        let answered = |call: &&Call| call.answer == answer;
        self.calls.iter().filter(answered).count()
    }

    /// One line on all calls.
    pub fn summary(&self) -> String {
        let mut counts: BTreeMap<Answer, usize> = BTreeMap::new();
        for call in &self.calls {
            *counts.entry(call.answer).or_default() += 1;
        }
        let slowest = self.calls.iter().map(|call| call.took).max();
        format!(
            "{} calls {counts:?}, the slowest took {:.1?}",
            self.calls.len(),
            slowest.unwrap_or_default()
        )
    }

    /// What was not true.
    pub fn lies(&self, truth: &Truth) -> Lies {
        let mut lies = Lies::default();
        for call in &self.calls {
            let told = call.told();
            match call.answer {
                Answer::NoAnswer => lies.add("no answer", told),
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
                    Answer::Look | Answer::NoAnswer => {
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
            let may_be = successes > 0 || has(Answer::Look) || has(Answer::NoAnswer);
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
            let is_unknown = matches!(call.answer, Answer::Look | Answer::NoAnswer);
            unknown += usize::from(is_unknown);
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
            let example = format!("{begun} rows begun, {unknown} calls that were told to look");
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
                Answer::Look | Answer::NoAnswer => 0..=1,
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

    /// The numbers for which a SUCCESS was told.
    pub fn added(&self) -> HashSet<&str> {
        let outcomes = self.calls.iter().flat_map(|call| &call.outcomes);
        let added = outcomes.filter(|(_, answer)| *answer == Answer::Success);
        added.map(|(number, _)| number.as_str()).collect()
    }
}

impl Call {
    fn description(&self) -> String {
        format!("Made {}.", self.tag)
    }

    /// A copy of which every number was refused: it has a row in the admin log, as VICIdial writes one.
    fn is_refused_copy(&self) -> bool {
        matches!(self.kind, Kind::Copy { .. }) && self.status == 200
    }

    /// The call and its answer, for a message.
    fn told(&self) -> String {
        let Self {
            tag,
            kind,
            outcomes,
            status,
            line,
            took,
            ..
        } = self;
        let (first, count) = (&outcomes[0].0, outcomes.len());
        format!("{tag} {kind:?} {first} ({count}): {status} {line} [{took:.1?}]")
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
