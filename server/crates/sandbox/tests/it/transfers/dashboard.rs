//! Transfers on the dashboard, as a browser without scripts uses it.

use reqwest::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use super::{IBAN, standing, transfer};
use crate::harness::location;

#[sqlx::test]
async fn the_dashboard_lists_transfers_and_what_was_sent(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let empty = sandbox.open("/").await.text().await.unwrap();
    assert!(empty.contains("Nobody has been sent money yet."));
    assert!(!empty.contains("Sent to sellers"));
    assert!(empty.contains("DE56 1203 0000 0000 0095 04"), "the practice accounts are shown");
    sandbox.send("po_1", "57.00", IBAN).await;
    sandbox.send("po_2", "95.04", IBAN).await;
    sandbox.advance("7s").await;

    let paid = sandbox.open("/").await.text().await.unwrap();
    assert!(paid.contains("po_1") && paid.contains("Alpine Books GmbH"));
    assert!(paid.contains("Sent to sellers: 152.04 EUR"), "{paid}");

    sandbox.advance("2d").await;
    let returned = sandbox.open("/").await.text().await.unwrap();
    assert!(returned.contains("Sent to sellers: 57.00 EUR"));
    assert!(returned.contains(r#"<span class="status returned">"#));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_bank_pays_and_returns_by_buttons(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let id = sandbox.send("po_1", "57.00", IBAN).await.text("id").to_owned();
    let path = format!("/transfers/{id}");
    for (fields, button_after) in [
        (&[("state", "in_transit"), ("reason", "AC01")][..], r#"value="paid""#),
        (&[("state", "paid"), ("reason", "AC01")], r#"value="returned""#),
        (&[("state", "returned"), ("reason", "AC06")], "Nothing more can happen to it."),
    ] {
        let pressed = sandbox.submit(&path, fields).await;
        assert_eq!(location(&pressed), path, "{fields:?}");
        let shown = sandbox.open(&path).await.text().await.unwrap();
        assert!(shown.contains(button_after), "{fields:?}: {shown}");
    }
    assert_eq!(sandbox.sent("po_1").await["reason"], "AC06");
    assert_eq!(sandbox.times("po_1").await, (1, 1));

    let twice = sandbox.submit(&path, &[("state", "returned"), ("reason", "AC06")]).await;
    assert_eq!(twice.status(), StatusCode::CONFLICT);
    assert_eq!(sandbox.open("/transfers/trf_1").await.status(), StatusCode::NOT_FOUND);
    sandbox.stop().await;
}

#[sqlx::test]
async fn hostile_names_stay_text(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let mut body = transfer("<script>r</script>", "57.00", IBAN);
    body["name"] = json!("<script>n</script>");
    body["remittance"] = json!("\"><script>m</script>");
    let sent = sandbox.post("/v1/transfers", "", &body).await;
    assert_eq!(sent.status, 201);

    for path in ["/".to_owned(), format!("/transfers/{}", sent.text("id"))] {
        let html = sandbox.open(&path).await.text().await.unwrap();
        assert!(!html.contains("<script>") && html.contains("&lt;script&gt;n"), "{path}");
    }
    sandbox.stop().await;
}
