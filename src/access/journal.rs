//! What a call leaves in the logs (fixtures/reference/behaviour.md §7).

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::{Call, Identity, Session, identity};
use crate::store::QueryResult;
use crate::store::history::Author;
use crate::store::logs::{self, AdminRow, ApiRow, LoggedCall};

/// What the API's log says of one line of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogLine {
    /// SUCCESS, ERROR or NOTICE.
    pub(crate) result: &'static str,
    /// The reason; it begins with the function's name.
    pub(crate) reason: String,
    /// The data, its fields joined with `|`.
    pub(crate) data: String,
}

impl LogLine {
    /// A line of success.
    pub(crate) fn success(reason: impl Into<String>, data: impl Into<String>) -> Self {
        Self {
            result: "SUCCESS",
            reason: reason.into(),
            data: data.into(),
        }
    }

    /// A line of refusal.
    pub(crate) fn error(reason: impl Into<String>, data: impl Into<String>) -> Self {
        Self {
            result: "ERROR",
            ..Self::success(reason, data)
        }
    }
}

/// What the API's log says of a call, whatever is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    call: LoggedCall,
    received: Instant,
    has_rows: bool,
}

impl Entry {
    /// The entry of a call without a sign-in.
    pub(crate) fn of_anyone(call: &Call, identity: &Identity) -> Self {
        let mut entry = Self::of(call, identity);
        entry.call.may_add_names = false;
        entry
    }

    /// The entry of a call that signs in: only where it has done so it leaves rows.
    pub(crate) fn of(call: &Call, identity: &Identity) -> Self {
        Self {
            call: LoggedCall {
                user: identity.user.clone(),
                api_date: call.time.timestamp(),
                function: identity.function.clone(),
                agent_user: identity.agent_user.clone(),
                source: identity.source.clone(),
                run_time: String::new(),
                // A request of HTTP/1.0 may name no host.
                may_add_names: !call.host.is_empty(),
                webserver: call.host.clone(),
                hostname: call.hostname.clone(),
                script_url: call.script_url.clone(),
                remote_ip: call.client.clone(),
                url: call.url.clone(),
            },
            received: call.received,
            has_rows: true,
        }
    }

    /// The same, of a call that leaves no rows.
    pub(crate) fn without_rows(self) -> Self {
        Self {
            has_rows: false,
            ..self
        }
    }

    /// Whose change it is that this call makes.
    pub(crate) fn author(&self, call: &Call) -> Author {
        let LoggedCall {
            user,
            function,
            source,
            remote_ip,
            ..
        } = &self.call;
        Author {
            changed_at: call.time.epoch(),
            user: user.clone(),
            client: remote_ip.clone(),
            source: source.clone(),
            function: function.clone(),
            request_id: identity::one(&call.pairs, identity::REQUEST_ID, false),
        }
    }

    /// The user as sent, after filtering.
    pub(crate) fn user(&self) -> &str {
        &self.call.user
    }

    /// Its rows: one for each of these lines.
    pub(crate) fn rows(mut self, lines: Vec<LogLine>) -> Vec<ApiRow> {
        if !self.has_rows {
            return Vec::new();
        }
        self.call.run_time = format!("{:.6}", self.received.elapsed().as_secs_f64());
        let call = Arc::new(self.call);
        let row = |line: LogLine| ApiRow {
            call: Arc::clone(&call),
            result: line.result,
            result_reason: line.reason,
            data: line.data.trim_end_matches('\n').replace('"', "'"),
        };
        lines.into_iter().map(row).collect()
    }
}

/// The call as the process's log names it.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LoggedCall {
            function,
            user,
            remote_ip,
            ..
        } = &self.call;
        let (function, user) = (Short::function(function), Short::user(user));
        write!(f, "function={function} user={user} client={remote_ip}")
    }
}

/// The beginning of something that was sent, as the process's log shows it: no stored one is longer.
pub(crate) struct Short<'a> {
    text: &'a str,
    /// In characters.
    longest: usize,
}

impl<'a> Short<'a> {
    /// A user's name, as long as `vicidial_users.user` holds it.
    pub(crate) fn user(text: &'a str) -> Self {
        Self { text, longest: 20 }
    }

    /// A `source`, as long as `vicidial_api_log.source` holds it.
    pub(crate) fn source(text: &'a str) -> Self {
        Self { text, longest: 20 }
    }

    /// A function's name: some are longer than `vicidial_api_log.function`.
    pub(crate) fn function(text: &'a str) -> Self {
        Self { text, longest: 40 }
    }

    /// A path.
    pub(crate) fn path(text: &'a str) -> Self {
        Self { text, longest: 200 }
    }
}

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, longest } = *self;
        match text.char_indices().nth(longest) {
            Some((end, _)) => write!(f, "{}…", &text[..end]),
            None => f.write_str(text),
        }
    }
}

/// A change, as the admin log names it.
pub(crate) struct Change {
    /// What it is about, such as `DIDS`.
    pub(crate) section: &'static str,
    /// ADD, COPY, MODIFY or DELETE.
    pub(crate) kind: &'static str,
    /// What was done.
    pub(crate) code: String,
}

impl Change {
    /// Announces the change that a call may make, before anything is known of it.
    pub(crate) fn announcement(call: &Call, function: &str) -> AdminRow {
        AdminRow {
            user: identity::one(&call.pairs, identity::USER, false),
            event_date: call.time.timestamp(),
            ip_address: call.client.clone(),
            event_section: "API",
            event_type: "OTHER",
            event_code: format!("ADMIN API {function}"),
            ..AdminRow::default()
        }
    }

    /// Announces the change: to be called before it is made.
    pub(crate) fn begin(&self, session: &mut Session<'_>) -> QueryResult<()> {
        let row = self.row(session);
        logs::begin(session.db, row)
    }

    /// Logs what was changed.
    pub(crate) fn done(
        &self,
        session: &mut Session<'_>,
        record_id: String,
        sql: String,
        notes: String,
    ) {
        let row = AdminRow {
            record_id,
            event_sql: sql,
            event_notes: notes,
            ..self.row(session)
        };
        session.db.logs.admin(row);
    }

    fn row(&self, session: &Session<'_>) -> AdminRow {
        AdminRow {
            user: session.identity.user.clone(),
            event_date: session.call.time.timestamp(),
            ip_address: session.call.client.clone(),
            event_section: self.section,
            event_type: self.kind,
            event_code: self.code.clone(),
            ..AdminRow::default()
        }
    }
}
