//! The caller's number, as the inbound filter looks at it.

/// Who calls, as far as the question says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The question does not say.
    NotSaid,
    /// The number is withheld.
    Anonymous,
    /// A number.
    Number(String),
}

/// What carriers send instead of a number.
const NO_NUMBER: &[&str] = &[
    "",
    "anonymous",
    "unavailable",
    "restricted",
    "private",
    "unknown",
    "asterisk",
    "withheld",
];

impl Caller {
    /// The caller of a question: not said, withheld, or a number.
    pub fn parse(caller: Option<&str>) -> Self {
        let Some(caller) = caller.map(str::trim) else {
            return Self::NotSaid;
        };
        if NO_NUMBER.contains(&caller.to_ascii_lowercase().as_str()) {
            return Self::Anonymous;
        }
        Self::Number(caller.to_owned())
    }

    /// The number without its plus, cut as `filter_clean_cid_number` has it: `R10` keeps the last 10 digits, `L1` drops a
    /// leading 1.
    pub fn cleaned(&self, rule: &str) -> Option<String> {
        let Self::Number(number) = self else {
            return None;
        };
        let number = number.strip_prefix('+').unwrap_or(number);
        let cut = match (rule.get(..1), rule.get(1..)) {
            (Some("R"), Some(count)) => count
                .parse::<usize>()
                .ok()
                .filter(|count| *count > 0 && number.is_ascii())
                .map(|count| &number[number.len().saturating_sub(count)..]),
            (Some("L"), Some(digits)) if !digits.is_empty() => number.strip_prefix(digits),
            _ => None,
        };
        Some(cut.unwrap_or(number).to_owned())
    }
}
