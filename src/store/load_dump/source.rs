//! Where rows are read from: more than once, from the beginning.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use tempfile::SpooledTempFile;

/// The name that stands for standard input.
const STDIN: &str = "-";

/// How many bytes of what can be read only once are kept in memory; more go into a temporary file.
const IN_MEMORY: usize = 4 << 20;

/// A text with the name of its file.
pub struct Source {
    name: String,
    text: Box<dyn Text>,
}

trait Text: Read + Seek {}

impl<T: Read + Seek> Text for T {}

impl Source {
    /// A text in memory.
    pub fn of_text(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: Box::new(Cursor::new(text.as_bytes().to_vec())),
        }
    }

    /// A file, or standard input where its name is `-`. What can be read only once (a pipe) is read now.
    ///
    /// # Errors
    /// A sentence: it cannot be read.
    pub fn open(path: &Path) -> Result<Self, String> {
        let is_stdin = path == Path::new(STDIN);
        let name = match is_stdin {
            true => "standard input".to_owned(),
            false => path.display().to_string(),
        };
        let opened = || -> std::io::Result<Box<dyn Text>> {
            if is_stdin {
                return spooled(std::io::stdin().lock());
            }
            let file = File::open(path)?;
            match file.metadata()?.is_file() {
                true => Ok(Box::new(file)),
                false => spooled(file),
            }
        };
        let text = opened().map_err(|error| format!("cannot read {name}: {error}"))?;
        Ok(Self { name, text })
    }

    /// The name, and the text from its beginning.
    pub(super) fn rewound(&mut self) -> std::io::Result<(&str, impl Read)> {
        self.text.seek(SeekFrom::Start(0))?;
        Ok((&self.name, &mut self.text))
    }
}

/// Reads it to its end. The temporary file has no name and is for its owner alone: there are passwords in it.
fn spooled(mut from: impl Read) -> std::io::Result<Box<dyn Text>> {
    let mut copy = SpooledTempFile::new(IN_MEMORY);
    std::io::copy(&mut from, &mut copy)?;
    Ok(Box::new(copy))
}
