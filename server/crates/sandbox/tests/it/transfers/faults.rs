//! Calls about transfers that go wrong: it happened or it did not, and an inquiry tells.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{IBAN, standing, transfer};

#[sqlx::test]
async fn after_each_fault_an_inquiry_tells_and_a_repeat_pays_once(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    sandbox.control(Method::PUT, "faults", &json!({"hang_ms": 1})).await;
    // Whether a whole answer comes with this status, and whether the transfer was accepted.
    let faults = [
        ("timeout_before", None, false),
        ("timeout_after", None, true),
        ("error_500_before", Some(500), false),
        ("error_500_after", Some(500), true),
        ("slow(10)", Some(201), true),
        ("cut_before", None, false),
        ("cut_after", None, true),
        ("cut_mid_answer", None, true),
        ("garbage_body", None, true),
        ("rate_limited(7)", Some(429), false),
        ("unavailable(7)", Some(503), false),
        // Only a payment can be declined.
        ("decline", Some(201), true),
    ];
    for (number, (fault, status, is_made)) in faults.iter().copied().enumerate() {
        let reference = format!("po_{number}");
        let request = sandbox.request(Method::POST, "/v1/transfers");
        let request = request.header("x-sandbox-fault", fault);
        let answer = match request.json(&transfer(&reference, "57.00", IBAN)).send().await {
            Err(_) => None,
            Ok(response) => {
                let status = response.status().as_u16();
                response.json::<Value>().await.ok().map(|_| status)
            }
        };
        assert_eq!(answer, status, "{fault}");

        let known = sandbox.sent(&reference).await;
        assert_eq!(!known.is_null(), is_made, "{fault}");
        let again = sandbox.send(&reference, "57.00", IBAN).await;
        assert_eq!(again.status, if is_made { 200 } else { 201 }, "{fault}");
        if is_made {
            assert_eq!(again.json, known, "{fault}: the repeat brings what the inquiry told");
        }
    }

    sandbox.advance("30d").await;

    for (number, (fault, ..)) in faults.iter().enumerate() {
        assert_eq!(sandbox.times(&format!("po_{number}")).await, (1, 0), "{fault}");
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_lost_answer_comes_again_under_its_key(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let body = transfer("po_1", "57.00", IBAN);
    let lost = sandbox
        .request(Method::POST, "/v1/transfers")
        .header("idempotency-key", "key_1")
        .header("x-sandbox-fault", "error_500_after")
        .json(&body);
    assert_eq!(sandbox.reply(lost).await.status, 500);

    let again = sandbox.post("/v1/transfers", "key_1", &body).await;

    assert_eq!((again.status, again.is_replayed), (201, true));
    assert_eq!(again.json, sandbox.sent("po_1").await);
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_rule_about_transfers_leaves_payments_alone(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let rules = json!({"rules": [
        {"fault": "error_500_before", "operation": "transfer", "reference_prefix": "po_bad"},
        {"fault": "error_500_after", "operation": "transfer", "amount": "13.37"},
    ]});
    sandbox.control(Method::PUT, "faults", &rules).await;

    assert_eq!(sandbox.send("po_bad_1", "57.00", IBAN).await.status, 500);
    assert_eq!(sandbox.sent("po_bad_1").await, Value::Null);
    assert_eq!(sandbox.send("po_1", "13.37", IBAN).await.status, 500);
    assert_eq!(sandbox.sent("po_1").await["state"], "accepted");
    assert_eq!(sandbox.send("po_2", "57.00", IBAN).await.status, 201);
    assert_eq!(sandbox.pay("po_bad_2", "13.37", "visa", true).await.status, 201);
    sandbox.stop().await;
}

#[sqlx::test]
async fn an_outage_and_a_broken_inquiry_change_nothing(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    sandbox.send("po_1", "57.00", IBAN).await;
    sandbox.control(Method::POST, "outages", &json!({"processor": "sandbox"})).await;

    let refused = sandbox.send("po_2", "57.00", IBAN).await;
    assert_eq!((refused.status, refused.code()), (503, "not_processed"));
    assert_eq!(sandbox.get("/v1/transfers?reference=po_1").await.status, 503);
    sandbox.control(Method::DELETE, "outages", &Value::Null).await;

    assert_eq!(sandbox.sent("po_2").await, Value::Null, "nothing happened, as it said");
    let inquiry = sandbox
        .request(Method::GET, "/v1/transfers?reference=po_1")
        .header("x-sandbox-fault", "garbage_body");
    assert_eq!(sandbox.reply(inquiry).await.json, Value::Null);
    assert_eq!(sandbox.sent("po_1").await["state"], "accepted");
    sandbox.stop().await;
}
