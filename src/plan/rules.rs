//! What the text API takes of a DID. The API is above this room: who compares hands it in.

use crate::routing::number_form::NumberForm;

/// What the text API takes of a DID.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// The parameters that set a field, each with its column in `did_list`.
    pub(crate) fields: fn() -> Vec<(&'static str, &'static str)>,
    /// The names that these parameters have, each with the parameter.
    pub(crate) names: fn() -> Vec<(&'static str, &'static str)>,
    /// What filtering leaves of a parameter's value.
    pub(crate) kept: fn(&str, &str) -> String,
    /// A new number as it is stored; or why it cannot be a DID's.
    pub(crate) clean: fn(&str, NumberForm) -> Result<String, String>,
}

impl Rules {
    /// The parameter that sets a column of `did_list`; none where nothing does.
    pub(crate) fn parameter_of(&self, column: &str) -> Option<&'static str> {
        let fields = (self.fields)();
        let field = fields.iter().find(|(_, known)| *known == column);
        field.map(|(parameter, _)| *parameter)
    }

    /// The column that the parameter of this name sets, and its parameter; whatever its case.
    pub(crate) fn named(&self, name: &str) -> Option<(&'static str, &'static str)> {
        let names = (self.names)();
        let known = names
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, parameter) = known?;
        let fields = (self.fields)();
        fields.into_iter().find(|(known, _)| known == parameter)
    }

    /// The number that a call means which names this one: the API drops characters that a row of the database may have.
    pub(crate) fn number(&self, number: &str) -> String {
        (self.kept)(super::file::NUMBER, number)
    }
}
