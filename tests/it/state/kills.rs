//! A server that is killed at any instant: nothing that was answered is lost, no change of both databases is seen in half,
//! and nothing is done twice.
//!
//! `VICISHIM_TEST_STATE_KILLS` is how often each of the tests kills it (5): 100 take about three minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::{Value, json};

use crate::common::client::{Client, Response};
use crate::common::database::{Backend, Database};
use crate::common::read_fixture;
use crate::common::server::{Server, run};
use crate::common::site::Site;

#[test]
fn with_sqlite() {
    a_killed_server_leaves_no_half_change(Site::demo(Backend::VicidialWithSqlite));
}

#[test]
fn with_mariadb() {
    a_killed_server_leaves_no_half_change(Site::demo(Backend::VicidialWithMariaDb));
}

/// A VICIdial's tables that were converted: they have transactions.
#[test]
fn with_sqlite_beside_innodb() {
    let demo = serde_json::from_str(&read_fixture("demo.json")).expect("demo.json");
    let database = Database::with(Backend::VicidialWithSqlite, &demo);
    super::convert_to_innodb(&database);
    a_killed_server_leaves_no_half_change(Site::on(database, &[]));
}

/// The DID that is copied, whose settings of ours have this version.
const SOURCE: (&str, Version) = ("7700000000", 9_999);

/// Which version of a DID or phone a call has stored: it is in a column of the dialer's and in ours.
type Version = u32;

/// What is stored of a DID or phone: the version of the dialer's half and of ours; none where it is not there.
type State = Option<(Version, Version)>;

/// What may be stored of a thing, as its calls were answered.
#[derive(Debug, Clone)]
struct Known {
    possible: BTreeSet<State>,
    calls: Vec<String>,
}

/// What a call was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Done,
    Nothing,
    Unknown,
}

/// A client that remembers what it was told.
struct Caller {
    address: SocketAddr,
    client: Option<Client>,
    prefix: String,
    count: u32,
    version: Version,
    things: BTreeMap<String, Known>,
    /// The requests that got no answer: the query, and the number that it adds.
    interrupted: Vec<(String, String)>,
    is_over: bool,
    /// How many calls were answered, and how many of them were told to look.
    answers: (usize, usize),
}

impl Caller {
    fn new(address: SocketAddr, prefix: String) -> Self {
        Self {
            address,
            client: None,
            prefix,
            count: 0,
            version: 0,
            things: BTreeMap::new(),
            interrupted: Vec::new(),
            is_over: false,
            answers: (0, 0),
        }
    }

    fn fresh(&mut self) -> String {
        self.count += 1;
        format!("{}{:03}", self.prefix, self.count)
    }

    fn next_version(&mut self) -> Version {
        self.version += 1;
        self.version
    }

    fn send(&mut self, method: &str, target: &str, body: &str) -> Option<Response> {
        let user = base64::engine::general_purpose::STANDARD.encode("6666:1234");
        let authorization = format!("Basic {user}");
        let mut headers = vec![("Authorization", authorization.as_str())];
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        let client = match &mut self.client {
            Some(client) => client,
            none => none.insert(Client::try_connect(self.address).ok()?),
        };
        let sent = client.try_request(method, target, &headers, body.as_bytes());
        if sent.is_err() {
            self.client = None;
            self.is_over = true;
        }
        sent.ok()
    }

    /// Notes what a thing may be after a call.
    fn note(&mut self, thing: &str, after: State, told: Told, call: &str) {
        let known = self.things.entry(thing.to_owned()).or_insert(Known {
            possible: BTreeSet::from([None]),
            calls: Vec::new(),
        });
        self.answers.0 += 1;
        self.answers.1 += usize::from(told == Told::Unknown && !self.is_over);
        known.calls.push(format!("{call} -> {after:?}: {told:?}"));
        match told {
            Told::Done => known.possible = BTreeSet::from([after]),
            Told::Nothing => {}
            Told::Unknown => drop(known.possible.insert(after)),
        }
    }

