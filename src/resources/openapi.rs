//! The description of the JSON API for machines: OpenAPI 3.1, made from the table of operations and the types that are shown.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use super::aliases::Alias;
use super::body::{Flag, Id};
use super::dids::loaded::Did;
use super::dids::sipio::SipIoDid;
use super::extensions::loaded::Extension;
use super::extensions::sipio::SipIoExtension;
use super::landing::Landing;
use super::operations::{Endpoint, OPERATIONS, Shows};
use super::problem::Problem;
use super::query::Parameter;
use super::request::Method;
use super::schedules::loaded::{Schedule, SipIoSchedule};
use super::tenants::{SipIoTenant, Tenant};
use super::{aliases, dids, extensions, schedules, tenants};
use crate::routing::lint::Finding;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "vicishim",
        description = "VICIdial's inbound numbers and phones as JSON. Every user is a VICIdial API user.",
        license(name = "MIT", identifier = "MIT"),
    ),
    components(schemas(
        Did,
        SipIoDid,
        Landing,
        Finding,
        Extension,
        SipIoExtension,
        Schedule,
        SipIoSchedule,
        Tenant,
        SipIoTenant,
        Alias,
        Problem,
        Id,
        Flag
    ))
)]
struct Schemas;

/// A body's name, the name of what is shown, and how the fields of the body differ from that.
type BodySchema = (&'static str, &'static str, fn() -> Value);

const BODIES: &[BodySchema] = &[
    ("DidBody", "Did", dids::loaded::differences),
    (
        "ExtensionBody",
        "Extension",
        extensions::loaded::differences,
    ),
    ("ScheduleBody", "Schedule", schedules::loaded::differences),
    ("TenantBody", "Tenant", tenants::differences),
    ("AliasBody", "Alias", aliases::differences),
];

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

/// What is shown: in the shape of all names, or in SIP.IO's where it has one.
fn in_shapes(schema: &str) -> Value {
    match schema {
        "Did" | "Extension" | "Schedule" | "Tenant" => {
            json!({"anyOf": [reference(schema), reference(&format!("SipIo{schema}"))]})
        }
        _ => reference(schema),
    }
}

/// The schema of a body: what is shown, every field optional and but for the differences null too.
fn body(shown: &Value, differences: &Value) -> Value {
    let mut fields = Map::new();
    let shown_fields = shown["properties"].as_object();
    for (name, field) in shown_fields.into_iter().flatten() {
        fields.insert(name.clone(), field_of_body(field, &differences[name]));
    }
    for (name, field) in differences.as_object().into_iter().flatten() {
        if !fields.contains_key(name) {
            fields.insert(name.clone(), field.clone());
        }
    }
    json!({
        "type": "object",
        "description": "What is shown, to be written. Of two names for one thing either will do; what was read may be \
                        written back.",
        "properties": fields,
        "additionalProperties": false,
    })
}

fn field_of_body(shown: &Value, difference: &Value) -> Value {
    let mut field = shown.clone();
    let reference_of = difference["$ref"].as_str().map(reference);
    let shown_reference = shown.get("$ref").map(|target| json!({"$ref": target}));
    if let Some(reference) = reference_of.or(shown_reference) {
        let mut nullable = json!({"oneOf": [{"type": "null"}, reference]});
        if let Some(description) = shown.get("description") {
            nullable["description"] = description.clone();
        }
        return nullable;
    }
    if let Some(kind) = field["type"].as_str() {
        field["type"] = json!([kind, "null"]);
    }
    // A number of a database is 1 or more, and no format of a machine's.
    if let Some(field) = field.as_object_mut() {
        field.remove("format");
    }
    for (name, value) in difference.as_object().into_iter().flatten() {
        field[name] = value.clone();
    }
    field
}

/// The schema of a page.
fn page(of: &str) -> Value {
    let number =
        |description: &str| json!({"type": "integer", "minimum": 0, "description": description});
    json!({
        "type": "object",
        "description": "A page of a list.",
        "required": ["data", "page", "per_page", "total"],
        "properties": {
            "data": {"type": "array", "items": in_shapes(of), "description": "What is on it."},
            "page": number("Which page this is, from 1 on."),
            "per_page": number("How many a page holds: 1 to 1000."),
            "total": number("How many there are on all pages."),
        }
    })
}

fn parameter(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name, "in": "query", "required": false, "description": parameter.description,
        "schema": parameter.schema(),
    })
}

