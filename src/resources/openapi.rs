//! The description of the JSON API for machines: OpenAPI 3.1, its schemas made from the types that are read and written.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use super::dids::body::DidBody;
use super::dids::lint::FindingPage;
use super::dids::preview::Landing;
use super::dids::read::DidPage;
use super::dids::routes::RoutesBody;
use super::dids::view::Did;
use super::extensions::ExtensionPage;
use super::extensions::body::ExtensionBody;
use super::extensions::view::Extension;
use super::operations::{OPERATIONS, Operation};
use super::problem::Problem;
use super::schedules::SchedulePage;
use super::schedules::body::{Schedule, ScheduleBody};
use super::tenants::{Tenant, TenantBody, TenantPage};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "vicishim",
        description = "VICIdial's inbound numbers and phones as JSON. Every user is a VICIdial API user.",
        license(name = "MIT", identifier = "MIT"),
    ),
    components(schemas(
        Did,
        DidPage,
        DidBody,
        RoutesBody,
        Landing,
        FindingPage,
        Extension,
        ExtensionPage,
        ExtensionBody,
        Schedule,
        SchedulePage,
        ScheduleBody,
        Tenant,
        TenantPage,
        TenantBody,
        Problem
    ))
)]
struct Schemas;

/// What a parameter holds, and what it is for.
fn parameter(operation: &Operation, name: &str) -> Value {
    let is_extension = operation.path.starts_with("/api/extensions");
    let (schema, description) = match name {
        "search" => (
            json!({"type": "string", "maxLength": 100}),
            "In the number, the name or the description",
        ),
        "status" if is_extension => (
            json!({"enum": ["active", "inactive", "disabled"]}),
            "Only of this status",
        ),
        "status" => (
            json!({"enum": ["active", "inactive", "disabled", "virtual"]}),
            "Only of this status",
        ),
        "tenant_id" => (
            json!({"type": "integer", "minimum": 1, "maximum": 4_294_967_295_u32}),
            "Only of this tenant",
        ),
        "page" => (
            json!({"type": "integer", "minimum": 1, "maximum": 1_000_000_000, "default": 1}),
            "From 1 on",
        ),
        "per_page" => (
            json!({"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}),
            "How many a page holds",
        ),
        "at" => (
            json!({"type": "string", "format": "date-time"}),
            "When; without an offset on the dialer's clock, without it at all now",
        ),
        "caller" => (
            json!({"type": "string", "maxLength": 50}),
            "The caller's number; empty or `anonymous` for none",
        ),
        "calls" => (
            json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
            "How many calls the DID has then, this one among them",
        ),
        _ => (
            json!({"type": "boolean", "default": false}),
            "Also where something points at it",
        ),
    };
    json!({"name": name, "in": "query", "required": false, "description": description, "schema": schema})
}

fn described(operation: &Operation) -> Value {
    let mut parameters: Vec<Value> = operation
        .query
        .iter()
        .map(|name| parameter(operation, name))
        .collect();
    let has_id = operation.path.contains("{id}");
    let changes = matches!(operation.method, "put" | "patch" | "delete");
    if has_id {
        let pattern = match operation.path.split('/').nth(2) {
            Some("extensions") => "^((ext_)?[0-9]{1,9}|[0-9A-Za-z*#_-]{1,100}@[0-9.]{7,15})$",
            Some("dids") => "^(did_)?[0-9]{1,9}$",
            Some("schedules") => "^(sch_)?[0-9]{1,9}$",
            _ => "^(acc_)?[0-9]{1,9}$",
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
    let mut responses = Map::new();
    let status = match operation.method {
        "post" => "201",
        "delete" => "204",
        _ => "200",
    };
    let mut done = json!({"description": "Done"});
    if !operation.answer.is_empty() {
        let schema = format!("#/components/schemas/{}", operation.answer);
        done["content"] = json!({"application/json": {"schema": {"$ref": schema}}});
    }
    let is_shown = !operation.answer.is_empty()
        && !operation.answer.ends_with("Page")
        && operation.answer != "Landing";
    if is_shown {
        let tag = json!({"description": "The tag of this state", "schema": {"type": "string"}});
        done["headers"] = json!({"ETag": tag});
    }
    if operation.method == "post" {
        done["headers"]["Location"] =
            json!({"description": "Where it is", "schema": {"type": "string"}});
    }
    responses.insert(status.to_owned(), done);
    let mut problems = vec!["401", "403", "422", "503"];
    if has_id {
        problems.push("404");
    }
    if operation.body.is_some() {
        problems.extend(["400", "408", "409", "413", "415"]);
    }
    if changes {
        problems.push("412");
    }
    if operation.method == "delete" {
        problems.push("409");
    }
    for status in problems {
        let mut problem = json!({
            "description": "Nothing was done",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        });
        if status == "401" {
            problem["headers"] =
                json!({"WWW-Authenticate": {"required": true, "schema": {"type": "string"}}});
        }
        responses.insert(status.to_owned(), problem);
    }
    let mut described = json!({
        "summary": operation.summary,
        "operationId": operation_id(operation),
        "tags": [operation.path.split('/').nth(2)],
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(body) = operation.body {
        let schema = json!({"schema": {"$ref": format!("#/components/schemas/{body}")}});
        described["requestBody"] =
            json!({"required": true, "content": {"application/json": schema}});
    }
    described
}

fn operation_id(operation: &Operation) -> String {
    let path = operation
        .path
        .trim_start_matches("/api/")
        .replace(['/', '-'], "_")
        .replace("{id}", "one");
    format!("{}_{path}", operation.method)
}

/// The document, as JSON.
pub(crate) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    &TEXT
}

fn document() -> Value {
    let mut document = serde_json::to_value(Schemas::openapi()).unwrap_or_default();
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = described(operation);
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
    fn what_is_described_is_what_is_answered() {
        let mut answered = 0;
        let mut paths: Vec<&str> = OPERATIONS.iter().map(|operation| operation.path).collect();
        paths.dedup();
        for path in paths {
            let place = super::super::place(&path.replace("{id}", "1")).expect(path);
            answered += place.rows.len();
            for row in place.rows {
                let method = row.0.word().to_ascii_lowercase();
                assert!(
                    OPERATIONS
                        .iter()
                        .any(|operation| operation.path == path && operation.method == method),
                    "{method} {path} is not described"
                );
            }
        }
        assert_eq!(answered, OPERATIONS.len());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        assert_eq!(
            document["openapi"].as_str().map(|version| &version[..3]),
            Some("3.1")
        );
        let text = document.to_string();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().expect("a name");
            assert!(
                document["components"]["schemas"][name].is_object(),
                "{name}"
            );
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
        assert_eq!(words("FindingKind"), Some(5));
        assert_eq!(words("TargetKind"), Some(12));
        assert!(schemas["Problem"]["properties"]["title"].is_object());
    }
}
