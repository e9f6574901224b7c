//! Everything that can be wrong with a call gets its own clear answer, and nothing is half-written.

use axum::body::Body;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{World, basket};

const CARD: &str = "4242 4242 4242 4242";

/// The basket with one value changed, by its JSON pointer; `null` takes the field away.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = basket("order");
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = if parent.is_empty() { &mut body } else { body.pointer_mut(parent).unwrap() };
    parent[name] = value;
    body
}

#[sqlx::test(migrations = "../migrations")]
async fn each_wrong_field_is_named_with_its_own_code(pool: PgPool) {
    let world = World::new(pool).await;
    let first = "/payment_orders/0";
    let long = "x".repeat(65);
    let cases: Vec<(Value, u16, &str, &str)> = vec![
        (with("/checkout_id", Value::Null), 400, "field_missing", "checkout_id"),
        (with("/checkout_id", json!(7)), 400, "field_invalid", "checkout_id"),
        (with("/checkout_id", json!("has space")), 400, "field_invalid", "checkout_id"),
        (with("/checkout_id", json!("")), 400, "field_invalid", "checkout_id"),
        (with("/checkout_id", json!(long)), 400, "field_too_long", "checkout_id"),
        (with("/checkoutid", json!("x")), 400, "field_unknown", "checkoutid"),
        (with("/capture", json!("yes")), 400, "field_invalid", "capture"),
        (with("/return_url", json!("javascript:alert(1)")), 400, "field_invalid", "return_url"),
        (with("/return_url", json!("ftp://x.example")), 400, "field_invalid", "return_url"),
        (with("/expires_in_seconds", json!(5)), 400, "field_invalid", "expires_in_seconds"),
        (with("/expires_in_seconds", json!(1.5)), 400, "field_invalid", "expires_in_seconds"),
        (with("/payment_method_id", json!("a b")), 400, "field_invalid", "payment_method_id"),
        (with("/description", json!("a\u{0}b")), 400, "field_invalid", "description"),
        (with("/description", json!("x".repeat(501))), 400, "field_too_long", "description"),
        (with("/buyer_info", json!([])), 400, "field_invalid", "buyer_info"),
        (with("/buyer_info/email", json!("nobody")), 400, "field_invalid", "buyer_info.email"),
        (with("/buyer_info/country", json!("de")), 400, "field_invalid", "buyer_info.country"),
        (with("/buyer_info/phone", json!("1")), 400, "field_unknown", "buyer_info.phone"),
        (with("/payment_orders", Value::Null), 400, "field_missing", "payment_orders"),
        (with("/payment_orders", json!({})), 400, "field_invalid", "payment_orders"),
        (with("/payment_orders", json!([])), 400, "field_invalid", "payment_orders"),
        (with("/payment_orders", json!([1])), 400, "field_invalid", "payment_orders[0]"),
        (with("/payment_orders", json!(vec![1; 21])), 400, "field_too_long", "payment_orders"),
        (
            with(&format!("{first}/payment_order_id"), Value::Null),
            400,
            "field_missing",
            "payment_orders[0].payment_order_id",
        ),
        (
            with(&format!("{first}/amount"), json!(34.9)),
            400,
            "field_invalid",
            "payment_orders[0].amount",
        ),
        (
            with(&format!("{first}/currency"), Value::Null),
            400,
            "field_missing",
            "payment_orders[0].currency",
        ),
        (
            with(&format!("{first}/currency"), json!("XTS")),
            422,
            "currency_unknown",
            "payment_orders[0].currency",
        ),
        (
            with(&format!("{first}/currency"), json!("eur")),
            422,
            "currency_unknown",
            "payment_orders[0].currency",
        ),
        (
            with(&format!("{first}/currency"), json!("USD")),
            422,
            "mixed_currencies",
            "payment_orders[1].currency",
        ),
        (
            with(&format!("{first}/payment_order_id"), json!("order-2")),
            422,
            "reference_repeated",
            "payment_orders[1].payment_order_id",
        ),
        (
            with(&format!("{first}/seller_account"), json!("nobody")),
            422,
            "seller_unknown",
            "payment_orders[0].seller_account",
        ),
    ];
    for (index, (body, status, code, param)) in cases.into_iter().enumerate() {
        let answer = world.create(&format!("key-{index}"), &body).await;
        let expected = (status, code.to_owned(), param.to_owned());
        assert_eq!(answer.problem(), expected, "{body}");
    }
    assert_eq!(world.count("checkout").await + world.count("payment").await, 0);
    assert_eq!(world.count("idempotency").await, 0, "a refused call frees its key");
}

