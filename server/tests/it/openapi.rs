//! The description of the API: readable without a key, whole, and of the routes that there are.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use server::api::openapi::document;
use server::api::problem::Code;
use server::api::routes::Route;
use sqlx::PgPool;

use crate::support::World;

/// Codes that no call below `/v1` is answered with, or any call whatever its route.
const NOT_OF_AN_OPERATION: &[Code] = &[
    Code::MethodNotAllowed,
    Code::CrossOrigin,
    Code::ProcessorAccountUnknown,
    Code::WebhookUnsigned,
    Code::WebhookSignatureInvalid,
    Code::WebhookOutsideTolerance,
    Code::WebhookUnreadable,
];

#[sqlx::test(migrations = "../migrations")]
async fn the_description_is_there_for_whoever_has_no_key(pool: PgPool) {
    let world = World::new(pool).await;

    let request = Request::get("/v1/openapi.json").body(Body::empty()).unwrap();
    let answer = world.send(request).await;

    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.json(), document());
    let post = Request::post("/v1/openapi.json").body(Body::empty()).unwrap();
    assert_eq!(world.send(post).await.problem().1, "method_not_allowed");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_router_has_the_methods_that_are_described_and_no_others(pool: PgPool) {
    let world = World::new(pool).await;
    let document = document();
    let described = document["paths"].as_object().unwrap();
    let operations: usize = described.values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, Route::ALL.len());

    for (path, methods) in described {
        let wanted: BTreeSet<String> =
            methods.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        let request = world.api("PATCH", &path.replace("{id}", "x"));
        let answer = world.send(request.body(Body::empty()).unwrap()).await;

        assert_eq!(answer.problem().1, "method_not_allowed", "{path}");
        let allowed: BTreeSet<String> =
            answer.header("allow").split(',').map(|method| method.trim().to_owned()).collect();
        let offered = allowed.into_iter().filter(|method| method != "HEAD").collect();
        assert_eq!(wanted, offered, "{path}");
    }
}

#[test]
fn every_problem_code_is_described_where_it_can_come_from() {
    let document = document();
    let mut described = BTreeSet::new();
    for operation in operations(&document) {
        for answer in operation["responses"].as_object().unwrap().values() {
            let schema = &answer["content"]["application/problem+json"]["schema"];
            let words = schema["allOf"][1]["properties"]["code"]["enum"].as_array();
            described.extend(words.into_iter().flatten().map(|word| word.as_str().unwrap()));
        }
    }

    let missing: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| !NOT_OF_AN_OPERATION.contains(code))
        .map(|code| code.as_str())
        .filter(|word| !described.contains(word))
        .collect();

    assert!(missing.is_empty(), "described nowhere: {missing:?}");
}

#[test]
fn every_reference_within_the_description_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect_references(&document, &mut references);

    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn every_call_that_moves_money_wants_a_key_and_says_when_to_come_again() {
    let document = document();
    for operation in operations(&document) {
        let Some(parameters) = operation["parameters"].as_array() else { continue };
        // The name of an endpoint keeps it from being made twice, and no money moves.
        let moves_money = operation["operationId"] != "CreateWebhookEndpoint";
        let is_change = operation.get("requestBody").is_some() && moves_money;
        let wants_key = parameters.iter().any(|parameter| {
            parameter["name"] == "Idempotency-Key" && parameter["required"] == true
        });
        assert_eq!(is_change, wants_key, "{}", operation["operationId"]);
        if is_change {
            let conflict = &operation["responses"]["409"];
            assert!(conflict["headers"]["Retry-After"].is_object(), "{}", operation["operationId"]);
        }
    }
}

fn operations(document: &Value) -> Vec<&Value> {
    let paths = document["paths"].as_object().unwrap().values();
    paths.flat_map(|path| path.as_object().unwrap().values()).collect()
}

fn collect_references(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                into.push(reference.to_owned());
            }
            fields.values().for_each(|field| collect_references(field, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, into)),
        _ => {}
    }
}
