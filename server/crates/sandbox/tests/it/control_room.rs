//! The pages that act as staff, bank, time and bad luck, used without scripts.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Sandbox, location};

async fn html(sandbox: &Sandbox, path: &str) -> String {
    let page = sandbox.open(path).await;
    assert_eq!(page.status(), StatusCode::OK, "{path}");
    page.text().await.unwrap()
}

#[sqlx::test]
async fn an_outcome_is_chosen_by_its_name_and_no_number_is_typed(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let token = sandbox.register("chk_1").await.text("token").to_owned();
    let page = html(&sandbox, &format!("/pay/{token}")).await;
    assert!(page.contains(r#"<option value="insufficient_funds">Declined: insufficient funds"#));
    assert!(page.contains("4000 0000 0000 9995"), "and the table has the number");

    let chosen = [("scenario", "insufficient_funds")];
    let entered = sandbox.submit(&format!("/pay/{token}"), &chosen).await;
    assert!(location(&entered).ends_with("result=completed"));
    let mut body = crate::harness::payment("chk_1_a", "49.99", "", true);
    body["source"] = json!({"registration": token});
    let paid = sandbox.post("/v1/payments", "k", &body).await;
    assert_eq!(paid.text("decline_code"), "insufficient_funds");

    // A method that is no card, chosen the same way.
    let token = sandbox.register("chk_2").await.text("token").to_owned();
    sandbox.submit(&format!("/pay/{token}"), &[("scenario", "transfer")]).await;
    let known = sandbox.get(&format!("/v1/registrations/{token}")).await;
    assert_eq!(known.json["payment_method"]["type"], "bank_transfer");
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_shopper_who_walks_away_from_the_challenge_decides_nothing(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let id = sandbox.pay("pay_1", "5.00", "challenge", true).await.text("id").to_owned();
    let left = sandbox.submit(&format!("/challenge/{id}"), &[("outcome", "abandon")]).await;
    assert!(left.text().await.unwrap().contains("You walked away"));
    assert_eq!(sandbox.known("pay_1").await["status"], "requires_action");

    let token = sandbox.register("chk_1").await.text("token").to_owned();
    sandbox.submit(&format!("/pay/{token}"), &[("scenario", "secure")]).await;
    sandbox.submit(&format!("/pay/{token}/challenge"), &[("outcome", "abandon")]).await;
    let known = sandbox.get(&format!("/v1/registrations/{token}")).await;
    assert_eq!(known.text("status"), "open");
    sandbox.stop().await;
}

#[sqlx::test]
async fn staff_and_bank_act_on_the_page_of_a_payment(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let id = sandbox.pay("pay_1", "20.00", "refund_pending", true).await.text("id").to_owned();
    let path = format!("/payments/{id}");
    assert!(html(&sandbox, "/").await.contains(&format!(r#"href="{path}""#)));
    assert!(html(&sandbox, &path).await.contains("Refund as staff"));

    for (act, amount) in [("refund", "5.00"), ("dispute", "")] {
        let pressed = sandbox.submit(&path, &[("act", act), ("amount", amount)]).await;
        assert_eq!(location(&pressed), path);
    }
    let known = sandbox.known("pay_1").await;
    assert_eq!(
        (&known["refunds"][0]["status"], &known["charged_back"]),
        (&json!("pending"), &json!("15.00"))
    );
    let subject = |value: &Value| value.as_str().unwrap().to_owned();
    for (act, id) in [
        ("refund_failed", subject(&known["refunds"][0]["id"])),
        ("dispute_lost", subject(&known["disputes"][0]["id"])),
    ] {
        let pressed = sandbox.submit(&path, &[("act", act), ("subject", &id)]).await;
        assert_eq!(location(&pressed), path);
        let twice = sandbox.submit(&path, &[("act", act), ("subject", &id)]).await;
        assert_eq!(twice.status(), StatusCode::CONFLICT, "{act} once only");
    }
    let known = sandbox.known("pay_1").await;
    assert_eq!(
        (&known["refunds"][0]["status"], &known["disputes"][0]["status"]),
        (&json!("failed"), &json!("lost"))
    );
    let wrong = sandbox.submit(&path, &[("act", "refund"), ("amount", "much")]).await;
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    assert_eq!(sandbox.open("/payments/sp_1").await.status(), StatusCode::NOT_FOUND);
    sandbox.stop().await;
}

#[sqlx::test]
async fn the_dashboard_moves_the_clock_and_makes_storms_and_outages(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    sandbox.pay("pay_1", "5.00", "review_released", true).await;
    sandbox.submit("/clock", &[("by", "1h")]).await;
    assert_eq!(sandbox.known("pay_1").await["status"], "captured");
    assert_eq!(location(&sandbox.submit("/clock", &[("typed", "2d 3h")]).await), "/");
    let wrong = sandbox.submit("/clock", &[("typed", "a while")]).await;
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);

    sandbox.submit("/faults", &[("storm", "10%")]).await;
    assert!(html(&sandbox, "/").await.contains("A storm strikes 10% of the calls."));
    sandbox.submit("/faults", &[("storm", "none")]).await;
    assert!(html(&sandbox, "/").await.contains("There is no storm."));

    let down = [("processor", "sandbox"), ("outage", "minute")];
    sandbox.submit("/outages", &down).await;
    assert_eq!(sandbox.pay("pay_2", "5.00", "visa", true).await.status, 503);
    assert!(html(&sandbox, "/").await.contains("down: says that it is unavailable"));
    sandbox.submit("/outages", &[("processor", "sandbox"), ("outage", "end")]).await;
    assert_eq!(sandbox.pay("pay_2", "5.00", "visa", true).await.status, 201);
    sandbox.stop().await;
}

#[sqlx::test]
async fn another_site_cannot_move_the_clock(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    for (path, body) in [("/clock", "by=1d"), ("/v1/control/clock", r#"{"advance": "1d"}"#)] {
        let forged = sandbox
            .request(Method::POST, path)
            .header("origin", "http://evil.test")
            .header("sec-fetch-site", "cross-site")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        assert_eq!(forged.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
    }
    sandbox.stop().await;
}
