//! The sign-in: its page, and what it takes.

use askama::Template;

use super::door::Door;
use super::frame::{Frame, rendered};
use super::reading;
use super::stop::{Stop, why};
use crate::access::Proof;
use crate::access::permission::Needs;

/// Where the sign-in is.
pub(crate) const SIGN_IN: &str = "/sign-in";

/// Where a session ends.
pub(crate) const SIGN_OUT: &str = "/sign-out";

#[derive(Template)]
#[template(path = "sign_in.html", config = "src/console/askama.toml")]
struct Page<'a> {
    frame: Frame,
    user: &'a str,
    /// Where to go then.
    next: &'a str,
    /// Why the last try failed; empty where there was none.
    why: &'a str,
}

/// The page: with the user and the page that were asked for, and why the last try failed.
pub(crate) fn page(user: &str, next: &str, why: &str) -> String {
    let frame = Frame::of_nobody("Sign in");
    rendered(&Page {
        frame,
        user,
        next,
        why,
    })
}

/// Signs in with the user and the password of the door's call: what stands for the password from now on.
///
/// # Errors
/// HTTP's status and why not, in words.
pub(crate) async fn sign_in(door: &dyn Door) -> Result<Proof, (u16, String)> {
    const FUNCTION: &str = "console";
    let call = door.call(FUNCTION);
    let asks = || Needs::Nothing;
    let read = reading::read(door.store(), call, (FUNCTION, asks), |_, _| Ok(())).await;
    match read.map(|read| read.proof) {
        Ok(Some(proof)) => Ok(proof),
        Ok(None) => Err((503, "This machine has no random numbers.".to_owned())),
        Err(Stop::SignIn(code)) => Err((401, why(code).to_owned())),
        Err(stop) => {
            let (status, _, why) = stop.said();
            Err((status, why))
        }
    }
}

/// The address to go to after the sign-in: only one of this server's own.
pub(crate) fn next(asked: &str) -> &str {
    let is_ours = asked.starts_with('/') && !asked.starts_with("//") && !asked.contains('\\');
    match is_ours && asked.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => asked,
        false => "/",
    }
}
