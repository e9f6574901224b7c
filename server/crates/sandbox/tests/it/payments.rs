//! Payments over the API: outcomes, limits, idempotency, faults by card.

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use crate::harness::{API_KEY, Sandbox, payment};

#[sqlx::test]
async fn each_practice_card_has_its_outcome(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    for (card, status, code) in [
        ("visa", "captured", None),
        ("mastercard", "captured", None),
        ("declined", "declined", Some("generic_decline")),
        ("insufficient_funds", "declined", Some("insufficient_funds")),
        ("expired", "declined", Some("expired_card")),
        ("stolen", "declined", Some("stolen_card")),
        ("challenge", "requires_action", None),
        ("review", "in_review", None),
    ] {
        let reply = sandbox.pay(&format!("pay_{card}"), "49.99", card, true).await;

        assert_eq!((reply.status, reply.text("status")), (201, status), "{card}");
        assert_eq!(reply.json["decline_code"].as_str(), code, "{card}");
        let captured = if status == "captured" { "49.99" } else { "0.00" };
        assert_eq!(reply.text("captured"), captured, "{card}");
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_repeated_key_gives_the_stored_answer_and_another_body_is_refused(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let first = sandbox.pay("pay_1", "49.99", "visa", false).await;
    assert!(!first.is_replayed);
    let capture = format!("/v1/payments/{}/capture", first.text("id"));
    sandbox.post(&capture, "capture_1", &json!({"amount": "20.00"})).await;

    let again = sandbox.pay("pay_1", "49.99", "visa", false).await;
    assert!(again.is_replayed);
    assert_eq!((again.status, &again.json), (201, &first.json), "as it was then");

    let other =
        sandbox.post("/v1/payments", "pay_1", &payment("pay_1", "50.00", "visa", false)).await;
    assert_eq!((other.status, other.code()), (422, "idempotency_mismatch"));
    let elsewhere = sandbox.post(&capture, "pay_1", &json!({"amount": "1.00"})).await;
    assert_eq!((elsewhere.status, elsewhere.code()), (422, "idempotency_mismatch"));

    let captured_again = sandbox.post(&capture, "capture_1", &json!({"amount": "20.00"})).await;
    assert!(captured_again.is_replayed);
    let now = sandbox.get(&format!("/v1/payments/{}", first.text("id"))).await;
    assert_eq!(now.text("captured"), "20.00");
    sandbox.stop().await;
}

#[sqlx::test]
async fn parallel_requests_with_one_key_have_one_effect(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let replies = join_all((0..20).map(|_| sandbox.pay("pay_1", "49.99", "visa", true))).await;
    assert!(replies.iter().all(|reply| reply.status == 201 && reply.json == replies[0].json));
    assert_eq!(replies.iter().filter(|reply| !reply.is_replayed).count(), 1);

    let refunds = format!("/v1/payments/{}/refunds", replies[0].text("id"));
    let body = json!({"amount": "10.00", "reference": "ref_1"});
    let replies = join_all((0..20).map(|_| sandbox.post(&refunds, "refund_1", &body))).await;
    assert!(replies.iter().all(|reply| reply.status == 201 && reply.json == replies[0].json));
    assert_eq!(replies.iter().filter(|reply| !reply.is_replayed).count(), 1);

    let listed = sandbox.get("/v1/payments?reference=pay_1").await;
    assert_eq!(listed.json["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed.json["data"][0]["refunded"], "10.00");
    sandbox.stop().await;
}

#[sqlx::test]
async fn two_sandboxes_on_one_database_never_charge_a_reference_twice(pool: PgPool) {
    let one = Sandbox::start(pool.clone()).await;
    let other = Sandbox::start(pool.clone()).await;
    for round in 0..10 {
        let reference = format!("pay_{round}");
        let body = payment(&reference, "5.00", "visa", true);
        let replies = join_all((0..10).map(|number| {
            let sandbox = if number % 2 == 0 { &one } else { &other };
            let key = format!("{reference}_{number}");
            let body = &body;
            async move { sandbox.post("/v1/payments", &key, body).await }
        }))
        .await;
        let made = replies.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(made, 1);
        assert!(replies.iter().all(|reply| reply.status == 201 || reply.status == 409));
    }
    one.stop().await;
    other.stop().await;
}

#[sqlx::test]
async fn a_reference_is_free_again_only_after_a_decline_or_a_cancel(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    sandbox.post("/v1/payments", "k1", &payment("pay_1", "5.00", "declined", true)).await;
    let second = sandbox.post("/v1/payments", "k2", &payment("pay_1", "5.00", "visa", false)).await;
    assert_eq!(second.text("status"), "authorized");

    let third = sandbox.post("/v1/payments", "k3", &payment("pay_1", "5.00", "visa", true)).await;
    assert_eq!((third.status, third.code()), (409, "reference_exists"));

    let cancel = format!("/v1/payments/{}/cancel", second.text("id"));
    let cancelled = sandbox.post(&cancel, "k4", &json!({})).await;
    assert_eq!((cancelled.status, cancelled.text("status")), (200, "cancelled"));
    let fourth = sandbox.post("/v1/payments", "k5", &payment("pay_1", "5.00", "visa", true)).await;
    assert_eq!(fourth.status, 201);

    let listed = sandbox.get("/v1/payments?reference=pay_1").await;
    let statuses: Vec<_> =
        listed.json["data"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, ["captured", "cancelled", "declined"], "newest first");
    let unknown = sandbox.get("/v1/payments?reference=pay_2").await;
    assert_eq!((unknown.status, &unknown.json), (200, &json!({"data": []})));
    sandbox.stop().await;
}

#[sqlx::test]
async fn nothing_goes_above_what_was_authorized_or_captured(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let id = sandbox.pay("pay_1", "49.99", "visa", false).await.text("id").to_owned();
    let (capture, refunds) =
        (format!("/v1/payments/{id}/capture"), format!("/v1/payments/{id}/refunds"));

    let above = sandbox.post(&capture, "c1", &json!({"amount": "50.00"})).await;
    assert_eq!((above.status, above.code()), (409, "conflict"));
    let early =
        sandbox.post(&refunds, "r0", &json!({"amount": "1.00", "reference": "ref_0"})).await;
    assert_eq!(early.status, 409);

    // A refused request frees its key.
    let taken = sandbox.post(&capture, "c1", &json!({"amount": "30.00"})).await;
    assert_eq!((taken.status, taken.text("captured")), (200, "30.00"));
    let refunding: Vec<_> = join_all((0..8).map(|number| {
        let (sandbox, refunds) = (&sandbox, &refunds);
        async move {
            let body = json!({"amount": "7.00", "reference": format!("ref_{number}")});
            sandbox.post(refunds, &format!("r_{number}"), &body).await.status
        }
    }))
    .await;

    assert_eq!(refunding.iter().filter(|status| **status == 201).count(), 4, "4 × 7 fits into 30");
    let now = sandbox.get(&format!("/v1/payments/{id}")).await;
    assert_eq!((now.text("refunded"), now.text("status")), ("28.00", "partially_refunded"));
    assert_eq!(now.json["version"], 6);
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_lost_answer_charges_once(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let body = payment("pay_1", "49.99", "lost_answer", true);
    let request = || {
        sandbox.request(Method::POST, "/v1/payments").header("idempotency-key", "k1").json(&body)
    };

    assert!(request().send().await.is_err(), "the connection is cut");
    let inquiry = sandbox.get("/v1/payments?reference=pay_1").await;
    assert_eq!(inquiry.json["data"][0]["captured"], "49.99");
    let again = sandbox.reply(request()).await;

    assert_eq!((again.status, again.is_replayed), (201, true));
    let books = sandbox.get("/v1/books").await;
    assert_eq!(books.json["payments"].as_array().map(Vec::len), Some(1));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_slow_card_pays_before_it_answers_and_a_broken_one_does_nothing(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let broken = sandbox.pay("pay_1", "5.00", "server_error", true).await;
    assert_eq!(broken.status, 500);

    let hanging = sandbox
        .request(Method::POST, "/v1/payments")
        .timeout(std::time::Duration::from_millis(400))
        .json(&payment("pay_2", "5.00", "timeout_before", true))
        .send()
        .await;
    assert!(hanging.unwrap_err().is_timeout());

    let slow = sandbox
        .request(Method::POST, "/v1/payments")
        .timeout(std::time::Duration::from_millis(800))
        .json(&payment("pay_3", "5.00", "slow", true))
        .send()
        .await;
    assert!(slow.unwrap_err().is_timeout());

    let books = sandbox.get("/v1/books").await;
    let expected = json!([{"reference": "pay_3", "status": "captured", "currency": "EUR",
        "authorized": "5.00", "captured": "5.00", "refunded": "0.00", "charged_back": "0.00"}]);
    assert_eq!(books.json["payments"], expected);
    sandbox.stop().await;
}

#[sqlx::test]
async fn bad_requests_say_which_field_is_wrong(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let good = payment("pay_1", "5.00", "visa", true);
    for (field, value, param) in [
        ("amount", json!("5"), json!("amount")),
        ("amount", json!("0.00"), json!("amount")),
        ("amount", json!("-5.00"), json!("amount")),
        ("amount", json!(5), json!(null)),
        ("currency", json!("euro"), json!("currency")),
        ("currency", json!("JPY"), json!("amount")),
        ("reference", json!(""), json!("reference")),
        ("source", json!({"payment_method": "pm_none"}), json!("source")),
        ("source", json!({"registration": "reg_none"}), json!("source")),
        ("source", json!({"payment_method": "pm_\u{0}"}), json!("source")),
        ("reference", json!("pay_\u{0}"), json!("reference")),
        ("return_url", json!("javascript:alert(1)"), json!("return_url")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let reply = sandbox.post("/v1/payments", "k", &body).await;
        assert_eq!((reply.status, reply.code()), (400, "invalid_request"), "{body}");
        assert_eq!(reply.json["error"]["param"], param, "{body}");
    }
    let missing = sandbox.get("/v1/payments/sp_00000000000000000000000000000000").await;
    assert_eq!((missing.status, missing.code()), (404, "not_found"));
    let hostile = sandbox.get("/v1/payments?reference=%00").await;
    assert_eq!((hostile.status, hostile.code()), (400, "invalid_request"));
    let lost = sandbox.get("/v1/nothing").await;
    assert_eq!((lost.status, lost.code()), (404, "not_found"));
    sandbox.stop().await;
}

#[sqlx::test]
async fn another_account_sees_nothing(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let id = sandbox.pay("pay_1", "5.00", "visa", false).await.text("id").to_owned();
    let account =
        json!({"api_key": "key_of_another", "webhook_url": null, "webhook_secret": "whsec_AAAA"});
    sandbox.reply(sandbox.request(Method::PUT, "/v1/accounts/other").json(&account)).await;

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/v1/payments/{id}", sandbox.origin);
    let seen = client.get(&url).bearer_auth("key_of_another").send().await.unwrap();
    assert_eq!(seen.status(), 404);
    let theft = client.post(format!("{url}/capture")).bearer_auth("key_of_another");
    assert_eq!(theft.send().await.unwrap().status(), 404);
    let token = sandbox.register("chk_1").await.text("token").to_owned();
    sandbox.enter_card(&token, "4242 4242 4242 4242").await;
    let mut charge = payment("chk_1_a", "49.99", "", true);
    charge["source"] = json!({"registration": token});
    let payments = format!("{}/v1/payments", sandbox.origin);
    let charged = client.post(payments).bearer_auth("key_of_another").json(&charge);
    assert_eq!(charged.send().await.unwrap().status(), 400, "another's registration");
    let nobody = client.get(&url).bearer_auth("wrong").send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    let taken = json!({"api_key": API_KEY, "webhook_url": null, "webhook_secret": "whsec_AAAA"});
    let taken =
        sandbox.reply(sandbox.request(Method::PUT, "/v1/accounts/other").json(&taken)).await;
    assert_eq!((taken.status, taken.code()), (409, "conflict"));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_stop_waits_for_the_answers_that_are_due(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let request = sandbox
        .request(Method::POST, "/v1/payments")
        .json(&payment("pay_1", "5.00", "slow", true))
        .send();
    let waiting = tokio::spawn(request);
    while sandbox.get("/v1/payments?reference=pay_1").await.json["data"] == json!([]) {
        tokio::task::yield_now().await;
    }

    sandbox.stop().await;

    assert_eq!(waiting.await.unwrap().unwrap().status(), 201);
}
