//! Which gates a user passes on the way to a function, and which not. Nothing is counted or changed.

use super::function::Function;
use super::{CallTime, Parameters, function};
use crate::access::gates::Gate;
use crate::access::scope::Scope;
use crate::access::{permission, sign_in};
use crate::store::settings::Settings;
use crate::store::users::{self, User};
use crate::store::{Db, QueryResult};

/// Whether a gate lets the user pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It does.
    Opens,
    /// It does not.
    Fails,
    /// It was not looked at.
    Unknown,
}

/// What is found at one gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether it opens.
    pub mark: Mark,
    /// The gate's name.
    pub gate: &'static str,
    /// How it stands, in words.
    pub why: String,
}

impl Finding {
    fn new(mark: Mark, gate: &'static str, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { mark, gate, why }
    }
}

impl From<Gate<'_>> for Finding {
    fn from(gate: Gate<'_>) -> Self {
        let mark = match gate.opens() {
            true => Mark::Opens,
            false => Mark::Fails,
        };
        Self::new(mark, gate.name(), gate.to_string())
    }
}

/// Walks the gates between a user and a function, in the order in which an administrator sets them. `address` is the
/// client's, as the IP lists write it.
///
/// # Errors
/// The database cannot be read.
pub fn explain(
    db: &mut Db,
    user: &str,
    name: &str,
    address: Option<&str>,
    time: &CallTime,
) -> QueryResult<Vec<Finding>> {
    let settings = Settings::read(db)?;
    let mut findings = Vec::new();
    let function = function(name);
    match function {
        None => findings.push(Finding::new(
            Mark::Fails,
            "function",
            format!("there is no function {name} here"),
        )),
        Some(function) => {
            findings.push(Finding::new(Mark::Opens, "function", function.summary()));
            if function.signed_in().is_none() {
                let why = "not asked for: everybody may use it";
                findings.push(Finding::new(Mark::Opens, "sign-in", why));
                return Ok(findings);
            }
        }
    }
    // As a call would be read: a character that the parameter's rule drops is not part of the name.
    let pairs = [("user".to_owned(), user.as_bytes().to_vec())];
    let parameters = Parameters::filter(&pairs, settings.non_latin());
    let name = parameters.get("user");
    let found = users::find(db, name)?;
    let is_known = found.is_some();
    findings.push(Gate::User { name, is_known }.into());
    let Some(user) = found else {
        return Ok(findings);
    };
    findings.extend(sign_in::standing(&user).map(Finding::from));
    if let Some(function) = function {
        permission_of(db, &user, function, &mut findings)?;
    }
    findings.push(match (address, sign_in::ip_lists_off(&user, &settings)) {
        (None, None) => Finding::new(
            Mark::Unknown,
            "ip lists",
            "looked at for this user: name the client's address with --ip",
        ),
        (address, _) => sign_in::address(db, &user, &settings, address.unwrap_or_default())?.into(),
    });
    findings.push(sign_in::lockout(&user, time).into());
    findings.push(sign_in::second_factor(db, &user, &settings, &time.timestamp())?.into());
    let why = "not looked at: none is asked for here";
    findings.push(Finding::new(Mark::Unknown, "password", why));
    Ok(findings)
}

/// The gates of the function's permission, and the rows that the user sees in it.
fn permission_of(
    db: &mut Db,
    user: &User,
    function: &Function,
    findings: &mut Vec<Finding>,
) -> QueryResult<()> {
    if let Some(signed_in) = function.signed_in() {
        findings.push(permission::allowed(function.name(), user).into());
        findings.extend(signed_in.permission.gates(user).map(Finding::from));
    }
    if let Some(flag) = function.deletes_with {
        findings.push(flag.gate(user).into());
    }
    let group = users::group(db, &user.user_group)?;
    let why = match &group {
        Some(_) => user.user_group.clone(),
        None => format!("{} does not exist: no IP list is its own", user.user_group),
    };
    findings.push(Finding::new(Mark::Opens, "user group", why));
    let scope = Scope::of_group(group.as_deref(), function.scope_rule);
    findings.push(Finding::new(Mark::Opens, "scope", scope.to_string()));
    Ok(())
}
