//! `request_id=`: a call that is repeated within a day gets the first answer again, and nothing is done twice.

use serde::{Deserialize, Serialize};

use super::{Options, json, refused, sent};
use crate::access::{identity, warning};
use crate::api::stop::Stop;
use crate::api::{
    Answered, Call, Copies, Dialect, Effect, Facts, Function, Line, Parameters, Reply, Status,
};
use crate::store::requests::{self, Request, Taken};
use crate::store::users::User;
use crate::store::{Db, QueryResult};

/// Seconds for which an answer is kept: 24 hours.
const KEPT_FOR: i64 = 24 * 60 * 60;

/// An answer as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct StoredReply {
    status: String,
    is_json: bool,
    warning: Option<String>,
    copies: Option<(u32, u32)>,
    text: String,
}

impl Options {
    /// The request that a call brings an id for; none without one, for a function that changes nothing, and for a dry
    /// run.
    ///
    /// # Errors
    /// The reply for an invalid id, or for a database that cannot keep answers.
    pub(in crate::api) fn request(
        &self,
        db: &Db,
        call: &Call,
        function: &Function,
        user: &User,
        parameters: &Parameters,
    ) -> Result<Option<Request>, Stop> {
        if !self.has_request_id || function.effect() == Effect::Reads || self.dry_run {
            return Ok(None);
        }
        let id = parameters.get("request_id");
        // Two ids that differ in a character that is dropped would be taken for one.
        if !identity::is_request_id(id) || id.as_bytes() != sent(call, "request_id") {
            let reason = "REQUEST ID MUST BE FROM 1 TO 64 LETTERS, DIGITS AND - _ . :";
            return Err(refused(function, reason, id));
        }
        if !requests::are_kept(db) {
            let reason = "REQUEST ID NEEDS A DATABASE OF OUR OWN";
            return Err(refused(function, reason, id));
        }
        Ok(Some(Request {
            user: user.user.clone(),
            function: function.name().to_owned(),
            id: id.to_owned(),
        }))
    }
}

/// Takes the request; the answer that it got before, if any. One that was interrupted is never done again: nobody knows how
/// far it came.
pub(in crate::api) fn take(
    db: &mut Db,
    request: &Request,
    call: &Call,
) -> QueryResult<Option<Reply>> {
    let now = call.time.epoch();
    Ok(match requests::take(db, request, now, now - KEPT_FOR)? {
        Taken::First => None,
        Taken::Interrupted => {
            let mut reply = Reply::outcome_unknown();
            reply.facts.is_replay = true;
            Some(reply)
        }
        // An answer that cannot be parsed is as good as none: the call is carried out.
        Taken::Answered(kept) => serde_json::from_str(&kept).ok().map(StoredReply::reply),
    })
}

/// Keeps the answer to a request that was taken.
pub(in crate::api) fn keep(
    db: &mut Db,
    request: &Request,
    call: &Call,
    answered: &Answered,
) -> QueryResult<()> {
    let Facts {
        warnings, copies, ..
    } = &answered.reply.facts;
    let kept = StoredReply {
        status: answered.reply.status().word().to_owned(),
        is_json: answered.reply.is_json(),
        warning: warning::line(warnings),
        copies: copies.map(|copies| (copies.added, copies.refused)),
        text: answered.text(Dialect::Documented),
    };
    let kept = serde_json::to_string(&kept).unwrap_or_default();
    requests::keep(db, request, call.time.epoch(), &kept)
}

impl StoredReply {
    fn reply(self) -> Reply {
        let statuses = [Status::Success, Status::Error, Status::Notice];
        let status = statuses
            .into_iter()
            .find(|status| status.word() == self.status)
            .unwrap_or(Status::Error);
        let mut reply = Reply::from(Line::replayed(status, self.text));
        reply.content_type = self.is_json.then_some(json::CONTENT_TYPE);
        reply.facts = Facts {
            is_replay: true,
            warnings: self.warning.into_iter().collect(),
            copies: self
                .copies
                .map(|(added, refused)| Copies { added, refused }),
            ..Facts::default()
        };
        reply
    }
}
