//! Tables as text: marks, lines and separators, as spreadsheets write them.

/// A text without the mark that some programs put before UTF-8.
///
/// # Errors
/// It is no text.
pub(crate) fn without_mark(bytes: &[u8]) -> Result<&[u8], String> {
    match bytes.contains(&0) {
        true => Err("it is no text; save a spreadsheet as CSV UTF-8".to_owned()),
        false => Ok(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)),
    }
}

/// The lines of a text, of which the reader of CSV counts neither empty ones nor those that end in two characters.
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            line: 1,
        }
    }

    /// The line of a record that begins at this byte, or behind line ends there; not before the one that was asked for
    /// last.
    pub(crate) fn at(&mut self, byte: u64) -> u64 {
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(next) = self.bytes.get(self.at)
            && (self.at < byte || is_end(next))
        {
            let is_first_of_two = *next == b'\r' && self.bytes.get(self.at + 1) == Some(&b'\n');
            self.line += u64::from(is_end(next) && !is_first_of_two);
            self.at += 1;
        }
        self.line
    }
}

/// What separates the columns: what the first line has most of. Spreadsheets of half the world write semicolons.
pub(crate) fn delimiter(bytes: &[u8]) -> u8 {
    let first = bytes
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .find(|line| !line.trim_ascii().is_empty())
        .unwrap_or_default();
    let count = |delimiter| first.iter().filter(|&&byte| byte == delimiter).count();
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|&delimiter| count(delimiter))
        .unwrap_or(b',')
}
