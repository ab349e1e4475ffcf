//! What only reads is also asked of the upstream, and a difference is logged. The server runs in this process, so that the
//! comparison can be tried on functions that are chosen here.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use crate::common::client::Client;
use crate::common::database::{Backend, Database};
use crate::common::dialer::{Dialer, Keep, answer};
use crate::common::eventually;
use crate::common::server::Server;
use vicishim::api::Dialect;
use vicishim::http::{self, Choice, Other, PassedOn, Shadow, State, Upstream};
use vicishim::routing::number_form::NumberForm;
use vicishim::store::{Db, Store};

/// The lines that were logged, by the mark of a test in them.
struct Log(Mutex<Vec<String>>);

static LOG: LazyLock<Log> = LazyLock::new(|| Log(Mutex::default()));

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}: {}", record.level(), record.target(), record.args());
        self.0.lock().expect("the log").push(line);
    }

    fn flush(&self) {}
}

/// A server in this process that compares some functions, and its database.
struct House {
    address: SocketAddr,
    _database: Database,
}

impl House {
    fn comparing(functions: &[&str], dialer: &Dialer, limit: Duration) -> Self {
        if log::set_logger(&*LOG).is_ok() {
            log::set_max_level(log::LevelFilter::Trace);
        }
        let database = Database::with_state(Backend::Sqlite);
        let server = http::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let address = server.address().expect("its address");
        let upstream = dialer.url().parse().expect("an address");
        let shadow = Shadow::of(functions.iter().copied());
        let upstream = Upstream::new(upstream, limit).expect("an upstream");
        let db: Db = database.open();
        let state = State {
            console: None,
            test_controls: None,
            tls: None,
            channels: Arc::default(),
            bodies: vicishim::http::Bodies::default(),
            proxies: vicishim::http::TrustedProxies::default(),
            store: Store::start(db).expect("the store starts"),
            dialect: Dialect::Documented,
            number_form: NumberForm::default(),
            hostname: String::new(),
            time_zone: None,
            passed_on: Some(PassedOn {
                choice: Choice::default(),
                to: Other::Upstream(Arc::new(upstream), None),
            }),
            shadow: Some(shadow),
        };
        std::thread::spawn(move || {
            actix_web::rt::System::new()
                .block_on(server.run(state, || Ok(())))
                .expect("it runs");
        });
        Self {
            address,
            _database: database,
        }
    }

    fn get(&self, query: &str) -> String {
        Client::connect(self.address).get(query).body
    }
}

/// Waits for the comparison's line about this user, who must be no other test's.
fn compared(user: &str) -> String {
    let mut line = None;
    eventually(&format!("a comparison for {user}"), || {
        let lines = LOG.0.lock().expect("the log").clone();
        for secret in ["pass=", "Geheim4711"] {
            let told = lines.iter().find(|line| line.contains(secret));
            assert_eq!(told, None, "a password in the log");
        }
        let is_it = |line: &&String| {
            line.contains("vicishim::shadow") && line.contains(&format!("user={user} "))
        };
        line = lines.iter().find(is_it).cloned();
        line.is_some()
    });
    line.expect("a line")
}

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn an_answer_that_is_the_same_is_told_so() {
    let dialer = Dialer::start(|_| {
        answer(
            "418 I'm a teapot",
            &[],
            b"Coffee: coffee|Error 418 I'm a teapot",
        )
    });
    let house = House::comparing(&["coffee"], &dialer, LIMIT);
    let query = "function=coffee&user=same&pass=Geheim4711&x='%zz";
    let target = format!("/vicidial/non_agent_api.php?{query}");
    let packed = [
        ("Accept-Encoding", "gzip"),
        ("Range", "bytes=0-1"),
        ("X-Forwarded-For", "10.0.0.1"),
    ];
    let ours = Client::connect(house.address).request("GET", &target, &packed, b"");
    assert_eq!(ours.body, "Coffee: coffee|Error 418 I'm a teapot");
    assert_eq!(
        compared("same"),
        "INFO vicishim::shadow: function=coffee user=same the same: status=418 bytes=37"
    );
    let asked = dialer.request();
    assert_eq!(asked.query(), query);
    assert_eq!(asked.header("x-forwarded-for"), ["10.0.0.1, 127.0.0.1"]);
    assert!(asked.header("accept-encoding").is_empty() && asked.header("range").is_empty());
}

