//! Payments that wait: for their holder, for a review, for news that comes late or never.

use axum::body::Body;
use axum::http::Request;
use engine::payments::commands::{self, Ask, NewRefund};
use engine::payments::{Source, find_by_reference};
use engine::{poll, workers};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::psp::Psp;
use crate::support::{World, paid_with, payment_rows};

/// How often a test looks whether something has happened, at most.
const LOOKS_MAX: usize = 200;

/// A shop at a sandbox that sends no webhooks, and nobody at work.
async fn open(pool: PgPool) -> (Psp, World) {
    let psp = Psp::start(&pool).await;
    let world = World::at(pool, &psp.url, "http://pay.test").await;
    psp.provision(&world, None).await;
    (psp, world)
}

/// One payment over 49.99, named `<order>-1`, charged to this method; as the API answers it.
async fn buy(world: &World, order: &str, method: &str) -> Value {
    let mut body = paid_with(order, method);
    body["payment_orders"].as_array_mut().unwrap().remove(0);
    body["payment_orders"][0]["payment_order_id"] = json!(format!("{order}-1"));
    let answer = world.create(order, &body).await;
    assert!(answer.status.is_success(), "{}", answer.text);
    answer.json()
}

/// The path of an address of ours.
fn path<'a>(made: &'a Value, name: &str) -> &'a str {
    made[name].as_str().unwrap().trim_start_matches("http://pay.test")
}

async fn page(world: &World, path: &str) -> String {
    world.send(Request::get(path).body(Body::empty()).unwrap()).await.text
}

async fn status(world: &World, order: &str) -> String {
    let payment = world.get(&format!("/v1/payments/{order}-1")).await.json();
    payment["status"].as_str().unwrap().to_owned()
}

impl Psp {
    /// The sandbox's id of the payment `<order>-1`.
    async fn id_of(&self, world: &World, order: &str) -> String {
        let reference = format!("{order}-1");
        let found = find_by_reference(&world.pool, world.shop, &reference).await.unwrap().unwrap();
        found.processor_reference.unwrap()
    }

    /// Something happens to a payment at the sandbox.
    async fn happens(&self, id: &str, what: &str, body: Value) {
        let url = format!("{}/v1/control/payments/{id}/{what}", self.url);
        let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{status}: {}", answer.text().await.unwrap());
    }
}

