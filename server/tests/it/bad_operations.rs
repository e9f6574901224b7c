//! Every capture, cancellation and refund that must not be has its own code, and changes nothing.

use axum::body::Body;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::lifecycle::{at_work, post, single};
use crate::support::psp::Psp;
use crate::support::{World, paid_with};

/// How many rows each table has that an operation writes to, without the keys of refused calls.
async fn rows(world: &World) -> Vec<(String, i64)> {
    sqlx::query_as(
        "select 'payment', sum(version)::bigint from payment
         union all select 'refund', count(*) from refund
         union all select 'attempt', count(*) from attempt
         union all select 'transition', count(*) from transition
         union all select 'posting', count(*) from posting
         union all select 'job', count(*) from job
         union all select 'outbox', count(*) from outbox
         union all select 'idempotency', count(*) from idempotency",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap()
}

/// Sends each of these calls and checks its problem, and that nothing was written by any.
async fn each_is_refused(world: &mut World, cases: &[(&str, Value, u16, &str)]) {
    world.rest().await;
    let before = rows(world).await;
    for (index, (path, body, expected, code)) in cases.iter().enumerate() {
        let answer = post(world, path, &format!("refused-{index}"), body).await;
        let (got, refusal, _) = answer.problem();
        assert_eq!((got, refusal.as_str()), (*expected, *code), "{path} {body}: {}", answer.text);
    }
    assert_eq!(rows(world).await, before, "what is refused writes nothing");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_held_payment_refuses_what_does_not_fit_it(pool: PgPool) {
    let (_psp, mut world) = at_work(pool).await;
    single(&world, "held", false).await;
    let (capture, refunds) = ("/v1/payments/held-1/capture", "/v1/payments/held-1/refunds");

    each_is_refused(
        &mut world,
        &[
            (capture, json!({ "amount": "50.00" }), 422, "capture_exceeds_authorized"),
            (capture, json!({ "amount": "1.00", "currency": "USD" }), 422, "currency_mismatch"),
            (capture, json!({ "amount": "1.00", "currency": "XTS" }), 422, "currency_unknown"),
            (capture, json!({ "currency": "USD" }), 422, "currency_mismatch"),
            (capture, json!({ "amount": "0" }), 422, "amount_not_positive"),
            (capture, json!({ "amount": "1.001" }), 422, "amount_too_many_decimals"),
            (capture, json!({ "amount": "ten" }), 422, "amount_invalid"),
            (capture, json!({ "amount": 10 }), 400, "field_invalid"),
            (capture, json!({ "amonut": "10.00" }), 400, "field_unknown"),
            (refunds, json!({ "amount": "1.00" }), 409, "not_captured"),
        ],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_captured_payment_refuses_what_does_not_fit_it(pool: PgPool) {
    let (_psp, mut world) = at_work(pool).await;
    single(&world, "paid", true).await;
    post(&world, "/v1/payments/paid-1/refunds", "first", &json!({ "amount": "40.00" })).await;
    let refunds = "/v1/payments/paid-1/refunds";
    let long = "x".repeat(201);

    each_is_refused(
        &mut world,
        &[
            ("/v1/payments/paid-1/cancel", json!({}), 409, "already_captured"),
            ("/v1/checkouts/paid/cancel", json!({}), 409, "already_captured"),
            (
                "/v1/payments/paid-1/capture",
                json!({ "amount": "0.01" }),
                422,
                "capture_exceeds_authorized",
            ),
            (refunds, json!({ "amount": "10.00" }), 422, "refund_exceeds_captured"),
            (refunds, json!({ "amount": "1.00", "currency": "USD" }), 422, "currency_mismatch"),
            (refunds, json!({ "amount": "1.00", "reason": long }), 400, "field_too_long"),
            (refunds, json!({ "reason": "4242 4242 4242 4242" }), 422, "card_number_refused"),
        ],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_payment_that_has_ended_refuses_everything(pool: PgPool) {
    let (_psp, mut world) = at_work(pool).await;
    single(&world, "gone", false).await;
    post(&world, "/v1/payments/gone-1/cancel", "cancel", &json!({})).await;

    each_is_refused(
        &mut world,
        &[
            ("/v1/payments/gone-1/capture", json!({}), 409, "payment_ended"),
            ("/v1/payments/gone-1/cancel", json!({}), 409, "payment_ended"),
            ("/v1/payments/gone-1/refunds", json!({}), 409, "payment_ended"),
            ("/v1/checkouts/gone/cancel", json!({}), 409, "payment_ended"),
        ],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_unknown_or_anothers_is_not_found_whatever_is_asked(pool: PgPool) {
    let (_psp, mut world) = at_work(pool).await;
    let payment = single(&world, "mine", true).await;
    let refund =
        post(&world, "/v1/payments/mine-1/refunds", "r", &json!({ "amount": "1.00" })).await;
    let (payment, refund) = (payment["id"].clone(), refund.json()["id"].clone());
    crate::lifecycle::contest(&world, &json!({ "id": payment })).await;
    let disputes = world.get("/v1/payments/mine-1/disputes").await.json();
    let dispute = disputes["data"][0]["id"].as_str().unwrap().to_owned();
    world.rest().await;
    let stranger = engine::shops::save_shop(&world.pool, "Other Shop", None).await.unwrap();
    let mut tx = engine::db::Tx::begin(&world.pool).await.unwrap();
    world.key = engine::api_keys::create(&mut tx, stranger, "other").await.unwrap();
    tx.commit().await.unwrap();
    let before = rows(&world).await;

    for id in [payment.as_str().unwrap(), "mine-1", "nothing", "pay_00000000000000000000000000"] {
        for operation in ["capture", "cancel", "refunds"] {
            let path = format!("/v1/payments/{id}/{operation}");
            let answer = post(&world, &path, "key", &json!({})).await;
            assert_eq!(answer.problem(), (404, "not_found".into(), String::new()), "{path}");
        }
        for page in ["", "/refunds", "/history", "/disputes"] {
            let answer = world.get(&format!("/v1/payments/{id}{page}")).await;
            assert_eq!(answer.problem().1, "not_found", "{id}{page}");
        }
    }
    for path in [
        format!("/v1/refunds/{}", refund.as_str().unwrap()),
        "/v1/refunds/x".into(),
        format!("/v1/disputes/{dispute}"),
        "/v1/disputes/x".into(),
    ] {
        assert_eq!(world.get(&path).await.problem().1, "not_found", "{path}");
    }
    let answer = post(&world, "/v1/checkouts/mine/cancel", "key", &json!({})).await;
    assert_eq!(answer.problem().1, "not_found");
    assert_eq!(rows(&world).await, before);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_operation_needs_a_key_and_its_key_serves_one_content(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    single(&world, "order", true).await;
    let path = "/v1/payments/order-1/refunds";
    for operation in ["capture", "cancel", "refunds"] {
        let path = format!("/v1/payments/order-1/{operation}");
        let bare = world.send(world.api("POST", &path).body(Body::empty()).unwrap()).await;
        assert_eq!(bare.problem(), (400, "idempotency_key_missing".into(), String::new()));
    }
    let bare = world.api("POST", "/v1/checkouts/order/cancel").body(Body::empty()).unwrap();
    assert_eq!(world.send(bare).await.problem().1, "idempotency_key_missing");

    let first = post(&world, path, "key", &json!({ "amount": "5.00" })).await;
    let other = post(&world, path, "key", &json!({ "amount": "6.00" })).await;
    let again = post(&world, path, "key", &json!({ "amount": "5.00" })).await;

    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(other.problem(), (422, "idempotency_key_reused".into(), String::new()));
    assert_eq!(
        (again.header("idempotency-replayed"), again.text.as_str()),
        ("true", first.text.as_str())
    );
    assert_eq!(again.headers["location"], first.headers["location"]);
    assert_eq!(world.count("refund").await, 1);
}

/// As if the process had been killed after the effect and before the answer was kept.
#[sqlx::test(migrations = "../migrations")]
async fn a_refund_whose_answer_nobody_kept_is_shown_and_not_made_again(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    single(&world, "order", true).await;
    let path = "/v1/payments/order-1/refunds";
    let body = json!({ "amount": "5.00" });
    let first = post(&world, path, "key", &body).await.json();
    sqlx::query(
        "update idempotency set status = null, headers = null, body = null,
                leased_until = now() - interval '1 minute'",
    )
    .execute(&world.pool)
    .await
    .unwrap();

    let again = post(&world, path, "key", &body).await;

    assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(again.json()["id"], first["id"]);
    assert_eq!(world.count("refund").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_moves_while_an_outcome_is_unknown(pool: PgPool) {
    let (psp, mut world) = at_work(pool).await;
    single(&world, "order", false).await;
    lose_answers(&psp).await;
    let unknown = post(&world, "/v1/payments/order-1/capture", "lost", &json!({})).await.json();
    assert_eq!((&unknown["status"], &unknown["captured"]), (&json!("unknown"), &json!("0.00")));

    each_is_refused(
        &mut world,
        &[
            ("/v1/payments/order-1/capture", json!({}), 409, "in_doubt"),
            ("/v1/payments/order-1/cancel", json!({}), 409, "in_doubt"),
            ("/v1/payments/order-1/refunds", json!({}), 409, "in_doubt"),
            ("/v1/checkouts/order/cancel", json!({}), 409, "in_doubt"),
        ],
    )
    .await;
    let answer = post(&world, "/v1/payments/order-1/cancel", "hint", &json!({})).await;
    assert_eq!(answer.header("retry-after"), "5");
}

/// The processor does every capture, and neither its answers nor its inquiries reach us.
async fn lose_answers(psp: &Psp) {
    let rules = json!({ "rules": [
        { "fault": "cut_mid_answer", "operation": "capture" },
        { "fault": "cut_before", "operation": "inquiry" },
    ]});
    let url = format!("{}/v1/control/faults", psp.url);
    let answer = reqwest::Client::new().put(url).json(&rules).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn without_the_database_a_caller_is_told_when_to_come_again(pool: PgPool) {
    let world = World::new(pool).await;
    world.pool.close().await;

    let answer = world.create("key", &crate::support::basket("order")).await;

    assert_eq!(answer.problem(), (503, "unavailable".into(), String::new()));
    assert_eq!(answer.header("retry-after"), "2");
}

#[sqlx::test(migrations = "../migrations")]
async fn of_an_all_or_nothing_basket_no_part_is_captured(pool: PgPool) {
    let (_psp, mut world) = at_work(pool).await;
    let mut body = paid_with("order", "pm_card_challenge");
    body["policy"] = json!("all_or_nothing");
    let made = world.create("order", &body).await.json();
    assert_eq!((&made["policy"], &made["state"]), (&json!("all_or_nothing"), &json!("processing")));

    let cases = [("/v1/payments/order-1/capture", json!({}), 409, "basket_incomplete")];
    each_is_refused(&mut world, &cases).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn metadata_beyond_its_limits_is_refused(pool: PgPool) {
    let world = World::new(pool).await;
    let many: Value = (0..21).map(|number| (format!("k{number}"), json!("v"))).collect();
    let long = "x".repeat(501);
    for (index, (metadata, status, code, param)) in [
        (json!("text"), 400, "field_invalid", "metadata"),
        (many, 400, "field_too_long", "metadata"),
        (json!({ "k": 1 }), 400, "field_invalid", "metadata.k"),
        (json!({ "k": { "deep": "x" } }), 400, "field_invalid", "metadata.k"),
        (json!({ "k": long }), 400, "field_too_long", "metadata.k"),
        (json!({ "k": "a\u{0}b" }), 400, "field_invalid", "metadata.k"),
        (json!({ "": "x" }), 400, "field_invalid", "metadata"),
        (json!({ "n".repeat(41): "x" }), 400, "field_too_long", "metadata"),
        (json!({ "k": "4242424242424242" }), 422, "card_number_refused", "metadata.k"),
        (json!({ "4242424242424242": "k" }), 422, "card_number_refused", "metadata"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = crate::support::basket("order");
        body["metadata"] = metadata;
        let answer = world.create(&format!("key-{index}"), &body).await;
        assert_eq!(answer.problem(), (status, code.into(), param.into()), "{}", answer.text);
        body["payment_orders"][1]["metadata"] = body["metadata"].take();
        let answer = world.create(&format!("order-{index}"), &body).await;
        let param = format!("payment_orders[1].{param}");
        assert_eq!(answer.problem(), (status, code.into(), param), "{}", answer.text);
    }
    let mut body = crate::support::basket("order");
    body["policy"] = json!("some_or_other");
    assert_eq!(world.create("policy", &body).await.problem().2, "policy");
    assert_eq!(world.count("checkout").await, 0);
}
