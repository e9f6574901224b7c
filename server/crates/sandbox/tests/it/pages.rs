//! Registrations and their pages, as a browser without scripts walks them.

use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;

use crate::harness::{Sandbox, location, payment, registration};

const VISA: &str = "4242 4242 4242 4242";
const SECURE: &str = "4000 0027 6000 3184";

#[sqlx::test]
async fn a_nonce_stands_for_one_registration(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let first = sandbox.register("chk_1").await;
    assert_eq!((first.status, first.text("status")), (201, "open"));
    assert_eq!(first.text("page_url"), format!("{}/pay/{}", sandbox.origin, first.text("token")));

    let mut again = registration("chk_1");
    again["expires_at"] = json!("2998-01-01T00:00:00Z");
    let again = sandbox.post("/v1/registrations", "other_key", &again).await;
    assert_eq!((again.status, &again.json), (200, &first.json));

    let mut other = registration("chk_1");
    other["amount"] = json!("84.99");
    other["payments"][0]["amount"] = json!("50.00");
    let other = sandbox.post("/v1/registrations", "third_key", &other).await;
    assert_eq!((other.status, other.code()), (409, "nonce_conflict"));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_registration_that_does_not_add_up_is_refused(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    for (field, value, param) in [
        ("amount", json!("84.97"), "amount"),
        ("payments", json!([]), "payments"),
        ("return_url", json!("/return"), "return_url"),
        ("expires_at", json!("tomorrow"), "expires_at"),
        ("nonce", json!(""), "nonce"),
    ] {
        let mut body = registration("chk_1");
        body[field] = value;
        let reply = sandbox.post("/v1/registrations", "k", &body).await;
        assert_eq!((reply.status, reply.json["error"]["param"].as_str()), (400, Some(param)));
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn one_card_entry_pays_each_payment_of_the_checkout_once(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let token = sandbox.register("chk_1").await.text("token").to_owned();
    let charge = |reference: &str, amount: &str| {
        let mut body = payment(reference, amount, "", true);
        body["source"] = json!({"registration": token});
        body
    };
    let early = sandbox.post("/v1/payments", "k0", &charge("chk_1_a", "49.99")).await;
    assert_eq!((early.status, early.code()), (409, "conflict"), "nobody has paid yet");

    let entered = sandbox.enter_card(&token, VISA).await;
    assert_eq!(entered.status(), StatusCode::SEE_OTHER);
    let back = format!("http://shop.test/return?checkout=1&token={token}&result=completed");
    assert_eq!(location(&entered), back);
    assert_eq!(location(&sandbox.open(&format!("/pay/{token}")).await), back, "at once");

    let known = sandbox.get(&format!("/v1/registrations/{token}")).await;
    assert_eq!(known.text("status"), "completed");
    let method = &known.json["payment_method"];
    assert_eq!((&method["brand"], &method["last4"]), (&json!("visa"), &json!("4242")));

    for (key, reference, amount, status) in [
        ("k1", "chk_1_a", "50.00", 400),
        ("k2", "chk_9_a", "49.99", 400),
        ("k3", "chk_1_a", "49.99", 201),
        ("k4", "chk_1_a", "49.99", 409),
        ("k5", "chk_1_b", "34.00", 201),
    ] {
        let reply = sandbox.post("/v1/payments", key, &charge(reference, amount)).await;
        assert_eq!(reply.status, status, "{key}");
    }
    let mut saved = payment("pay_later", "5.00", "", true);
    saved["source"] = json!({"payment_method": method["token"]});
    assert_eq!(sandbox.post("/v1/payments", "k6", &saved).await.text("status"), "captured");
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_card_that_wants_a_challenge_gets_one(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    for (nonce, outcome, status) in
        [("chk_1", "complete", "completed"), ("chk_2", "fail", "failed")]
    {
        let token = sandbox.register(nonce).await.text("token").to_owned();
        let challenge = format!("/pay/{token}/challenge");
        assert_eq!(
            location(&sandbox.open(&challenge).await),
            format!("/pay/{token}"),
            "no card yet"
        );

        let entered = sandbox.enter_card(&token, SECURE).await;
        assert_eq!(location(&entered), challenge);
        let known = sandbox.get(&format!("/v1/registrations/{token}")).await;
        assert_eq!((known.text("status"), &known.json["payment_method"]), ("open", &json!(null)));
        assert!(sandbox.open(&challenge).await.text().await.unwrap().contains("84.98 EUR"));

        let answered = sandbox.submit(&challenge, &[("outcome", outcome)]).await;
        assert!(location(&answered).ends_with(&format!("token={token}&result={status}")));
        let known = sandbox.get(&format!("/v1/registrations/{token}")).await;
        assert_eq!(known.text("status"), status);
        let failure = (status == "failed").then_some("authentication_failed");
        assert_eq!(known.json["failure_code"].as_str(), failure);
        let twice = sandbox.submit(&challenge, &[("outcome", "complete")]).await;
        assert!(location(&twice).ends_with(status), "what is decided stays");
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_wrong_entry_says_why_beside_the_field_and_another_card_works(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let token = sandbox.register("chk_1").await.text("token").to_owned();

    let wrong = sandbox.enter_card(&token, "4242 4242 4242 4241").await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let html = wrong.text().await.unwrap();
    assert!(html.contains(r#"id="number-error">This card number is not valid."#));
    assert!(html.contains(r#"aria-describedby="number-error" aria-invalid="true""#));

    let picked = sandbox.open(&format!("/pay/{token}?card=mastercard")).await.text().await.unwrap();
    assert!(picked.contains(r#"value="5555 5555 5555 4444""#));
    let right = sandbox.enter_card(&token, "5555 5555 5555 4444").await;
    assert_eq!(right.status(), StatusCode::SEE_OTHER);
    let stored: Vec<String> = sqlx::query_scalar(
        "select registration::text || payment_method::text from registration, payment_method",
    )
    .fetch_all(&sandbox.pool)
    .await
    .unwrap();
    assert!(!stored.iter().any(|row| row.contains("55555555")), "no card number is kept");
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_shopper_who_cancels_can_come_back(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let token = sandbox.register("chk_1").await.text("token").to_owned();

    let cancelled = sandbox.submit(&format!("/pay/{token}/cancel"), &[]).await;

    assert!(location(&cancelled).ends_with("result=cancelled"));
    let known = sandbox.get(&format!("/v1/registrations/{token}")).await;
    assert_eq!(known.text("status"), "open");
    assert_eq!(sandbox.open(&format!("/pay/{token}")).await.status(), StatusCode::OK);
    sandbox.stop().await;
}

#[sqlx::test]
async fn an_expired_page_takes_no_card(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let mut body = registration("chk_1");
    body["expires_at"] = json!("2020-01-01T00:00:00Z");
    let expired = sandbox.post("/v1/registrations", "k", &body).await;
    assert_eq!(expired.text("status"), "expired");
    let token = expired.text("token");

    let page = sandbox.open(&format!("/pay/{token}")).await;
    assert_eq!(page.status(), StatusCode::GONE);
    assert!(page.text().await.unwrap().contains("&amp;result=failed"));
    assert_eq!(sandbox.enter_card(token, VISA).await.status(), StatusCode::GONE);
    for nowhere in ["/pay/reg_none", "/pay/%00", "/pay/%00/challenge", "/challenge/sp_1", "/x"] {
        assert_eq!(sandbox.open(nowhere).await.status(), StatusCode::NOT_FOUND, "{nowhere}");
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn pages_cannot_be_injected_and_load_nothing_foreign(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let mut body = registration("chk_1");
    body["description"] = json!("<script>alert(1)</script>");
    body["payments"][0]["description"] = json!("\"><img src=x onerror=alert(1)>");
    let token = sandbox.post("/v1/registrations", "k", &body).await.text("token").to_owned();

    let page = sandbox.open(&format!("/pay/{token}")).await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"));
    let html = page.text().await.unwrap();
    assert!(!html.contains("<script") && !html.contains("<img src=x"));
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));

    let fields = [("number", "\"><script>x</script>"), ("name", "\" autofocus onfocus=\"x")];
    let html = sandbox.submit(&format!("/pay/{token}"), &fields).await.text().await.unwrap();
    assert!(!html.contains("<script>") && !html.contains("onfocus=\"x"));
    for asset in ["/assets/sandbox.css", "/favicon.svg", "/favicon.ico"] {
        assert_eq!(sandbox.open(asset).await.status(), StatusCode::OK);
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn another_site_cannot_press_the_buttons(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let token = sandbox.register("chk_1").await.text("token").to_owned();

    let forged = sandbox
        .request(Method::POST, &format!("/pay/{token}"))
        .header("origin", "http://evil.test")
        .header("sec-fetch-site", "cross-site")
        .form(&[("number", VISA)])
        .send()
        .await
        .unwrap();

    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    sandbox.stop().await;
}

#[sqlx::test]
async fn one_payment_can_be_challenged_alone(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    for (reference, outcome, status) in
        [("pay_1", "complete", "captured"), ("pay_2", "fail", "declined")]
    {
        let mut body = payment(reference, "5.00", "challenge", true);
        body["return_url"] = json!("http://shop.test/back");
        let waiting = sandbox.post("/v1/payments", reference, &body).await;
        let url = waiting.json["next_action"]["redirect_url"].as_str().unwrap();
        let path = format!("/challenge/{}", waiting.text("id"));
        assert_eq!(url, format!("{}{path}", sandbox.origin));
        assert!(sandbox.open(&path).await.text().await.unwrap().contains("5.00 EUR"));

        let answered = sandbox.submit(&path, &[("outcome", outcome)]).await;

        assert!(location(&answered).starts_with("http://shop.test/back?payment=sp_"));
        let now = sandbox.get(&format!("/v1/payments/{}", waiting.text("id"))).await;
        assert_eq!((now.text("status"), &now.json["next_action"]), (status, &json!(null)));
        let late = sandbox.open(&path).await;
        assert_eq!(late.status(), StatusCode::SEE_OTHER, "what is decided stays");
    }
    sandbox.stop().await;
}