/// Lets an hour pass for whatever waits, asks, and works until the questions are answered.
async fn ask(world: &World) {
    for statement in [
        "update payment set updated_at = updated_at - interval '1 hour'",
        "update refund set created_at = created_at - interval '1 hour'",
        "update poll set due_at = due_at - interval '1 hour'",
    ] {
        sqlx::query(statement).execute(&world.pool).await.unwrap();
    }
    let engine = &world.services.engine;
    poll::look(engine).await.unwrap();
    sqlx::query("update job set due_at = now()").execute(&world.pool).await.unwrap();
    workers::poller(engine).step(&world.pool).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_challenged_payment_is_pending_until_its_holder_completes_it(pool: PgPool) {
    let (psp, mut world) = open(pool).await;
    world.work();
    let made = buy(&world, "order", "pm_card_challenge").await;
    let (shown, stays) = (path(&made, "status_url"), status(&world, "order").await);
    let waiting = page(&world, shown).await;

    let id = psp.id_of(&world, "order").await;
    psp.happens(&id, "challenge", json!({ "outcome": "complete" })).await;
    let back = shown.replace("/status/", "/return/");
    page(&world, &back).await;

    assert_eq!(stays, "pending");
    assert!(waiting.contains("One more step") && !waiting.contains("All done"), "{waiting}");
    assert_eq!(status(&world, "order").await, "captured");
    assert!(page(&world, shown).await.contains("Paid"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_payment_under_review_is_pending_until_the_review_is_over(pool: PgPool) {
    let (psp, world) = open(pool).await;
    let mut world = world;
    world.work();
    let made = buy(&world, "order", "pm_card_review").await;
    let waiting = page(&world, path(&made, "status_url")).await;
    assert_eq!(status(&world, "order").await, "pending");
    assert!(waiting.contains("being reviewed"), "{waiting}");

    world.rest().await;
    let id = psp.id_of(&world, "order").await;
    psp.happens(&id, "review", json!({ "decision": "release" })).await;
    ask(&world).await;

    assert_eq!(status(&world, "order").await, "captured");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_return_address_says_is_shown_and_never_believed(pool: PgPool) {
    let (_psp, mut world) = open(pool).await;
    world.work();
    let waits = buy(&world, "waits", "pm_card_challenge").await;
    let paid = buy(&world, "paid", "pm_card_visa").await;
    world.rest().await;
    let before = payment_rows(&world.pool).await;
    let transitions = world.count("transition").await;

    // Nobody works, so that whatever changes was changed by an address alone. A shopper waits a while
    // for the outcome; these wait together.
    let addresses = [&waits, &paid].into_iter().flat_map(|made| {
        let back = path(made, "status_url").replace("/status/", "/return/");
        [
            "result=completed",
            "result=failed",
            "result=cancelled",
            "result=paid&status=captured&amount=0.01",
            "result=completed&token=reg_of_somebody_else&payment=sp_1",
            "result=%00%ff%3Cscript%3E",
            "",
        ]
        .map(|query| format!("{back}?{query}"))
    });
    let visits =
        addresses.map(|address| world.send(Request::get(address).body(Body::empty()).unwrap()));
    for answer in futures::future::join_all(visits).await {
        assert_eq!(answer.status, 303, "{}", answer.text);
    }

    assert_eq!(payment_rows(&world.pool).await, before, "nothing of any payment was changed");
    assert_eq!(world.count("transition").await, transitions);
    assert!(!page(&world, path(&waits, "status_url")).await.contains("All done"));
    assert!(page(&world, path(&paid, "status_url")).await.contains("Paid"));
}

#[sqlx::test(migrations = "../migrations")]
async fn without_webhooks_what_waits_at_the_sandbox_ends(pool: PgPool) {
    let (psp, mut world) = open(pool).await;
    sqlx::query("update processor_account set sends_webhooks = false")
        .execute(&world.pool)
        .await
        .unwrap();
    world.work();
    for (order, method) in [
        ("released", "pm_card_review"),
        ("declined", "pm_card_review"),
        ("funded", "pm_transfer"),
        ("unfunded", "pm_voucher"),
        ("refunded", "pm_card_refund_pending"),
    ] {
        buy(&world, order, method).await;
    }
    let payment = find_by_reference(&world.pool, world.shop, "refunded-1").await.unwrap().unwrap();
    let asked = Ask { shop: world.shop, payment: payment.id, slot: None, source: Source::Api };
    let patience = std::time::Duration::from_secs(5);
    let engine = world.services.engine.clone();
    let wanted = NewRefund { amount: None, reason: None };
    commands::refund(&engine, asked, wanted, patience).await.unwrap();
    world.rest().await;

    for (order, what, body) in [
        ("released", "review", json!({ "decision": "release" })),
        ("declined", "review", json!({ "decision": "decline" })),
        ("funded", "funds", json!({ "arrive": true })),
        ("unfunded", "funds", json!({ "arrive": false })),
    ] {
        let id = psp.id_of(&world, order).await;
        psp.happens(&id, what, body).await;
    }
    let refund: String = sqlx::query_scalar("select processor_reference from refund")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    let url = format!("{}/v1/control/refunds/{refund}", psp.url);
    let done = reqwest::Client::new().post(url).json(&json!({ "status": "succeeded" }));
    assert!(done.send().await.unwrap().status().is_success());
    for _ in 0..3 {
        ask(&world).await;
    }

    for (order, expected) in [
        ("released", "captured"),
        ("declined", "failed"),
        ("funded", "captured"),
        ("unfunded", "failed"),
        ("refunded", "refunded"),
    ] {
        assert_eq!(status(&world, order).await, expected, "{order}");
    }
    assert_eq!(world.count("inbound_webhook").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn news_that_comes_days_later_ends_the_payment_and_is_told_to_the_shop(pool: PgPool) {
    let (psp, mut world) = open(pool).await;
    world.work();
    buy(&world, "order", "pm_card_review").await;
    let id = psp.id_of(&world, "order").await;
    sqlx::raw_sql(
        "update checkout set created_at = now() - interval '3 days', expires_at = now() - interval '2 days';
         update payment set created_at = now() - interval '3 days', updated_at = now() - interval '3 days'",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let told = |world: &World| {
        let pool = world.pool.clone();
        async move {
            let kinds: Vec<String> =
                sqlx::query_scalar("select type from outbox order by created_at, sequence")
                    .fetch_all(&pool)
                    .await
                    .unwrap();
            kinds
        }
    };
    assert!(!told(&world).await.iter().any(|kind| kind.contains("captured")));

    psp.happens(&id, "review", json!({ "decision": "release" })).await;
    let answer = crate::webhooks_in::news_of(&world, "order", "msg_late").await;

    assert_eq!(answer.status, 200);
    for _ in 0..LOOKS_MAX {
        if status(&world, "order").await == "captured" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(status(&world, "order").await, "captured");
    assert!(
        told(&world).await.iter().any(|kind| kind.contains("captured")),
        "the shop may ship now"
    );
}
