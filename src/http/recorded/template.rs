//! An answer that is made of the call: `SUCCESS: add_lead LEAD HAS BEEN ADDED - {phone_number}|{counter}`.

use super::asked::Asked;

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The value of the parameter of this name.
    Parameter(String),
    /// A number that is one more each time.
    Counter,
}

/// A template, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

impl Template {
    /// Reads one. `{{` and `}}` are braces.
    ///
    /// # Errors
    /// A brace that is not closed, or not opened, or nothing between two.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let from = &rest[at..];
            if let Some(behind) = ["{{", "}}"].iter().find_map(|two| from.strip_prefix(two)) {
                plain.push_str(&from[..1]);
                rest = behind;
                continue;
            }
            let named = from.strip_prefix('{').and_then(|from| from.split_once('}'));
            let (name, behind) = named
                .filter(|(name, _)| !name.is_empty() && !name.contains('{'))
                .ok_or_else(|| format!("the template {text:?}: a brace stands alone; write {{{{ or }}}} for one in the text"))?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(match name {
                "counter" => Piece::Counter,
                name => Piece::Parameter(name.to_owned()),
            });
            rest = behind;
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        Ok(Self(pieces))
    }

    /// The answer to a call.
    pub(super) fn fill(&self, asked: &Asked, counter: u64) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Parameter(name) => text.push_str(asked.value(name)),
                Piece::Counter => text.push_str(&counter.to_string()),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_are_filled_in() {
        let asked = Asked {
            path: None,
            parameters: [("phone_number", "7275550100")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        };
        for (template, filled) in [
            ("", ""),
            ("plain\n", "plain\n"),
            ("{phone_number}|{counter}|{list_id}|", "7275550100|1001||"),
            ("{{x}} {{{counter}}}", "{x} {1001}"),
        ] {
            let read = Template::read(template).expect("a template");
            assert_eq!(read.fill(&asked, 1001), filled, "{template}");
        }
        for wrong in ["{", "}", "a {b", "b} c", "{}", "{a{b}"] {
            let error = Template::read(wrong).expect_err("no template");
            assert!(error.contains("a brace stands alone"), "{wrong}: {error}");
        }
    }
}
