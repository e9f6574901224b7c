//! The bank statement: debits of what was paid, credits of what came back.

use serde_json::json;
use sqlx::PgPool;

use super::{IBAN, standing, transfer};
use crate::harness::Sandbox;

async fn statement(sandbox: &Sandbox, day: &str) -> String {
    let response = sandbox.open(&format!("/v1/transfers/statement?date={day}")).await;
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "application/xml; charset=utf-8");
    response.text().await.unwrap()
}

/// Cuts the text out of every element of this name.
fn all<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap()).collect()
}

/// Opening and closing balance, as amount and side.
fn balances(statement: &str) -> Vec<String> {
    all(statement, "Bal")
        .iter()
        .map(|balance| {
            let amount = balance.split("\">").nth(1).unwrap().split('<').next().unwrap();
            format!("{} {amount} {}", all(balance, "Cd")[0], all(balance, "CdtDbtInd")[0])
        })
        .collect()
}

#[sqlx::test]
async fn a_statement_lists_what_was_paid_and_what_came_back(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    sandbox.send("po_1", "57.00", IBAN).await;
    sandbox.send("po_2", "95.07", IBAN).await;
    sandbox.send("po_failed", "91.04", IBAN).await;
    let mut francs = transfer("po_3", "8.00", IBAN);
    francs["currency"] = json!("CHF");
    sandbox.post("/v1/transfers", "", &francs).await;
    sandbox.advance("2d 1h").await;

    let first = statement(&sandbox, "2026-01-05").await;
    let [chf, eur] = all(&first, "Stmt")[..] else { panic!("two currencies: {first}") };
    assert_eq!(balances(chf), ["OPBD 0.00 CRDT", "CLBD 8.00 DBIT"]);
    assert_eq!(balances(eur), ["OPBD 0.00 CRDT", "CLBD 152.07 DBIT"]);
    assert_eq!(all(&first, "EndToEndId"), ["po_3", "po_1", "po_2"]);
    assert!(all(&first, "Ntry").iter().all(|entry| all(entry, "CdtDbtInd") == ["DBIT"]));
    assert!(!first.contains("RtrInf") && !first.contains("po_failed"));

    let third = statement(&sandbox, "2026-01-07").await;
    let eur = all(&third, "Stmt")[1];
    assert_eq!(balances(eur), ["OPBD 152.07 DBIT", "CLBD 57.00 DBIT"]);
    let [back] = all(eur, "Ntry")[..] else { panic!("one entry: {eur}") };
    assert_eq!((all(back, "EndToEndId"), all(back, "CdtDbtInd")), (vec!["po_2"], vec!["CRDT"]));
    assert!(back.contains("<RtrInf><Rsn><Cd>MD07</Cd></Rsn></RtrInf>"), "{back}");
    assert!(back.contains("<IBAN>NL91ABNA0417164300</IBAN>"));
    sandbox.stop().await;
}

#[sqlx::test]
async fn what_is_due_and_has_not_rung_yet_stands_in_the_statement(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    sandbox.send("po_1", "57.00", IBAN).await;
    sandbox.advance("2s").await;
    // As after a time in which the sandbox did not run.
    let due = "update alarm set due_at = due_at - interval '5 seconds'";
    sqlx::query(due).execute(&sandbox.pool).await.unwrap();

    let today = statement(&sandbox, "2026-01-05").await;

    assert_eq!(all(&today, "EndToEndId"), ["po_1"]);
    sandbox.stop().await;
}

#[sqlx::test]
async fn the_statement_of_a_past_day_never_changes(pool: PgPool) {
    let sandbox = standing(pool, None).await;
    let mut body = transfer("po_1", "95.04", IBAN);
    body["name"] = json!("Tea & <b>Co</b>");
    sandbox.post("/v1/transfers", "", &body).await;
    sandbox.advance("1d").await;
    let first = statement(&sandbox, "2026-01-05").await;
    assert!(first.contains("<Nm>Tea &amp; &lt;b&gt;Co&lt;/b&gt;</Nm>"), "{first}");

    sandbox.advance("9d").await;

    assert_eq!(statement(&sandbox, "2026-01-05").await, first, "the return is of another day");
    let quiet = statement(&sandbox, "2026-01-06").await;
    assert_eq!(balances(&quiet), ["OPBD 95.04 DBIT", "CLBD 95.04 DBIT"]);
    assert!(all(&quiet, "Ntry").is_empty());
    sandbox.stop().await;
}
