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
}

impl Notice {
    /// Something was done.
    pub(crate) fn good(text: impl Into<String>) -> Self {
        Self {
            is_good: true,
            text: text.into(),
            lines: Vec::new(),
            change_id: None,
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

    /// With what came of each thing.
    #[must_use]
    pub(crate) fn with_lines(mut self, lines: Vec<String>) -> Self {
        self.lines = lines;
        self
    }
}
