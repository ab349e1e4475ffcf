//! The fields of a phone: one table, which `add_phone` and `update_phone` both walk in its order
//! (fixtures/reference/behaviour.md §6).

use crate::api::{Dialect, Line, Parameters, Session, Stop};
use crate::store::phones;

/// What becomes of a field in a new phone.
enum Adding {
    /// It is stored as sent: it is required, and that was checked before.
    AsSent,
    /// It is stored as sent, or this where it was not sent.
    Or(&'static str),
    /// It is stored by the same rule as in an update, and left to the column's default where it was not sent.
    ByRule,
    /// This is stored, whatever was sent.
    Always(&'static str),
    /// It is left to the column's default.
    Left,
}

/// What a value must be.
enum Rule {
    /// Of so many bytes.
    Length(usize, usize),
    /// Of so many bytes, or the word that empties the column.
    LengthOrBlank(usize, usize),
    /// One of these words, exactly.
    OneOf(&'static [&'static str]),
    /// One of these words in any case; any other value is passed over.
    Flag(&'static [&'static str]),
    /// A number from the one to the other; on the wire the refusal names another field's value.
    Seconds(u16, u16),
    /// A time zone of [`ZONES`].
    Zone,
    /// A login that no other phone has.
    FreeLogin,
    /// A configuration template, or the word that empties the column; one byte is passed over.
    Template,
}

/// A field: its parameter, its column, what becomes of it in a new phone, what its value must be, and the reason when it
/// is not.
struct Field {
    parameter: &'static str,
    column: &'static str,
    adding: Adding,
    rule: Rule,
    reason: &'static str,
}

const fn field(
    parameter: &'static str,
    column: &'static str,
    adding: Adding,
    rule: Rule,
    reason: &'static str,
) -> Field {
    Field {
        parameter,
        column,
        adding,
        rule,
        reason,
    }
}

/// The word that empties a column.
const BLANK: &str = "--BLANK--";

/// A phone's protocol.
pub(super) const PROTOCOLS: &[&str] = &["IAX2", "SIP", "Zap", "EXTERNAL"];

const YES_NO: &[&str] = &["Y", "N"];

/// The hours from UTC that a phone can have.
const ZONES: &[f64] = &[
    12.75, 12.0, 11.0, 10.0, 9.5, 9.0, 8.0, 7.0, 6.5, 6.0, 5.75, 5.5, 5.0, 4.5, 4.0, 3.5, 3.0, 2.0,
    1.0, 0.0, -1.0, -2.0, -3.0, -3.5, -4.0, -5.0, -6.0, -7.0, -8.0, -9.0, -10.0, -11.0, -12.0,
];

use Adding::{Always, AsSent, ByRule, Left, Or};
use Rule::{Flag, FreeLogin, Length, LengthOrBlank, OneOf, Seconds, Template, Zone};

#[rustfmt::skip]
const FIELDS: &[Field] = &[
    field("local_gmt", "local_gmt", ByRule, Zone, "YOU MUST USE A VALID TIMEZONE"),
    field("email", "email", Or(""), LengthOrBlank(5, 300), "YOU MUST USE A VALID EMAIL"),
    field("phone_context", "phone_context", Or("default"), LengthOrBlank(2, 30), "YOU MUST USE A VALID PHONE CONTEXT"),
    field("phone_full_name", "fullname", AsSent, LengthOrBlank(2, 30), "YOU MUST USE A VALID PHONE NAME"),
    field("registration_password", "conf_secret", AsSent, LengthOrBlank(2, 30), "YOU MUST USE A VALID REGISTRATION PASSWORD"),
    field("protocol", "protocol", AsSent, OneOf(PROTOCOLS), "YOU MUST USE A VALID PROTOCOL"),
    field("phone_pass", "pass", AsSent, Length(2, 30), "YOU MUST USE A VALID PHONE PASSWORD"),
    field("phone_login", "login", AsSent, FreeLogin, "LOGIN ALREADY EXISTS"),
    field("voicemail_id", "voicemail_id", AsSent, LengthOrBlank(2, 30), "YOU MUST USE A VALID VOICEMAIL NUMBER"),
    field("dialplan_number", "dialplan_number", AsSent, Length(3, 30), "YOU MUST USE A VALID DIALPLAN NUMBER"),
    field("active", "active", Always("Y"), OneOf(YES_NO), "ACTIVE MUST BE Y OR N, THIS IS AN OPTIONAL FIELD"),
    field("outbound_cid", "outbound_cid", AsSent, Length(6, 18), "OUTBOUND CID MUST BE FROM 6 TO 18 DIGITS, THIS IS AN OPTIONAL FIELD"),
    field("admin_user_group", "user_group", Or("---ALL---"), Length(2, 20), "USER GROUP MUST BE FROM 2 TO 20 CHARACTERS, THIS IS AN OPTIONAL FIELD"),
    field("outbound_alt_cid", "outbound_alt_cid", Left, LengthOrBlank(6, 18), "OUTBOUND ALT CID MUST BE FROM 6 TO 18 DIGITS, THIS IS AN OPTIONAL FIELD"),
    field("phone_ring_timeout", "phone_ring_timeout", Left, Seconds(2, 180), "PHONE RING TIMEOUT MUST BE FROM 2 TO 180 SECONDS, THIS IS AN OPTIONAL FIELD"),
    field("delete_vm_after_email", "delete_vm_after_email", Left, OneOf(YES_NO), "DELETE VOICEMAIL AFTER EMAIL MUST BE Y OR N, THIS IS AN OPTIONAL FIELD"),
    field("template_id", "template_id", ByRule, Template, "TEMPLATE ID DOES NOT EXIST, THIS IS AN OPTIONAL FIELD"),
    field("is_webphone", "is_webphone", ByRule, Flag(&["Y", "N", "Y_API_LAUNCH"]), ""),
    field("webphone_auto_answer", "webphone_auto_answer", ByRule, Flag(YES_NO), ""),
    field("use_external_server_ip", "use_external_server_ip", ByRule, Flag(YES_NO), ""),
    field("on_hook_agent", "on_hook_agent", ByRule, Flag(YES_NO), ""),
];

