//! Card numbers at every inlet of the API: none is taken, kept, logged or repeated.

use axum::body::Body;
use axum::http::Request;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::log::Log;
use crate::support::{Answer, World, basket};

/// A number of one of the large brands whose last digit makes it pass Luhn's check.
fn card_number() -> impl Strategy<Value = String> {
    let brand = prop_oneof![Just("4"), Just("51"), Just("2221"), Just("34"), Just("6011")];
    (brand, 14_usize..=18, prop::collection::vec(0_u8..10, 18)).prop_map(|(brand, length, rest)| {
        let mut digits: Vec<u8> = brand.bytes().map(|byte| byte - b'0').collect();
        digits.extend(&rest[..length - digits.len()]);
        let sum: u32 = digits
            .iter()
            .rev()
            .enumerate()
            .map(|(index, &digit)| match (index % 2, u32::from(digit) * 2) {
                (0, doubled) if doubled > 9 => doubled - 9,
                (0, doubled) => doubled,
                _ => u32::from(digit),
            })
            .sum();
        digits.push(u8::try_from((10 - sum % 10) % 10).unwrap());
        digits.iter().map(|digit| char::from(digit + b'0')).collect()
    })
}

/// The number as people write it.
fn written(number: &str, way: usize) -> String {
    let groups = |divider: &str| {
        let digits: Vec<char> = number.chars().collect();
        let groups: Vec<String> = digits.chunks(4).map(|four| four.iter().collect()).collect();
        groups.join(divider)
    };
    match way % 5 {
        0 => number.to_owned(),
        1 => groups(" "),
        2 => groups("-"),
        3 => format!("card {number}, thanks"),
        _ => format!("x{}y", groups(" ")),
    }
}

/// Bodies of every call, with the text at every place that takes one.
fn bodies(order: &str, text: &str) -> Vec<(String, Value)> {
    let creation = "/v1/payments".to_owned();
    let refunds = "/v1/payments/known-1/refunds".to_owned();
    let mut bodies = Vec::new();
    for pointer in [
        "/checkout_id",
        "/currency",
        "/description",
        "/return_url",
        "/payment_method_id",
        "/policy",
        "/buyer_info/name",
        "/buyer_info/email",
        "/buyer_info/country",
        "/metadata/note",
        "/payment_orders/0/payment_order_id",
        "/payment_orders/0/seller_account",
        "/payment_orders/0/amount",
        "/payment_orders/0/currency",
        "/payment_orders/0/description",
        "/payment_orders/1/metadata/note",
        "/unknown",
    ] {
        let mut body = basket(order);
        body["metadata"] = json!({});
        body["payment_orders"][1]["metadata"] = json!({});
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = if parent.is_empty() { &mut body } else { body.pointer_mut(parent).unwrap() };
        parent[name] = json!(text);
        bodies.push((creation.clone(), body));
    }
    let mut name = basket(order);
    name["metadata"] = json!({ text: "a name" });
    bodies.push((creation, name));
    bodies.push((refunds.clone(), json!({ "reason": text })));
    bodies.push((refunds, json!({ "amount": text })));
    for operation in
        ["payments/known-1/capture", "payments/known-1/cancel", "checkouts/known/cancel"]
    {
        bodies.push((format!("/v1/{operation}"), json!({ "amount": text })));
    }
    for (field, value) in [
        ("name", json!(text)),
        ("url", json!(format!("https://shop.example/{text}"))),
        ("secret", json!(text)),
        ("event_types", json!([text])),
    ] {
        let mut body = json!({ "name": order, "url": "https://shop.example/" });
        body[field] = value;
        bodies.push(("/v1/webhook_endpoints".to_owned(), body));
    }
    bodies
}

/// Whether `text` holds the number, however its digits are divided.
pub(crate) fn holds(text: &str, number: &str) -> bool {
    let digits: String = text.chars().filter(|letter| !matches!(letter, ' ' | '-')).collect();
    digits.contains(number)
}

#[sqlx::test(migrations = "../migrations")]
async fn no_inlet_of_the_api_takes_keeps_logs_or_repeats_a_card_number(pool: PgPool) {
    let log = Log::default();
    let _logging = log.listen(tracing::Level::TRACE);
    let world = World::new(pool).await;
    world.create("known", &basket("known")).await;
    let mut runner = TestRunner::deterministic();
    let mut numbers = Vec::new();

    for round in 0..10 {
        let number = card_number().new_tree(&mut runner).unwrap().current();
        let text = written(&number, round);
        let mut answers = Vec::new();
        for (index, (path, body)) in bodies(&format!("order-{round}"), &text).iter().enumerate() {
            let answer = call(&world, path, &format!("{round}-{index}"), body, None).await;
            assert!(answer.status.is_client_error(), "{path} {body}: {}", answer.text);
            answers.push(answer);
        }
        answers.extend(around_the_body(&world, &number).await);
        for answer in answers {
            assert!(!holds(&answer.text, &number), "repeated: {}", answer.text);
            let headers = format!("{:?}", answer.headers);
            assert!(!holds(&headers, &number), "repeated: {headers}");
        }
        numbers.push(number);
    }

    let stored = everything_stored(&world).await;
    assert!(stored.contains("known-1"), "what was stored was read");
    let logged = log.take();
    for number in numbers {
        assert!(!holds(&stored, &number), "stored: {number}");
        assert!(!holds(&logged, &number), "logged: {number}");
    }
}

/// The number in paths, queries and headers.
async fn around_the_body(world: &World, number: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for path in [
        format!("/v1/payments/{number}"),
        format!("/v1/checkouts/{number}"),
        format!("/v1/refunds/{number}"),
        format!("/v1/payments/{number}/history"),
        format!("/v1/payments/known-1?note={number}"),
        format!("/v1/{number}"),
    ] {
        answers.push(world.get(&path).await);
    }
    let path = format!("/v1/payments/{number}/refunds");
    answers.push(call(world, &path, "key", &json!({}), None).await);
    let body = basket("header");
    let refused = call(world, "/v1/payments", number, &body, None).await;
    assert_eq!(refused.problem().1, "idempotency_key_invalid");
    answers.push(refused);
    for header in ["prefer", "user-agent", "x-request-id", "content-type"] {
        let key = format!("{header}-{}", &number[..6]);
        answers.push(call(world, "/v1/checkouts/known", &key, &body, Some((header, number))).await);
    }
    let request = Request::get("/v1/payments/known-1").header("authorization", number);
    answers.push(world.send(request.body(Body::empty()).unwrap()).await);
    answers
}

async fn call(
    world: &World,
    path: &str,
    key: &str,
    body: &Value,
    header: Option<(&str, &str)>,
) -> Answer {
    let mut request = world.api("POST", path).header("idempotency-key", key);
    let (name, value) = header.unwrap_or(("x-nothing", "nothing"));
    if name != "content-type" {
        request = request.header("content-type", "application/json");
    }
    world.send(request.header(name, value).body(Body::from(body.to_string())).unwrap()).await
}

/// Every row of every table, as text.
pub(crate) async fn everything_stored(world: &World) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select quote_ident(table_name) from information_schema.tables
         where table_schema = 'public' and table_type = 'BASE TABLE'",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    assert!(tables.len() > 20, "all tables: {tables:?}");
    let mut stored = String::new();
    for table in tables {
        let query = sqlx::AssertSqlSafe(format!("select to_jsonb(row)::text from {table} as row"));
        let rows: Vec<String> = sqlx::query_scalar(query).fetch_all(&world.pool).await.unwrap();
        stored.push_str(&rows.join("\n"));
    }
    stored
}
