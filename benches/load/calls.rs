//! What is sent.

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Anything, of a server that answers nothing.
    Empty,
    Version,
    Add,
    Update,
    Copy,
    Mix,
    /// A page of 100 DIDs behind any offset.
    Page,
    /// 100,000 DIDs.
    List,
    /// 100,000 calls.
    Calls,
}

impl Kind {
    /// What our server is asked.
    pub const OURS: [Self; 5] = [
        Self::Version,
        Self::Add,
        Self::Update,
        Self::Copy,
        Self::Mix,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Version => "version",
            Self::Add => "add_did",
            Self::Update => "update_did",
            Self::Copy => "copy_did",
            Self::Mix => "mix",
            Self::Page => "page",
            Self::List => "did_list",
            Self::Calls => "did_log_export",
        }
    }

    /// The kind of that name.
    pub fn of(name: &str) -> Self {
        let others = [Self::Page, Self::List, Self::Calls];
        let mut all = Self::OURS.into_iter().chain(others);
        all.find(|kind| kind.name() == name).unwrap_or(Self::Empty)
    }

    /// A call's query, where so many DIDs were filled in, and how many it adds or changes.
    pub fn query(self, number: u64, filled: u64) -> (String, u64) {
        const USER: &str = "source=bench&user=6666&pass=1234&function=";
        let pattern = 70_000_000_000 + number * 200;
        let add = || {
            format!(
                "{USER}add_did&did_pattern={pattern}&did_description=Bench+number&did_route=IN_GROUP&group=TEST_IN2&record_call=Y&list_id=998"
            )
        };
        let copies = |count: u64| {
            let numbers: Vec<String> = (1..=count)
                .map(|offset| (pattern + offset).to_string())
                .collect();
            format!(
                "{USER}copy_did&source_did_pattern=7275551114&new_dids={}",
                numbers.join(",")
            )
        };
        let update = || {
            format!(
                "{USER}update_did&did_pattern=7275551114&did_description=Changed+{number}&active=Y&list_id=998"
            )
        };
        match self {
            Self::Empty | Self::Version => ("function=version".to_owned(), 0),
            Self::Add => (add(), 1),
            Self::Update => (update(), 1),
            Self::Copy => (copies(150), 150),
            Self::Mix => match number % 10 {
                0 => (copies(20), 20),
                1 => (update(), 1),
                2 => (format!("{USER}did_list&records=100&did_pattern=7*"), 0),
                _ => (add(), 1),
            },
            Self::Page => {
                // Offsets far from each other, and from the last one.
                let offset = number.wrapping_mul(7_919_777) % filled.max(1);
                (format!("{USER}did_list&records=100&offset={offset}"), 0)
            }
            Self::List => (format!("{USER}did_list&records=100000"), 0),
            Self::Calls => (
                format!("{USER}did_log_export&phone_number=7275551114&date=2026-11-19"),
                0,
            ),
        }
    }

    /// Whether this is the answer to such a call.
    pub fn is_answered_by(self, body: &[u8]) -> bool {
        match self {
            Self::Empty => body.is_empty(),
            Self::Version => body.starts_with(b"VERSION"),
            Self::Add | Self::Update | Self::Copy => {
                body.starts_with(b"SUCCESS")
                    || body.starts_with(b"NOTICE: copy_did DID HAS BEEN ADDED")
            }
            // Rows: the first line is the first chunk's size.
            Self::Mix | Self::Page | Self::List | Self::Calls => !body.starts_with(b"ERROR"),
        }
    }
}
