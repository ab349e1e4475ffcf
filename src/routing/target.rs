//! Where a call goes next: a kind and an id, and the columns of VICIdial that say the same.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The extension that VICIdial's stock dialplan hangs up on.
const HANGUP: (&str, &str) = ("8300", "default");

/// The extension that a DID's column has by default: nobody chose it.
pub const UNCHOSEN: &str = "9998811112";

/// The context of an extension that names none.
const CONTEXT: &str = "default";

/// The kind of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TargetKind)]
pub enum Kind {
    /// A call menu (SIP.IO's word).
    Flow,
    /// A call menu too, in LaraCopilot's word.
    Ivr,
    /// A user, on the phone where it is logged in.
    User,
    /// A phone.
    Extension,
    /// An extension of the dialplan that rings several phones.
    RingGroup,
    /// An in-group.
    Queue,
    /// A voicemail box.
    Voicemail,
    /// An extension of the dialplan that is a conference.
    Conference,
    /// A number outside the exchange.
    Forward,
    /// Another exchange, by an extension of the dialplan.
    Trunk,
    /// A feature code of the dialplan.
    Feature,
    /// The call is ended: extension 8300 of the stock dialplan.
    Hangup,
}

impl Kind {
    /// Every kind with its word.
    pub const ALL: [(Self, &'static str); 12] = [
        (Self::Flow, "flow"),
        (Self::Ivr, "ivr"),
        (Self::User, "user"),
        (Self::Extension, "extension"),
        (Self::RingGroup, "ring_group"),
        (Self::Queue, "queue"),
        (Self::Voicemail, "voicemail"),
        (Self::Conference, "conference"),
        (Self::Forward, "forward"),
        (Self::Trunk, "trunk"),
        (Self::Feature, "feature"),
        (Self::Hangup, "hangup"),
    ];

    /// The word for it, as JSON has it.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, word)| word)
    }

    /// The kind of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(kind, _)| *kind)
    }

    /// Whether an extension of the dialplan is all that VICIdial knows of it.
    pub fn is_dialplan(self) -> bool {
        matches!(
            self,
            Self::RingGroup | Self::Conference | Self::Forward | Self::Trunk | Self::Feature
        )
    }
}

/// A destination.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Its kind.
    pub kind: Kind,
    /// Its id within that kind; empty for a hang-up.
    pub id: String,
    /// Variables that are set on the way.
    pub xform: Option<Map<String, Value>>,
}

impl Target {
    /// A destination without variables.
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into(),
            xform: None,
        }
    }
}

/// The columns of a DID that hold a target, or those of its filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// `did_route` or `filter_action`
    pub route: String,
    /// `extension`
    pub extension: String,
    /// `exten_context`
    pub context: String,
    /// `voicemail_ext`
    pub voicemail: String,
    /// `phone`
    pub phone: String,
    /// `server_ip`
    pub server_ip: String,
    /// `user`
    pub user: String,
    /// `group_id`
    pub group_id: String,
    /// `menu_id`
    pub menu_id: String,
}

impl Route {
    /// The columns that say what a target says, and their values.
    ///
    /// # Errors
    /// What is wrong with the id.
    pub fn columns(target: &Target) -> Result<Vec<(&'static str, String)>, String> {
        let id = target.id.as_str();
        if id.is_empty() && target.kind != Kind::Hangup {
            return Err(format!("a {} needs an id", target.kind.word()));
        }
        let bounded = |width: usize| match id.chars().count() <= width && is_plain(id) {
            true => Ok(id.to_owned()),
            false => Err(format!(
                "must be 1 to {width} characters, none of them a space or a control character"
            )),
        };
        let route = |route: &str| ("did_route", route.to_owned());
        Ok(match target.kind {
            Kind::Flow | Kind::Ivr => vec![route("CALLMENU"), ("menu_id", bounded(50)?)],
            Kind::Queue => vec![route("IN_GROUP"), ("group_id", bounded(20)?)],
            Kind::User => vec![route("AGENT"), ("user", bounded(20)?)],
            Kind::Voicemail => vec![route("VOICEMAIL"), ("voicemail_ext", bounded(10)?)],
            Kind::Extension => {
                let (phone, server_ip) = split(&bounded(116)?, 100, 15)?
                    .ok_or("must be a phone and its server: PHONE@SERVER_IP")?;
                vec![route("PHONE"), ("phone", phone), ("server_ip", server_ip)]
            }
            Kind::Hangup if !id.is_empty() => return Err("a hangup has no id".to_owned()),
            Kind::Hangup => dialplan(HANGUP.0, HANGUP.1),
            _ => match split(&bounded(101)?, 50, 50)? {
                Some((extension, context)) => dialplan(&extension, &context),
                None if id.len() <= 50 => dialplan(id, CONTEXT),
                None => return Err("is longer than 50 characters".to_owned()),
            },
        })
    }

