//! Each change of a transfer is told once and signed, unless a fault wants it otherwise.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{IBAN, standing, transfer};
use crate::harness::{Receiver, Reply, Sandbox};

/// Sends money while this goes wrong.
async fn send_with(sandbox: &Sandbox, reference: &str, fault: &str) -> Reply {
    let request = sandbox.request(Method::POST, "/v1/transfers").header("x-sandbox-fault", fault);
    sandbox.reply(request.json(&transfer(reference, "57.00", IBAN))).await
}

#[sqlx::test]
async fn each_change_of_state_is_told_with_the_transfer_as_it_is(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = standing(pool, Some(&receiver)).await;
    for (reference, amount, steps) in [
        (
            "po_1",
            "95.04",
            &[("", "accepted"), ("2s", "in_transit"), ("5s", "paid"), ("2d", "returned")][..],
        ),
        ("po_2", "91.04", &[("", "accepted"), ("1s", "failed")]),
        ("po_3", "91.01", &[("", "accepted"), ("2s", "in_transit"), ("5s", "failed")]),
    ] {
        sandbox.send(reference, amount, IBAN).await;
        for (version, (by, state)) in (1..).zip(steps) {
            if !by.is_empty() {
                assert_eq!(sandbox.advance(by).await, 1, "{reference} {state}");
            }
            let told = receiver.next().await;
            assert_eq!(told.kind(), format!("transfer.{state}"));
            let seen = sandbox.sent(reference).await;
            assert_eq!(told.body["data"]["transfer"], seen, "{reference} {state}");
            assert_eq!(told.body["timestamp"], seen["updated_at"]);
            assert_eq!((&seen["state"], &seen["version"]), (&json!(state), &json!(version)));
        }
    }
    assert!(receiver.arrived().is_none(), "nothing is told twice");
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_silent_transfer_is_heard_of_only_by_asking(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = standing(pool, Some(&receiver)).await;
    sandbox.send("po_silent", "96.00", IBAN).await;
    assert_eq!(receiver.next().await.kind(), "transfer.accepted");

    sandbox.advance("30d").await;
    // What is sent after it arrives, so that nothing of it is on its way any more.
    sandbox.send("po_last", "57.00", IBAN).await;

    assert_eq!(receiver.next().await.body["data"]["transfer"]["reference"], "po_last");
    assert_eq!(sandbox.sent("po_silent").await["state"], "paid");
    assert_eq!(sandbox.injected("webhook_never").await, 2);
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_webhook_of_a_transfer_comes_twice_late_or_never(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = standing(pool, Some(&receiver)).await;
    assert_eq!(send_with(&sandbox, "po_1", "webhook_twice(3)").await.status, 201);
    let (first, second, third) =
        (receiver.next().await, receiver.next().await, receiver.next().await);
    assert_eq!((&first.id, &second.id), (&third.id, &third.id));

    send_with(&sandbox, "po_2", "webhook_never").await;
    send_with(&sandbox, "po_3", "webhook_late(1000)").await;
    sandbox.advance("1s").await;

    let late = receiver.next().await;
    let told = (&late.body["type"], &late.body["data"]["transfer"]["reference"]);
    assert_eq!(told, (&json!("transfer.accepted"), &json!("po_3")));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_webhook_of_a_transfer_comes_before_the_answer_or_after_the_next(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = standing(pool, Some(&receiver)).await;
    send_with(&sandbox, "po_1", "webhook_before_answer").await;
    assert!(receiver.arrived().is_some(), "it is here when the answer is");

    let id = send_with(&sandbox, "po_2", "webhook_reordered").await.text("id").to_owned();
    let start = json!({"state": "in_transit"});
    sandbox.control(Method::POST, &format!("transfers/{id}"), &start).await;

    let (first, second) = (receiver.next().await, receiver.next().await);
    assert_eq!((first.kind(), second.kind()), ("transfer.in_transit", "transfer.accepted"));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_webhook_of_a_transfer_can_lie_and_the_book_does_not(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = standing(pool, Some(&receiver)).await;
    send_with(&sandbox, "po_1", "webhook_wrong_reference").await;
    let lie = receiver.next().await;
    assert_eq!(lie.body["data"]["transfer"]["reference"], "po_1_of_another");

    send_with(&sandbox, "po_2", "webhook_wrong_amount").await;
    let lie = receiver.next().await;
    assert_eq!(lie.body["data"]["transfer"]["amount"], "58.00");
    assert_eq!(sandbox.sent("po_2").await["amount"], "57.00");

    send_with(&sandbox, "po_3", "webhook_wrong_signature").await;
    let (forged, genuine) = (receiver.next_of_any().await, receiver.next_of_any().await);
    assert!(!forged.is_genuine && genuine.is_genuine);
    assert_eq!((forged.id, forged.body), (genuine.id, genuine.body));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_rule_strikes_the_webhooks_of_transfers_by_their_reference(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = standing(pool, Some(&receiver)).await;
    let rules = json!({"rules": [{"fault": "webhook_never", "reference_prefix": "po_quiet"}]});
    sandbox.control(Method::PUT, "faults", &rules).await;
    sandbox.send("po_quiet", "57.00", IBAN).await;
    sandbox.send("po_loud", "57.00", IBAN).await;
    assert_eq!(receiver.next().await.body["data"]["transfer"]["reference"], "po_loud");

    let paid = async |sandbox: &Sandbox| -> Vec<Value> {
        let quiet = sandbox.sent("po_quiet").await["state"].clone();
        vec![quiet, sandbox.sent("po_loud").await["state"].clone()]
    };
    sandbox.advance("7s").await;

    assert_eq!(paid(&sandbox).await, [json!("paid"), json!("paid")]);
    assert_eq!(sandbox.injected("webhook_never").await, 3);
    sandbox.stop().await;
}
