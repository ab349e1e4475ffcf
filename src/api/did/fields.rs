//! The fields of a DID: one table, which `add_did` and `update_did` both walk in its order (fixtures/reference/behaviour.md §5).

use super::call_handle_method;
use crate::api::{Dialect, Line, Session, Stop};
use crate::store::{dids, groups, servers, users};

/// What a value must be.
enum Rule {
    /// Of so many bytes.
    Length(usize, usize),
    /// Of so many bytes; in the documented dialect one of the dialer's methods.
    CallHandleMethod(usize, usize),
    /// One of these words, exactly.
    OneOf(&'static [&'static str]),
    /// Digits only, of so many bytes (§8.3).
    Digits(usize, usize),
    /// The `server_ip` of a dialer.
    Server,
    /// An in-group, active or not.
    InGroup,
    /// A call menu.
    CallMenu,
    /// An active user.
    ActiveUser,
}

/// A field: its parameter, its column, what its value must be, and the reason when it is not.
struct Field {
    parameter: &'static str,
    column: &'static str,
    rule: Rule,
    reason: &'static str,
}

const fn field(
    parameter: &'static str,
    column: &'static str,
    rule: Rule,
    reason: &'static str,
) -> Field {
    Field {
        parameter,
        column,
        rule,
        reason,
    }
}

pub(super) const ROUTES: &[&str] = &[
    "EXTEN",
    "VOICEMAIL",
    "AGENT",
    "PHONE",
    "IN_GROUP",
    "CALLMENU",
    "VMAIL_NO_INST",
];

use Rule::{ActiveUser, CallHandleMethod, CallMenu, Digits, InGroup, Length, OneOf, Server};

const FIELDS: &[Field] = &[
    field(
        "did_description",
        "did_description",
        Length(6, 50),
        "DID DESCRIPTION MUST BE FROM 6 TO 50 CHARACTERS",
    ),
    field(
        "active",
        "did_active",
        OneOf(&["Y", "N"]),
        "ACTIVE MUST BE Y OR N",
    ),
    field(
        "did_route",
        "did_route",
        OneOf(ROUTES),
        "DID ROUTE IS NOT VALID",
    ),
    field(
        "record_call",
        "record_call",
        OneOf(&["Y", "N", "Y_QUEUESTOP"]),
        "RECORD CALL MUST BE Y OR N",
    ),
    field(
        "extension",
        "extension",
        Length(1, 50),
        "EXTENSION MUST BE FROM 1 TO 50 CHARACTERS",
    ),
    field(
        "exten_context",
        "exten_context",
        Length(1, 50),
        "EXTENSION CONTEXT MUST BE FROM 1 TO 50 CHARACTERS",
    ),
    field(
        "voicemail_ext",
        "voicemail_ext",
        Length(1, 10),
        "VOICEMAIL EXTENSION MUST BE FROM 1 TO 10 CHARACTERS",
    ),
    field(
        "phone_extension",
        "phone",
        Length(1, 100),
        "PHONE EXTENSION MUST BE FROM 1 TO 100 CHARACTERS",
    ),
    field(
        "server_ip",
        "server_ip",
        Server,
        "SERVER IP MUST BE A VALID SERVER IN THE SYSTEM",
    ),
    field(
        "user_id",
        "user",
        ActiveUser,
        "USER ID MUST BE A VALID USER IN THE SYSTEM",
    ),
    field(
        "group",
        "group_id",
        InGroup,
        "GROUP ID MUST BE A VALID INBOUND GROUP IN THE SYSTEM",
    ),
    field(
        "menu_id",
        "menu_id",
        CallMenu,
        "MENU ID MUST BE A VALID CALL MENU IN THE SYSTEM",
    ),
    field(
        "filter_clean_cid_number",
        "filter_clean_cid_number",
        Length(1, 20),
        "CLEAN CID NUMBER MUST BE FROM 1 TO 20 CHARACTERS",
    ),
    field(
        "call_handle_method",
        "call_handle_method",
        CallHandleMethod(3, 20),
        "CALL HANDLE METHOD MUST BE FROM 3 TO 20 CHARACTERS",
    ),
    // The reference takes any 2 characters and stores an empty value for all but these (§8.2).
    field(
        "agent_search_method",
        "agent_search_method",
        OneOf(&["LO", "LB", "SO"]),
        "AGENT SEARCH METHOD MUST BE 2 CHARACTERS",
    ),
    field(
        "list_id",
        "list_id",
        Digits(3, 14),
        "LIST ID MUST BE FROM 3 TO 14 DIGITS",
    ),
    field(
        "entry_list_id",
        "entry_list_id",
        Digits(1, 14),
        "ENTRY LIST ID MUST BE FROM 1 TO 14 DIGITS",
    ),
    field(
        "campaign_id",
        "campaign_id",
        Length(1, 8),
        "CAMPAIGN MUST BE FROM 1 TO 8 CHARACTERS",
    ),
    field(
        "phone_code",
        "phone_code",
        Length(1, 10),
        "PHONE CODE MUST BE FROM 1 TO 10 CHARACTERS",
    ),
];