#[sqlx::test(migrations = "../migrations")]
async fn each_wrong_amount_is_refused(pool: PgPool) {
    let world = World::new(pool).await;
    for (amount, code) in [
        ("0", "amount_not_positive"),
        ("0.00", "amount_not_positive"),
        ("-1.00", "amount_not_positive"),
        ("1.005", "amount_too_many_decimals"),
        ("1,00", "amount_invalid"),
        ("1e3", "amount_invalid"),
        ("+1", "amount_invalid"),
        (" 1", "amount_invalid"),
        ("NaN", "amount_invalid"),
        ("1000000000000000.00", "amount_too_large"),
        ("92233720368547758.08", "amount_too_large"),
        ("99999999999999999999999999999", "amount_too_large"),
    ] {
        let answer =
            world.create(amount.trim(), &with("/payment_orders/1/amount", json!(amount))).await;
        let expected = (422, code.to_owned(), "payment_orders[1].amount".to_owned());
        assert_eq!(answer.problem(), expected, "{amount}");
    }
    let mut yen = basket("yen");
    for index in 0..2 {
        yen["payment_orders"][index]["currency"] = json!("JPY");
    }
    assert_eq!(world.create("yen", &yen).await.problem().1, "amount_too_many_decimals");
    let huge = with("/payment_orders/0/amount", json!("999999999999999.99"));
    let expected = (422, "amount_too_large".to_owned(), "payment_orders".to_owned());
    assert_eq!(world.create("sum", &huge).await.problem(), expected);
    assert_eq!(world.count("payment").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_card_number_is_refused_wherever_it_stands_and_never_repeated(pool: PgPool) {
    let world = World::new(pool).await;
    let deep = json!({ "a": [{ "b": format!("my card is {CARD}, thanks") }] });
    let cases = [
        (with("/buyer_info/name", json!(CARD)), "buyer_info.name"),
        (with("/payment_method_id", json!("4242424242424242")), "payment_method_id"),
        (with("/payment_orders/1/description", json!(CARD)), "payment_orders[1].description"),
        (with("/unknown", deep), "unknown.a[0].b"),
        (with("/number", json!(4_242_424_242_424_242_u64)), "number"),
        (with(&format!("/{CARD}"), json!(1)), ""),
    ];
    for (body, param) in cases {
        let answer = world.create("card", &body).await;
        assert_eq!(answer.problem(), (422, "card_number_refused".into(), param.into()));
        assert!(!answer.text.replace(' ', "").contains("424242"), "{}", answer.text);
    }
    let key = world.create(&CARD.replace(' ', ""), &basket("order")).await;
    assert_eq!(key.problem().1, "idempotency_key_invalid");
    let stored: i64 = world.count("checkout").await + world.count("idempotency").await;
    assert_eq!(stored, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_body_that_is_no_small_json_is_refused(pool: PgPool) {
    let world = World::new(pool).await;
    let post = |content_type: &str, body: String| {
        let request = world
            .api("POST", "/v1/payments")
            .header("content-type", content_type)
            .header("idempotency-key", "k");
        world.send(request.body(Body::from(body)).unwrap())
    };
    let json = "application/json";
    assert_eq!(post(json, "{\"a\":".into()).await.problem().1, "json_invalid");
    assert_eq!(post(json, String::new()).await.problem().1, "json_invalid");
    assert_eq!(post(json, "[]".into()).await.problem().1, "field_invalid");
    assert_eq!(post("text/plain", "{}".into()).await.problem().1, "content_type_unsupported");
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(70_000));
    assert_eq!(post(json, large).await.problem(), (413, "body_too_large".into(), String::new()));
    let deep = format!("{}{}", "[".repeat(2000), "]".repeat(2000));
    assert_eq!(post(json, deep).await.problem().1, "json_invalid");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reference_that_was_used_before_is_refused_and_keeps_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    assert_eq!(world.create("one", &basket("order")).await.status, 201);

    let again = world.create("two", &basket("order")).await;
    assert_eq!(again.problem(), (409, "reference_taken".into(), "checkout_id".into()));

    let mut other = basket("other");
    other["payment_orders"][1]["payment_order_id"] = json!("order-1");
    let clash = world.create("three", &other).await;
    let param = "payment_orders[1].payment_order_id".to_owned();
    assert_eq!(clash.problem(), (409, "reference_taken".into(), param));

    assert_eq!(world.count("checkout").await, 1);
    // What lost its claim left no other claim behind.
    assert_eq!(world.create("four", &basket("other")).await.status, 201);
}

#[sqlx::test(migrations = "../migrations")]
async fn unknown_addresses_and_methods_are_problems_below_v1(pool: PgPool) {
    let world = World::new(pool).await;
    assert_eq!(world.get("/v1/nothing").await.problem().1, "not_found");
    assert_eq!(world.get("/v1/payments/none").await.problem().1, "not_found");
    assert_eq!(world.get("/v1/payments/%00").await.problem().1, "not_found");
    assert_eq!(world.get("/v1/checkouts/none").await.problem().1, "not_found");
    let put = world.send(world.api("PUT", "/v1/payments").body(Body::empty()).unwrap()).await;
    assert_eq!(put.problem(), (405, "method_not_allowed".into(), String::new()));
    assert_eq!(put.header("allow"), "POST");
}
