//! What the console needs of the server around it: the two APIs, and the database.

use std::net::IpAddr;

use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use crate::access::Call;
use crate::plan::Rules;
use crate::store::Store;

/// The way from a page to the APIs, as the user who has signed in. What is done through it is checked, carried out and
/// logged as any call is, with the source `console`.
pub(crate) trait Door {
    /// Calls a function of the text API.
    fn text(
        &self,
        function: &'static str,
        parameters: Vec<(String, String)>,
    ) -> LocalBoxFuture<'_, Said>;

    /// Asks an operation of the JSON API.
    fn json(&self, asked: Asked) -> LocalBoxFuture<'_, Told>;

    /// The gates between a user and a function.
    fn explain(
        &self,
        user: String,
        function: String,
        address: Option<IpAddr>,
    ) -> LocalBoxFuture<'_, Option<Vec<Finding>>>;

    /// An address with `*` for every password and key in it.
    fn without_secrets(&self, address: &str) -> String;

    /// What the text API takes of a DID.
    fn rules(&self) -> Rules;

    /// The functions of the text API: their names, and what each does.
    fn functions(&self) -> Vec<(&'static str, &'static str)>;

    /// The fields of a DID that `update_did` sets, the number first, and the rule of each.
    fn did_columns(&self) -> Vec<ColumnRule>;

    /// What the text API keeps of a parameter's value; with `non_latin`, letters of every script.
    fn kept(&self, parameter: &str, value: &str, non_latin: bool) -> String;

    /// The fields of a DID's JSON, and the rule of each.
    fn did_fields(&self) -> Vec<FieldRule>;

    /// Asks whether the JSON API would change the DID at this address so. Nothing is changed, nor logged.
    fn check_did(&self, asked: Asked) -> LocalBoxFuture<'_, Told>;

    /// A call of the console's own.
    fn call(&self, function: &'static str) -> Call;

    /// The database.
    fn store(&self) -> &Store;
}

/// A field of a DID that `update_did` sets.
#[derive(Debug, Clone)]
pub(crate) struct ColumnRule {
    /// The parameter of `update_did`.
    pub(crate) parameter: &'static str,
    /// The column that it sets.
    pub(crate) column: &'static str,
    /// What a value must be, in words.
    pub(crate) rule: String,
    /// The words that are taken, where there is no other.
    pub(crate) choices: &'static [&'static str],
}

/// A field of a DID's JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldRule {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is for, and its bounds, in words.
    pub(crate) rule: &'static str,
    /// The words that are taken, where there is no other.
    pub(crate) choices: &'static [String],
    /// How many characters it has at most.
    pub(crate) longest: Option<u64>,
}

/// A reply of the text API.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    /// HTTP's status.
    pub(crate) status: u16,
    /// Whether nobody knows if it was done: the connection to the database was lost in the middle.
    pub(crate) is_unknown: bool,
    /// SUCCESS, ERROR or NOTICE, of the last line.
    pub(crate) result: String,
    /// The reason of the last line that has one.
    pub(crate) reason: String,
    /// Every line.
    pub(crate) lines: Vec<String>,
    /// What the caller should look at, though it was done.
    pub(crate) warnings: Vec<String>,
    /// The number of what it has changed, in the history.
    pub(crate) change_id: Option<i64>,
}

impl Said {
    /// Whether it was done.
    pub(crate) fn is_done(&self) -> bool {
        self.result == "SUCCESS"
    }
}

/// What is asked of the JSON API.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// The method: `PATCH`.
    pub(crate) method: &'static str,
    /// The address: `/api/dids/10`.
    pub(crate) path: String,
    /// The parameters of its query.
    pub(crate) query: Vec<(String, String)>,
    /// The body, where the method has one.
    pub(crate) body: Value,
    /// The state that a change is for, by its tag.
    pub(crate) if_match: Option<String>,
}

/// An answer of the JSON API.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// HTTP's status.
    pub(crate) status: u16,
    /// The body: the state, or the problem.
    pub(crate) body: Value,
    /// The tag of the state.
    pub(crate) etag: Option<String>,
    /// The number of what it has changed, in the history.
    pub(crate) change_id: Option<i64>,
}

impl Told {
    /// Whether it was done.
    pub(crate) fn is_done(&self) -> bool {
        self.status < 300
    }
}

/// What is found at one gate between a user and a function.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// Whether it opens; none where it was not looked at.
    pub(crate) opens: Option<bool>,
    /// The gate's name.
    pub(crate) gate: &'static str,
    /// How it stands, in words.
    pub(crate) why: String,
}
