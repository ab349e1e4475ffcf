//! What a call leaves in the logs (reference/behaviour.md §7).

use std::sync::Arc;
use std::time::Instant;

use super::Call;
use crate::api::{Parameters, Reply, Session};
use crate::store::logs::{self, AdminRow, ApiRow, LoggedCall};
use crate::store::{Db, QueryResult};

/// Adds a row of the API's log for each line of the reply that is logged.
pub(crate) fn record(db: &mut Db, call: &Call, parameters: &Parameters, reply: &Reply) {
    for row in Entry::of(call, parameters).rows(reply) {
        db.logs.api(row);
    }
}

/// What the API's log says of a call, whatever is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    call: LoggedCall,
    received: Instant,
}

impl Entry {
    /// The entry of a call.
    pub(crate) fn of(call: &Call, parameters: &Parameters) -> Self {
        let sent = |name| parameters.get(name).to_owned();
        Self {
            call: LoggedCall {
                user: sent("user"),
                api_date: call.moment.stamp(),
                function: sent("function"),
                agent_user: sent("agent_user"),
                source: sent("source"),
                run_time: String::new(),
                webserver: call.host.clone(),
                hostname: call.hostname.clone(),
                script_url: call.script_url.clone(),
                remote_ip: call.client.clone(),
                url: call.url.clone(),
            },
            received: call.received,
        }
    }

    /// Its rows with this reply: one for each line that is logged.
    pub(crate) fn rows(mut self, reply: &Reply) -> Vec<ApiRow> {
        self.call.run_time = format!("{:.6}", self.received.elapsed().as_secs_f64());
        let call = Arc::new(self.call);
        let logged = reply
            .lines
            .iter()
            .filter_map(|line| Some((line, line.logged()?)));
        logged
            .map(|(line, (reason, data))| ApiRow {
                call: Arc::clone(&call),
                result: line.wire_status().word(),
                result_reason: reason.to_owned(),
                data: data.trim_end_matches('\n').replace('"', "'"),
            })
            .collect()
    }
}

/// A change that the admin log tells of.
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
            user: Parameters::one(&call.pairs, "user", false),
            event_date: call.moment.stamp(),
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

    /// Tells what came of it.
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
            user: session.parameter("user").to_owned(),
            event_date: session.call.moment.stamp(),
            ip_address: session.call.client.clone(),
            event_section: self.section,
            event_type: self.kind,
            event_code: self.code.clone(),
            ..AdminRow::default()
        }
    }
}
