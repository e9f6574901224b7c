//! What happens to a payment after it was answered, by itself or by a control call.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Receiver, Sandbox, payment};

async fn refund(sandbox: &Sandbox, card: &str) -> (String, Value) {
    let reference = format!("pay_{card}");
    let paid = sandbox.pay(&reference, "20.00", card, true).await;
    let path = format!("/v1/payments/{}/refunds", paid.text("id"));
    let body = json!({"amount": "15.00", "reference": format!("ref_{card}")});
    let refunded = sandbox.post(&path, &format!("{reference}_r"), &body).await;
    assert_eq!(refunded.status, 201);
    (reference, refunded.json)
}

#[sqlx::test]
async fn a_pending_refund_ends_after_a_day_and_reserves_its_amount_until_then(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    for (card, end, refunded) in
        [("refund_pending", "succeeded", "15.00"), ("refund_fails_later", "failed", "0.00")]
    {
        let (reference, refund) = refund(&sandbox, card).await;
        assert_eq!(refund["status"], "pending");
        let before = sandbox.known(&reference).await;
        assert_eq!((&before["refunded"], &before["status"]), (&json!("0.00"), &json!("captured")));
        let path = format!("/v1/payments/{}/refunds", before["id"].as_str().unwrap());
        let too_much = json!({"amount": "6.00", "reference": "ref_more"});
        assert_eq!(sandbox.post(&path, "", &too_much).await.status, 409, "5.00 is left");

        assert_eq!(sandbox.advance("23h").await, 0);
        assert_eq!(sandbox.advance("1h 1m").await, 1);

        let after = sandbox.known(&reference).await;
        assert_eq!(
            (&after["refunded"], &after["refunds"][0]["status"]),
            (&json!(refunded), &json!(end))
        );
        let id = refund["id"].as_str().unwrap();
        assert_eq!(sandbox.get(&format!("/v1/refunds/{id}")).await.text("status"), end);
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_refund_can_come_back_and_every_step_is_told(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = Sandbox::start_with(pool, Some(&receiver)).await;
    let (reference, _) = refund(&sandbox, "refund_returned").await;
    assert_eq!(sandbox.known(&reference).await["refunded"], "15.00");

    sandbox.advance("3d 1s").await;

    let after = sandbox.known(&reference).await;
    assert_eq!((&after["refunded"], &after["status"]), (&json!("0.00"), &json!("captured")));
    let mut told = Vec::new();
    for _ in 0..3 {
        let news = receiver.next().await;
        told.push((news.kind().to_owned(), news.body["data"]["refund"]["status"].clone()));
    }
    let refund = |status| ("refund.updated".to_owned(), json!(status));
    let expected =
        [("payment.captured".to_owned(), Value::Null), refund("succeeded"), refund("failed")];
    assert_eq!(told, expected);
    let day = (time::OffsetDateTime::now_utc() + time::Duration::days(3)).date();
    let file = sandbox.open(&format!("/v1/settlements/{day}")).await.text().await.unwrap();
    assert!(file.contains(",refund_return,pay_refund_returned,"), "{file}");
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_chargeback_opens_and_is_decided_by_its_card(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = Sandbox::start_with(pool, Some(&receiver)).await;
    for (card, end, charged_back) in
        [("dispute_won", "won", "0.00"), ("dispute_lost", "lost", "5.00")]
    {
        sandbox.pay(card, "5.00", card, true).await;
        assert_eq!(receiver.next().await.kind(), "payment.captured");

        assert_eq!(sandbox.advance("1h 1s").await, 1);
        let opened = sandbox.known(card).await;
        assert_eq!(opened["disputes"][0]["status"], "opened");
        assert_eq!(
            (&opened["charged_back"], &opened["status"]),
            (&json!("5.00"), &json!("captured"))
        );
        assert_eq!(receiver.next().await.kind(), "dispute.opened");

        assert_eq!(sandbox.advance("1d").await, 1);
        let decided = sandbox.known(card).await;
        assert_eq!(decided["disputes"][0]["status"], end);
        assert_eq!(decided["charged_back"], charged_back);
        let told = receiver.next().await;
        assert_eq!(told.kind(), format!("dispute.{end}"));
        assert_eq!(told.body["data"]["payment"], decided);
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_hold_lapses_unless_it_is_captured(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let held = sandbox.pay("pay_1", "20.00", "short_hold", false).await;
    assert!(held.json["hold_expires_at"].is_string());
    let part = sandbox.pay("pay_2", "20.00", "short_hold", false).await;
    let capture = format!("/v1/payments/{}/capture", part.text("id"));
    sandbox.post(&capture, "", &json!({"amount": "8.00"})).await;

    sandbox.advance("1h").await;

    assert_eq!(sandbox.known("pay_1").await["status"], "expired");
    let late = format!("/v1/payments/{}/capture", held.text("id"));
    assert_eq!(sandbox.post(&late, "", &json!({})).await.status, 409);
    assert_eq!(sandbox.known("pay_2").await["captured"], "8.00");
    assert_eq!(sandbox.post(&capture, "", &json!({"amount": "1.00"})).await.status, 409);
    let again = sandbox.post("/v1/payments", "k2", &payment("pay_1", "5.00", "visa", true)).await;
    assert_eq!(again.status, 201, "the reference of a lapsed hold is free");
    sandbox.stop().await;
}

#[sqlx::test]
async fn what_waits_for_somebody_ends_by_itself(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    for (card, waits, after, ends, code) in [
        ("review_released", "in_review", "1h", "captured", None),
        ("review_declined", "in_review", "1h", "declined", Some("review_declined")),
        ("challenge", "requires_action", "15m", "declined", Some("authentication_abandoned")),
    ] {
        assert_eq!(sandbox.pay(card, "5.00", card, true).await.text("status"), waits);
        sandbox.advance(after).await;
        let ended = sandbox.known(card).await;
        assert_eq!(ended["status"], ends, "{card}");
        assert_eq!(ended["decline_code"].as_str(), code, "{card}");
    }
    let waiting = sandbox.pay("review", "5.00", "review", true).await;
    sandbox.advance("30d").await;
    assert_eq!(sandbox.known("review").await["status"], "in_review", "it waits for a person");
    let review = format!("payments/{}/review", waiting.text("id"));
    let released = sandbox.control(Method::POST, &review, &json!({"decision": "release"})).await;
    assert_eq!(released["status"], "captured");
    sandbox.stop().await;
}

#[sqlx::test]
async fn methods_without_a_card_wait_for_the_money(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    for (method, kind, first, after, last) in [
        ("wallet", "wallet", "captured", "1s", "captured"),
        ("transfer", "bank_transfer", "awaiting_funds", "1d", "captured"),
        ("voucher", "voucher", "awaiting_funds", "1h", "captured"),
        ("voucher_unpaid", "voucher", "awaiting_funds", "3d", "declined"),
    ] {
        let mut body = payment(method, "5.00", "", true);
        body["source"] = json!({"payment_method": format!("pm_{method}")});
        let paid = sandbox.post("/v1/payments", method, &body).await;
        assert_eq!(
            (paid.text("status"), &paid.json["payment_method"]["type"]),
            (first, &json!(kind))
        );
        sandbox.advance(after).await;
        assert_eq!(sandbox.known(method).await["status"], last, "{method}");
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn staff_and_banks_act_by_control_calls_within_the_rules(pool: PgPool) {
    let mut receiver = Receiver::start(0).await;
    let sandbox = Sandbox::start_with(pool, Some(&receiver)).await;
    let id = sandbox.pay("pay_1", "20.00", "visa", true).await.text("id").to_owned();
    let act = |what: &str| format!("payments/{id}/{what}");

    let refunded = sandbox.control(Method::POST, &act("refund"), &json!({"amount": "5.00"})).await;
    assert_eq!(
        (&refunded["refunded"], &refunded["status"]),
        (&json!("5.00"), &json!("partially_refunded"))
    );
    let body = json!({"amount": "10.00", "reason": "not_received"});
    let disputed = sandbox.control(Method::POST, &act("dispute"), &body).await;
    assert_eq!(disputed["charged_back"], "10.00");
    let too_much = sandbox
        .post(&format!("/v1/control/{}", act("refund")), "", &json!({"amount": "5.01"}))
        .await;
    assert_eq!((too_much.status, too_much.code()), (409, "conflict"));
    let dispute = disputed["disputes"][0]["id"].as_str().unwrap();
    let won = sandbox
        .control(Method::POST, &format!("disputes/{dispute}"), &json!({"status": "won"}))
        .await;
    assert_eq!(won["charged_back"], "0.00");
    let refund = refunded["refunds"][0]["id"].as_str().unwrap();
    let back = sandbox
        .control(Method::POST, &format!("refunds/{refund}"), &json!({"status": "failed"}))
        .await;
    assert_eq!(
        (&back["refunded"], &back["refunds"][0]["status"]),
        (&json!("0.00"), &json!("failed"))
    );

    for kind in
        ["payment.captured", "refund.updated", "dispute.opened", "dispute.won", "refund.updated"]
    {
        assert_eq!(receiver.next().await.kind(), kind);
    }
    for (path, body, status) in [
        (act("arson"), json!({}), 404),
        (act("review"), json!({"decision": "maybe"}), 400),
        (act("review"), json!({"decision": "release"}), 409),
        (act("expire"), json!({}), 409),
        ("payments/sp_00000000000000000000000000000000/expire".to_owned(), json!({}), 404),
        (format!("disputes/{dispute}"), json!({"status": "lost"}), 409),
        ("clock".to_owned(), json!({"advance": "yesterday"}), 400),
        ("clock".to_owned(), json!({"to": "2020-01-01T00:00:00Z"}), 400),
    ] {
        let reply = sandbox.post(&format!("/v1/control/{path}"), "", &body).await;
        assert_eq!(reply.status, status, "{path}");
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn the_clock_stays_advanced_over_a_restart(pool: PgPool) {
    let sandbox = Sandbox::start(pool.clone()).await;
    sandbox.advance("10d").await;
    let before = sandbox.control(Method::GET, "clock", &Value::Null).await;
    let options = pool.connect_options();
    sandbox.stop().await;

    let pool = PgPool::connect_with((*options).clone()).await.unwrap();
    let again = Sandbox::start(pool).await;

    let after = again.control(Method::GET, "clock", &Value::Null).await;
    assert!(after["now"].as_str() >= before["now"].as_str(), "{before} {after}");
    again.stop().await;
}
