//! Faults of calls: by header, metadata, card, rule and storm.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Sandbox, payment};

#[sqlx::test]
async fn each_fault_of_a_call_either_happens_or_leaves_no_trace(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    // Whether a whole answer comes with this status, and whether the payment was made.
    for (fault, status, is_made) in [
        ("timeout_before", None, false),
        ("timeout_after", None, true),
        ("error_500_before", Some(500), false),
        ("error_500_after", Some(500), true),
        ("slow(5000)", None, true),
        ("slow(10)", Some(201), true),
        ("cut_before", None, false),
        ("cut_after", None, true),
        ("cut_mid_answer", None, true),
        ("garbage_body", None, true),
        ("decline(limit_exceeded)", Some(201), true),
        ("rate_limited(7)", Some(429), false),
        ("unavailable(7)", Some(503), false),
    ] {
        let reference = format!("pay_{fault}");
        let answer = match sandbox.pay_with(&reference, fault, 600).await {
            Err(_) => None,
            Ok(response) => {
                let status = response.status().as_u16();
                if status == 429 || status == 503 {
                    assert_eq!(response.headers()["retry-after"], "7");
                }
                response.json::<Value>().await.ok().map(|json| (status, json))
            }
        };
        assert_eq!(answer.as_ref().map(|(status, _)| *status), status, "{fault}");
        let known = sandbox.known(&reference).await;
        assert_eq!(!known.is_null(), is_made, "{fault}");
        if fault.starts_with("decline") {
            assert_eq!(known["decline_code"], "limit_exceeded");
        }
        let name = fault.split('(').next().unwrap();
        assert!(sandbox.injected(name).await >= 1, "{fault} is counted");
    }
    let unknown = sandbox.pay_with("pay_x", "arson", 600).await.unwrap();
    assert_eq!(unknown.status(), 400, "a fault that does not exist is refused");
    sandbox.stop().await;
}

#[sqlx::test]
async fn half_an_answer_is_a_broken_one_and_the_key_brings_the_whole(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let response = sandbox.pay_with("pay_1", "cut_mid_answer", 2000).await.unwrap();
    assert_eq!(response.status(), 201, "the head arrives");
    assert!(response.bytes().await.is_err(), "the body breaks off");

    let again = sandbox.pay("pay_1", "5.00", "visa", true).await;

    assert_eq!((again.status, again.is_replayed), (201, true));
    sandbox.stop().await;
}

