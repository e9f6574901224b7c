//! Several processors in one program.

use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use crate::harness::{Sandbox, payment, registration};

async fn move_to(sandbox: &Sandbox, processor: &str) {
    let account = json!({
        "api_key": crate::harness::API_KEY, "webhook_url": null,
        "webhook_secret": "whsec_AAAA", "processor": processor,
    });
    let request = sandbox.request(Method::PUT, "/v1/accounts/demo").json(&account);
    assert_eq!(sandbox.reply(request).await.status, 200);
}

async fn open(sandbox: &Sandbox, name: &str, body: &serde_json::Value) -> u16 {
    let path = format!("/v1/processors/{name}");
    sandbox.reply(sandbox.request(Method::PUT, &path).json(body)).await.status
}

#[sqlx::test]
async fn each_processor_has_its_own_costs_methods_currencies_and_name(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let north = json!({
        "label": "North Pay", "fee_percent": "0.9", "fee_fixed_minor": 10,
        "methods": ["card"], "currencies": ["EUR"],
    });
    assert_eq!(open(&sandbox, "north", &north).await, 200);
    move_to(&sandbox, "north").await;

    sandbox.pay("pay_1", "100.00", "visa", true).await;
    let mut dollars = payment("pay_2", "5.00", "visa", true);
    dollars["currency"] = json!("USD");
    let refused = sandbox.post("/v1/payments", "k2", &dollars).await;
    assert_eq!((refused.status, refused.code()), (400, "currency_not_supported"));
    let mut voucher = payment("pay_3", "5.00", "", true);
    voucher["source"] = json!({"payment_method": "pm_voucher"});
    let refused = sandbox.post("/v1/payments", "k3", &voucher).await;
    assert_eq!((refused.status, refused.code()), (400, "method_not_supported"));
    let mut page = registration("chk_1");
    page["currency"] = json!("USD");
    let refused = sandbox.post("/v1/registrations", "k4", &page).await;
    assert_eq!((refused.status, refused.code()), (400, "currency_not_supported"));

    let today = time::OffsetDateTime::now_utc().date();
    let file = sandbox.open(&format!("/v1/settlements/{today}")).await.text().await.unwrap();
    assert!(file.contains(",100.00,1.00,99.00,"), "0.9 % and 0.10: {file}");
    let token = sandbox.register("chk_2").await.text("token").to_owned();
    let html = sandbox.open(&format!("/pay/{token}")).await.text().await.unwrap();
    assert!(html.contains("North Pay"), "the page says whose it is");
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_processor_that_makes_no_sense_is_refused(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    for body in [
        json!({"fee_percent": "many"}),
        json!({"fee_fixed_minor": -1}),
        json!({"methods": ["barter"]}),
        json!({"methods": []}),
        json!({"currencies": ["euro"]}),
        json!({"label": ""}),
        json!({"colour": "red"}),
    ] {
        assert_eq!(open(&sandbox, "north", &body).await, 400, "{body}");
    }
    let account = json!({"api_key": "another_key", "webhook_url": null,
        "webhook_secret": "whsec_AAAA", "processor": "none"});
    let request = sandbox.request(Method::PUT, "/v1/accounts/other").json(&account);
    assert_eq!(sandbox.reply(request).await.json["error"]["param"], "processor");
    let listed = sandbox.get("/v1/processors").await;
    assert_eq!(listed.json["data"].as_array().map(Vec::len), Some(1));
    sandbox.stop().await;
}
