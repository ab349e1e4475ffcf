//! What the fields of a DID's body are for and what they take, in the words of the API's description: for forms.

use std::sync::LazyLock;

use serde_json::Value;

use super::openapi::document;

/// A field of a DID's body, as the description has it.
#[derive(Debug)]
pub(crate) struct BodyField {
    /// Its name.
    pub(crate) name: String,
    /// What it is for, and its bounds, in words.
    pub(crate) description: String,
    /// The words that are taken, where there is no other.
    pub(crate) choices: Vec<String>,
    /// How many characters it has at most.
    pub(crate) longest: Option<u64>,
}

/// The fields of a DID's body.
pub(crate) fn did_fields() -> &'static [BodyField] {
    static FIELDS: LazyLock<Vec<BodyField>> = LazyLock::new(|| {
        let document = document();
        let schemas = &document["components"]["schemas"];
        let (shown, body) = (
            &schemas["Did"]["properties"],
            &schemas["DidBody"]["properties"],
        );
        let fields = body.as_object().into_iter().flatten();
        let field = |(name, body): (&String, &Value)| BodyField {
            name: name.clone(),
            description: described_by(&shown[name]).to_owned(),
            choices: words_of(&shown[name], schemas),
            longest: body["maxLength"].as_u64(),
        };
        fields.map(field).collect()
    });
    &FIELDS
}

/// A schema and those that it may be instead.
fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    let parts = schema["oneOf"].as_array().into_iter().flatten();
    std::iter::once(schema).chain(parts)
}

fn described_by(schema: &Value) -> &str {
    let described = parts(schema).find_map(|part| part["description"].as_str());
    described.unwrap_or_default()
}

/// The words of the enumeration that a schema refers to.
fn words_of(schema: &Value, schemas: &Value) -> Vec<String> {
    let referred = parts(schema).filter_map(|part| {
        let name = part["$ref"].as_str()?.rsplit('/').next()?;
        schemas[name]["enum"].as_array()
    });
    let words = referred.flatten().filter_map(Value::as_str);
    words.map(str::to_owned).collect()
}
