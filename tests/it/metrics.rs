//! `/metrics`: what is counted, in the format that Prometheus takes; the alert rules and the dashboard in `fixtures/deploy`
//! name what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use regex::Regex;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::client::{Client, Response};
use crate::common::database::{Backend, Database};
use crate::common::proxy::Proxy;
use crate::common::server::{Server, run};
use crate::common::site::Site;
use crate::common::{eventually, fixture, mariadb, read_fixture, scratch};

/// Where a server's metrics are served.
fn address(server: &Server) -> SocketAddr {
    let printed = server.prints("/metrics\n");
    let (_, rest) = printed
        .split_once("metrics for Prometheus: http://")
        .expect("their address");
    let (address, _) = rest.split_once('/').expect("a path");
    address.parse().expect("an address")
}

fn get(server: &Server, path: &str) -> Response {
    Client::connect(address(server)).request("GET", path, &[], b"")
}

/// The samples by name and labels.
struct Scraped(BTreeMap<String, f64>);

impl Scraped {
    fn of(server: &Server) -> Self {
        let answer = get(server, "/metrics");
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; version=0.0.4")
        );
        let samples = answer.body.lines().filter(|line| !line.starts_with('#'));
        Self(
            samples
                .map(|line| {
                    let (name, value) = line.rsplit_once(' ').expect("a sample");
                    (name.to_owned(), value.parse().expect("a number"))
                })
                .collect(),
        )
    }

    /// A sample; 0 for one that is not there, as for what was not counted yet.
    fn value(&self, sample: &str) -> f64 {
        self.0.get(sample).copied().unwrap_or_default()
    }

    /// How many requests were answered so.
    fn requests(&self, api: &str, function: &str, result: &str) -> f64 {
        let labels = format!("{{api=\"{api}\",function=\"{function}\",result=\"{result}\"}}");
        let timed = format!("vicishim_request_duration_seconds_count{labels}");
        let counted = self.value(&format!("vicishim_requests_total{labels}"));
        assert_eq!(counted, self.value(&timed), "{labels}");
        counted
    }
}

const LISTEN: [&str; 2] = ["--metrics-listen", "127.0.0.1:0"];

fn site() -> Site {
    Site::on(Database::with_state(Backend::Sqlite), &LISTEN)
}

/// A server of which each metric has a value: it was asked by every front end, and has an upstream that is not there.
fn exercised() -> Site {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let upstream = format!(
        "http://{}/vicidial/non_agent_api.php",
        nobody.local_addr().expect("its address")
    );
    drop(nobody);
    let arguments = [&LISTEN[..], &["--upstream", &upstream]].concat();
    let mut site = Site::on(Database::with_state(Backend::Sqlite), &arguments);
    site.ask("add_did&did_pattern=7275550100");
    site.ask("add_lead");
    site.client.get("function=add_did&user=6666&pass=wrong");
    site
}

/// A program of Debian's package `prometheus`.
fn promtool(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool runs: it is in Debian's package prometheus");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn assert_accepts(output: &Output) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&text)
    );
}

#[test]
fn calls_are_counted_and_timed_by_function_and_result() {
    let mut site = site();
    for number in 100..103 {
        site.ask(&format!("add_did&did_pattern=7275550{number}"));
    }
    site.ask("add_did&did_pattern=7275550100");
    site.ask("version");
    for nonsense in 0..20 {
        site.ask(&format!("no_such_{nonsense}"));
    }
    let mut get =
        |path: &str, headers: &[(&str, &str)]| site.client.request("GET", path, headers, b"");
    let basic = [("Authorization", "Basic NjY2NjoxMjM0")];
    get("/api/dids", &basic);
    get("/api/dids", &[]);
    get("/api/none", &basic);
    get("/sign-in", &[]);
    get("/dids/4711", &[]);
    get("/nowhere", &[]);
    get("/route?number=1", &[]);
    get("/readyz", &[]);
    let scraped = Scraped::of(&site.server);
    for (api, function, result, count) in [
        ("text", "add_did", "SUCCESS", 3.0),
        ("text", "add_did", "ERROR", 1.0),
        ("text", "version", "SUCCESS", 1.0),
        // One series, however many there are of these.
        ("text", "unknown", "ERROR", 20.0),
        ("json", "did_list", "2xx", 1.0),
        ("json", "did_list", "4xx", 1.0),
        ("json", "unknown", "4xx", 1.0),
        ("console", "/sign-in", "2xx", 1.0),
        ("console", "/dids/{id}", "3xx", 1.0),
        ("none", "unknown", "4xx", 1.0),
        ("dialplan", "route", "4xx", 1.0),
        ("health", "readyz", "2xx", 1.0),
    ] {
        assert_eq!(
            scraped.requests(api, function, result),
            count,
            "{api} {function} {result}"
        );
    }
    assert!(
        !scraped
            .0
            .keys()
            .any(|sample| sample.contains("no_such") || sample.contains("4711"))
    );
}

