//! Faults of webhooks, one by one.

use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use crate::harness::{Receiver, Sandbox};

#[sqlx::test]
async fn a_webhook_never_comes_or_comes_several_times(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = Sandbox::start_with(pool, Some(&receiver)).await;
    sandbox.pay("pay_1", "5.00", "webhook_never", true).await;
    sandbox.pay_with("pay_2", "webhook_twice(3)", 5000).await.unwrap();

    let (first, second, third) =
        (receiver.next().await, receiver.next().await, receiver.next().await);

    assert_eq!(first.body["data"]["payment"]["reference"], "pay_2");
    assert_eq!((&first.id, &second.id), (&third.id, &third.id));
    assert_eq!(sandbox.injected("webhook_never").await, 1);
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_late_webhook_waits_for_the_clock(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = Sandbox::start_with(pool, Some(&receiver)).await;
    sandbox.pay("pay_1", "5.00", "webhook_late", true).await;
    sandbox.pay("pay_2", "5.00", "visa", true).await;
    assert_eq!(receiver.next().await.body["data"]["payment"]["reference"], "pay_2");
    sandbox.advance("9m").await;
    assert!(receiver.arrived().is_none());

    sandbox.advance("1m 1s").await;

    let late = receiver.next().await;
    assert_eq!(late.body["data"]["payment"]["reference"], "pay_1");
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_webhook_can_come_before_the_answer_or_after_the_next(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = Sandbox::start_with(pool, Some(&receiver)).await;
    for number in 0..5 {
        sandbox.pay(&format!("pay_{number}"), "5.00", "webhook_before_answer", true).await;
        assert!(receiver.arrived().is_some(), "it is here when the answer is");
    }
    let held = sandbox.pay("pay_x", "5.00", "webhook_reordered", false).await;
    let capture = format!("/v1/payments/{}/capture", held.text("id"));
    let request =
        sandbox.request(Method::POST, &capture).header("x-sandbox-fault", "webhook_twice");
    sandbox.reply(request.json(&json!({}))).await;

    let kinds = [receiver.next().await, receiver.next().await, receiver.next().await];

    let kinds = kinds.map(|one| one.kind().to_owned());
    assert_eq!(kinds, ["payment.captured", "payment.captured", "payment.authorized"]);
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_webhook_with_a_wrong_signature_comes_again_with_the_right_one(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = Sandbox::start_with(pool, Some(&receiver)).await;
    sandbox.pay("pay_1", "5.00", "webhook_wrong_signature", true).await;

    let (forged, genuine) = (receiver.next_of_any().await, receiver.next_of_any().await);

    assert!(!forged.is_genuine && genuine.is_genuine);
    assert_eq!((forged.id, forged.body), (genuine.id, genuine.body));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_webhook_can_lie_about_whose_payment_it_is_and_how_much(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = Sandbox::start_with(pool, Some(&receiver)).await;
    sandbox.pay("pay_1", "5.00", "webhook_wrong_reference", true).await;
    let lie = receiver.next().await;
    assert_eq!(lie.body["data"]["payment"]["reference"], "pay_1_of_another");

    let rules = json!({"rules": [{"fault": "webhook_wrong_amount", "reference_prefix": "pay_2"}]});
    sandbox.control(Method::PUT, "faults", &rules).await;
    sandbox.pay("pay_2", "5.00", "visa", true).await;
    let lie = receiver.next().await;
    let told = &lie.body["data"]["payment"];
    assert_eq!((&told["amount"], &told["captured"]), (&json!("6.00"), &json!("6.00")));
    assert_eq!(sandbox.known("pay_2").await["captured"], "5.00", "the book does not lie");
    sandbox.stop().await;
}