/// Rows are read once more for it, as VICIdial's server writes them, whatever our own client got.
#[test]
fn rows_are_compared_as_the_wire_has_them() {
    const ROWS: &str = "did_number,call_date,caller_id_number,length_in_sec\n3125551212,7275551212,2010-12-03 12:00:01,119\n\
                        3125551212,7275551313,2010-12-03 12:01:01,0\n";
    let dialer = Dialer::start(|request| match request.query().contains("user=6666") {
        true => answer("200 OK", &[], ROWS.as_bytes()),
        false => answer("200 OK", &[], ROWS.replace(",119", ",118").as_bytes()),
    });
    let house = House::comparing(&["did_log_export"], &dialer, LIMIT);
    let call = "pass=1234&source=test&function=did_log_export&phone_number=3125551212&date=2010-12-03&stage=csv&header=YES";
    let ours = house.get(&format!("user=6666&{call}"));
    assert!(ours.contains("3125551212,2010-12-03 12:00:01,7275551212,119\n"));
    assert_eq!(
        compared("6666"),
        format!(
            "INFO vicishim::shadow: function=did_log_export user=6666 the same: status=200 bytes={}",
            ROWS.len()
        )
    );
    house.get(&format!("user=1001&{call}"));
    let line = compared("1001");
    assert!(
        line.contains("DIFFERENT") && line.ends_with("first in line 2"),
        "{line}"
    );
}

#[test]
fn a_difference_is_told_by_its_line() {
    let dialer = Dialer::start(|request| {
        let text: &[u8] = match request.query().contains("user=later") {
            true => b"Coffee: coffee|Error 418 I'm a teapot\nand more",
            false => b"Coffee: tea",
        };
        answer("200 OK", &[], text)
    });
    let house = House::comparing(&["coffee"], &dialer, LIMIT);
    house.get("function=coffee&user=other&pass=Geheim4711");
    assert_eq!(
        compared("other"),
        "WARN vicishim::shadow: function=coffee user=other DIFFERENT: ours status=418 bytes=37, \
         upstream status=200 bytes=11, first in line 1"
    );
    house.get("function=coffee&user=later");
    let line = compared("later");
    assert!(
        line.ends_with("upstream status=200 bytes=46, first in line 1"),
        "{line}"
    );
}

#[test]
fn a_status_alone_is_a_difference() {
    let dialer = Dialer::start(|_| answer("200 OK", &[], b"Coffee: coffee|Error 418 I'm a teapot"));
    let house = House::comparing(&["coffee"], &dialer, LIMIT);
    house.get("function=coffee&user=status");
    let line = compared("status");
    assert!(
        line.contains("DIFFERENT") && line.ends_with("same text"),
        "{line}"
    );
}

#[test]
fn the_version_differs_by_its_clock() {
    let dialer =
        Dialer::start(|_| answer("200 OK", &[], b"VERSION: 2.14-202|BUILD: 250720-1841|\n"));
    let house = House::comparing(&["version"], &dialer, LIMIT);
    let ours = house.get("function=version&user=clock");
    assert!(ours.starts_with("VERSION: "), "{ours}");
    let line = compared("clock");
    assert!(
        line.starts_with("WARN") && line.ends_with("first in line 1"),
        "{line}"
    );
}

