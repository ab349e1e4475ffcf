//! What a page says above its content: what was done, or why it was not.

/// What was done, or why it was not.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    /// Whether it was done.
    pub(super) is_good: bool,
    /// What is said.
    pub(super) text: String,
    /// What came of each thing, where it was about several.
    pub(super) lines: Vec<String>,
    /// The change that can be taken back.
    pub(super) change_id: Option<i64>,
    /// The changes that can be taken back together, where there are several.
    pub(super) changes: Vec<i64>,
}

impl Notice {
    /// Something was done.
    pub(crate) fn good(text: impl Into<String>) -> Self {
        Self {
            is_good: true,
            text: text.into(),
            lines: Vec::new(),
            change_id: None,
            changes: Vec::new(),
        }
    }

    /// Something was not done.
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self {
            is_good: false,
            ..Self::good(text)
        }
    }

    /// With the change that was made.
    #[must_use]
    pub(crate) fn of_change(mut self, change_id: Option<i64>) -> Self {
        self.change_id = change_id;
        self
    }

    /// With the changes that were made.
    #[must_use]
    pub(crate) fn of_changes(mut self, changes: Vec<i64>) -> Self {
        match changes[..] {
            [] => self,
            [one] => self.of_change(Some(one)),
            _ => {
                self.changes = changes;
                self
            }
        }
    }

    /// The numbers of several changes, between commas.
    pub(super) fn all_changes(&self) -> String {
        let numbers: Vec<String> = self.changes.iter().map(i64::to_string).collect();
        numbers.join(",")
    }

    /// With what came of each thing.
    #[must_use]
    pub(crate) fn with_lines(mut self, lines: Vec<String>) -> Self {
        self.lines = lines;
        self
    }
}
