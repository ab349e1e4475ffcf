//! The password: from the environment, a file, or a prompt, and never printed.

use std::fmt;
use std::io::IsTerminal;
use std::path::Path;

/// The environment variable that may hold it.
const VARIABLE: &str = "VICISHIM_PASS";

/// A password. Its `Debug` shows nothing.
pub(in crate::cli) struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Password {
    /// What stands for the password where calls are only printed.
    pub(in crate::cli) fn hidden() -> Self {
        Self("*".to_owned())
    }

    /// The password: what is [`Self::given`], else what is typed.
    ///
    /// # Errors
    /// The file cannot be read, or there is no password and nobody to ask.
    pub(in crate::cli) fn find(user: &str, file: Option<&Path>) -> Result<Self, String> {
        if let Some(password) = Self::given(file)? {
            return Ok(password);
        }
        if !std::io::stderr().is_terminal() {
            return Err(format!(
                "no password: set {VARIABLE}, or name a file with --pass-file"
            ));
        }
        rpassword::prompt_password(format!("Password of {user}: "))
            .map(Self)
            .map_err(|error| format!("no password: {error}"))
    }

    /// The file's first line, else the environment's; none where neither is there.
    ///
    /// # Errors
    /// The file cannot be read, or what is there is no password.
    pub(in crate::cli) fn given(file: Option<&Path>) -> Result<Option<Self>, String> {
        if let Some(file) = file {
            let text = std::fs::read_to_string(file)
                .map_err(|error| format!("--pass-file {}: {error}", file.display()))?;
            let line = text.lines().next().unwrap_or_default();
            return match line.trim_start_matches('\u{FEFF}') {
                "" => Err(format!("--pass-file {}: it is empty", file.display())),
                line => Ok(Some(Self(line.to_owned()))),
            };
        }
        match std::env::var(VARIABLE) {
            Ok(password) if !password.is_empty() => Ok(Some(Self(password))),
            Err(std::env::VarError::NotUnicode(_)) => Err(format!("{VARIABLE} is not UTF-8")),
            _ => Ok(None),
        }
    }

    /// It, for sending.
    pub(in crate::cli) fn secret(&self) -> &str {
        &self.0
    }
}
