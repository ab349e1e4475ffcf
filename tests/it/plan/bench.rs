//! A server, a table, and the commands between them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::bulk::bench::{PASSWORD, USER, run};
use crate::common::database::Backend;
use crate::common::scratch;
use crate::common::server::vicishim;
use crate::common::site::Site;

/// A command's exit code, stdout and stderr.
pub type Ran = (Option<i32>, String, String);

pub struct Bench {
    pub site: Site,
    files: TempDir,
}

impl Bench {
    pub fn new(backend: Backend) -> Self {
        Self::on(Site::start(backend))
    }

    pub fn on(site: Site) -> Self {
        site.may_delete();
        Self {
            site,
            files: TempDir::new_in(scratch()).expect("a directory"),
        }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// A command that calls a server at this address, in the directory of the files.
    pub fn command_at(&self, address: SocketAddr, arguments: &str) -> Command {
        let mut command = vicishim();
        command
            .args(arguments.split(' '))
            .args(["--url", &format!("http://{address}"), "--user", USER])
            .env("VICISHIM_PASS", PASSWORD)
            .current_dir(self.files.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs one with this server.
    pub fn runs(&self, arguments: &str) -> Ran {
        run(&mut self.command_at(self.site.server.address, arguments))
    }

    /// The table that the server exports.
    pub fn export(&self) -> String {
        let (code, out, err) = self.runs("export");
        assert_eq!(code, Some(0), "{err}");
        out
    }

    /// Plans from this table.
    pub fn plan(&self, table: &str, flags: &str) -> Ran {
        self.write(table);
        self.runs(format!("plan dids.csv {flags}").trim_end())
    }

    /// Applies this table.
    pub fn apply(&self, table: &str, flags: &str) -> Ran {
        self.write(table);
        self.runs(format!("apply dids.csv {flags}").trim_end())
    }

    pub fn write(&self, table: &str) {
        std::fs::write(self.file("dids.csv"), table).expect("a table");
    }

    /// All DIDs, without stamps.
    pub fn dids(&self) -> Vec<Map<String, Value>> {
        let mut dids = self.site.database.rows("vicidial_inbound_dids");
        for did in &mut dids {
            did.remove("modify_stamp");
        }
        dids.sort_by_key(|did| did["did_id"].as_i64());
        dids
    }

    /// Runs the command that an apply says takes it back; what it prints.
    pub fn takes_back(&self, applied: &str) -> String {
        let command = applied
            .lines()
            .find_map(|line| line.split_once(": vicishim ")?.1.into())
            .unwrap_or_else(|| panic!("no command in {applied}"));
        let (code, out, err) = run(vicishim()
            .args(command.split(' '))
            .args(self.site.database.arguments()));
        assert_eq!(code, Some(0), "{err}");
        out
    }
}
