//! What cannot be sent is refused with its reason, and nothing is kept.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{IBAN, standing, transfer};

const UNREADABLE: &str = "invalid_request";

/// A field, what stands in it (null if it is absent), and the status and code of the refusal.
fn bad_fields() -> Vec<(&'static str, Value, u16, &'static str)> {
    let long = |letters: usize| json!("x".repeat(letters));
    vec![
        ("iban", json!("NL92ABNA0417164300"), 422, "invalid_iban"),
        ("iban", json!("NL91ABNA041716430"), 422, "invalid_iban"),
        ("iban", json!("NL91ABNA04171643000"), 422, "invalid_iban"),
        // These leave the right remainder, and are wrong all the same.
        ("iban", json!("DE00120300000000000036"), 422, "invalid_iban"),
        ("iban", json!("DE01120300000000000018"), 422, "invalid_iban"),
        ("iban", json!("DE99120300000000202051"), 422, "invalid_iban"),
        ("iban", json!("US91ABNA0417164300"), 422, "invalid_iban"),
        ("iban", json!("NL91-ABNA-0417-1643-00"), 422, "invalid_iban"),
        ("iban", json!(""), 422, "invalid_iban"),
        ("iban", Value::Null, 400, UNREADABLE),
        ("amount", json!("0.00"), 422, "invalid_amount"),
        ("amount", json!("-1.00"), 422, "invalid_amount"),
        ("amount", json!("57"), 422, "invalid_amount"),
        ("amount", json!("57.001"), 422, "invalid_amount"),
        ("amount", json!("99999999999999.99"), 422, "invalid_amount"),
        ("amount", json!(5700), 400, UNREADABLE),
        ("currency", json!("XTS"), 422, "currency_not_supported"),
        ("currency", json!("eur"), 422, "currency_not_supported"),
        ("currency", json!(""), 422, "currency_not_supported"),
        ("reference", json!(""), 400, UNREADABLE),
        ("reference", long(36), 400, UNREADABLE),
        ("reference", json!("po\n1"), 400, UNREADABLE),
        ("name", json!(""), 400, UNREADABLE),
        ("name", long(71), 400, UNREADABLE),
        ("name", json!("A\u{0}B"), 400, UNREADABLE),
        ("remittance", long(141), 400, UNREADABLE),
    ]
}

#[sqlx::test]
async fn bad_input_is_refused_and_nothing_is_kept(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    for (field, value, status, code) in bad_fields() {
        let mut body = transfer("po_1", "57.00", IBAN);
        if value.is_null() {
            body.as_object_mut().unwrap().remove(field);
        } else {
            body[field] = value.clone();
        }
        let refused = sandbox.post("/v1/transfers", "key_1", &body).await;
        assert_eq!((refused.status, refused.code()), (status, code), "{field} {value}");
        if status == 422 {
            assert_eq!(refused.json["error"]["param"], field, "{field} {value}");
        }
    }
    let broken = sandbox.request(reqwest::Method::POST, "/v1/transfers").body("{\"reference\":");
    assert_eq!(sandbox.reply(broken).await.status, 400);

    let kept: i64 = sqlx::query_scalar(
        "select (select count(*) from transfer) + (select count(*) from alarm)
             + (select count(*) from idempotency_key)",
    )
    .fetch_one(&sandbox.pool)
    .await
    .unwrap();
    assert_eq!(kept, 0);
    let right = sandbox.post("/v1/transfers", "key_1", &transfer("po_1", "57.00", IBAN)).await;
    assert_eq!(right.status, 201, "the reference and the key are still free");
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_processor_sends_only_the_currencies_that_it_takes(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let euros_only = json!({"currencies": ["EUR"]});
    let put = sandbox.request(reqwest::Method::PUT, "/v1/processors/sandbox").json(&euros_only);
    assert_eq!(sandbox.reply(put).await.status, 200);
    let mut francs = transfer("po_1", "57.00", IBAN);
    francs["currency"] = json!("CHF");

    let refused = sandbox.post("/v1/transfers", "", &francs).await;

    assert_eq!((refused.status, refused.code()), (422, "currency_not_supported"));
    assert_eq!(sandbox.send("po_1", "57.00", IBAN).await.status, 201);
    sandbox.stop().await;
}

#[sqlx::test]
async fn amounts_have_the_decimals_of_their_currency(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    for (currency, amount) in [("JPY", "9104"), ("KWD", "9.104"), ("EUR", "91.04")] {
        let mut body = transfer(&format!("po_{currency}"), amount, IBAN);
        body["currency"] = json!(currency);
        let sent = sandbox.post("/v1/transfers", "", &body).await;
        assert_eq!((sent.status, sent.text("amount")), (201, amount));
    }

    sandbox.advance("1s").await;

    for currency in ["JPY", "KWD", "EUR"] {
        let seen = sandbox.sent(&format!("po_{currency}")).await;
        assert_eq!(seen["reason"], "AC04", "the digits of {currency} count, not the point");
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn an_inquiry_needs_a_reference_that_can_be(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let long = format!("/v1/transfers?reference={}", "x".repeat(36));
    for (path, status) in [
        ("/v1/transfers", 400),
        ("/v1/transfers?reference=", 400),
        (long.as_str(), 400),
        ("/v1/transfers/trf_1", 404),
        ("/v1/transfers/sp_00000000000000000000000000000000", 404),
        ("/v1/transfers/trf_00000000000000000000000000000000", 404),
        ("/v1/transfers/statement?date=yesterday", 400),
        ("/v1/transfers/statement?date=2026-01-06", 400),
        ("/v1/transfers/statement?date=2026-01-05", 404),
    ] {
        assert_eq!(sandbox.get(path).await.status, status, "{path}");
    }
    assert_eq!(sandbox.sent("po_unknown").await, Value::Null);
    sandbox.stop().await;
}