#[test]
fn our_answer_does_not_wait_for_the_upstream_and_only_so_many_are_compared_at_once() {
    const AT_ONCE: usize = 8;
    let (arrive, arrived) = channel();
    let arrive = Mutex::new(arrive);
    // It never answers.
    let dialer = Dialer::start(move |_| {
        arrive.lock().expect("the channel").send(()).ok();
        (Vec::new(), Keep::Yes)
    });
    let house = House::comparing(&["version"], &dialer, LIMIT);
    for number in 0..AT_ONCE {
        let ours = house.get(&format!("function=version&user=waiting{number}"));
        assert!(ours.starts_with("VERSION: "), "{ours}");
    }
    wait_for(&arrived, AT_ONCE);
    let ours = house.get("function=version&user=onemore");
    assert!(ours.starts_with("VERSION: "), "{ours}");
    assert_eq!(
        compared("onemore"),
        "INFO vicishim::shadow: function=version user=onemore not compared: 8 others are under way"
    );
    assert_eq!(dialer.requests().len(), AT_ONCE);
}

fn wait_for(arrived: &Receiver<()>, count: usize) {
    for _ in 0..count {
        arrived
            .recv_timeout(Duration::from_secs(60))
            .expect("another call is there");
    }
}

#[test]
fn an_upstream_that_cannot_be_asked_is_told() {
    let dialer = Dialer::start(|_| (Vec::new(), Keep::Yes));
    let house = House::comparing(&["version"], &dialer, Duration::from_millis(100));
    house.get("function=version&user=slow&pass=Geheim4711");
    let line = compared("slow");
    assert!(line.ends_with("not compared: it took too long"), "{line}");
}

#[test]
fn only_what_was_chosen_is_compared_and_no_refused_sign_in() {
    let dialer = Dialer::start(|_| answer("200 OK", &[], b"theirs"));
    let house = House::comparing(&["coffee", "add_did"], &dialer, LIMIT);
    house.get("function=version&user=not");
    let refused = house.get("function=add_did&user=6666&pass=wrong&source=test");
    assert!(refused.starts_with("ERROR: Login incorrect"), "{refused}");
    let target = "/vicidial/non_agent_api.php?function=coffee&user=head";
    Client::connect(house.address).request("HEAD", target, &[], b"");
    // What is passed on is not compared as well.
    assert_eq!(house.get("function=add_user&user=passed"), "theirs");
    house.get("function=coffee&user=last");
    compared("last");
    let asked: Vec<String> = dialer
        .requests()
        .into_iter()
        .map(|request| request.line)
        .collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(
        asked[0].contains("add_user") && asked[1].contains("user=last"),
        "{asked:?}"
    );
}

#[test]
fn a_form_is_compared_too() {
    let dialer = Dialer::start(|request| {
        assert_eq!(request.body, b"function=coffee&user=form");
        answer(
            "418 I'm a teapot",
            &[],
            b"Coffee: coffee|Error 418 I'm a teapot",
        )
    });
    let house = House::comparing(&["coffee"], &dialer, LIMIT);
    Client::connect(house.address).post("", "function=coffee&user=form");
    assert!(compared("form").contains("the same"));
}

#[test]
fn the_server_compares_what_is_marked_as_reading_only() {
    let dialer = Dialer::saying("theirs");
    let database = Database::with_state(Backend::Sqlite);
    let arguments = [
        "--database",
        &database.url,
        "--upstream",
        &dialer.url(),
        "--shadow",
    ];
    let server = Server::start(&arguments);
    let mut client = server.client();
    let sign_in = "source=test&user=6666&pass=1234";
    client.get(&format!("{sign_in}&function=add_did&did_pattern=7700"));
    client.get("function=version");
    let marked: Vec<&str> = vicishim::api::functions()
        .filter(|function| function.is_comparable())
        .map(vicishim::api::Function::name)
        .collect();
    for function in &marked {
        client.get(&format!("{sign_in}&function={function}"));
    }
    // The last call of all, which is passed on: what was to be asked before it was begun by then.
    assert_eq!(client.get("function=add_user").body, "theirs");
    eventually(
        "every function that only reads is asked of the upstream",
        || dialer.requests().len() > marked.len(),
    );
    let mut asked: Vec<String> = dialer
        .requests()
        .into_iter()
        .map(|request| {
            request
                .query()
                .rsplit_once('=')
                .expect("a function")
                .1
                .to_owned()
        })
        .collect();
    asked.sort();
    let mut expected = marked;
    expected.push("add_user");
    expected.sort_unstable();
    assert_eq!(asked, expected);
}
