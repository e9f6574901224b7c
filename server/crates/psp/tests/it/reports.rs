//! What is read of a payment, and what is said of what cannot be read.

use psp::Processor;
use psp::sandbox::Sandbox;
use serde_json::{Value, json};

fn sandbox() -> Sandbox {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Sandbox::new("http://127.0.0.1:9", "sk_test", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
}

fn told(more: &Value) -> Vec<u8> {
    let mut payment = json!({
        "id": "sp_1", "reference": "pay_1", "status": "captured", "amount": "5.00",
        "currency": "EUR", "authorized": "5.00", "captured": "5.00", "refunded": "0.00",
    });
    payment.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "type": "payment.captured", "data": { "payment": payment } }).to_string().into_bytes()
}

#[test]
fn a_dispute_or_a_refund_that_cannot_be_read_is_told_and_not_dropped() {
    let more = json!({
        "disputes": [
            { "id": "sd_1", "status": "opened", "amount": "5.00", "reason": "fraud" },
            { "id": "sd_2", "status": "appealed", "amount": "5.00" },
            { "id": "sd_3", "status": "lost", "amount": "five" },
        ],
        "refunds": [{ "id": "sr_1", "status": "wandering", "amount": "1.00" }, 7],
    });

    let report = sandbox().reported(&told(&more)).unwrap();

    assert_eq!((report.disputes.len(), report.refunds.len()), (1, 0));
    assert_eq!(
        report.unread,
        [
            "the refund sr_1 cannot be read",
            "the refund without an id cannot be read",
            "the dispute sd_2 cannot be read",
            "the dispute sd_3 cannot be read",
        ]
    );
    assert!(sandbox().reported(&told(&json!({}))).unwrap().unread.is_empty());
}

#[test]
fn a_notification_is_read_for_what_it_names_without_what_no_text_can_hold() {
    let read = sandbox().read_notification(&told(&json!({ "reference": "pay_\u{0}1" }))).unwrap();
    assert_eq!(
        (read.kind.as_str(), read.payment_reference.as_deref(), read.registration_token),
        ("payment.captured", Some("pay_1"), None)
    );
    for body in ["", "{}", "[]", "null", "{\"type\":\"x\"}", "{\"data\":{}}", "\u{0}"] {
        assert_eq!(sandbox().read_notification(body.as_bytes()), None, "{body:?}");
    }
}