#[test]
fn what_writers_do_is_counted() {
    let mut site = site();
    let before = Scraped::of(&site.server).value("vicishim_dids");
    for number in 100..110 {
        site.ask(&format!("add_did&did_pattern=7275550{number}"));
    }
    let scraped = Scraped::of(&site.server);
    assert_eq!(
        scraped.value("vicishim_writer_calls_total{outcome=\"committed\"}"),
        10.0
    );
    assert_eq!(
        scraped.value("vicishim_writer_queue_wait_seconds_count"),
        10.0
    );
    assert_eq!(scraped.value("vicishim_writer_batch_calls_sum"), 10.0);
    let batches = scraped.value("vicishim_writer_batch_calls_count");
    assert_eq!(scraped.value("vicishim_database_commits_total"), batches);
    assert_eq!(scraped.value("vicishim_writer_queue_length"), 0.0);
    // Counted at most once a minute.
    let there = site.database.rows("vicidial_inbound_dids").len();
    assert_eq!(before + 10.0, there as f64);
    assert_eq!(scraped.value("vicishim_dids"), before);
}

#[test]
fn refusals_are_counted_by_gate() {
    let mut site = site();
    site.client
        .get("function=add_did&source=test&user=6666&pass=wrong");
    site.client
        .get("function=add_did&source=test&user=nobody&pass=wrong");
    site.client
        .get("function=add_did&source=test&user=somebody&pass=wrong");
    site.client.request("GET", "/api/dids", &[], b"");
    site.client.request("GET", "/route?number=1", &[], b"");
    let scraped = Scraped::of(&site.server);
    for (gate, count) in [
        ("password", 1.0),
        ("user", 2.0),
        ("no password", 1.0),
        ("route key", 1.0),
    ] {
        let sample = format!("vicishim_refusals_total{{gate=\"{gate}\"}}");
        assert_eq!(scraped.value(&sample), count, "{gate}");
    }
}

#[test]
fn an_outage_is_seen_and_its_end() {
    let database = Database::with_state(Backend::Vicidial);
    let proxy = Proxy::to(mariadb::shared().port);
    let url = mariadb::url(proxy.port, database.name());
    let server = Server::start(&[&["--database", &url][..], &LISTEN].concat());
    let mut client = server.client();
    let add = |number: &str| {
        format!("source=test&user=6666&pass=1234&function=add_did&did_pattern={number}")
    };
    assert_eq!(client.get(&add("7275550100")).status, 200);
    let scraped = Scraped::of(&server);
    assert_eq!(scraped.value("vicishim_database_up"), 1.0);
    assert!(scraped.value("vicishim_dids") > 0.0);
    // The DID is added, and then the database is away: the rows of its logs wait.
    proxy.cut_at("vicidial_api_log");
    assert_eq!(client.get(&add("7275550101")).status, 200);
    let waiting = Scraped::of(&server).value("vicishim_log_rows_waiting");
    assert!(waiting >= 1.0, "{waiting}");
    assert_eq!(client.get(&add("7275550102")).status, 503);
    let scraped = Scraped::of(&server);
    assert_eq!(scraped.value("vicishim_database_up"), 0.0);
    assert!(
        !scraped.0.contains_key("vicishim_dids"),
        "nobody knows how many there are"
    );
    assert_eq!(
        scraped.value("vicishim_writer_calls_total{outcome=\"failed\"}"),
        1.0
    );
    assert_eq!(scraped.requests("text", "add_did", "ERROR"), 1.0);
    proxy.restore();
    eventually("it is back", || {
        Scraped::of(&server).value("vicishim_database_up") == 1.0
    });
    eventually("a call is answered", || {
        client.get(&add("7275550103")).status == 200
    });
    // The writer that keeps them writes them before its next calls.
    eventually("the rows are written", || {
        client.get("function=version");
        Scraped::of(&server).value("vicishim_log_rows_waiting") == 0.0
    });
    let scraped = Scraped::of(&server);
    assert_eq!(scraped.value("vicishim_log_rows_lost_total"), 0.0);
    assert!(scraped.value("vicishim_database_reconnects_total") >= 1.0);
}

