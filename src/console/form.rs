//! What was sent with a request: the fields of its query, or of its form.

/// Fields in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// The first field of this name; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        let named = self.0.iter().find(|(known, _)| known == name);
        named.map_or("", |(_, value)| value)
    }

    /// The same where it is not empty, without white space around it.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    /// The first field of this name as a number.
    pub(super) fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.text(name).trim().parse().ok()
    }

    /// Every field of this name.
    pub(super) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        let named = self.0.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Whether there is a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The same with several fields put there.
    pub(super) fn with_all<const N: usize>(&self, fields: [(&str, &str); N]) -> String {
        let others = self
            .0
            .iter()
            .filter(|(known, _)| fields.iter().all(|(name, _)| name != known));
        let put = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self(others.cloned().chain(put).collect()).with("", "")
    }

    /// These as the query of an address, but for those of this name, which is put there with this value; without it where
    /// the value is empty.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let others = self
            .0
            .iter()
            .filter(|(known, value)| known != name && !value.is_empty());
        let mut pairs: Vec<(&str, &str)> = others
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        if !value.is_empty() {
            pairs.push((name, value));
        }
        serde_urlencoded::to_string(pairs).unwrap_or_default()
    }
}
