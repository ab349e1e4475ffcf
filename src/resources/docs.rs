//! `/api/docs`: the API's description as a page for people, made from the same operations, shapes and examples as the one for
//! machines. It has no script.

use std::sync::LazyLock;

use askama::Template;
use serde_json::Value;

use super::examples::{self, Example};
use super::openapi;
use super::operations::{Endpoint, OPERATIONS, Shows};
use super::query::Parameter;

/// How the page looks.
pub(super) fn style() -> &'static str {
    include_str!("templates/docs.css")
}

/// The page.
pub(super) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let page = Page::new(&openapi::document()).render();
        debug_assert!(page.is_ok(), "a String takes every text");
        page.unwrap_or_default()
    });
    &TEXT
}

#[derive(Template)]
#[template(path = "docs.html", config = "src/resources/askama.toml")]
struct Page {
    groups: Vec<Group>,
    shapes: Vec<Shape>,
}

/// The operations of one kind of things.
struct Group {
    name: &'static str,
    operations: Vec<Operation>,
}

struct Operation {
    endpoint: &'static Endpoint,
    examples: Vec<&'static Example>,
}

/// A shape of a body or an answer.
struct Shape {
    name: String,
    description: String,
    fields: Vec<Field>,
}

struct Field {
    name: String,
    kind: String,
    /// The shape that it holds, where it holds one.
    link: Option<String>,
    description: String,
}

impl Page {
    fn new(document: &Value) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for endpoint in OPERATIONS {
            let name = endpoint.path.split('/').nth(2).unwrap_or_default();
            let operation = Operation {
                endpoint,
                examples: examples::of(endpoint).collect(),
            };
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.operations.push(operation),
                None => groups.push(Group {
                    name,
                    operations: vec![operation],
                }),
            }
        }
        let schemas = &document["components"]["schemas"];
        let shapes = schemas.as_object().into_iter().flatten();
        Self {
            groups,
            shapes: shapes
                .map(|(name, schema)| Shape::of(name, schema, schemas))
                .collect(),
        }
    }
}

impl Operation {
    /// The name of this place on the page.
    fn anchor(&self) -> String {
        openapi::operation_id(self.endpoint)
    }

    /// What it asks of its user, in words.
    fn permission(&self) -> String {
        self.endpoint.permission.to_string()
    }

    fn kind_of(parameter: &Parameter) -> String {
        kind(&parameter.schema())
    }

    /// The shape of the answer.
    fn answers(&self) -> Option<String> {
        match self.endpoint.shows {
            Shows::State(shape) | Shows::Report(shape) => Some(shape.to_owned()),
            Shows::Page(shape) => Some(format!("{shape}Page")),
            Shows::Nothing => None,
        }
    }
}

/// A value as people read it; empty where there is none.
fn pretty(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        value => serde_json::to_string_pretty(value).unwrap_or_default(),
    }
}

impl Shape {
    fn of(name: &str, schema: &Value, schemas: &Value) -> Self {
        let mut fields = fields(schema, schemas);
        if fields.is_empty() {
            fields.push(Field {
                name: "(value)".to_owned(),
                kind: kind(schema),
                link: None,
                description: String::new(),
            });
        }
        Self {
            name: name.to_owned(),
            description: description(schema),
            fields,
        }
    }
}

/// The fields of a shape, those of the shapes that it is made of among them.
fn fields(schema: &Value, schemas: &Value) -> Vec<Field> {
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let mut all: Vec<Field> = parts
        .flat_map(|part| match shape_in(part) {
            Some(name) => fields(&schemas[&name], schemas),
            None => fields(part, schemas),
        })
        .collect();
    let own = schema["properties"].as_object().into_iter().flatten();
    all.extend(own.map(|(name, field)| Field {
        name: name.clone(),
        kind: kind(field),
        link: shape_in(field),
        description: description(field),
    }));
    all
}

/// The shapes of which one counts, or all.
const COMBINED: [&str; 3] = ["oneOf", "anyOf", "allOf"];

/// The parts of a schema that is made of others.
fn combined(schema: &Value) -> impl Iterator<Item = &Value> {
    let lists = COMBINED.iter().filter_map(|list| schema[*list].as_array());
    lists.flatten()
}

