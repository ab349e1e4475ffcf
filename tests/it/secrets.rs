//! Passwords and the files that hold them: what is hidden, who may read, what is refused.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::common::database::{Backend, Database};
use crate::common::mariadb::{self, MariaDb};
use crate::common::server::{Server, run, vicishim};
use crate::common::site::Site;

on_each_database! {
    every_password_is_hidden_in_kept_addresses
    a_refused_phone_password_is_not_logged
    a_long_name_is_cut_in_the_log
}

fn every_password_is_hidden_in_kept_addresses(backend: Backend) {
    const SECRET: &str = "hunter2";
    let mut site = Site::start(backend);
    site.body(&format!(
        "nonsense&new_password={SECRET}&secret={SECRET}&User.Pass={SECRET}"
    ));
    site.body(&format!("version&phone_pass={SECRET}&SECRET={SECRET}"));
    let basic = [("Authorization", "Basic NjY2NjoxMjM0")];
    let target = format!("/api/dids?password={SECRET}");
    site.server.client().request("GET", &target, &basic, b"");
    let mut kept = 0;
    for row in site.database.rows("vicidial_api_urls") {
        let url = row["url"].as_str().expect("an address");
        assert!(!url.contains(SECRET), "{url}");
        kept += usize::from(url.contains("=*"));
    }
    assert_eq!(kept, 3);
    let log = site.server.log();
    assert!(!log.contains(SECRET), "{log}");
}

fn a_refused_phone_password_is_not_logged(backend: Backend) {
    let refused = "update_phone&extension=cc100&server_ip=10.0.9.8&phone_pass=x";
    for (dialect, data) in [("documented", "*"), ("wire", "x")] {
        let mut site = Site::speaking(dialect, backend);
        let body = site.body(refused);
        assert!(body.contains("VALID PHONE PASSWORD"), "{body}");
        assert_eq!(site.last("vicidial_api_log", "api_id")["data"], data);
    }
}

fn a_long_name_is_cut_in_the_log(backend: Backend) {
    let mut site = Site::start(backend);
    let name = "x".repeat(30_000);
    let form = format!("user={name}&pass=1234&function={name}");
    let body = site.client.post("source=test", &form).body;
    assert!(body.contains("Login incorrect"), "{}", &body[..80]);
    site.logs("vicishim::refused");
    let longest = "x".repeat(200);
    assert!(!site.server.log().contains(&longest));
}

fn permissions(path: &Path) -> u32 {
    let metadata = std::fs::metadata(path).expect("the file is there");
    metadata.permissions().mode() & 0o777
}

#[test]
fn only_its_owner_reads_the_embedded_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("own.db");
    let server = Server::start(&["--demo", "--database", file.to_str().expect("a path")]);
    let body = server
        .client()
        .get("source=test&user=6666&pass=1234&function=add_did&did_pattern=7275550100")
        .body;
    assert!(body.starts_with("SUCCESS"), "{body}");
    for name in ["own.db", "own.db-wal", "own.db-shm"] {
        assert_eq!(permissions(&directory.path().join(name)), 0o600, "{name}");
    }
}

#[test]
fn the_demos_password_is_not_served_elsewhere() {
    for backend in [Backend::Sqlite, Backend::Innodb] {
        let database = Database::with_state(backend);
        let output = run(&[
            "serve",
            "--listen",
            "0.0.0.0:0",
            "--database",
            &database.url,
        ]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(
            message.contains("the password 1234 of user 6666"),
            "{message}"
        );
    }
}

/// A self-signed certificate for `localhost`, as files of this directory: certificate, key.
fn certificate(directory: &Path, name: &str) -> [String; 2] {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let texts = [cert.pem(), signing_key.serialize_pem()];
    let mut kinds = ["cert", "key"].into_iter();
    texts.map(|text| {
        let kind = kinds.next().expect("two of them");
        let path = directory.join(format!("{name}.{kind}.pem"));
        std::fs::write(&path, text).expect("it is written");
        path.to_str().expect("a path").to_owned()
    })
}

#[test]
fn a_mariadb_is_asked_over_tls_and_its_certificate_is_checked() {
    let directory = tempfile::tempdir().expect("a directory");
    let [cert, key] = certificate(directory.path(), "server");
    let [other, _] = certificate(directory.path(), "other");
    let server = MariaDb::start(&[&format!("--ssl-cert={cert}"), &format!("--ssl-key={key}")]);
    server.run(
        "mysql",
        "CREATE DATABASE own; SET GLOBAL require_secure_transport = ON",
    );
    let dump = |host: &str, parameters: &str| {
        let (port, password) = (server.port, mariadb::PASSWORD);
        let password = password.replace('/', "%2F").replace('@', "%40");
        let url = format!("mysql://vicishim:{password}@{host}:{port}/own?{parameters}");
        let output = vicishim()
            .args(["load", "/dev/null"])
            .env("VICISHIM_DATABASE", url)
            .output()
            .expect("the command runs");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    // Where it connects, it reads a file with nothing in it.
    let connected = "/dev/null: not the JSON of tables";
    for (host, parameters, said) in [
        (
            "localhost",
            format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={cert}"),
            connected,
        ),
        (
            "127.0.0.1",
            format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={cert}"),
            "cannot reach",
        ),
        (
            "localhost",
            format!("ssl-mode=verify_identity&ssl-ca={other}"),
            "cannot reach",
        ),
        (
            "localhost",
            "ssl-mode=VERIFY_IDENTITY".to_owned(),
            "cannot reach",
        ),
        ("127.0.0.1", "ssl-mode=REQUIRED".to_owned(), connected),
        ("127.0.0.1", "ssl-mode=DISABLED".to_owned(), "cannot reach"),
        ("127.0.0.1", String::new(), "cannot reach"),
        (
            "127.0.0.1",
            "ssl-mode=VERIFY_CA".to_owned(),
            "ssl-mode=VERIFY_CA is none of",
        ),
        (
            "127.0.0.1",
            "ssl-ca=/there/is/none&ssl-mode=VERIFY_IDENTITY".to_owned(),
            "cannot read ssl-ca",
        ),
        ("127.0.0.1", format!("ssl-ca={cert}"), "ssl-ca needs"),
    ] {
        let message = dump(host, &parameters);
        assert!(message.contains(said), "{host} {parameters}: {message}");
        assert!(!message.contains(mariadb::PASSWORD), "{message}");
    }
}

#[test]
fn a_password_on_the_command_line_is_warned_of() {
    const SEEN: &str = "list of processes";
    let said = |database: &str| {
        let output = run(&["dump", "--database", database]);
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(said("mysql://user:secret@127.0.0.1:1/x").contains(SEEN));
    assert!(!said("mysql://user@127.0.0.1:1/x").contains(SEEN));
    assert!(!said("/there/is/none:secret@x").contains(SEEN));
}
