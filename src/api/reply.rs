//! What is answered, and the one place that knows how each dialect writes it (fixtures/reference/behaviour.md §2).

mod refusals;
mod rendering;

use std::borrow::Cow;

use super::options::json;
use super::{Export, Facts};

/// How replies are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Dialect {
    /// As VICIdial's manual prints them.
    #[default]
    Documented,
    /// As VICIdial's server sends them.
    Wire,
}

impl Dialect {
    /// The content type of a reply that has none of its own.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Documented => "text/plain; charset=utf-8",
            Self::Wire => "text/html; charset=utf-8",
        }
    }
}

/// What a line says of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It was done.
    Success,
    /// It was not done.
    Error,
    /// Something to know.
    Notice,
}

impl Status {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Error => "ERROR",
            Self::Notice => "NOTICE",
        }
    }
}

/// How a line puts its parts together.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    /// `ERROR: reason - user|data`; on the wire `ERROR: reason: |user|data`, but a SUCCESS as documented.
    Usual,
    /// As the usual one, with ` - ` on the wire too.
    Dashed,
    /// The documented line ends with the user.
    UserOnly,
    /// As the usual one, with a `|` behind the data on the wire.
    Barred,
    /// As the usual one, without a `|` before the user on the wire.
    Colon,
    /// Two lines on the wire; the data is the source.
    InvalidSource,
    /// On the wire the password as it was filtered, before the code.
    SignIn {
        password: String,
        code: &'static str,
    },
    /// The data is the client's address.
    Blocked,
    /// The reason alone.
    Bare,
    /// `SUCCESS: reason - data`, without the user; on the wire `SUCCESS: reason data`.
    WithoutUser,
    /// The usual one; on the wire nothing at all.
    DocumentedOnly,
    /// A text with nothing around it: the data.
    Text,
}

/// What `vicidial_api_log` keeps of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Logged {
    /// Its reason and data, as on the wire.
    AsSent,
    /// Its reason, with other data.
    WithData(Cow<'static, str>),
    /// Its text as data, with no reason.
    Text,
    /// Nothing.
    Nothing,
}

/// Another status, reason and data of a line, on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wire {
    status: Status,
    reason: Cow<'static, str>,
    data: String,
}

/// One line of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its status.
    pub status: Status,
    /// The reason; it begins with the function's name.
    pub reason: Cow<'static, str>,
    /// The data, its fields joined with `|`.
    pub data: String,
    shape: Shape,
    /// What the wire says instead, where the reference slips.
    wire: Option<Wire>,
    logged: Logged,
}

impl Line {
    fn new(
        status: Status,
        reason: impl Into<Cow<'static, str>>,
        data: impl Into<String>,
        shape: Shape,
    ) -> Self {
        Self {
            status,
            reason: reason.into(),
            data: data.into(),
            shape,
            wire: None,
            logged: Logged::AsSent,
        }
    }

    /// A line of success.
    pub fn success(reason: impl Into<Cow<'static, str>>, data: impl Into<String>) -> Self {
        Self::new(Status::Success, reason, data, Shape::Usual)
    }

    /// A line of refusal.
    pub fn error(reason: impl Into<Cow<'static, str>>, data: impl Into<String>) -> Self {
        Self::new(Status::Error, reason, data, Shape::Usual)
    }

    /// A line of notice.
    pub fn notice(reason: impl Into<Cow<'static, str>>, data: impl Into<String>) -> Self {
        Self::new(Status::Notice, reason, data, Shape::Usual)
    }

    /// Rows below a line, each ended with a line feed. They are not logged.
    pub fn rows(status: Status, rows: String) -> Self {
        let line = Self::new(status, "", rows, Shape::Text);
        Self {
            logged: Logged::Nothing,
            ..line
        }
    }

    /// This line with ` - ` between reason and user on the wire too.
    #[must_use]
    pub fn dashed(mut self) -> Self {
        self.shape = Shape::Dashed;
        self
    }

    /// This line with a `|` behind its data on the wire.
    #[must_use]
    pub fn barred(mut self) -> Self {
        self.shape = Shape::Barred;
        self
    }

    /// This line without a `|` before the user on the wire.
    #[must_use]
    pub fn colon(mut self) -> Self {
        self.shape = Shape::Colon;
        self
    }

    /// This line with other data in the log.
    #[must_use]
    pub fn logging(mut self, data: impl Into<Cow<'static, str>>) -> Self {
        self.logged = Logged::WithData(data.into());
        self
    }

    /// A success that is not said but logged: the answer is its rows.
    pub fn logged_only(reason: impl Into<Cow<'static, str>>, data: impl Into<String>) -> Self {
        Self::new(Status::Success, reason, "", Shape::Text).logging(data.into())
    }

    /// This line without its data in the documented dialect.
    #[must_use]
    pub fn user_only(mut self) -> Self {
        self.shape = Shape::UserOnly;
        self
    }

    /// This line without the user, and on the wire with a space alone before its data.
    #[must_use]
    pub fn without_user(mut self) -> Self {
        self.shape = Shape::WithoutUser;
        self
    }

    /// This line in the documented dialect only: the wire answers nothing, and nothing is logged.
    #[must_use]
    pub fn documented_only(mut self) -> Self {
        self.shape = Shape::DocumentedOnly;
        self.logged = Logged::Nothing;
        self
    }

    /// Text below a line of success, as it is; it is not logged.
    pub fn below(text: String) -> Self {
        Self {
            logged: Logged::Nothing,
            ..Self::new(Status::Success, "", text, Shape::Text)
        }
    }