#[sqlx::test]
async fn faults_strike_captures_refunds_and_inquiries_too(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let id = sandbox.pay("pay_1", "5.00", "visa", false).await.text("id").to_owned();
    let capture = |fault: &'static str| {
        let path = format!("/v1/payments/{id}/capture");
        let request = sandbox.request(Method::POST, &path).header("idempotency-key", "c");
        request.header("x-sandbox-fault", fault).json(&json!({})).send()
    };
    assert_eq!(capture("error_500_before").await.unwrap().status(), 500);
    assert_eq!(sandbox.known("pay_1").await["captured"], "0.00");
    assert_eq!(capture("error_500_after").await.unwrap().status(), 500);
    assert_eq!(sandbox.known("pay_1").await["captured"], "5.00");

    let inquiry = sandbox
        .request(Method::GET, "/v1/payments?reference=pay_1")
        .header("x-sandbox-fault", "unavailable")
        .send()
        .await
        .unwrap();
    assert_eq!(inquiry.status(), 503);
    let refused: Value = inquiry.json().await.unwrap();
    assert_eq!(refused["error"]["code"], "not_processed");
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_payment_can_wish_for_its_fault_in_its_metadata(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let mut body = payment("pay_1", "5.00", "visa", true);
    body["metadata"] = json!({"sandbox_fault": "error_500_after", "order": "1001"});
    let reply = sandbox.post("/v1/payments", "k", &body).await;
    assert_eq!(reply.status, 500);
    assert_eq!(sandbox.known("pay_1").await["status"], "captured");
    body["metadata"] = json!({"sandbox_fault": "arson"});
    let refused = sandbox.post("/v1/payments", "k2", &body).await;
    assert_eq!((refused.status, refused.json["error"]["param"].as_str()), (400, Some("metadata")));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_card_that_is_refused_for_a_while_pays_at_the_third_try(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    for (card, status) in [("rate_limited", 429), ("unavailable", 503)] {
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(sandbox.pay(card, "5.00", card, true).await.status);
        }
        assert_eq!(seen, [status, status, 201], "{card}");
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_rule_strikes_what_it_names_and_as_often_as_it_says(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let rules = json!({"rules": [
        {"fault": "error_500_before", "amount": "13.37"},
        {"fault": "rate_limited", "reference_prefix": "busy_", "times": 1},
        {"fault": "error_500_after", "operation": "capture"},
        {"fault": "unavailable", "card": "mastercard"},
        {"fault": "error_500_before", "account": "another"},
        {"fault": "error_500_before", "rate": "0%"},
    ]});
    sandbox.control(Method::PUT, "faults", &rules).await;

    for (reference, amount, card, status) in [
        ("pay_1", "13.37", "visa", 500),
        ("pay_2", "13.38", "visa", 201),
        ("busy_1", "5.00", "visa", 429),
        ("busy_2", "5.00", "visa", 201),
        ("pay_3", "5.00", "mastercard", 503),
    ] {
        let reply = sandbox.pay(reference, amount, card, false).await;
        assert_eq!(reply.status, status, "{reference}");
    }
    let held = sandbox.known("pay_2").await;
    let capture = format!("/v1/payments/{}/capture", held["id"].as_str().unwrap());
    assert_eq!(sandbox.post(&capture, "c", &json!({})).await.status, 500);
    assert_eq!(sandbox.known("pay_2").await["status"], "captured");

    // A card that was entered on the page is known to rules, too.
    let token = sandbox.register("chk_1").await.text("token").to_owned();
    sandbox.enter_card(&token, "5555 5555 5555 4444").await;
    let mut body = payment("chk_1_a", "49.99", "", true);
    body["source"] = json!({"registration": token});
    assert_eq!(sandbox.post("/v1/payments", "k", &body).await.status, 503);

    let shown = sandbox.control(Method::GET, "faults", &Value::Null).await;
    assert_eq!(shown["rules"][1]["struck"], 1);
    assert_eq!(shown["injected"]["unavailable"], 2);
    sandbox.control(Method::DELETE, "faults", &Value::Null).await;
    assert_eq!(sandbox.pay("pay_9", "13.37", "mastercard", true).await.status, 201);
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_plan_that_makes_no_sense_is_refused_and_changes_nothing(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    sandbox.control(Method::PUT, "faults", &json!({"rules": [{"fault": "cut_before"}]})).await;
    for plan in [
        json!({"rules": [{"fault": "arson"}]}),
        json!({"rules": [{"fault": "slow", "rate": "often"}]}),
        json!({"rules": [{"fault": "slow", "colour": "red"}]}),
        json!({"storm": {"total": "200%"}}),
        json!({"storm": {"slow_ms": [5, 1]}}),
    ] {
        let request = sandbox.request(Method::PUT, "/v1/control/faults").json(&plan);
        assert_eq!(sandbox.reply(request).await.status, 400, "{plan}");
    }
    let shown = sandbox.control(Method::GET, "faults", &Value::Null).await;
    assert_eq!(shown["rules"].as_array().map(Vec::len), Some(1));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_storm_strikes_its_share_and_every_payment_gets_through_by_trying_again(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let storm = json!({"storm": {"total": "50%", "slow_ms": [0, 2]}, "hang_ms": 1});
    sandbox.control(Method::PUT, "faults", &storm).await;

    for number in 0..100 {
        let reference = format!("pay_{number}");
        let mut is_answered = false;
        for _try in 0..50 {
            let request = sandbox.request(Method::POST, "/v1/payments");
            let body = payment(&reference, "5.00", "visa", true);
            let sent = request.header("idempotency-key", &reference).json(&body).send().await;
            let Ok(response) = sent else { continue };
            if response.status() == 201 && response.json::<Value>().await.is_ok() {
                is_answered = true;
                break;
            }
        }
        assert!(is_answered, "{reference} never got through");
    }

    let shown = sandbox.control(Method::DELETE, "faults", &Value::Null).await;
    let injected = shown["injected"].as_object().unwrap();
    let calls: i64 = injected.values().filter_map(Value::as_i64).sum();
    let requests = shown["requests"].as_i64().unwrap();
    assert!((requests * 2 / 5..=requests * 3 / 5).contains(&calls), "{calls} of {requests}");
    assert_eq!(shown["storm"], Value::Null);
    let books = sandbox.get("/v1/books").await;
    let paid = books.json["payments"].as_array().unwrap();
    assert_eq!(paid.len(), 100, "each was made once, however often it was tried");
    sandbox.stop().await;
}