    fn json(&mut self, method: &str, target: &str, body: &Value) -> (Told, Option<Response>) {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let response = self.send(method, target, &body);
        let told = match &response {
            None => Told::Unknown,
            Some(response) if response.status < 300 => Told::Done,
            Some(response) if response.body.contains("nothing was changed") => Told::Nothing,
            Some(response) if response.body.contains("look whether") => Told::Unknown,
            Some(response) => panic!(
                "{method} {target} {body}: {} {}",
                response.status, response.body
            ),
        };
        (told, response)
    }

    fn text(&mut self, query: &str) -> (Told, String) {
        let target =
            format!("/vicidial/non_agent_api.php?source=test&user=6666&pass=1234&function={query}");
        let Some(response) = self.send("GET", &target, "") else {
            return (Told::Unknown, String::new());
        };
        let body = response.body;
        let told = match body.lines().last().unwrap_or_default() {
            line if line.starts_with("SUCCESS") => Told::Done,
            line if line.contains("NOTHING WAS CHANGED") => Told::Nothing,
            line if line.contains("LOOK WHETHER") => Told::Unknown,
            line => panic!("{query}: {line}"),
        };
        (told, body)
    }

    /// What DIDs and phones go through.
    fn live(&mut self, step: usize) {
        self.life_of_a_did(step);
        self.copy();
        self.request();
        if step.is_multiple_of(2) {
            self.life_of_a_phone();
        }
    }

    fn life_of_a_did(&mut self, step: usize) {
        let (number, version) = (self.fresh(), self.next_version());
        let (told, response) = self.json("POST", "/api/dids", &did(&number, version));
        self.note(&number, Some((version, version)), told, "POST");
        let Some(id) = response.and_then(|response| {
            let body: Value = serde_json::from_str(&response.body).ok()?;
            body["id"].as_i64()
        }) else {
            return;
        };
        let path = format!("/api/dids/{id}");
        let version = self.next_version();
        let (told, _) = self.json("PATCH", &path, &changes(version));
        self.note(&number, Some((version, version)), told, "PATCH");
        if told != Told::Done {
            return;
        }
        if step.is_multiple_of(3) {
            // Under another number: the settings go with it.
            let (renumbered, version) = (self.fresh(), self.next_version());
            let mut body = changes(version);
            body["number"] = json!(renumbered);
            let (told, _) = self.json("PATCH", &path, &body);
            self.note(&number, None, told, "PATCH of the number");
            self.note(
                &renumbered,
                Some((version, version)),
                told,
                "PATCH of the number",
            );
            return;
        }
        let told = match step.is_multiple_of(2) {
            true => self.json("DELETE", &path, &Value::Null).0,
            false => {
                self.text(&format!("update_did&did_pattern={number}&delete_did=Y"))
                    .0
            }
        };
        self.note(&number, None, told, "DELETE");
    }

    fn copy(&mut self) {
        let (source, own) = SOURCE;
        let numbers: Vec<String> = (0..3).map(|_| self.fresh()).collect();
        let version = self.next_version();
        let (told, _) = self.text(&format!(
            "copy_did&source_did_pattern={source}&new_dids={}&did_description=version+{version}{}",
            numbers.join(","),
            if version.is_multiple_of(2) {
                "&atomic=Y"
            } else {
                ""
            }
        ));
        for number in &numbers {
            self.note(number, Some((version, own)), told, "copy_did");
        }
    }

    fn request(&mut self) {
        let (number, version) = (self.fresh(), self.next_version());
        let query = format!(
            "add_did&did_pattern={number}&did_description=version+{version}&request_id=r{number}"
        );
        let (told, _) = self.text(&query);
        self.note(&number, Some((version, 0)), told, "add_did");
        if told == Told::Unknown {
            self.interrupted.push((query, number));
        }
    }