#[test]
fn the_process_and_the_console_are_told_of() {
    let mut site = site();
    let open = || Scraped::of(&site.server);
    let scraped = open();
    for (sample, least, most) in [
        ("process_resident_memory_bytes", 1e6, 4e9),
        ("process_virtual_memory_bytes", 1e6, 1e15),
        ("process_open_fds", 5.0, 1000.0),
        ("process_max_fds", 100.0, 1e19),
        ("process_start_time_seconds", 1.7e9, 5e9),
        ("process_cpu_seconds_total", 0.001, 1000.0),
        ("vicishim_connections", 1.0, 1.0),
        ("vicishim_console_sessions", 0.0, 0.0),
    ] {
        let value = scraped.value(sample);
        assert!((least..=most).contains(&value), "{sample} {value}");
    }
    let _other = site.server.client();
    eventually("two connections", || {
        open().value("vicishim_connections") == 2.0
    });
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = site
        .client
        .request("POST", "/sign-in", &kind, b"user=6666&pass=1234");
    assert_eq!(answer.status, 303);
    let scraped = Scraped::of(&site.server);
    assert_eq!(scraped.value("vicishim_console_sessions"), 1.0);
    assert!(scraped.value("process_cpu_seconds_total") > 0.0);
}

#[test]
fn metrics_are_on_their_own_address_alone_and_only_where_asked_for() {
    let database = Database::with_state(Backend::Sqlite);
    let server = Server::start(&["--database", &database.url]);
    assert!(!server.greeting.contains("metrics"));
    assert_eq!(
        server.client().request("GET", "/metrics", &[], b"").status,
        404
    );
    assert_eq!(server.stop(), Some(0));
    let mut site = site();
    assert_eq!(site.client.request("GET", "/metrics", &[], b"").status, 404);
    assert_eq!(
        get(&site.server, "/vicidial/non_agent_api.php?function=version").status,
        404
    );
    let answer = Client::connect(address(&site.server)).request("POST", "/metrics", &[], b"");
    assert_eq!(answer.status, 405);
    // Two servers cannot have the same address.
    let taken = address(&site.server).to_string();
    let other = Database::with_state(Backend::Sqlite);
    let listen = ["--listen", "127.0.0.1:0", "--metrics-listen", &taken];
    let output = run(&[&["serve", "--database", &other.url], &listen[..]].concat());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.contains(&format!("vicishim: cannot listen on {taken} for metrics: ")),
        "{text}"
    );
    assert_eq!(output.status.code(), Some(1));
    // Nor does a scrape keep the server from ending.
    let _idle = Client::connect(address(&site.server));
    assert_eq!(site.server.stop(), Some(0));
}

#[test]
fn the_next_process_takes_the_metrics_over_too() {
    let database = Database::with_state(Backend::Sqlite);
    let directory = TempDir::new_in(scratch()).expect("a directory");
    let path = directory.path().join("handover");
    let handover = [
        "--database",
        &database.url,
        "--handover",
        path.to_str().expect("a path"),
    ];
    let first = Server::start(&[&handover[..], &LISTEN].concat());
    let address = address(&first).to_string();
    let second = Server::start(&[&handover[..], &["--metrics-listen", &address]].concat());
    assert_eq!((first.address, first.wait()), (second.address, Some(0)));
    second.client().get("function=version");
    eventually("its own are served", || {
        let served = Client::try_connect(address.parse().expect("an address"));
        served.is_ok_and(|mut client| {
            let answer = client.try_request("GET", "/metrics", &[], b"");
            answer.is_ok_and(|answer| answer.body.contains("function=\"version\""))
        })
    });
}

