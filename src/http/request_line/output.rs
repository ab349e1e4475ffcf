//! Bytes on their way through.

use super::requests::At;

/// Bytes that stay as they are until the first one that does not.
pub(super) struct Output<'a> {
    input: &'a [u8],
    place: usize,
    changed: Option<Vec<u8>>,
}

impl<'a> Output<'a> {
    pub(super) fn of(input: &'a [u8]) -> Self {
        Self {
            input,
            place: 0,
            changed: None,
        }
    }

    /// What is passed on; none where that is all, as it was.
    pub(super) fn changed(self) -> Option<Vec<u8>> {
        self.changed
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        &self.input[self.place..]
    }

    /// Passes so many bytes on.
    pub(super) fn keep(&mut self, count: usize) {
        if let Some(changed) = &mut self.changed {
            changed.extend_from_slice(&self.input[self.place..self.place + count]);
        }
        self.place += count;
    }

    /// Takes so many bytes out.
    pub(super) fn skip(&mut self, count: usize) {
        self.put(b"");
        self.place += count;
    }

    /// Puts bytes in.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        let changed = self
            .changed
            .get_or_insert_with(|| self.input[..self.place].to_vec());
        changed.extend_from_slice(bytes);
    }
}

/// Passes a body on; where the connection is then.
pub(super) fn skipped(left: u64, output: &mut Output<'_>, within: fn(u64) -> At, behind: At) -> At {
    let count =
        usize::try_from(left).map_or(output.rest().len(), |left| left.min(output.rest().len()));
    output.keep(count);
    match left - count as u64 {
        0 => behind,
        left => within(left),
    }
}
