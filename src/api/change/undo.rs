//! `change_undo`: takes changes back, all or nothing unless `partial=Y`.

use super::{change_ids, check_is_kept};
use crate::access::changes::{self, Asked, Refused, Undone};
use crate::api::{Answer, Line, Reply, Session, Stop};
use crate::store::history::undoing::Conflict;

const NAME: &str = "change_undo";

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    check_is_kept(session, NAME)?;
    let change_ids = change_ids(session, NAME)?;
    if change_ids.is_empty() {
        let reason = "change_undo YOU MUST USE ALL REQUIRED FIELDS";
        return Err(Line::error(reason, "change_id").into());
    }
    let partial = session.as_sent("partial");
    if !["", "Y", "N"].contains(&partial.as_str()) {
        return Err(Line::error("change_undo PARTIAL MUST BE Y OR N", partial).into());
    }
    let asked = Asked {
        change_ids,
        is_partial: partial == "Y",
        is_dry_run: session.is_dry_run(),
    };
    let ids: Vec<String> = asked.change_ids.iter().map(i64::to_string).collect();
    let ids = ids.join(",");
    let change = changes::logged();
    if !asked.is_dry_run {
        change.begin(session)?;
    }
    let undone = match changes::undo(session, &asked)? {
        Ok(undone) => undone,
        Err(refused) => return Err(refusal(refused)),
    };
    let notes = undone.notes(&ids);
    let Undone { undo, statements } = undone;
    let count = undo.steps().count();
    let (unchanged, conflicts) = (undo.unchanged, undo.conflicts.len());
    if !asked.is_dry_run {
        change.done(session, ids.clone(), statements.join("; "), notes);
    }
    let mut lines: Vec<Line> = undo
        .steps()
        .map(|(step, subject)| {
            let reason = format!("change_undo ROW HAS BEEN {}", step.word());
            Line::notice(reason, subject).documented_only()
        })
        .collect();
    lines.extend(undo.conflicts.iter().map(conflict));
    let reason = "change_undo CHANGES HAVE BEEN UNDONE";
    let data = format!("{ids}|{count}|{unchanged}|{conflicts}");
    lines.push(Line::success(reason, data));
    Ok(Reply::from(lines))
}

fn conflict(conflict: &Conflict) -> Line {
    let Conflict {
        change_id,
        subject,
        why,
    } = conflict;
    let reason = format!("change_undo ROW {}", why.to_uppercase());
    Line::notice(reason, format!("{change_id}|{subject}"))
}

fn refusal(refused: Refused) -> Stop {
    match refused {
        Refused::Missing(change_id) => {
            Line::error("change_undo CHANGE DOES NOT EXIST", change_id.to_string()).into()
        }
        Refused::UndoneBy(change_id, by) => {
            let reason = "change_undo CHANGE WAS UNDONE BEFORE";
            Line::error(reason, format!("{change_id}|{by}")).into()
        }
        Refused::Unreadable(change_id) => {
            let reason = "change_undo CHANGE CANNOT BE READ";
            Line::error(reason, change_id.to_string()).into()
        }
        Refused::TooMany(count) => {
            let reason = "change_undo TOO MANY ROWS AT ONCE";
            Line::error(reason, count.to_string()).into()
        }
        Refused::NotAllowed(change_id, refusal) => {
            let reason = "change_undo USER DOES NOT HAVE PERMISSION TO UNDO THIS CHANGE";
            let line = Line::error(reason, change_id.to_string());
            Stop::Denied(line.into(), refusal)
        }
        Refused::Conflicts(conflicts) => {
            let mut lines: Vec<Line> = conflicts.iter().map(conflict).collect();
            let reason = "change_undo NOTHING WAS UNDONE, ROWS ARE IN THE WAY";
            lines.push(Line::error(reason, conflicts.len().to_string()));
            Stop::Answer(lines.into())
        }
    }
}