    /// The whole text of an answer that was given before; it was logged then.
    pub fn replayed(status: Status, text: String) -> Self {
        Self {
            status,
            ..Self::below(text)
        }
    }

    /// This line with another reason and data on the wire, where the reference slips.
    #[must_use]
    pub fn on_the_wire(
        mut self,
        reason: impl Into<Cow<'static, str>>,
        data: impl Into<String>,
    ) -> Self {
        self.wire = Some(Wire {
            status: self.status,
            reason: reason.into(),
            data: data.into(),
        });
        self
    }

    /// This line as a SUCCESS on the wire, with another reason and data: the reference tells of a success where there
    /// was none.
    #[must_use]
    pub fn success_on_the_wire(
        mut self,
        reason: impl Into<Cow<'static, str>>,
        data: impl Into<String>,
    ) -> Self {
        self.wire = Some(Wire {
            status: Status::Success,
            reason: reason.into(),
            data: data.into(),
        });
        self
    }

    /// The status as the wire has it, and the logs in both dialects.
    pub fn wire_status(&self) -> Status {
        self.wire.as_ref().map_or(self.status, |wire| wire.status)
    }

    /// The reason as the wire has it.
    fn wire_reason(&self) -> &str {
        self.wire
            .as_ref()
            .map_or(&self.reason, |wire| wire.reason.as_ref())
    }

    /// The data as the wire has it.
    fn wire_data(&self) -> &str {
        self.wire
            .as_ref()
            .map_or(&self.data, |wire| wire.data.as_str())
    }

    /// The reason and data that `vicidial_api_log` keeps; nothing where the reference logs nothing.
    pub fn logged(&self) -> Option<(&str, &str)> {
        match self.logged {
            Logged::AsSent => Some((self.wire_reason(), self.wire_data())),
            Logged::WithData(ref data) => Some((self.wire_reason(), data)),
            Logged::Text => Some(("", &self.data)),
            Logged::Nothing => None,
        }
    }

    /// The fields of its data, as far as the documented line shows them.
    pub(super) fn fields(&self) -> Vec<&str> {
        let data = self.data.trim_end_matches('\n');
        match self.shape {
            Shape::UserOnly | Shape::Bare => Vec::new(),
            Shape::Blocked => vec!["IPBLOCK", data],
            _ if data.is_empty() => Vec::new(),
            _ => data.split('|').collect(),
        }
    }
}

/// An answer: its lines, and HTTP's status where it is not 200.
#[derive(Debug)]
pub struct Reply {
    /// HTTP's status.
    pub http_status: u16,
    /// The content type where it is not that of the dialect ([`Dialect::content_type`]).
    pub content_type: Option<&'static str>,
    /// The lines in their order.
    pub lines: Vec<Line>,
    /// Rows that are sent instead of lines.
    pub export: Option<Box<Export>>,
    /// What is said of the call beside the lines.
    pub facts: Facts,
}

impl From<Line> for Reply {
    fn from(line: Line) -> Self {
        vec![line].into()
    }
}

impl From<Export> for Reply {
    fn from(export: Export) -> Self {
        Self {
            export: Some(Box::new(export)),
            ..Vec::new().into()
        }
    }
}

impl From<Vec<Line>> for Reply {
    fn from(lines: Vec<Line>) -> Self {
        Self {
            http_status: 200,
            content_type: None,
            lines,
            export: None,
            facts: Facts::default(),
        }
    }
}

impl Reply {
    /// Whether its lines are sent as JSON: not where it has a format of its own.
    pub fn is_json(&self) -> bool {
        self.facts.is_json
            && !self.facts.is_replay
            && self.content_type.is_none()
            && self.export.is_none()
    }

    /// The content type of its text.
    pub fn content_type(&self, dialect: Dialect) -> &'static str {
        if self.is_json() {
            return json::CONTENT_TYPE;
        }
        self.content_type.unwrap_or(dialect.content_type())
    }

    /// Whether the user was not let in.
    pub fn refuses_sign_in(&self) -> bool {
        self.lines
            .iter()
            .any(|line| matches!(line.shape, Shape::SignIn { .. } | Shape::Blocked))
    }

    /// A text of its own, as `version` answers it.
    pub fn text(http_status: u16, status: Status, text: String) -> Self {
        let line = Line::new(status, "", text, Shape::Text);
        Self::from(Line {
            logged: Logged::Text,
            ..line
        })
        .with_status(http_status)
    }

    /// A body of its own type, as the lists answer: a success, of which nothing is logged.
    pub fn body(content_type: &'static str, text: String) -> Self {
        Self {
            content_type: Some(content_type),
            ..Line::below(text).into()
        }
    }

    fn with_status(self, http_status: u16) -> Self {
        Self {
            http_status,
            ..self
        }
    }

    /// The reply's text: its lines, each ended with a line feed.
    pub fn render(&self, user: &str, dialect: Dialect) -> String {
        let mut text = String::new();
        for line in &self.lines {
            line.render(&mut text, user, dialect);
        }
        text
    }

    /// How the call ended: its last line's status.
    pub fn status(&self) -> Status {
        self.lines.last().map_or(Status::Error, |line| line.status)
    }

    /// How the call ended as this dialect's text says it: the reference's slips on the wire, too.
    pub fn status_in(&self, dialect: Dialect) -> Status {
        match dialect {
            Dialect::Documented => self.status(),
            Dialect::Wire => self.lines.last().map_or(Status::Error, Line::wire_status),
        }
    }
}
