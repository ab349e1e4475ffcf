//! An extension's number, and what VICIdial has it under. Two tenants may have the same number: the first has it as it is, the
//! others behind the number of their tenant, for VICIdial knows phones and dialplan numbers of a whole server.
//!
//! | | first | tenant 2 | VICIdial's column takes |
//! |---|---|---|---|
//! | number | `1001` | `1001` | |
//! | phone and login | `1001` | `2_1001` | digits, letters, `-`, `_` |
//! | dialplan number | `1001` | `2*1001` | digits, letters, `*`, `#` |
//! | voicemail box | `1001` | `2x1001` | digits, letters |

use crate::resources::problem::Problem;

/// The most characters of a dialplan number.
const DIALPLAN: usize = 20;

/// The most characters of a phone's login; a longer one is left out.
const LOGIN: usize = 15;

/// A number, and the tenant that it stands behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numbering {
    number: String,
    tenant: Option<i64>,
}

impl Numbering {
    /// The number as it is.
    pub(super) fn plain(number: &str) -> Self {
        Self {
            number: number.to_owned(),
            tenant: None,
        }
    }

    /// The number behind this tenant's.
    pub(super) fn behind(tenant: i64, number: &str) -> Self {
        Self {
            number: number.to_owned(),
            tenant: Some(tenant),
        }
    }

    /// Of a dialplan number, for an extension of this tenant.
    pub(super) fn of(dialplan: &str, tenant: Option<i64>) -> Self {
        let behind = tenant.and_then(|tenant| {
            let number = dialplan.strip_prefix(&format!("{tenant}*"))?;
            (!number.is_empty()).then(|| Self::behind(tenant, number))
        });
        behind.unwrap_or_else(|| Self::plain(dialplan))
    }

    /// The number that is shown, and dialled within the tenant.
    pub(super) fn number(&self) -> &str {
        &self.number
    }

    fn with(&self, separator: char) -> String {
        match self.tenant {
            Some(tenant) => format!("{tenant}{separator}{}", self.number),
            None => self.number.clone(),
        }
    }

    /// The name of its phone, with which its device registers.
    pub(super) fn phone(&self) -> String {
        self.with('_')
    }

    /// The login of its phone; empty where VICIdial's column has no room for it.
    pub(super) fn login(&self) -> String {
        let phone = self.phone();
        match phone.len() <= LOGIN {
            true => phone,
            false => String::new(),
        }
    }

    /// Its number in VICIdial's dialplan.
    pub(super) fn dialplan(&self) -> String {
        self.with('*')
    }

    /// The voicemail box that goes with it.
    pub(super) fn voicemail(&self) -> String {
        self.with('x')
    }

    /// Refuses one that VICIdial's column has no room for.
    ///
    /// # Errors
    /// 409: the number as it is, which has room, is another tenant's.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let dialplan = self.dialplan();
        if dialplan.len() <= DIALPLAN {
            return Ok(());
        }
        let message = format!(
            "is taken by another tenant on this server, and VICIdial's dialplan has no room for {dialplan}: {DIALPLAN} characters"
        );
        Err(Problem::taken("extension_number", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_from_what_it_is_stored_as() {
        let behind = Numbering::behind(2, "1001");
        assert_eq!(
            [behind.phone(), behind.dialplan(), behind.voicemail()],
            ["2_1001", "2*1001", "2x1001"]
        );
        assert_eq!(Numbering::of("2*1001", Some(2)), behind);
        for (dialplan, tenant) in [
            ("1001", Some(2)),
            ("2*1001", Some(3)),
            ("2*1001", None),
            ("2*", Some(2)),
            ("22*1001", Some(2)),
        ] {
            let plain = Numbering::of(dialplan, tenant);
            assert_eq!(
                (plain.number(), plain.dialplan()),
                (dialplan, dialplan.to_owned())
            );
        }
        assert!(Numbering::behind(12, &"1".repeat(17)).check().is_ok());
        assert!(Numbering::behind(12, &"1".repeat(18)).check().is_err());
        assert_eq!(Numbering::behind(2, "12345678901234").login(), "");
    }
}
