//! What has to be done so that the DIDs are as a table says, checked by dry runs.

use super::server;
use super::{LARGEST, MOST, Sent};
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::plan::change::{Plan, Step, shown};
use crate::plan::compare::{Comparing, Found};
use crate::plan::file::Table;
use crate::store::collation;

/// A plan, and what is to be said of it.
pub(super) struct Planned {
    pub(super) plan: Plan,
    /// What is wrong; then there are no steps.
    pub(super) errors: Vec<String>,
    /// What would be done with a warning.
    pub(super) warnings: Vec<String>,
    /// How many DIDs stay as they are.
    pub(super) unchanged: usize,
    /// How many are not in the table and stay.
    pub(super) missing: usize,
    /// The empty cells that leave a value as it is.
    pub(super) left: Vec<String>,
}

impl Planned {
    fn wrong(errors: Vec<String>) -> Self {
        Self::of(
            Found {
                errors,
                ..Found::default()
            },
            0,
            Vec::new(),
        )
    }

    fn of(found: Found, there: usize, warnings: Vec<String>) -> Self {
        let steps = match found.errors.is_empty() {
            true => found.steps,
            false => Vec::new(),
        };
        Self {
            plan: Plan::new(String::new(), there, steps),
            errors: found.errors,
            warnings,
            unchanged: found.unchanged,
            missing: found.missing,
            left: found.left,
        }
    }
}

/// Compares a table with the DIDs, and has each step checked by the API.
///
/// # Errors
/// The user may not list DIDs, or the database does not answer.
pub(super) async fn plan(visit: &Visit, sent: &Sent) -> Result<Planned, Stop> {
    // Also where the table is wrong: the page shows what the user may do.
    let server = server::dids(visit).await?;
    let table = match table(visit, sent) {
        Ok(table) => table,
        Err(error) => return Ok(Planned::wrong(vec![error])),
    };
    let comparing = Comparing {
        rules: visit.door.rules(),
        table: &table,
        server: &server,
        selection: None,
        form: visit.door.call("add_did").number_form,
        deletes_missing: sent.deletes,
    };
    let mut found = comparing.run();
    if found.steps.len() > MOST {
        let count = found.steps.len();
        let error = format!(
            "{count} numbers differ, at most {MOST} are done at a time: leave some rows out, or use the command `vicishim apply`"
        );
        found.errors.push(error);
    }
    let mut warnings = Vec::new();
    if found.errors.is_empty() {
        check(visit, &mut found, &mut warnings).await?;
    }
    Ok(Planned::of(found, server.count(), warnings))
}

fn table(visit: &Visit, sent: &Sent) -> Result<Table, String> {
    if sent.table.trim().is_empty() {
        return Err("Choose a file, or write the table below.".to_owned());
    }
    if sent.is_too_large() {
        let kilobytes = LARGEST / 1000;
        return Err(format!(
            "The table is larger than {kilobytes} KB: leave out rows and columns that stay as they are, or use the command `vicishim plan`."
        ));
    }
    // What was no UTF-8 has become this.
    if let Some(line) = sent
        .table
        .lines()
        .position(|line| line.contains('\u{FFFD}'))
    {
        return Err(format!("line {}: it is not UTF-8", line + 1));
    }
    Table::parse(sent.table.as_bytes(), &visit.door.rules())
}

/// Has the API check each step: what it would refuse is an error.
async fn check(visit: &Visit, found: &mut Found, warnings: &mut Vec<String>) -> Result<(), Stop> {
    let (answers, stopped) = super::applying::call(visit, &found.steps, true).await;
    if let Some(stop) = stopped {
        return Err(stop);
    }
    for (step, said) in answers {
        let step: &Step = &found.steps[step];
        let line = found.lines.get(&collation::key(step.number()));
        let line = line.map_or_else(String::new, |line| format!("line {line}: "));
        let number = shown(step.number());
        if !said.is_done() {
            let why = said.told(step.function());
            found.errors.push(format!("{line}{number}: {why}"));
        }
        let warned = said.warnings.iter();
        warnings.extend(warned.map(|warning| format!("{line}{number}: {warning}")));
    }
    Ok(())
}
