//! A decision as a dialplan takes it: one line, its fields between bars.

use super::decide::Decision;

impl Decision {
    /// Where a call goes now: a word for the kind of the target, as `did_route_test` has it, and what names the target:
    /// `IN_GROUP|SALES`, `EXTEN|8300|default`. Where it goes nowhere a word alone: `BUSY`, `REJECTED`, `INACTIVE`, `NOTHING`.
    pub fn line(&self) -> String {
        let Some(route) = self.sent_to() else {
            return self.outcome.word().to_ascii_uppercase();
        };
        let mut line = plain(&route.route);
        for part in route.parts() {
            line.push('|');
            line.push_str(&plain(part));
        }
        line
    }

    /// Whether the call is connected, and so takes a channel of its DID.
    pub fn is_connected(&self) -> bool {
        self.sent_to().is_some()
    }
}

/// A value that ends no field and no line.
fn plain(text: &str) -> String {
    text.replace(|c: char| c == '|' || c.is_control(), " ")
}
