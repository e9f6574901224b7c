//! A payment's life after its authorisation, as a shop drives it by API.

use axum::body::Body;
use domain::currency::Currency;
use domain::event::Fact;
use domain::id::PaymentId;
use domain::money::Money;
use engine::db::{Tx, new_id};
use engine::payments::{Details, DisputeNews, Input, Source, apply};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::support::psp::Psp;
use crate::support::{Answer, World, paid_with};

/// A world with a sandbox and workers.
pub(crate) async fn at_work(pool: PgPool) -> (Psp, World) {
    let psp = Psp::start(&pool).await;
    let mut world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    world.work();
    (psp, world)
}

/// `POST` of `body` to `path` under `key`.
pub(crate) async fn post(world: &World, path: &str, key: &str, body: &Value) -> Answer {
    let request = world
        .api("POST", path)
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    world.send(request.body(Body::from(body.to_string())).unwrap()).await
}

/// One payment of 49.99 called `<order>-1`, charged to a token; held only if not `captured`.
pub(crate) async fn single(world: &World, order: &str, captured: bool) -> Value {
    let mut body = paid_with(order, "pm_card_visa");
    body["payment_orders"].as_array_mut().unwrap().truncate(1);
    body["payment_orders"][0]["amount"] = json!("49.99");
    body["capture"] = json!(captured);
    let answer = world.create(order, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["payments"][0].clone()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_hold_is_captured_in_several_steps_and_never_above_itself(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let payment = single(&world, "order", false).await;
    assert_eq!((&payment["status"], &payment["captured"]), (&json!("authorized"), &json!("0.00")));
    let path = format!("/v1/payments/{}/capture", payment["id"].as_str().unwrap());

    let part = post(&world, &path, "one", &json!({ "amount": "20.00", "currency": "EUR" })).await;
    assert_eq!(part.status, 200, "{}", part.text);
    let part = part.json();
    assert_eq!(
        (&part["status"], &part["captured"], &part["capture_pending"]),
        (&json!("partially_captured"), &json!("20.00"), &json!("0.00"))
    );

    let more = post(&world, &path, "two", &json!({ "amount": "29.991" })).await;
    assert_eq!(more.problem().1, "amount_too_many_decimals");
    let more = post(&world, &path, "two", &json!({ "amount": "30.00" })).await;
    assert_eq!(more.problem(), (422, "capture_exceeds_authorized".into(), "amount".into()));

    // By the shop's own id, without a body: all that is left.
    let rest = world.api("POST", "/v1/payments/order-1/capture").header("idempotency-key", "two");
    let rest = world.send(rest.body(Body::empty()).unwrap()).await;
    assert_eq!(rest.status, 200, "{}", rest.text);
    assert_eq!(rest.json()["captured"], "49.99");
    assert_eq!(rest.json()["execution_status"], "SUCCESS");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_hold_is_released_by_cancel(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    single(&world, "order", false).await;

    let cancelled = post(&world, "/v1/payments/order-1/cancel", "key", &json!({})).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.text);
    assert_eq!(cancelled.json()["status"], "cancelled");
    assert_eq!(cancelled.header("location"), "");

    let again = post(&world, "/v1/payments/order-1/cancel", "key", &json!({})).await;
    assert_eq!(
        (again.header("idempotency-replayed"), again.text.as_str()),
        ("true", cancelled.text.as_str())
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn refunds_are_objects_of_their_own(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let payment = single(&world, "order", true).await;
    let path = format!("/v1/payments/{}/refunds", payment["id"].as_str().unwrap());
    let wanted = json!({ "amount": "10.00", "currency": "EUR", "reason": "one item came back" });

    let first = post(&world, &path, "one", &wanted).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let refund = first.json();
    assert_eq!((&refund["status"], &refund["amount"]), (&json!("succeeded"), &json!("10.00")));
    assert_eq!(refund["reason"], "one item came back");
    assert!(refund["processor_reference"].is_string(), "{refund}");
    let id = refund["id"].as_str().unwrap();
    assert_eq!(first.header("location"), format!("/v1/refunds/{id}"));
    assert_eq!(world.get(&format!("/v1/refunds/{id}")).await.json(), refund);
    assert_eq!(world.get("/v1/payments/order-1").await.json()["status"], "partially_refunded");

    let rest = post(&world, &path, "two", &json!({})).await.json();
    assert_eq!(rest["amount"], "39.99");
    assert_eq!(world.get("/v1/payments/order-1").await.json()["status"], "refunded");
    let list = world.get("/v1/payments/order-1/refunds").await.json();
    let amounts: Vec<&Value> =
        list["data"].as_array().unwrap().iter().map(|refund| &refund["amount"]).collect();
    assert_eq!(amounts, [&json!("10.00"), &json!("39.99")]);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_change_stands_in_the_history_with_what_proves_it(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    single(&world, "order", false).await;
    post(&world, "/v1/payments/order-1/capture", "capture", &json!({})).await;
    post(&world, "/v1/payments/order-1/refunds", "refund", &json!({ "amount": "1.00" })).await;

    let history = world.get("/v1/payments/order-1/history").await.json();

    let changes = history["data"].as_array().unwrap();
    let events: Vec<&str> =
        changes.iter().map(|change| change["event"].as_str().unwrap()).collect();
    for event in ["created", "execute", "authorized", "captured", "refund_succeeded"] {
        assert!(events.contains(&event), "{event}: {events:?}");
    }
    let captured = changes.iter().find(|change| change["event"] == "captured").unwrap();
    assert_eq!(
        (&captured["from"], &captured["to"], &captured["amount"], &captured["source"]),
        (&json!("authorized"), &json!("captured"), &json!("49.99"), &json!("worker"))
    );
    assert!(captured["evidence"]["id"].is_string(), "the processor's answer: {captured}");
}

#[sqlx::test(migrations = "../migrations")]
async fn metadata_is_kept_and_returned_to_the_shop_and_in_webhooks(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let mut body = paid_with("order", "pm_card_visa");
    body["metadata"] = json!({ "order": "A-17", "clerk": "Zoë", "empty": "" });
    body["payment_orders"][0]["metadata"] = json!({ "shelf": "7b" });

    let made = world.create("key", &body).await.json();

    assert_eq!(made["metadata"], body["metadata"]);
    assert_eq!(made["payments"][0]["metadata"], json!({ "shelf": "7b" }));
    assert_eq!(made["payments"][1]["metadata"], json!({}));
    assert_eq!(world.get("/v1/checkouts/order").await.json()["metadata"], body["metadata"]);
    let told: Value = sqlx::query_scalar(
        "select payload -> 'metadata' from outbox where type = 'payment.captured'
         and payload ->> 'payment_order_id' = 'order-1'",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    assert_eq!(told, json!({ "shelf": "7b" }));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_payment_says_where_it_was_carried_and_why_it_failed(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;

    world.create("no", &paid_with("no", "pm_card_insufficient_funds")).await;

    let failed = world.get("/v1/payments/no-1").await.json();
    assert_eq!(failed["failure"]["code"], "insufficient_funds");
    assert!(failed["failure"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{failed}");
    assert_eq!(failed["processor_account"], json!(world.account));
    assert!(failed["processor_reference"].as_str().unwrap().starts_with("sp_"), "{failed}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_checkout_is_cancelled_as_long_as_nobody_has_paid(pool: PgPool) {
    let world = World::new(pool).await;
    let checkout = world.create("key", &crate::support::basket("order")).await.json();
    let path = format!("/v1/checkouts/{}/cancel", checkout["id"].as_str().unwrap());

    let cancelled = post(&world, &path, "cancel", &json!({})).await;

    assert_eq!(cancelled.status, 200, "{}", cancelled.text);
    assert_eq!(cancelled.json()["state"], "cancelled");
    let again = post(&world, "/v1/checkouts/order/cancel", "cancel", &json!({})).await;
    assert_eq!(
        (again.header("idempotency-replayed"), again.text.as_str()),
        ("true", cancelled.text.as_str())
    );
    let other = post(&world, &path, "other", &json!({})).await;
    assert_eq!(other.problem(), (409, "payment_ended".into(), String::new()));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_all_or_nothing_basket_is_paid_or_given_up_within_one_call(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let basket = |order: &str, method: &str| {
        let mut body = paid_with(order, method);
        body["policy"] = json!("all_or_nothing");
        body
    };

    let paid = world.create("paid", &basket("paid", "pm_card_visa")).await.json();
    let declined = world.create("no", &basket("no", "pm_card_insufficient_funds")).await.json();

    assert_eq!((&paid["state"], &paid["is_payment_done"]), (&json!("paid"), &json!(true)));
    for payment in paid["payments"].as_array().unwrap() {
        assert_eq!(payment["captured"], payment["amount"]);
    }
    assert_eq!(
        (&declined["state"], &declined["is_payment_done"]),
        (&json!("failed"), &json!(false))
    );
    let history = world.get("/v1/payments/paid-1/history").await.json();
    let changes = history["data"].as_array().unwrap();
    let asked = changes.iter().find(|change| change["event"] == "capture_requested").unwrap();
    assert_eq!(asked["evidence"], json!({ "policy": "all_or_nothing" }), "and says why");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dispute_is_shown_with_its_payment_and_by_itself(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let payment = single(&world, "order", true).await;
    assert_eq!(world.get("/v1/payments/order-1/disputes").await.json()["data"], json!([]));

    contest(&world, &payment).await;

    let disputes = world.get("/v1/payments/order-1/disputes").await.json();
    let dispute = &disputes["data"][0];
    assert_eq!((&dispute["amount"], &dispute["status"]), (&json!("49.99"), &json!("opened")));
    assert_eq!(dispute["payment"], payment["id"]);
    let alone = world.get(&format!("/v1/disputes/{}", dispute["id"].as_str().unwrap())).await;
    assert_eq!(&alone.json(), dispute);
    assert_eq!(world.get("/v1/disputes/nothing").await.problem().1, "not_found");
}

/// As the processor's report of a dispute does.
pub(crate) async fn contest(world: &World, payment: &Value) {
    let id: PaymentId = payment["id"].as_str().unwrap().parse().unwrap();
    let amount = Money::parse("49.99", Currency::EUR).unwrap();
    let fact = Fact::DisputeOpened { dispute: new_id(id.bucket()), amount };
    let news = DisputeNews {
        processor_reference: "sd_1".into(),
        reason: "not received".into(),
        opened_at: Some(OffsetDateTime::now_utc()),
        respond_by: None,
    };
    let details = Details { dispute: Some(news), ..Details::default() };
    let told = Input { details, ..Input::fact(id, fact, Source::Poll, json!({})) };
    let mut tx = Tx::begin(&world.pool).await.unwrap();
    apply(&mut tx, &[told]).await.unwrap();
    tx.commit().await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn five_hundred_trillion_yen_are_paid_and_given_back_to_the_yen(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let mut body = paid_with("order", "pm_card_visa");
    for (order, amount) in ["500000000000000", "499999999999998"].into_iter().enumerate() {
        body["payment_orders"][order]["currency"] = json!("JPY");
        body["payment_orders"][order]["amount"] = json!(amount);
    }

    let made = world.create("key", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let refunds = "/v1/payments/order-1/refunds";
    let refund = post(&world, refunds, "r", &json!({ "amount": "499999999999998" })).await.json();
    let left = world.get("/v1/payments/order-1").await.json();

    assert_eq!((&made["state"], &made["total"]), (&json!("paid"), &json!("999999999999998")));
    assert_eq!(made["payments"][0]["captured"], "500000000000000");
    assert_eq!(
        (&refund["status"], &refund["amount"]),
        (&json!("succeeded"), &json!("499999999999998"))
    );
    assert_eq!(left["refunded"], "499999999999998");
    let checks = engine::checks::verify(&world.pool).await.unwrap();
    assert!(checks.iter().all(|check| check.broken == 0), "{checks:?}");
}
