//! What becomes of a transfer, by its account, by its amount, by the clock and by hand.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{IBAN, standing};

/// How far the clock is advanced between two looks.
const LOOKS: [&str; 5] = ["1s", "1s", "5s", "2d", "28d"];

/// An account, the amount that stands for the same, the state at each look, and the reason.
type Outcome = (&'static str, &'static str, [&'static str; 5], Option<&'static str>);

const PAID: [&str; 5] = ["accepted", "in_transit", "paid", "paid", "paid"];
const RETURNED: [&str; 5] = ["accepted", "in_transit", "paid", "returned", "returned"];
const FAILED_AT_ONCE: [&str; 5] = ["failed"; 5];
const FAILED_ON_THE_WAY: [&str; 5] = ["accepted", "in_transit", "failed", "failed", "failed"];
const SLOW: [&str; 5] = ["accepted", "in_transit", "in_transit", "in_transit", "paid"];

const OUTCOMES: [Outcome; 9] = [
    ("DE02120300000000202051", "57.00", PAID, None),
    ("DE89120300000000009104", "91.04", FAILED_AT_ONCE, Some("AC04")),
    ("DE08120300000000009204", "92.04", FAILED_AT_ONCE, Some("AM04")),
    ("DE73120300000000009101", "1791.01", FAILED_ON_THE_WAY, Some("AC01")),
    ("DE24120300000000009304", "93.04", FAILED_ON_THE_WAY, Some("RR04")),
    ("DE56120300000000009504", "95.04", RETURNED, Some("AC04")),
    ("DE72120300000000009507", "95.07", RETURNED, Some("MD07")),
    ("DE83120300000000009600", "96.00", PAID, None),
    ("DE02120300000000009700", "97.00", SLOW, None),
];

#[sqlx::test]
async fn each_outcome_comes_by_its_account_and_by_its_amount(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let mut references = Vec::new();
    for (number, (iban, amount, states, reason)) in OUTCOMES.iter().enumerate() {
        // An amount that would fail shows that the account decides before it.
        for (how, iban, amount) in [("account", *iban, "91.04"), ("amount", IBAN, *amount)] {
            let reference = format!("po_{number}_{how}");
            let accepted = sandbox.send(&reference, amount, iban).await;
            assert_eq!((accepted.status, accepted.text("state")), (201, "accepted"));
            references.push((reference, *states, *reason));
        }
    }

    for (look, by) in LOOKS.iter().enumerate() {
        sandbox.advance(by).await;
        for (reference, states, _) in &references {
            let seen = sandbox.sent(reference).await;
            assert_eq!(seen["state"], states[look], "{reference} at look {look}");
        }
    }

    for (reference, states, reason) in &references {
        let last = sandbox.sent(reference).await;
        assert_eq!(last["reason"].as_str(), *reason, "{reference}");
        assert_eq!(last["reason_message"].is_string(), reason.is_some(), "{reference}");
        let paid = i64::from(states.contains(&"paid"));
        let returned = i64::from(states.contains(&"returned"));
        assert_eq!(sandbox.times(reference).await, (paid, returned), "{reference}");
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn steps_are_dated_as_if_the_time_had_passed_slowly(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    sandbox.send("po_1", "95.04", IBAN).await;

    assert_eq!(sandbox.advance("40d").await, 3, "in transit, paid, returned");

    let seen = sandbox.sent("po_1").await;
    let times = ["accepted_at", "in_transit_at", "paid_at", "failed_at", "returned_at"];
    assert_eq!(
        times.map(|name| seen[name].as_str()),
        [
            Some("2026-01-05T09:00:00Z"),
            Some("2026-01-05T09:00:02Z"),
            Some("2026-01-05T09:00:07Z"),
            None,
            Some("2026-01-07T09:00:07Z"),
        ]
    );
    assert_eq!((&seen["updated_at"], &seen["version"]), (&seen["returned_at"], &json!(4)));
    sandbox.stop().await;
}

#[sqlx::test]
async fn the_pace_of_transfers_can_be_set(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let shown =
        sandbox.control(Method::PUT, "faults", &json!({"transfer_ms": [60_000, 3_600_000]})).await;
    assert_eq!(shown["transfer_ms"], json!([60_000, 3_600_000]));
    sandbox.send("po_1", "57.00", IBAN).await;
    for (by, state) in
        [("59s", "accepted"), ("1s", "in_transit"), ("59m 59s", "in_transit"), ("1s", "paid")]
    {
        sandbox.advance(by).await;
        assert_eq!(sandbox.sent("po_1").await["state"], state, "after {by} more");
    }

    let too_long = json!({"transfer_ms": [1, 86_400_001]});
    let refused =
        sandbox.reply(sandbox.request(Method::PUT, "/v1/control/faults").json(&too_long)).await;

    assert_eq!(refused.status, 400);
    let kept = sandbox.control(Method::GET, "faults", &Value::Null).await;
    assert_eq!(kept["transfer_ms"], json!([60_000, 3_600_000]));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_bank_decides_by_a_control_call_within_the_rules(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let id = sandbox.send("po_1", "57.00", IBAN).await.text("id").to_owned();
    let path = format!("/v1/control/transfers/{id}");
    for (body, status, state) in [
        (json!({"state": "paid"}), 409, "accepted"),
        (json!({"state": "returned"}), 409, "accepted"),
        (json!({"state": "accepted"}), 400, "accepted"),
        (json!({"state": "failed", "reason": "ZZ99"}), 400, "accepted"),
        (json!({"state": "in_transit"}), 200, "in_transit"),
        (json!({"state": "in_transit"}), 409, "in_transit"),
        (json!({"state": "paid"}), 200, "paid"),
        (json!({"state": "failed"}), 409, "paid"),
        (json!({"state": "returned", "reason": "AC06"}), 200, "returned"),
        (json!({"state": "returned"}), 409, "returned"),
        (json!({"state": "paid"}), 409, "returned"),
    ] {
        let reply = sandbox.post(&path, "", &body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.json);
        assert_eq!(sandbox.sent("po_1").await["state"], state, "after {body}");
    }

    let seen = sandbox.sent("po_1").await;
    assert_eq!((&seen["reason"], &seen["version"]), (&json!("AC06"), &json!(4)));
    assert_eq!(sandbox.times("po_1").await, (1, 1));
    let unknown = "/v1/control/transfers/trf_00000000000000000000000000000000";
    assert_eq!(sandbox.post(unknown, "", &json!({"state": "paid"})).await.status, 404);
    sandbox.stop().await;
}

#[sqlx::test]
async fn an_alarm_that_comes_too_late_moves_nothing(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let id = sandbox.send("po_1", "57.00", IBAN).await.text("id").to_owned();
    sandbox.advance("1s").await;
    let start = json!({"state": "in_transit"});
    sandbox.control(Method::POST, &format!("transfers/{id}"), &start).await;

    assert_eq!(sandbox.advance("1s").await, 0, "somebody was faster than the first alarm");

    assert_eq!(sandbox.sent("po_1").await["state"], "in_transit");
    assert_eq!(sandbox.advance("3s").await, 0, "five seconds count from the step by hand");
    assert_eq!(sandbox.advance("1s").await, 1);
    assert_eq!(sandbox.sent("po_1").await["paid_at"], "2026-01-05T09:00:06Z");
    assert_eq!(sandbox.advance("60d").await, 0, "nothing is left to ring");
    assert_eq!(sandbox.times("po_1").await, (1, 0));
    sandbox.stop().await;
}