#[test]
fn prometheus_own_lint_finds_nothing() {
    let site = exercised();
    let text = get(&site.server, "/metrics").body;
    let output = promtool(&["check", "metrics"], &text);
    assert_accepts(&output);
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
    // It does find what is wrong.
    let wrong = promtool(&["check", "metrics"], "# TYPE calls counter\ncalls 1\n");
    assert!(!wrong.status.success());
}

/// The names of all series of a server, those of a histogram with their endings.
fn series() -> BTreeSet<String> {
    let site = exercised();
    let scraped = Scraped::of(&site.server);
    let name = |sample: &String| sample.split('{').next().expect("a name").to_owned();
    scraped.0.keys().map(name).collect()
}

/// The series that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"\b(?:vicishim|process)_[a-z_]+\b").expect("valid");
    let found = name.find_iter(text).map(|found| found.as_str().to_owned());
    found.collect()
}

/// The expressions of the dashboard, with a range where it has a variable.
fn expressions() -> Vec<String> {
    let dashboard: Value =
        serde_json::from_str(&read_fixture("deploy/grafana.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().expect("targets"));
    let texts = targets.map(|target| target["expr"].as_str().expect("an expression"));
    texts
        .map(|text| text.replace("$__rate_interval", "5m"))
        .collect()
}

#[test]
fn rules_and_dashboard_name_what_there_is() {
    let series = series();
    let rules = read_fixture("deploy/prometheus-rules.yml");
    let expressions = expressions();
    assert!(expressions.len() > 20 && rules.matches("expr:").count() > 5);
    let mut shown = BTreeSet::new();
    for text in expressions.iter().chain([&rules]) {
        let named = named(text);
        assert!(named.is_subset(&series), "{:?}", named.difference(&series));
        shown.extend(named);
    }
    // What is counted is shown, too.
    let family = |name: &String| {
        let endings = ["_bucket", "_sum", "_count"];
        let ending = endings.iter().find_map(|ending| name.strip_suffix(ending));
        ending.unwrap_or(name).to_owned()
    };
    let shown: BTreeSet<String> = shown.iter().map(family).collect();
    let all: BTreeSet<String> = series.iter().map(family).collect();
    let hidden: Vec<_> = all.difference(&shown).collect();
    assert_eq!(hidden, ["process_virtual_memory_bytes"]);
    // And every one of them is on the page.
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operating.md"));
    let told = named(&page.expect("the page"));
    assert_eq!(
        all.difference(&told).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    let gone: Vec<_> = told
        .iter()
        .map(family)
        .filter(|name| !all.contains(name))
        .collect();
    assert_eq!(gone, Vec::<String>::new());
}

#[test]
fn rules_and_dashboard_are_written_as_prometheus_reads_them() {
    let rules = fixture("deploy/prometheus-rules.yml");
    assert_accepts(&promtool(
        &["check", "rules", rules.to_str().expect("a path")],
        "",
    ));
    let record = |(number, expr): (usize, String)| json!({ "record": format!("panel:{number}"), "expr": expr });
    let panels: Vec<Value> = expressions().into_iter().enumerate().map(record).collect();
    // JSON is YAML.
    let group = json!({ "groups": [{ "name": "dashboard", "rules": panels }] });
    let directory = TempDir::new_in(scratch()).expect("a directory");
    let path = directory.path().join("dashboard.yml");
    std::fs::write(&path, group.to_string()).expect("the file");
    assert_accepts(&promtool(
        &["check", "rules", path.to_str().expect("a path")],
        "",
    ));
}

/// The alerts of which a test shows that they fire.
const ALERTS: [&str; 9] = [
    "VicishimDown",
    "VicishimDatabaseDown",
    "VicishimOutcomeUnknown",
    "VicishimLogRowsLost",
    "VicishimQueueLong",
    "VicishimSignInsRefused",
    "VicishimUpstreamFails",
    "VicishimSlow",
    "VicishimDescriptorsShort",
];

#[test]
fn alerts_fire() {
    let series = |name: &str, values: &str| json!({ "series": name, "values": values });
    let fires = |alert: &str| {
        let firing =
            format!("count(ALERTS{{alertname=\"{alert}\",alertstate=\"firing\",instance=\"a\"}})");
        json!({ "expr": firing, "eval_time": "20m", "exp_samples": [{ "labels": "{}", "value": 1 }] })
    };
    let tests = json!({
        "rule_files": [fixture("deploy/prometheus-rules.yml")],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": [
                series("up{job=\"vicishim\",instance=\"a\"}", "0x20"),
                series("vicishim_database_up{instance=\"a\"}", "1x10 0x10"),
                series("vicishim_writer_calls_total{instance=\"a\",outcome=\"unknown\"}", "0x10 2x10"),
                series("vicishim_log_rows_lost_total{instance=\"a\"}", "0+5x20"),
                series("vicishim_writer_queue_length{instance=\"a\"}", "600x20"),
                series("vicishim_refusals_total{instance=\"a\",gate=\"password\"}", "0+120x20"),
                series("vicishim_upstream_requests_total{instance=\"a\",result=\"timeout\"}", "0+30x20"),
                series("vicishim_upstream_requests_total{instance=\"a\",result=\"2xx\"}", "0+30x20"),
                series("vicishim_request_duration_seconds_bucket{instance=\"a\",api=\"text\",le=\"1\"}", "0+50x20"),
                series("vicishim_request_duration_seconds_bucket{instance=\"a\",api=\"text\",le=\"10\"}", "0+100x20"),
                series("vicishim_request_duration_seconds_bucket{instance=\"a\",api=\"text\",le=\"+Inf\"}", "0+100x20"),
                series("process_open_fds{job=\"vicishim\",instance=\"a\"}", "90x20"),
                series("process_max_fds{job=\"vicishim\",instance=\"a\"}", "100x20"),
            ],
            "promql_expr_test": ALERTS.map(fires),
        }],
    });
    let directory = TempDir::new_in(scratch()).expect("a directory");
    let path = directory.path().join("tests.yml");
    std::fs::write(&path, tests.to_string()).expect("the file");
    assert_accepts(&promtool(
        &["test", "rules", path.to_str().expect("a path")],
        "",
    ));
}

