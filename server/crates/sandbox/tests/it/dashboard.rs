//! The dashboard, as a browser without scripts uses it.

use reqwest::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use crate::harness::{Sandbox, location, payment};

#[sqlx::test]
async fn a_reviewer_releases_and_declines(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    for (reference, decision, status) in
        [("pay_1", "release", "captured"), ("pay_2", "decline", "declined")]
    {
        let held = sandbox
            .post("/v1/payments", reference, &payment(reference, "5.00", "review", true))
            .await;
        assert_eq!(held.text("status"), "in_review");
        let shown = sandbox.open("/").await.text().await.unwrap();
        assert!(shown.contains(&format!("/review/{}", held.text("id"))));

        let path = format!("/review/{}", held.text("id"));
        let decided = sandbox.submit(&path, &[("decision", decision)]).await;

        assert_eq!(location(&decided), "/");
        let now = sandbox.get(&format!("/v1/payments/{}", held.text("id"))).await;
        assert_eq!(now.text("status"), status);
        let twice = sandbox.submit(&path, &[("decision", "release")]).await;
        assert_eq!(twice.status(), StatusCode::CONFLICT);
    }
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_day_is_closed_by_a_form(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    sandbox.pay("pay_1", "49.99", "visa", true).await;
    let today = time::OffsetDateTime::now_utc().date().to_string();
    let fields = [("account", "1"), ("day", today.as_str()), ("surprise_fee", "on")];

    let file = sandbox.submit("/settlement", &fields).await;

    let name = file.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert_eq!(name, format!("attachment; filename=\"sandbox-settlement-demo-{today}.csv\""));
    assert!(file.text().await.unwrap().contains(",49.99,1.95,48.04,"));
    let bad = sandbox.submit("/settlement", &[("account", "1"), ("day", "never")]).await;
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);
    assert!(bad.text().await.unwrap().contains("The day was not closed"));
    sandbox.stop().await;
}

#[sqlx::test]
async fn hostile_references_stay_text(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let mut body = payment("<script>x</script>", "5.00", "review", true);
    body["return_url"] = json!("http://shop.test/\"><script>");
    sandbox.post("/v1/payments", "k", &body).await;

    let html = sandbox.open("/").await.text().await.unwrap();

    assert!(!html.contains("<script>") && html.contains("&lt;script&gt;"));
    sandbox.stop().await;
}
