//! Webhooks: signed, one per change, sent again until they are taken.

use serde_json::json;
use sqlx::PgPool;

use crate::harness::{Receiver, Sandbox};

#[sqlx::test]
async fn each_change_is_told_once_and_signed(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = Sandbox::start_with(pool, Some(&receiver)).await;

    let paid = sandbox.pay("pay_1", "49.99", "visa", true).await;
    let told = receiver.next().await;
    assert_eq!(told.kind(), "payment.captured");
    assert_eq!(told.body["data"]["payment"], paid.json);

    let held = sandbox.pay("pay_2", "10.00", "visa", false).await;
    assert_eq!(receiver.next().await.kind(), "payment.authorized");
    let path = format!("/v1/payments/{}", held.text("id"));
    sandbox.post(&format!("{path}/capture"), "c", &json!({"amount": "10.00"})).await;
    assert_eq!(receiver.next().await.kind(), "payment.captured");
    sandbox
        .post(&format!("{path}/refunds"), "r", &json!({"amount": "4.00", "reference": "ref_1"}))
        .await;
    let refund = receiver.next().await;
    assert_eq!(refund.kind(), "refund.updated");
    assert_eq!(refund.body["data"]["refund"]["reference"], "ref_1");
    assert_eq!(refund.body["data"]["payment"]["refunded"], "4.00");

    for (card, kind) in [
        ("declined", "payment.declined"),
        ("challenge", "payment.requires_action"),
        ("review", "payment.in_review"),
    ] {
        sandbox.pay(&format!("pay_{card}"), "5.00", card, true).await;
        assert_eq!(receiver.next().await.kind(), kind);
    }
    let token = sandbox.register("chk_1").await.text("token").to_owned();
    sandbox.enter_card(&token, "4242 4242 4242 4242").await;
    let completed = receiver.next().await;
    assert_eq!(completed.kind(), "registration.completed");
    assert_eq!(completed.body["data"]["registration"]["token"], token.as_str());
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_refused_webhook_comes_again_under_the_same_id(pool: PgPool) {
    let mut receiver = Receiver::start(2).await;
    let sandbox = Sandbox::start_with(pool, Some(&receiver)).await;

    sandbox.pay("pay_1", "49.99", "visa", true).await;
    let (first, second, third) =
        (receiver.next().await, receiver.next().await, receiver.next().await);

    assert_eq!((&first.id, &second.id), (&third.id, &third.id));
    assert_eq!((&first.body, &second.body), (&third.body, &third.body));
    sandbox.stop().await;
}

#[sqlx::test]
async fn what_a_stopped_process_left_is_sent_by_the_next(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    sqlx::query(
        "insert into webhook (webhook_id, account_id, type, body, due_at, created_at)
         values (gen_random_uuid(), 1, 'payment.captured', '{\"type\": \"left\"}', now(), now())",
    )
    .execute(&pool)
    .await
    .unwrap();

    let sandbox = Sandbox::start_with(pool, Some(&receiver)).await;

    // Where the sandbox was faster than its account was opened, this is the second try.
    assert_eq!(receiver.next().await.kind(), "left");
    sandbox.stop().await;
}