fn described(operation: &Endpoint) -> Value {
    let Endpoint {
        method,
        path,
        summary,
        query,
        body,
        shows,
        ..
    } = operation;
    let mut parameters: Vec<Value> = query.iter().map(parameter).collect();
    let has_id = path.contains("{id}");
    let changes = matches!(method, Method::Put | Method::Patch | Method::Delete);
    let kind = path.split('/').nth(2);
    if has_id {
        let pattern = match kind {
            Some("extensions") => "^([0-9A-Za-z_-]{1,64}|[0-9A-Za-z*#_-]{1,100}@[0-9.]{7,15})$",
            _ => "^[0-9A-Za-z_-]{1,64}$",
        };
        parameters.push(json!({
            "name": "id", "in": "path", "required": true, "schema": {"type": "string", "pattern": pattern}
        }));
    }
    if changes {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": false,
            "description": "The ETag of the state that is to be changed",
            "schema": {"type": "string", "pattern": "^(\\*|\"[0-9a-f]{16}\")$"}
        }));
    }
    let status = match method {
        Method::Post => "201",
        Method::Delete => "204",
        Method::Get | Method::Put | Method::Patch => "200",
    };
    let mut done = json!({"description": "Done"});
    let schema = match shows {
        Shows::State(schema) => Some(in_shapes(schema)),
        Shows::Report(schema) => Some(reference(schema)),
        Shows::Page(schema) => Some(reference(&format!("{schema}Page"))),
        Shows::Nothing => None,
    };
    if let Some(schema) = schema {
        done["content"] = json!({"application/json": {"schema": schema}});
    }
    if matches!(shows, Shows::State(_)) {
        let tag = json!({"description": "The tag of this state", "schema": {"type": "string"}});
        done["headers"] = json!({"ETag": tag});
    }
    if *method == Method::Post {
        done["headers"]["Location"] =
            json!({"description": "Where it is", "schema": {"type": "string"}});
    }
    let mut responses = Map::from_iter([(status.to_owned(), done)]);
    let mut problems = vec!["401", "403", "422", "503"];
    if has_id {
        problems.push("404");
    }
    if body.is_some() {
        problems.extend(["400", "408", "409", "413", "415"]);
    }
    if changes {
        problems.push("412");
    }
    if *method == Method::Delete {
        problems.push("409");
    }
    for status in problems {
        let mut problem = json!({
            "description": "Nothing was done",
            "content": {"application/problem+json": {"schema": reference("Problem")}}
        });
        if status == "401" {
            problem["headers"] =
                json!({"WWW-Authenticate": {"required": true, "schema": {"type": "string"}}});
        }
        responses.insert(status.to_owned(), problem);
    }
    let mut described = json!({
        "summary": summary,
        "operationId": operation_id(operation),
        "tags": [kind],
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(body) = body {
        let schema = json!({"schema": reference(body)});
        described["requestBody"] =
            json!({"required": true, "content": {"application/json": schema}});
    }
    described
}

fn operation_id(operation: &Endpoint) -> String {
    let path = operation
        .path
        .trim_start_matches("/api/")
        .replace(['/', '-'], "_")
        .replace("{id}", "one");
    format!("{}_{path}", operation.method.word().to_lowercase())
}

/// The document, as JSON.
pub(crate) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    &TEXT
}

fn document() -> Value {
    let mut document = serde_json::to_value(Schemas::openapi()).unwrap_or_default();
    let schemas = &mut document["components"]["schemas"];
    for (name, shown, differences) in BODIES {
        schemas[*name] = body(&schemas[*shown], &differences());
    }
    // The one field of a DID that has an address of its own.
    let routes = schemas["DidBody"]["properties"]["routes"].clone();
    schemas["RoutesBody"] = json!({
        "type": "object", "required": ["routes"], "properties": {"routes": routes}, "additionalProperties": false,
    });
    let mut paths = Map::new();
    for operation in OPERATIONS {
        if let Shows::Page(of) = operation.shows {
            schemas[format!("{of}Page")] = page(of);
        }
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.word().to_lowercase()] = described(operation);
    }
    document["paths"] = Value::Object(paths);
    document["components"]["securitySchemes"] =
        json!({"basic": {"type": "http", "scheme": "basic"}});
    document["security"] = json!([{"basic": []}]);
    document["servers"] = json!([{"url": "/"}]);
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_described_and_every_reference_leads_somewhere() {
        let document = document();
        let version = document["openapi"].as_str().map(|version| &version[..3]);
        assert_eq!(version, Some("3.1"));
        let methods = document["paths"].as_object().expect("paths").values();
        let described: usize = methods
            .map(|path| path.as_object().map_or(0, Map::len))
            .sum();
        assert_eq!(described, OPERATIONS.len());
        let text = document.to_string();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().expect("a name");
            let schema = &document["components"]["schemas"][name];
            assert!(schema.is_object(), "{name}");
        }
    }

    /// Two types of one name would leave one of them undescribed.
    #[test]
    fn every_type_has_a_name_of_its_own() {
        let document = document();
        let schemas = &document["components"]["schemas"];
        let words = |name: &str| schemas[name]["enum"].as_array().map(Vec::len);
        assert_eq!(words("DidStatus"), Some(4));
        assert_eq!(words("ExtensionStatus"), Some(3));
        assert_eq!(words("FindingKind"), Some(7));
        assert_eq!(words("TargetKind"), Some(12));
        assert!(schemas["Problem"]["properties"]["title"].is_object());
    }

    #[test]
    fn a_body_is_what_is_shown_with_its_differences() {
        let schemas = &document()["components"]["schemas"];
        let did = &schemas["DidBody"];
        assert_eq!(did.get("required"), None);
        let fields = &did["properties"];
        assert_eq!(fields["number"]["pattern"], "^[0-9A-Za-z:+*#._]{2,50}$");
        assert_eq!(fields["provider"]["type"], json!(["string", "null"]));
        assert_eq!(fields["status"]["oneOf"][1], reference("DidStatus"));
        assert_eq!(fields["schedule_id"]["oneOf"][1], reference("Id"));
        assert_eq!(fields["label"]["description"], "As `description`.");
        let extension = &schemas["ExtensionBody"]["properties"];
        assert_eq!(extension["secret"]["writeOnly"], true);
        for (name, shown, differences) in BODIES {
            for (field, _) in differences().as_object().expect("fields") {
                let is_shown = schemas[*shown]["properties"][field].is_object();
                assert!(is_shown || field == "secret", "{name}: {field}");
            }
        }
    }
}