    /// The route that those columns are.
    ///
    /// # Errors
    /// As [`Route::columns`].
    pub fn of(target: &Target) -> Result<Self, String> {
        let mut route = Self::default();
        for (column, value) in Self::columns(target)? {
            let field = match column {
                "did_route" => &mut route.route,
                "extension" => &mut route.extension,
                "exten_context" => &mut route.context,
                "voicemail_ext" => &mut route.voicemail,
                "phone" => &mut route.phone,
                "server_ip" => &mut route.server_ip,
                "user" => &mut route.user,
                "group_id" => &mut route.group_id,
                _ => &mut route.menu_id,
            };
            *field = value;
        }
        Ok(route)
    }

    /// The target that the columns hold; none where nobody chose one. The kind that was written tells apart what VICIdial
    /// holds in the same way.
    pub fn target(&self, written: Option<Kind>) -> Option<Target> {
        let written = |kind: Kind| written.filter(|known| same_columns(*known, kind));
        let (kind, id) = match self.route.as_str() {
            "CALLMENU" => (
                written(Kind::Flow).unwrap_or(Kind::Flow),
                self.menu_id.clone(),
            ),
            "IN_GROUP" => (Kind::Queue, self.group_id.clone()),
            "AGENT" => (Kind::User, self.user.clone()),
            "VOICEMAIL" | "VMAIL_NO_INST" => (Kind::Voicemail, self.voicemail.clone()),
            "PHONE" if self.phone.is_empty() => (Kind::Extension, String::new()),
            "PHONE" => (
                Kind::Extension,
                format!("{}@{}", self.phone, self.server_ip),
            ),
            _ if (self.extension.as_str(), self.context.as_str()) == HANGUP => {
                return Some(Target::new(Kind::Hangup, ""));
            }
            _ if self.extension == UNCHOSEN => return None,
            _ => (
                written(Kind::Forward).unwrap_or(Kind::Forward),
                match self.context.as_str() {
                    "" | CONTEXT => self.extension.clone(),
                    context => format!("{}@{context}", self.extension),
                },
            ),
        };
        (!id.is_empty()).then(|| Target::new(kind, id))
    }

    /// The target as VICIdial's words have it: `TEST_IN2`, `cc100@10.0.9.8`, `8300@default`.
    pub fn words(&self) -> String {
        self.parts().join("@")
    }

    /// The columns that name the target: one, or an extension and its context, or a phone and its server.
    pub fn parts(&self) -> Vec<&str> {
        match self.route.as_str() {
            "CALLMENU" => vec![&self.menu_id],
            "IN_GROUP" => vec![&self.group_id],
            "AGENT" => vec![&self.user],
            "VOICEMAIL" | "VMAIL_NO_INST" => vec![&self.voicemail],
            "PHONE" => vec![&self.phone, &self.server_ip],
            _ => vec![&self.extension, &self.context],
        }
    }
}

fn same_columns(left: Kind, right: Kind) -> bool {
    let is_menu = |kind| matches!(kind, Kind::Flow | Kind::Ivr);
    left == right
        || (is_menu(left) && is_menu(right))
        || (left.is_dialplan() && right.is_dialplan())
}

fn dialplan(extension: &str, context: &str) -> Vec<(&'static str, String)> {
    vec![
        ("did_route", "EXTEN".to_owned()),
        ("extension", extension.to_owned()),
        ("exten_context", context.to_owned()),
    ]
}

/// The two parts around the last `@`, each within its column.
fn split(id: &str, first: usize, second: usize) -> Result<Option<(String, String)>, String> {
    let Some((left, right)) = id.rsplit_once('@') else {
        return Ok(None);
    };
    let fits = |part: &str, width| (1..=width).contains(&part.chars().count());
    if !fits(left, first) || !fits(right, second) {
        return Err(format!(
            "must be 1 to {first} characters, an @, and 1 to {second} more"
        ));
    }
    Ok(Some((left.to_owned(), right.to_owned())))
}

/// Whether a text can stand in a dialer's configuration: nothing in it ends a word or a line.
pub fn is_plain(text: &str) -> bool {
    !text
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || c == '|')
}