/// Debian's Prometheus, which ends with the test.
struct Prometheus {
    child: Child,
    address: SocketAddr,
    _directory: TempDir,
}

impl Prometheus {
    /// One that scrapes this address each second.
    fn of(target: SocketAddr) -> Self {
        let directory = TempDir::new_in(scratch()).expect("a directory");
        let config = json!({
            "global": { "scrape_interval": "1s", "scrape_timeout": "1s" },
            "rule_files": [fixture("deploy/prometheus-rules.yml")],
            "scrape_configs": [{ "job_name": "vicishim", "static_configs": [{ "targets": [target.to_string()] }] }],
        });
        let path = directory.path().join("prometheus.yml");
        std::fs::write(&path, config.to_string()).expect("its file");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("its address");
        drop(free);
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", path.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                directory.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .current_dir(directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus runs: it is Debian's package prometheus");
        Self {
            child,
            address,
            _directory: directory,
        }
    }

    /// The value of an expression; none while there is none.
    fn value(&self, expression: &str) -> Option<String> {
        let mut client = Client::try_connect(self.address).ok()?;
        let query = expression
            .replace('"', "%22")
            .replace('=', "%3D")
            .replace(' ', "%20");
        let target = format!("/api/v1/query?query={query}");
        let answer = client.try_request("GET", &target, &[], b"").ok()?;
        let answer: Value = serde_json::from_str(&answer.body).ok()?;
        Some(answer["data"]["result"][0]["value"][1].as_str()?.to_owned())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn prometheus_scrapes_it() {
    let mut site = site();
    site.ask("add_did&did_pattern=7275550100");
    let prometheus = Prometheus::of(address(&site.server));
    for (expression, value) in [
        ("up{job=\"vicishim\"}", "1"),
        (
            "vicishim_requests_total{function=\"add_did\",result=\"SUCCESS\"}",
            "1",
        ),
        ("vicishim_database_up", "1"),
        ("vicishim_writer_batch_calls_sum", "1"),
    ] {
        eventually(expression, || {
            prometheus.value(expression).as_deref() == Some(value)
        });
    }
}
