//! Keeping what the upstream answers.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};

use super::asked::Asked;
use super::file::{self, Expected, Recorded, Recording, Reply};

/// The largest answer that is kept.
pub(in crate::http) const LARGEST: usize = 4 * 1024 * 1024;

/// What the file ends with, and what is written over.
const END: &str = "\n]}\n";

/// The headers of an answer that belong to one moment, or are a secret.
const LEFT_OUT: &[HeaderName] = &[
    header::AGE,
    header::DATE,
    header::ETAG,
    header::EXPIRES,
    header::LAST_MODIFIED,
    header::SET_COOKIE,
];

/// A recording under way. The file is whole after each call.
pub struct Recorder {
    path: PathBuf,
    kept: Mutex<Kept>,
}

/// What is in the file.
struct Kept {
    /// The file that was there before, and the one that took its place: both are locked as long as this process records.
    files: [File; 2],
    /// Where the next call is written.
    end: u64,
    is_empty: bool,
    last: Last,
}

/// What each call was answered the last time: a digest of both.
#[derive(Default)]
struct Last {
    keyed: RandomState,
    replies: HashMap<u64, u64>,
}

impl Last {
    /// Whether the call got this reply the last time.
    fn is(&self, call: &Identity, reply: &Reply) -> bool {
        let last = self.replies.get(&self.keyed.hash_one(call));
        last == Some(&self.keyed.hash_one(reply))
    }

    fn note(&mut self, call: &Identity, reply: &Reply) {
        let reply = self.keyed.hash_one(reply);
        self.replies.insert(self.keyed.hash_one(call), reply);
    }
}

/// What tells a call from others: its script, and its parameters without secrets.
type Identity = (Option<String>, BTreeMap<String, String>);

impl Recorder {
    /// Begins a recording, or goes on with the one in this file.
    ///
    /// # Errors
    /// One sentence: the file cannot be written, is no recording, or is another process's.
    pub fn begin(path: &Path) -> Result<Self, String> {
        let cannot = |error: io::Error| format!("cannot write {}: {error}", path.display());
        let options = OpenOptions::new().append(true).create(true).clone();
        let before = options.open(path).map_err(cannot)?;
        before
            .try_lock()
            .map_err(|_| format!("another process records into {}", path.display()))?;
        let recording = match before.metadata().map_err(cannot)?.len() {
            0 => Recording::default(),
            _ => file::read(path)?,
        };
        let kept = Kept::write(path, before, &recording).map_err(cannot)?;
        Ok(Self {
            path: path.to_owned(),
            kept: Mutex::new(kept),
        })
    }

    /// Keeps an answer, unless the same call got the same one the last time. A file that cannot be written is logged: the
    /// call has been answered.
    pub(in crate::http) fn keep(
        &self,
        asked: &Asked,
        status: StatusCode,
        headers: &[(HeaderName, HeaderValue)],
        body: &[u8],
    ) {
        let headers = headers
            .iter()
            .filter(|(name, _)| !LEFT_OUT.contains(name))
            .filter_map(|(name, value)| {
                let value = String::from_utf8(asked.hide_secrets(value.as_bytes()));
                Some((name.to_string(), value.ok()?))
            });
        let body = asked.hide_secrets(body);
        let reply = Reply::of(status.as_u16(), headers.collect(), &body);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = kept.append(asked, reply) {
            log::warn!(
                target: "vicishim::recording",
                "a call is not in {}: {error}", self.path.display()
            );
        }
    }
}

impl Kept {
    /// Writes a file anew, a call a line, through one beside it.
    fn write(path: &Path, before: File, recording: &Recording) -> io::Result<Self> {
        let mut text = String::from("{");
        if !recording.ignore.is_empty() {
            let ignore = serde_json::to_string(&recording.ignore)?;
            text.push_str(&format!("\"ignore\": {ignore}, "));
        }
        text.push_str("\"calls\": [");
        let mut last = Last::default();
        for (index, call) in recording.calls.iter().enumerate() {
            text.push_str(if index > 0 { ",\n" } else { "\n" });
            text.push_str(&serde_json::to_string(call)?);
            if let Some(identity) = identity(call) {
                last.note(&identity, &call.reply);
            }
        }
        let end = text.len() as u64;
        text.push_str(END);
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(beside);
        let written = (|| {
            let mut file = File::create_new(&beside)?;
            file.try_lock()?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&beside, path)?;
            Ok(file)
        })();
        let file = written.inspect_err(|error: &io::Error| {
            if error.kind() != ErrorKind::AlreadyExists {
                std::fs::remove_file(&beside).ok();
            }
        })?;
        Ok(Self {
            files: [before, file],
            end,
            is_empty: recording.calls.is_empty(),
            last,
        })
    }

    fn append(&mut self, asked: &Asked, reply: Reply) -> io::Result<()> {
        let identity = (asked.path.clone(), asked.without_secrets());
        if self.last.is(&identity, &reply) {
            return Ok(());
        }
        let (path, parameters) = &identity;
        let parameters = parameters.clone().into_iter();
        let call = Recorded {
            path: path.clone(),
            parameters: parameters
                .map(|(name, value)| (name, Expected::Text(value)))
                .collect(),
            more_parameters: false,
            counter: None,
            reply,
        };
        let line = serde_json::to_string(&call)?;
        let between = if self.is_empty { "\n" } else { ",\n" };
        let text = format!("{between}{line}{END}");
        let [_, file] = &self.files;
        file.write_all_at(text.as_bytes(), self.end)
            .inspect_err(|_| {
                // Whole again without it; this much room it had.
                file.write_all_at(END.as_bytes(), self.end).ok();
                file.set_len(self.end + END.len() as u64).ok();
            })?;
        self.end += (text.len() - END.len()) as u64;
        self.is_empty = false;
        self.last.note(&identity, &call.reply);
        Ok(())
    }
}

/// What a recorded call is; none of one with patterns.
fn identity(call: &Recorded) -> Option<Identity> {
    let parameters = call.parameters.iter().map(|(name, value)| match value {
        Expected::Text(text) => Some((name.clone(), text.clone())),
        Expected::Pattern { .. } => None,
    });
    Some((call.path.clone(), parameters.collect::<Option<_>>()?))
}
