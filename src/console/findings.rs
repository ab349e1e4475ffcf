//! What is wrong with DIDs, and what to do about it.

use askama::Template;
use serde::Deserialize;

use super::frame::{Frame, Section};
use super::paged::Paged;
use super::shown::{Answer, Shown};
use super::visit::Visit;
use crate::access::permission::{Needs, VIEW_DIDS};

/// How many findings a page shows.
const PER_PAGE: &str = "100";

/// What is wrong with a DID.
#[derive(Deserialize)]
struct Finding {
    did_id: i64,
    did_pattern: String,
    finding: String,
    detail: String,
}

/// What each finding means to people, and what to do about it.
const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "target_missing",
        "Target gone",
        "Calls lead to something that is not there. Choose another target.",
    ),
    (
        "target_inactive",
        "Target not active",
        "Calls lead to something that is switched off. Switch it on, or choose another target.",
    ),
    (
        "no_target",
        "No target chosen",
        "The number is active, and calls go where VICIdial's default leads. Choose a target, or switch the number off.",
    ),
    (
        "same_number",
        "There twice",
        "Another DID is the same number in another form. Only one of them gets the calls: delete the other.",
    ),
    (
        "copied_description",
        "Description of another",
        "It was copied and left as it was. Describe the number itself.",
    ),
    (
        "malformed_number",
        "Not as calls have it",
        "No call arrives with separators or an extension in its number. Write it in digits.",
    ),
    (
        "settings_without_did",
        "Settings without a DID",
        "The DID was deleted elsewhere. `vicishim orphans` removes what is left.",
    ),
];

impl Finding {
    fn name(&self) -> &str {
        let meaning = MEANINGS.iter().find(|(word, ..)| *word == self.finding);
        meaning.map_or(&self.finding, |(_, name, _)| name)
    }

    /// Whether calls do not get to where they should.
    fn is_grave(&self) -> bool {
        ["target_missing", "target_inactive", "same_number"].contains(&self.finding.as_str())
    }
}

#[derive(Template)]
#[template(path = "findings.html", config = "src/console/askama.toml")]
struct Page {
    frame: Frame,
    findings: Paged<Finding>,
}

impl Page {
    /// What the findings on this page mean.
    fn meanings(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let is_here = |word: &str| self.findings.data.iter().any(|one| one.finding == word);
        let here = MEANINGS.iter().filter(move |(word, ..)| is_here(word));
        here.map(|(_, name, advice)| (*name, *advice))
    }
}

/// `GET /findings`
pub(super) async fn list(visit: &Visit) -> Answer {
    let asks = || Needs::Function(&VIEW_DIDS);
    visit.admit("did_lint", asks).await?;
    let page = visit.query.given("page").unwrap_or("1");
    let query = [("per_page", PER_PAGE), ("page", page)];
    let told = visit
        .get("page", "/api/dids/lint".to_owned(), &query)
        .await?;
    Ok(Shown::page(&Page {
        frame: visit.frame(Section::Findings, "Findings"),
        findings: Paged::of(told.body, &visit.query),
    }))
}

#[cfg(test)]
mod tests {
    use super::MEANINGS;
    use crate::routing::lint::Problem;

    #[test]
    fn every_finding_has_a_meaning() {
        let all = [
            Problem::TargetMissing,
            Problem::TargetInactive,
            Problem::NoTarget,
            Problem::SameNumber,
            Problem::CopiedDescription,
            Problem::MalformedNumber,
            Problem::SettingsWithoutDid,
        ];
        let words = all.map(Problem::word);
        assert_eq!(
            words.to_vec(),
            MEANINGS.iter().map(|(word, ..)| *word).collect::<Vec<_>>()
        );
    }
}
