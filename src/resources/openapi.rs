//! The description of the JSON API for machines: OpenAPI 3.1, made from the table of operations and the types that are shown.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use super::aliases::Alias;
use super::body::{Flag, Id};
use super::cdrs::CdrPage;
use super::changes::{Change, ChangeRows, Undo};
use super::choices::{Device, Flow, Queue, User, VoicemailBox};
use super::dids::loaded::Did;
use super::dids::route::Route;
use super::dids::routes::Routes;
use super::dids::sipio::SipIoDid;
use super::extensions::loaded::Extension;
use super::extensions::sipio::SipIoExtension;
use super::landing::Landing;
use super::operations::{Endpoint, OPERATIONS, Shows};
use super::problem::Problem;
use super::query::Parameter;
use super::request::Method;
use super::schedules::loaded::{Schedule, SipIoSchedule};
use super::status::StatusWord;
use super::tenants::{SipIoTenant, Tenant};
use super::{aliases, changes, dids, examples, extensions, schedules, tenants};
use crate::routing::lint::Finding;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "vicishim",
        description = "VICIdial's inbound numbers and phones as JSON. Every user is a VICIdial API user.",
        license(name = "MIT", identifier = "MIT"),
    ),
    components(schemas(
        Change,
        ChangeRows,
        Undo,
        Did,
        SipIoDid,
        Route,
        Routes,
        Landing,
        Finding,
        Extension,
        SipIoExtension,
        Schedule,
        SipIoSchedule,
        Tenant,
        SipIoTenant,
        Alias,
        Queue,
        Flow,
        VoicemailBox,
        User,
        Device,
        CdrPage,
        Problem,
        Id,
        Flag,
        StatusWord
    ))
)]
struct Schemas;

/// A body's name, the name of what is shown, and how the fields of the body differ from that.
type BodySchema = (&'static str, &'static str, fn() -> Value);

const BODIES: &[BodySchema] = &[
    ("DidBody", "Did", dids::loaded::differences),
    ("RouteFields", "Route", dids::route::differences),
    (
        "ExtensionBody",
        "Extension",
        extensions::loaded::differences,
    ),
    ("ScheduleBody", "Schedule", schedules::loaded::differences),
    ("TenantBody", "Tenant", tenants::differences),
    ("AliasBody", "Alias", aliases::differences),
];

/// The statuses of problems.
const PROBLEMS: &[u16] = &[400, 401, 403, 404, 408, 409, 412, 413, 415, 422, 503];

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
        // Of a field that may be null, it is in one of the parts.
        let parts = shown["oneOf"].as_array().into_iter().flatten();
        let mut described = std::iter::once(shown).chain(parts);
        if let Some(description) = described.find_map(|part| part.get("description")) {
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
    // Whether there is a state that the client may have seen.
    let has_state = matches!(shows, Shows::State(_) | Shows::Nothing);
    let changes = has_id && *method != Method::Get && has_state;
    let kind = path.split('/').nth(2);
    if has_id {
        let pattern = match kind {
            Some("extensions") => "^([0-9A-Za-z_-]{1,64}|[0-9A-Za-z*#_-]{1,100}@[0-9.]{7,15})$",
            Some("changes") => "^[0-9]{1,18}$",
            _ => "^[0-9A-Za-z_-]{1,64}$",
        };
        parameters.push(json!({
            "name": "id", "in": "path", "required": true, "schema": {"type": "string", "pattern": pattern}
        }));
    }
    if path.contains("{n}") {
        parameters.push(json!({
            "name": "n", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1, "maximum": 100}
        }));
    }
    if changes {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": false,
            "description": "The ETag of the state that is to be changed",
            "schema": {"type": "string", "pattern": "^(\\*|\"[0-9a-f]{16}\")$"}
        }));
    }
    let is_new = *method == Method::Post && has_state;
    let status = match method {
        Method::Post if is_new => "201",
        Method::Delete => "204",
        Method::Get | Method::Post | Method::Put | Method::Patch => "200",
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
        let shown = examples::of(operation).filter(|example| example.status < 300);
        if let Some(examples) = examples::named(shown.map(|one| (one, &one.answer))) {
            done["content"]["application/json"]["examples"] = examples;
        }
    }
    if matches!(shows, Shows::State(_)) {
        let tag = json!({"description": "The tag of this state", "schema": {"type": "string"}});
        done["headers"] = json!({"ETag": tag});
    }
    if is_new {
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
        let of_status = examples::of(operation).filter(|one| one.status.to_string() == status);
        let examples = examples::named(of_status.map(|one| (one, &one.answer)));
        let general =
            json!({"Problem": {"$ref": format!("#/components/examples/Problem{status}")}});
        problem["content"]["application/problem+json"]["examples"] = examples.unwrap_or(general);
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
        let sent = examples::of(operation).filter(|example| example.status < 300);
        let sent = sent.filter_map(|example| Some((example, example.body.as_ref()?)));
        if let Some(examples) = examples::named(sent) {
            described["requestBody"]["content"]["application/json"]["examples"] = examples;
        }
    }
    described
}

/// The name of an operation.
pub(super) fn operation_id(operation: &Endpoint) -> String {
    let path = operation
        .path
        .trim_start_matches("/api/")
        .replace(['/', '-'], "_")
        .replace("{id}", "one")
        .replace("{n}", "one");
    format!("{}_{path}", operation.method.word().to_lowercase())
}

/// The document, as JSON.
pub(super) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    &TEXT
}

/// The document.
pub(super) fn document() -> Value {
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
    schemas["UndoBody"] = changes::undo_body();
    let mut paths = Map::new();
    for operation in OPERATIONS {
        if let Shows::Page(of) = operation.shows {
            schemas[format!("{of}Page")] = page(of);
        }
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.word().to_lowercase()] = described(operation);
    }
    document["paths"] = Value::Object(paths);
    for status in PROBLEMS {
        if let Some(problem) = examples::problem(*status) {
            let example = json!({"summary": problem["title"], "value": problem});
            document["components"]["examples"][format!("Problem{status}")] = example;
        }
    }
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

    #[test]
    fn every_body_and_every_problem_has_an_example() {
        let document = document();
        let contents = |value: &Value| -> Vec<Value> {
            let contents = value["content"].as_object().into_iter().flatten();
            contents.map(|(_, content)| content.clone()).collect()
        };
        let mut count = 0;
        for (path, operations) in document["paths"].as_object().expect("paths") {
            for (method, operation) in operations.as_object().expect("operations") {
                let responses = operation["responses"].as_object().expect("responses");
                let body = operation.get("requestBody");
                for content in body
                    .into_iter()
                    .chain(responses.values())
                    .flat_map(contents)
                {
                    let examples = content["examples"].as_object();
                    assert!(
                        examples.is_some_and(|all| !all.is_empty()),
                        "{method} {path}"
                    );
                    for example in examples.into_iter().flatten() {
                        let reference = example.1["$ref"]
                            .as_str()
                            .map(|at| at.trim_start_matches('#'));
                        let example = reference.map_or(Some(example.1), |at| document.pointer(at));
                        let value = example.map(|example| &example["value"]);
                        assert!(value.is_some_and(Value::is_object), "{method} {path}");
                    }
                    count += 1;
                }
            }
        }
        assert!(count > 200, "{count}");
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
        assert_eq!(fields["number"]["maxLength"], 50);
        assert_eq!(fields["provider"]["type"], json!(["string", "null"]));
        assert_eq!(fields["status"]["oneOf"][1], reference("StatusWord"));
        assert_eq!(fields["fax_mode"]["oneOf"][1], reference("FaxMode"));
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