    fn life_of_a_phone(&mut self) {
        let (number, version) = (self.fresh(), self.next_version());
        let mut body = phone(version);
        body["extension_number"] = json!(number);
        body["secret"] = json!("s3cret99");
        body["user_group"] = json!("---ALL---");
        let thing = format!("phone {number}");
        let (told, _) = self.json("POST", "/api/extensions", &body);
        self.note(&thing, Some((version, version)), told, "POST");
        if told != Told::Done {
            return;
        }
        let path = format!("/api/extensions/{number}@192.168.198.5");
        let version = self.next_version();
        let (told, _) = self.json("PATCH", &path, &phone(version));
        self.note(&thing, Some((version, version)), told, "PATCH");
        if told != Told::Done {
            return;
        }
        let (told, _) = self.json("DELETE", &format!("{path}?force=true"), &Value::Null);
        self.note(&thing, None, told, "DELETE");
    }
}

/// What a version of a DID has in the dialer's table, and in ours.
fn changes(version: Version) -> Value {
    json!({
        "description": format!("version {version}"), "max_channels": version,
        "routes": [
            {"dest_kind": "queue", "dest_id": format!("V{version}"), "conditions": {"days": ["mon"]}},
            {"dest_kind": "queue", "dest_id": "TEST_IN2"},
        ],
    })
}

fn did(number: &str, version: Version) -> Value {
    let mut did = changes(version);
    did["number"] = json!(number);
    did["user_group"] = json!("---ALL---");
    did
}

fn phone(version: Version) -> Value {
    let id = format!("V{version}");
    json!({"display_name": format!("version {version}"), "dest_kind": "queue", "dest_id": id})
}

fn version_in(text: &Value, before: &str) -> Version {
    let text = text.as_str().unwrap_or_default();
    let version = text
        .strip_prefix(before)
        .and_then(|version| version.parse().ok());
    version.unwrap_or(0)
}

/// What a server shows of a thing.
fn shown(client: &mut Client, thing: &str) -> State {
    let user = base64::engine::general_purpose::STANDARD.encode("6666:1234");
    let authorization = format!("Basic {user}");
    let headers = [("Authorization", authorization.as_str())];
    if let Some(number) = thing.strip_prefix("phone ") {
        let path = format!("/api/extensions/{number}@192.168.198.5");
        let response = client.request("GET", &path, &headers, b"");
        if response.status == 404 {
            return None;
        }
        assert_eq!(response.status, 200, "{}", response.body);
        let body: Value = serde_json::from_str(&response.body).expect("JSON");
        return Some((
            version_in(&body["display_name"], "version "),
            version_in(&body["dest_id"], "V"),
        ));
    }
    let response = client.request("GET", &format!("/api/dids?search={thing}"), &headers, b"");
    assert_eq!(response.status, 200, "{}", response.body);
    let body: Value = serde_json::from_str(&response.body).expect("JSON");
    let dids = body["data"].as_array().expect("data");
    let did = dids.iter().find(|did| did["number"] == thing)?;
    let own = did["max_channels"]
        .as_u64()
        .map_or(0, |most| most as Version);
    let routed = version_in(&did["routes"][0]["dest_id"], "V");
    assert_eq!(
        routed, own,
        "{thing} has its channels, but not its routes: {did}"
    );
    Some((version_in(&did["description"], "version "), own))
}

/// What is not true of what a server shows.
fn lies(client: &mut Client, callers: &[Caller], what: &str) -> Vec<String> {
    let mut lies = Vec::new();
    for (thing, known) in callers.iter().flat_map(|caller| &caller.things) {
        let shown = shown(client, thing);
        if !known.possible.contains(&shown) {
            lies.push(format!("{what}: {thing} is {shown:?}; {known:?}"));
        }
    }
    lies
}