/// Names under which the documented dialect also takes a parameter, where VICIdial's own is absent or empty.
const OTHER_NAMES: &[(&str, &str)] = &[("active", "did_active"), ("group", "group_id")];

/// The names of the parameters that set a field of a DID; with each of the other names that the documented dialect takes,
/// VICIdial's own.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let other = OTHER_NAMES.iter().map(|&(name, other)| (other, name));
    FIELDS
        .iter()
        .map(|field| (field.parameter, field.parameter))
        .chain(other)
}

/// The parameters that set a field of a DID, each with the column that it sets.
pub fn columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    FIELDS.iter().map(|field| (field.parameter, field.column))
}

/// What the value of a field must be, for people.
pub struct FieldRule {
    /// The field's parameter.
    pub parameter: &'static str,
    /// The column that it sets.
    pub column: &'static str,
    /// The rule in words: `1 to 50 characters`.
    pub words: String,
    /// The words that are taken, where there is no other.
    pub choices: &'static [&'static str],
}

/// The rule of each field, in the order in which they are checked.
pub fn rules() -> impl Iterator<Item = FieldRule> {
    FIELDS.iter().map(|field| FieldRule {
        parameter: field.parameter,
        column: field.column,
        words: field.rule.words(),
        choices: match field.rule {
            OneOf(words) => words,
            _ => &[],
        },
    })
}

/// Takes the documented dialect's other names for VICIdial's: for the functions of DIDs alone.
pub(super) fn take_other_names(session: &mut Session<'_>) {
    if session.dialect == Dialect::Documented {
        for (name, other) in OTHER_NAMES {
            session.parameters.fall_back(name, other);
        }
    }
}

/// The fields that the call gives, each checked in turn.
///
/// # Errors
/// The reply for the first value that is not valid, or for a field that this database has no column for.
pub(super) fn given(
    session: &mut Session<'_>,
    function: &'static str,
) -> Result<Vec<dids::Field>, Stop> {
    let dropped = dropped(session);
    take_other_names(session);
    let mut given = Vec::new();
    for field in FIELDS {
        let value = session.owned(field.parameter);
        let ours = matches!(field.rule, ActiveUser);
        let dropped = dropped.iter().find(|(name, _)| *name == field.parameter);
        if let Some((_, sent)) = dropped {
            let reason = format!("{function} {}, THIS IS AN OPTIONAL FIELD", field.reason);
            return Err(Line::error(reason, sent).into());
        }
        if value.is_empty() || (ours && session.dialect == Dialect::Wire) {
            continue;
        }
        let is_allowed = field.allows(session, &value)?;
        if is_allowed && !is_method(session, field, &value) {
            let reason =
                format!("{function} CALL HANDLE METHOD IS NOT VALID, THIS IS AN OPTIONAL FIELD");
            return Err(Line::error(reason, value).into());
        }
        if !is_allowed {
            let reason = format!("{function} {}, THIS IS AN OPTIONAL FIELD", field.reason);
            let line = Line::error(reason, value.clone());
            // The reference names update_did here, whichever function was asked.
            let slip = matches!(field.rule, CallMenu)
                .then(|| format!("update_did {}, THIS IS AN OPTIONAL FIELD", field.reason));
            return Err(match slip {
                Some(slip) => line.on_the_wire(slip, value),
                None => line,
            }
            .into());
        }
        given.push((field.column, value));
    }
    if let Some(column) = dids::missing_column(session.db, &given) {
        let parameter = FIELDS
            .iter()
            .find(|field| field.column == column)
            .map_or(column, |field| field.parameter);
        let reason = format!(
            "{function} THIS DATABASE HAS NO COLUMN FOR THIS FIELD, THIS IS AN OPTIONAL FIELD"
        );
        return Err(Line::error(reason, parameter).into());
    }
    Ok(given)
}