/// Parameters whose [`BLANK`] the filter takes the dashes from, so that on the wire it never empties anything.
const BLANK_IS_FILTERED: &[&str] = &["voicemail_id", "outbound_alt_cid"];

/// Lets [`BLANK`] empty every column that `update_phone` promises it for, in the documented dialect.
pub(in crate::api) fn take_blanks(parameters: &mut Parameters, pairs: &[(String, Vec<u8>)]) {
    if parameters.get("function") == "update_phone" {
        for name in BLANK_IS_FILTERED {
            parameters.keep_word(name, BLANK, pairs);
        }
    }
}

/// The columns of a new phone that has all its required fields, checked where `add_phone` does.
///
/// # Errors
/// The reply for the first value that is not valid, or for a field that this database has no column for.
pub(super) fn of_new(session: &mut Session<'_>) -> Result<Vec<phones::Field>, Stop> {
    let mut columns = Vec::new();
    for field in FIELDS {
        let sent = session.owned(field.parameter);
        let value = match field.adding {
            AsSent => sent,
            Or(default) if sent.is_empty() => default.to_owned(),
            Or(_) => sent,
            ByRule => match field.take(session, "add_phone", sent)? {
                Some(value) => value,
                None => continue,
            },
            Always(value) => value.to_owned(),
            Left => continue,
        };
        columns.push((field.column, value));
    }
    check_columns(session, "add_phone", &columns)?;
    Ok(columns)
}

/// The columns that an update sets, each checked in turn.
///
/// # Errors
/// The reply for the first value that is not valid, or for a field that this database has no column for.
pub(super) fn given(session: &mut Session<'_>) -> Result<Vec<phones::Field>, Stop> {
    let mut columns = Vec::new();
    for field in FIELDS {
        // On the wire such a value counts as not sent.
        if session.dialect == Dialect::Documented
            && !field.reason.is_empty()
            && session.was_filtered_away(field.parameter)
        {
            let sent = session.as_sent(field.parameter);
            return Err(field.refusal(session, "update_phone", sent).into());
        }
        let sent = session.owned(field.parameter);
        if let Some(value) = field.take(session, "update_phone", sent)? {
            columns.push((field.column, value));
        }
    }
    check_columns(session, "update_phone", &columns)?;
    Ok(columns)
}

fn check_columns(
    session: &Session<'_>,
    function: &str,
    columns: &[phones::Field],
) -> Result<(), Stop> {
    let Some(column) = phones::missing_column(session.db, columns) else {
        return Ok(());
    };
    let parameter = FIELDS
        .iter()
        .find(|field| field.column == column)
        .map_or(column, |field| field.parameter);
    let reason =
        format!("{function} THIS DATABASE HAS NO COLUMN FOR THIS FIELD, THIS IS AN OPTIONAL FIELD");
    Err(Line::error(reason, parameter).into())
}

impl Field {
    /// What to store of a value; none where it was not sent or is passed over.
    fn take(
        &self,
        session: &mut Session<'_>,
        function: &str,
        value: String,
    ) -> Result<Option<String>, Stop> {
        if value.is_empty() {
            return Ok(None);
        }
        let length = value.len();
        let blank = match self.rule {
            Template => value.eq_ignore_ascii_case(BLANK),
            _ => value == BLANK,
        };
        let allowed = match self.rule {
            LengthOrBlank(..) | Template if blank => return Ok(Some(String::new())),
            Length(low, high) | LengthOrBlank(low, high) => (low..=high).contains(&length),
            OneOf(words) => words.contains(&value.as_str()),
            Flag(words) => {
                let is_flag = words.iter().any(|word| word.eq_ignore_ascii_case(&value));
                return Ok(is_flag.then_some(value));
            }
            Seconds(low, high) => value
                .parse::<u16>()
                .is_ok_and(|seconds| (low..=high).contains(&seconds)),
            Zone => value
                .parse::<f64>()
                .is_ok_and(|hours| ZONES.contains(&hours)),
            FreeLogin => {
                let (extension, server_ip) =
                    (session.owned("extension"), session.owned("server_ip"));
                !phones::login_is_taken(session.db, &value, &extension, &server_ip)?
            }
            Template if length < 2 => return Ok(None),
            Template => phones::template_exists(session.db, &value)?,
        };
        if allowed {
            return Ok(Some(value));
        }
        Err(self.refusal(session, function, value).into())
    }

    fn refusal(&self, session: &Session<'_>, function: &str, value: String) -> Line {
        let reason = format!("{function} {}", self.reason);
        match self.rule {
            // The reference echoes the field before this one.
            Seconds(..) => Line::error(reason.clone(), value)
                .on_the_wire(reason, session.parameter("outbound_alt_cid")),
            Template => {
                let login = session.parameter("phone_login");
                Line::error(reason, format!("{login}|{value}"))
            }
            // The documented dialect keeps no password in the log; the wire's log is the reference's.
            _ if phones::is_secret(self.column) && session.dialect == Dialect::Documented => {
                Line::error(reason, value).logging("*")
            }
            _ => Line::error(reason, value),
        }
    }
}
