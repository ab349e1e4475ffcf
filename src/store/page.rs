//! Long lists are read in pages: between two of them the connection serves others.

/// Some of the rows of a long list, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<Row> {
    /// The rows; none where the list ends here.
    pub rows: Vec<Row>,
    /// Whether no other page follows.
    pub is_last: bool,
}

impl<Row> Page<Row> {
    /// The page that was read where up to `asked` rows were asked for, and `left` more may be sent after it.
    pub(super) fn of(rows: Vec<Row>, asked: usize, left: usize) -> Self {
        let is_last = rows.len() < asked || left == 0;
        Self { rows, is_last }
    }
}

/// A count as a statement takes it.
pub(super) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
