//! Keeping what the upstream answers.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};

use super::asked::Asked;
use super::file::{self, END, Expected, Recorded, Recording, Reply, Values};
use crate::http::query;

/// The largest answer that is kept.
pub(in crate::http) const LARGEST: usize = 4 * 1024 * 1024;

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
    /// It is locked as long as this process records.
    file: File,
    /// Where the next call is written.
    end: u64,
    is_empty: bool,
}

impl Recorder {
    /// Begins a recording, or goes on with the one in this file.
    ///
    /// # Errors
    /// One sentence: the file cannot be written, is no recording, or is another process's.
    pub fn begin(path: &Path) -> Result<Self, String> {
        let cannot = |error: io::Error| format!("cannot write {}: {error}", path.display());
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path).map_err(cannot)?;
        file.try_lock()
            .map_err(|_| format!("another process records into {}", path.display()))?;
        let recording = match file.metadata().map_err(cannot)?.len() {
            0 => Recording::default(),
            _ => file::read(path)?,
        };
        let kept = Kept::write(file, &recording).map_err(cannot)?;
        Ok(Self {
            path: path.to_owned(),
            kept: Mutex::new(kept),
        })
    }

    /// Keeps an answer. One that cannot be kept is logged: the call has been answered.
    pub(in crate::http) fn keep(
        &self,
        asked: &Asked,
        status: StatusCode,
        headers: &[(HeaderName, HeaderValue)],
        body: &[u8],
    ) {
        if let Err(why) = self.try_keep(asked, status, headers, body) {
            let path = self.path.display();
            log::warn!(target: "vicishim::recording", "a call is not in {path}: {why}");
        }
    }

    fn try_keep(
        &self,
        asked: &Asked,
        status: StatusCode,
        headers: &[(HeaderName, HeaderValue)],
        body: &[u8],
    ) -> io::Result<()> {
        let mut kept_headers = BTreeMap::new();
        for (name, value) in headers {
            if *name == header::CONTENT_ENCODING {
                let why = "its answer is packed, so that secrets cannot be looked for";
                return Err(io::Error::other(why));
            }
            if LEFT_OUT.contains(name) || query::may_be_secret(name.as_str()) {
                continue;
            }
            let Ok(value) = String::from_utf8(asked.hide_secrets(value.as_bytes())) else {
                continue;
            };
            let values = match kept_headers.remove(name.as_str()) {
                None => Values::One(value),
                Some(values) => Values::and(values, value),
            };
            kept_headers.insert(name.to_string(), values);
        }
        let body = asked.hide_secrets(body);
        let reply = Reply::of(status.as_u16(), kept_headers, &body);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.append(asked, reply)
    }
}

impl Kept {
    /// Writes a file as recordings are written, a call a line, where it is not like that.
    fn write(file: File, recording: &Recording) -> io::Result<Self> {
        let mut text = String::from("{");
        if !recording.ignore.is_empty() {
            let ignore = serde_json::to_string(&recording.ignore)?;
            text.push_str(&format!("\"ignore\": {ignore}, "));
        }
        text.push_str("\"calls\": [");
        for (index, call) in recording.calls.iter().enumerate() {
            text.push_str(if index > 0 { ",\n" } else { "\n" });
            text.push_str(&serde_json::to_string(call)?);
        }
        let kept = Self {
            end: text.len() as u64,
            is_empty: recording.calls.is_empty(),
            file,
        };
        text.push_str(END);
        let mut there = vec![0; text.len()];
        let is_there = kept.file.metadata()?.len() == text.len() as u64
            && kept.file.read_exact_at(&mut there, 0).is_ok()
            && there == text.as_bytes();
        if !is_there {
            kept.file.write_all_at(text.as_bytes(), 0)?;
            kept.file.set_len(text.len() as u64)?;
            kept.file.sync_all()?;
        }
        Ok(kept)
    }

    fn append(&mut self, asked: &Asked, reply: Reply) -> io::Result<()> {
        let parameters = asked.without_secrets().into_iter();
        let call = Recorded {
            path: asked.path.clone(),
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
        self.file
            .write_all_at(text.as_bytes(), self.end)
            .inspect_err(|_| {
                // Whole again without it: this much room there was.
                self.file.write_all_at(END.as_bytes(), self.end).ok();
                self.file.set_len(self.end + END.len() as u64).ok();
            })?;
        self.end += (text.len() - END.len()) as u64;
        self.is_empty = false;
        Ok(())
    }
}
