//! What makes going on senseless stops the run at once.

use super::bench::{Bench, USER, counted, never, numbers, run};
use crate::common::database::Backend;
use crate::common::scripted::{Act, Scripted};

#[test]
fn a_refused_sign_in_stops_at_once_and_counts_one_failure() {
    for dialect in ["documented", "wire"] {
        let bench = Bench::new(Backend::Sqlite, dialect);
        let front = Scripted::start(bench.site.server.address, never, |_| Act::Pass);
        let list = numbers(50).join("\n");
        let mut command = bench.reported(front.address, "add-did", &list);
        command
            .args(["--parallel", "16"])
            .env("VICISHIM_PASS", "Wr-ong_77");
        let (code, out, err) = run(&mut command);
        assert_eq!(code, Some(1));
        assert!(
            err.contains("refuses the sign-in of user apiuser: Login incorrect, please try again"),
            "{err}"
        );
        assert!(!format!("{out}{err}").contains("Wr-ong_77"));
        assert_eq!(counted(&out, "left to do"), Some(50), "{out}");
        assert_eq!(front.count(), 1);
        let users = bench.site.database.rows("vicidial_users");
        let user = users
            .iter()
            .find(|row| row["user"] == USER)
            .expect("the user");
        assert_eq!(user["failed_login_count"], 1);
        assert!(bench.report().0.is_empty());
    }
}

#[test]
fn a_missing_permission_stops_at_once() {
    for dialect in ["documented", "wire"] {
        for (user, what, said) in [
            (
                "1003",
                "add-did",
                "USER DOES NOT HAVE PERMISSION TO ADD DIDS",
            ),
            (
                "1004",
                "copy-did",
                "USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION",
            ),
        ] {
            let bench = Bench::new(Backend::Sqlite, dialect);
            let front = Scripted::start(bench.site.server.address, never, |_| Act::Pass);
            let mut command = bench.bulk(front.address, what, "did_pattern\n81600\n81601\n");
            command
                .env("VICISHIM_USER", user)
                .env("VICISHIM_PASS", "1234");
            let (code, _, err) = run(&mut command);
            assert_eq!(code, Some(1));
            assert!(err.contains(&format!("user {user}: {said}")), "{err}");
            assert_eq!(front.count(), 1);
        }
    }
}

#[test]
fn a_source_that_is_not_there_and_a_server_that_is_none_stop_the_run() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let what = "copy-did --source-did 99999";
    let (code, _, err) = run(&mut bench.bulk(bench.site.server.address, what, "81600\n"));
    assert_eq!(code, Some(1));
    assert!(err.contains("SOURCE DID DOES NOT EXIST"), "{err}");
    for (act, said) in [
        (404, "HTTP 404: <h1>Not here</h1>"),
        (401, "HTTP 401"),
        (302, "http://elsewhere.invalid/x, name that with --url"),
    ] {
        let front = Scripted::start(bench.site.server.address, never, move |_| match act {
            302 => Act::SendOn("http://elsewhere.invalid/x?pass=Pa-ss_99"),
            status => Act::Answer(status, "<h1>Not here</h1>"),
        });
        let (code, out, err) =
            run(&mut bench.bulk(front.address, "add-did", &numbers(9).join("\n")));
        assert_eq!(code, Some(1));
        assert!(err.contains(said), "{err}");
        assert_eq!((front.count(), counted(&out, "left to do")), (1, Some(9)));
    }
}

#[test]
fn nobody_who_listens_is_not_asked_for_ever() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("its address");
    let mut command = bench.bulk(closed, "add-did", "81600\n");
    let (code, out, err) = run(command.args(["--retries", "1"]));
    assert_eq!((code, counted(&out, "left to do")), (Some(1), Some(1)));
    assert_eq!(err.matches("trying again").count(), 1, "{err}");
    assert!(
        err.contains("stopped: cannot connect: Connection refused"),
        "{err}"
    );
}
