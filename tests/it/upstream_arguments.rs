//! Arguments that make no sense together, or about an upstream that is none.

use std::net::TcpListener;

use crate::common::server::vicishim;

#[test]
fn wrong_arguments_are_told_before_anything_is_bound() {
    let upstream = "http://dialer/vicidial/non_agent_api.php";
    let with = |arguments: &[&'static str]| [&["--upstream", upstream], arguments].concat();
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (vec!["--shadow"], "--shadow needs --upstream URL"),
        (
            vec!["--record", "calls.json"],
            "--record needs --upstream URL",
        ),
        (
            with(&["--replay", "calls.json"]),
            "--replay answers without an upstream: leave --upstream out",
        ),
        (
            vec!["--upstream-timeout", "5s"],
            "--upstream-timeout needs --upstream URL",
        ),
        (
            vec!["--upstream-only", "add_user"],
            "--upstream-only needs --upstream URL or --replay FILE",
        ),
        (
            vec!["--native-only", "add_did"],
            "--native-only needs --upstream URL or --replay FILE",
        ),
        (
            with(&["--native-only", "add_did,ad_did"]),
            "--native-only: there is no function ad_did here; there are version, ",
        ),
        (
            with(&["--native-only", "ADD_DID"]),
            "there is no function ADD_DID here",
        ),
        (
            with(&["--upstream-only", "add user"]),
            "--upstream-only: \"add user\" cannot be a function's name",
        ),
        (
            with(&["--native-only", "add_did", "--upstream-only", "add_did"]),
            "add_did cannot be both in --upstream-only and in --native-only",
        ),
        (
            vec!["--upstream-path", "/agc/api.php"],
            "--upstream-path needs --upstream URL or --replay FILE",
        ),
        (
            with(&["--upstream-path", "/agc/api.php,agc/x.php"]),
            "--upstream-path: \"agc/x.php\" is no script's path, such as /agc/api.php",
        ),
        (
            with(&["--upstream-path", "/vicidial/non_agent_api.php"]),
            "--upstream-path: /vicidial/non_agent_api.php is answered here",
        ),
        (
            with(&["--upstream-timeout", "0s"]),
            "it must be more than nothing",
        ),
        (with(&["--upstream-timeout", "30"]), "time unit needed"),
        (
            vec!["--upstream", "ftp://dialer/a.php"],
            "it must be an http or https address",
        ),
        (
            vec!["--upstream", "dialer"],
            "it must be an http or https address",
        ),
        (
            vec!["--upstream", "http://dialer"],
            "it must name the script too",
        ),
        (
            vec!["--upstream", "http://dialer/a.php?x"],
            "without a query",
        ),
        (
            vec!["--upstream", "http://u:p@dialer/a.php"],
            "must not hold a user",
        ),
    ];
    // Somebody else's, so that binding it would fail too.
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let listen = taken.local_addr().expect("its address").to_string();
    let serve = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = vicishim()
            .args([
                "serve",
                "--listen",
                &listen,
                "--database",
                "/nowhere/at-all.db",
            ])
            .args(arguments)
            .envs(variables.iter().copied())
            .output()
            .expect("the command runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(1 | 2)), "{text}");
        assert!(
            output.stdout.is_empty() && !text.contains("panicked"),
            "{text}"
        );
        text
    };
    for (arguments, message) in cases {
        let text = serve(&arguments, &[]);
        assert!(text.contains(message), "{arguments:?}: {text}");
    }
    let ours = format!("http://{listen}/vicidial/non_agent_api.php");
    for own in [ours.as_str(), &ours.replace("127.0.0.1", "localhost")] {
        let text = serve(&["--upstream", own], &[]);
        assert!(text.contains("is this server's own address"), "{text}");
    }

    let upstream = ("VICISHIM_UPSTREAM", upstream);
    for (variables, message) in [
        (&[("VICISHIM_SHADOW", "true")][..], "--shadow needs"),
        (
            &[("VICISHIM_UPSTREAM_TIMEOUT", "5s")],
            "--upstream-timeout needs",
        ),
        (
            &[("VICISHIM_UPSTREAM_ONLY", "a,b")],
            "--upstream-only needs",
        ),
        (
            &[("VICISHIM_NATIVE_ONLY", "add_did")],
            "--native-only needs",
        ),
        (
            &[upstream, ("VICISHIM_NATIVE_ONLY", "add_did,x")],
            "there is no function x here",
        ),
        (
            &[upstream, ("VICISHIM_UPSTREAM_ONLY", "a b")],
            "cannot be a function's name",
        ),
        (
            &[("VICISHIM_UPSTREAM", ours.as_str())],
            "is this server's own address",
        ),
        // What is set to nothing or to no is not set.
        (
            &[
                ("VICISHIM_SHADOW", "false"),
                ("VICISHIM_UPSTREAM_ONLY", ""),
                ("VICISHIM_NATIVE_ONLY", ""),
                ("VICISHIM_UPSTREAM_PATH", ""),
            ],
            "cannot listen on",
        ),
    ] {
        let text = serve(&[], variables);
        assert!(text.contains(message), "{variables:?}: {text}");
    }
}