/// The name of the first shape that a schema refers to.
fn shape_in(schema: &Value) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return Some(reference.rsplit_once('/')?.1.to_owned());
    }
    match schema.get("items") {
        Some(items) => shape_in(items),
        None => combined(schema).find_map(shape_in),
    }
}

/// The description of a schema; of one that is made of others, theirs.
fn description(schema: &Value) -> String {
    let parts = std::iter::once(schema).chain(combined(schema));
    let mut texts = parts.filter_map(|part| part["description"].as_str());
    texts.next().unwrap_or_default().to_owned()
}

/// What a field holds, in words: `text of at most 50 characters, or null`.
fn kind(schema: &Value) -> String {
    let words = |value: &Value| match value {
        Value::String(word) => word.clone(),
        other => other.to_string(),
    };
    if schema["$ref"].is_string() {
        return shape_in(schema).unwrap_or_default();
    }
    let mut kinds: Vec<String> = combined(schema).map(kind).collect();
    if let Some(all) = schema["enum"].as_array() {
        kinds = vec![all.iter().map(words).collect::<Vec<_>>().join(", ")];
    }
    let types = match &schema["type"] {
        _ if !kinds.is_empty() => &[],
        Value::Array(types) => types.as_slice(),
        one => std::slice::from_ref(one),
    };
    for one in types {
        kinds.push(match one.as_str() {
            Some("array") => format!("list of {}{}", kind(&schema["items"]), bounds(schema)),
            Some("string") => match schema["format"].as_str() {
                Some(format) => format.to_owned(),
                None => format!("text{}", bounds(schema)),
            },
            Some("integer") => format!("number{}", bounds(schema)),
            Some(kind) => kind.to_owned(),
            None => "anything".to_owned(),
        });
    }
    let has_null = kinds.iter().any(|kind| kind == "null");
    kinds.retain(|kind| kind != "null");
    match (kinds.join(" or "), has_null) {
        (text, false) => text,
        (text, true) if text.is_empty() => "null".to_owned(),
        (text, true) => format!("{text}, or null"),
    }
}

/// The bounds of what a schema holds: ` of 2 to 50 characters`.
fn bounds(schema: &Value) -> String {
    let bound = |name: &str| schema.get(name).filter(|bound| !bound.is_null());
    for (least, most, unit) in [
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", ""),
    ] {
        match (bound(least), bound(most)) {
            (Some(least), Some(most)) => return format!(" of {least} to {most}{unit}"),
            (Some(least), None) => return format!(" of {least} or more{unit}"),
            (None, Some(most)) => return format!(" of at most {most}{unit}"),
            (None, None) => {}
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_field_holds_is_said_in_words() {
        let shape = json!({"$ref": "#/components/schemas/Id"});
        for (schema, words) in [
            (
                json!({"type": "string", "minLength": 2, "maxLength": 50}),
                "text of 2 to 50 characters",
            ),
            (
                json!({"type": ["string", "null"], "maxLength": 20}),
                "text of at most 20 characters, or null",
            ),
            (
                json!({"type": "integer", "minimum": 0}),
                "number of 0 or more",
            ),
            (json!({"oneOf": [{"type": "null"}, shape]}), "Id, or null"),
            (json!({"type": "array", "items": shape}), "list of Id"),
            (json!({"enum": ["SIP", "Zap"]}), "SIP, Zap"),
            (json!({"type": "string", "format": "date"}), "date"),
            (json!({}), "anything"),
        ] {
            assert_eq!(kind(&schema), words);
        }
    }

    #[test]
    fn a_shape_has_the_fields_of_those_it_is_made_of() {
        let document = openapi::document();
        let schemas = &document["components"]["schemas"];
        let queue = Shape::of("Queue", &schemas["Queue"], schemas);
        let names: Vec<&str> = queue.fields.iter().map(|field| &*field.name).collect();
        for name in ["id", "status", "tenant_id", "user_group"] {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
        // Each field is described, or what it holds is.
        for (name, schema) in schemas.as_object().expect("schemas") {
            for field in Shape::of(name, schema, schemas).fields {
                let is_told = !field.description.is_empty() || field.name == "(value)";
                assert!(is_told, "{name}.{}", field.name);
            }
        }
    }
}