/// Clients at work until they are told to stop, or their server is gone.
fn begin(
    addresses: &[SocketAddr],
    run: usize,
    stop: &Arc<AtomicBool>,
) -> Vec<std::thread::JoinHandle<Caller>> {
    let clients = addresses.iter().enumerate().map(|(id, &address)| {
        let stop = Arc::clone(stop);
        std::thread::spawn(move || {
            let mut caller = Caller::new(address, format!("77{run:03}{id}"));
            for step in id.. {
                if caller.is_over || stop.load(Ordering::Relaxed) {
                    break;
                }
                caller.live(step);
            }
            caller
        })
    });
    clients.collect()
}

fn serve(database: &Database) -> Server {
    Server::start_with(&[("RUST_LOG", "warn")], &database.arguments())
}

fn random(bound: u64) -> u64 {
    getrandom::u64().expect("a random number") % bound
}

fn a_killed_server_leaves_no_half_change(mut site: Site) {
    let kills = std::env::var("VICISHIM_TEST_STATE_KILLS").ok();
    let kills: usize = kills.map_or(5, |kills| kills.parse().expect("a number of kills"));
    let (source, own) = SOURCE;
    let made = site.post("/api/dids", did(source, own));
    assert_eq!(made.status, 201, "{}", made.body);
    let other = &site.server;
    let (mut interrupted, mut answered, mut settled) = (0, 0, 0);
    let mut lies_found = Vec::new();
    let mut calls = (0, 0);
    for kill in 0..kills {
        let mut server = serve(&site.database);
        let stop = Arc::new(AtomicBool::new(false));
        // Two clients of another server, which goes on.
        let [a, b] = [server.address, other.address];
        let clients = begin(&[a, a, a, a, b, b], kill, &stop);
        std::thread::sleep(Duration::from_micros(5_000 + random(400_000)));
        server.child.kill().expect("it is killed");
        server.child.wait().expect("it ends");
        stop.store(true, Ordering::Relaxed);
        let callers: Vec<Caller> = clients
            .into_iter()
            .map(|client| client.join().expect("a client"))
            .collect();
        let left = site.database.rows("vicishim_intentions").len();
        settled += left;
        let mut client = other.client();
        lies_found.extend(lies(&mut client, &callers, "the other server"));
        // A repeated request is done at most once.
        let next = serve(&site.database);
        let mut client = next.client();
        lies_found.extend(lies(&mut client, &callers, "after the restart"));
        for (query, number) in callers.iter().flat_map(|caller| &caller.interrupted) {
            let query = format!("source=test&user=6666&pass=1234&function={query}");
            let body = client.get(&query).body;
            let is_there = shown(&mut client, number).is_some();
            let is_right = match body.as_str() {
                body if body.starts_with("SUCCESS") => is_there,
                body => body.contains("LOOK WHETHER"),
            };
            interrupted += 1;
            if !is_right {
                lies_found.push(format!(
                    "{number} is there: {is_there}, and its repeated request says {body}"
                ));
            }
        }
        let since = Instant::now();
        while !site.database.rows("vicishim_intentions").is_empty() {
            assert!(
                since.elapsed() < Duration::from_secs(5),
                "intentions are left"
            );
        }
        assert!(site.database.rows("vicishim_intended").is_empty());
        for caller in &callers {
            calls.0 += caller.answers.0;
            calls.1 += caller.answers.1;
        }
        answered += callers.iter().flat_map(|caller| &caller.things).count();
        assert_eq!(next.stop(), Some(0));
    }
    let mut command = vec!["orphans"];
    command.extend(site.database.arguments());
    let orphans = String::from_utf8(run(&command).stdout).expect("text");
    println!(
        "killed {kills} times, {answered} things in {} calls, {} told to look, {interrupted} requests repeated, {settled} intentions settled; \
         {orphans}",
        calls.0, calls.1
    );
    assert!(
        lies_found.is_empty(),
        "{} lies: {lies_found:#?}",
        lies_found.len()
    );
    assert_eq!(orphans, "0 orphans found\n");
}