/// The fields of which a value was sent that the filter leaves nothing of, and that value: `active=n` would be taken for
/// not sent, and the DID be active. None on the wire, where that is so.
fn dropped(session: &Session<'_>) -> Vec<(&'static str, String)> {
    if session.dialect == Dialect::Wire {
        return Vec::new();
    }
    let names = names().filter(|(name, _)| session.was_filtered_away(name));
    names
        .map(|(name, field)| (field, session.as_sent(name)))
        .collect()
}

/// Whether a value is a call handle method, where the field is one. The wire takes any.
fn is_method(session: &Session<'_>, field: &Field, value: &str) -> bool {
    !matches!(field.rule, CallHandleMethod(..))
        || session.dialect == Dialect::Wire
        || call_handle_method::exists(value)
}

impl Rule {
    /// As the documented dialect applies it.
    fn words(&self) -> String {
        match self {
            Length(low, high) => format!("{low} to {high} characters"),
            CallHandleMethod(low, high) => {
                format!(
                    "a method of the dialer, such as CID or CIDLOOKUPRL: {low} to {high} characters"
                )
            }
            OneOf(words) => match words.split_last() {
                Some((last, [])) => (*last).to_owned(),
                Some((last, others)) => format!("{} or {last}", others.join(", ")),
                None => String::new(),
            },
            Digits(low, high) => format!("{low} to {high} digits"),
            Server => "the IP address of a server".to_owned(),
            InGroup => "an in-group".to_owned(),
            CallMenu => "a call menu".to_owned(),
            ActiveUser => "a user that is active".to_owned(),
        }
    }
}

impl Field {
    fn allows(&self, session: &mut Session<'_>, value: &str) -> Result<bool, Stop> {
        let length = value.len();
        Ok(match self.rule {
            Length(low, high) | CallHandleMethod(low, high) => (low..=high).contains(&length),
            OneOf(words) => words.contains(&value),
            Digits(low, high) => {
                (low..=high).contains(&length) && value.bytes().all(|byte| byte.is_ascii_digit())
            }
            Server => servers::exists(session.db, value)?,
            InGroup => groups::inbound_group_exists(session.db, value)?,
            CallMenu => groups::call_menu_exists(session.db, value)?,
            ActiveUser => users::is_active(session.db, value)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_rule_in_words() {
        let rules: Vec<FieldRule> = rules().collect();
        let named = |parameter: &str| {
            let rule = rules.iter().find(|rule| rule.parameter == parameter);
            rule.map(|rule| (rule.column, rule.words.as_str(), rule.choices))
        };
        assert_eq!(
            named("phone_extension"),
            Some(("phone", "1 to 100 characters", &[][..]))
        );
        assert_eq!(
            named("list_id"),
            Some(("list_id", "3 to 14 digits", &[][..]))
        );
        let record = named("record_call").expect("a field");
        assert_eq!(record.1, "Y, N or Y_QUEUESTOP");
        assert_eq!(record.2, ["Y", "N", "Y_QUEUESTOP"]);
        assert!(rules.iter().all(|rule| !rule.words.is_empty()));
        let of_form =
            |rule: &FieldRule| crate::store::dids::rows::FORM_COLUMNS.contains(&rule.column);
        assert!(rules.iter().all(of_form), "the console's form has them all");
        assert!(columns().eq(rules.iter().map(|rule| (rule.parameter, rule.column))));
    }
}
