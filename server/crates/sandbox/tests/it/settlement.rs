//! Settlement files: what they say, and how they lie.

use aws_lc_rs::digest;
use serde_json::json;
use sqlx::PgPool;

use crate::harness::Sandbox;

/// Pays three checkouts, refunds one in part, and keeps one only authorised.
async fn trade(sandbox: &Sandbox) {
    for (reference, amount) in [("pay_1", "49.99"), ("pay_2", "100.00"), ("pay_3", "0.50")] {
        sandbox.pay(reference, amount, "visa", true).await;
    }
    sandbox.pay("pay_4", "7.00", "visa", false).await;
    sandbox.pay("pay_5", "7.00", "declined", true).await;
    let id = sandbox.get("/v1/payments?reference=pay_2").await.json["data"][0]["id"].clone();
    let refunds = format!("/v1/payments/{}/refunds", id.as_str().unwrap());
    sandbox.post(&refunds, "r1", &json!({"amount": "10.00", "reference": "ref_1"})).await;
}

async fn file(sandbox: &Sandbox, day: &str, faults: &str) -> String {
    let response = sandbox.open(&format!("/v1/settlements/{day}?faults={faults}")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
    response.text().await.unwrap()
}

fn today() -> String {
    time::OffsetDateTime::now_utc().date().to_string()
}

fn records<'a>(file: &'a str, kind: &str) -> Vec<Vec<&'a str>> {
    file.lines()
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|fields| fields[0] == kind)
        .collect()
}

fn cents(amount: &str) -> i64 {
    amount.replace('.', "").parse().unwrap()
}

/// Checks what must hold for every file, faults or not.
fn assert_ties(file: &str) {
    let lines = records(file, "LINE");
    for (number, line) in (1..).zip(&lines) {
        assert_eq!(line[1], number.to_string());
        assert_eq!(cents(line[7]) - cents(line[8]), cents(line[9]), "{line:?}");
    }
    let nets: i64 = lines.iter().map(|line| cents(line[9])).sum();
    for balance in records(file, "BALANCE") {
        assert_eq!(cents(balance[3]), nets);
        assert_eq!(cents(balance[2]) + cents(balance[3]), cents(balance[4]));
    }
    let end = file.rfind("END,").unwrap();
    let digest = digest::digest(&digest::SHA256, &file.as_bytes()[..end]);
    let hash = digest.as_ref().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    assert_eq!(&file[end..], format!("END,{},{hash}\n", lines.len()));
}

#[sqlx::test]
async fn a_day_is_settled_to_the_cent_and_stays_as_it_is(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    trade(&sandbox).await;

    let first = file(&sandbox, &today(), "").await;
    sandbox.pay("pay_late", "5.00", "visa", true).await;
    let again = file(&sandbox, &today(), "").await;

    assert_eq!(first, again, "the same bytes, also after another payment");
    assert_ties(&first);
    let said: Vec<_> = records(&first, "LINE")
        .iter()
        .map(|line| {
            (line[2].to_owned(), line[3].to_owned(), line[5].to_owned(), line[9].to_owned())
        })
        .collect();
    let expected = [
        ("payment", "pay_1", "", "49.04"),
        ("payment", "pay_2", "", "98.35"),
        ("payment", "pay_3", "", "0.24"),
        ("refund", "pay_2", "ref_1", "-10.00"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(a, b, c, d)| ((*a).into(), (*b).into(), (*c).into(), (*d).into()))
        .collect();
    assert_eq!(said, expected);
    assert_eq!(records(&first, "BALANCE")[0][1..], ["EUR", "0.00", "137.63", "137.63"]);
    sandbox.stop().await;
}

#[sqlx::test]
async fn what_comes_after_a_close_is_settled_on_the_next_day(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    trade(&sandbox).await;
    let age = "update movement set occurred_at = occurred_at - interval '2 days'";
    sqlx::query(age).execute(&sandbox.pool).await.unwrap();
    let yesterday = (time::OffsetDateTime::now_utc() - time::Duration::days(1)).date().to_string();
    let before = (time::OffsetDateTime::now_utc() - time::Duration::days(2)).date().to_string();

    // Closing yesterday closes the day before it, too.
    let empty = file(&sandbox, &yesterday, "").await;
    assert_eq!(records(&empty, "LINE").len(), 0);
    assert_eq!(records(&empty, "BALANCE")[0][1..], ["EUR", "137.63", "0.00", "137.63"]);
    assert_eq!(records(&file(&sandbox, &before, "").await, "LINE").len(), 4);

    sandbox.pay("pay_late", "5.00", "visa", true).await;
    sqlx::query("update movement set occurred_at = occurred_at - interval '2 days' where reference = 'pay_late'")
        .execute(&sandbox.pool)
        .await
        .unwrap();
    let next = file(&sandbox, &today(), "").await;
    assert_ties(&next);
    assert_eq!(records(&next, "LINE")[0][3], "pay_late");
    assert_eq!(records(&next, "BALANCE")[0][2], "137.63");

    let future = sandbox.get("/v1/settlements/2999-01-01").await;
    assert_eq!((future.status, future.code()), (400, "invalid_request"));
    sandbox.stop().await;
}

#[sqlx::test]
async fn each_fault_changes_one_line_of_the_file_and_nothing_in_the_book(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    trade(&sandbox).await;
    let truth = file(&sandbox, &today(), "").await;

    let missing = file(&sandbox, &today(), "missing_line").await;
    assert_eq!(records(&missing, "LINE").len(), 3);
    assert!(!missing.contains("pay_3"), "the largest reference");

    let wrong = file(&sandbox, &today(), "wrong_amount").await;
    let line = |file: &str| {
        records(file, "LINE")[2][7..10].iter().map(|field| cents(field)).collect::<Vec<_>>()
    };
    assert_eq!((line(&truth), line(&wrong)), (vec![50, 26, 24], vec![-50, 26, -76]));

    let twice = file(&sandbox, &today(), "duplicate").await;
    assert_eq!(records(&twice, "LINE").iter().filter(|line| line[3] == "pay_3").count(), 2);

    let fee = file(&sandbox, &today(), "surprise_fee").await;
    assert_eq!(line(&fee), [50, 126, -76]);

    let all = file(&sandbox, &today(), "surprise_fee,duplicate,wrong_amount,missing_line").await;
    assert_eq!(
        all,
        file(&sandbox, &today(), "missing_line,wrong_amount,duplicate,surprise_fee").await
    );
    for lie in [&missing, &wrong, &twice, &fee, &all] {
        assert_ties(lie);
        assert_ne!(lie, &truth);
    }
    assert_eq!(file(&sandbox, &today(), "").await, truth);
    let unknown = sandbox.get(&format!("/v1/settlements/{}?faults=arson", today())).await;
    assert_eq!((unknown.status, unknown.json["error"]["param"].as_str()), (400, Some("faults")));
    sandbox.stop().await;
}

#[sqlx::test]
async fn a_file_can_have_a_wrong_currency_an_exchange_rounding_or_a_late_line(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    trade(&sandbox).await;
    let day = today();
    let tomorrow = (time::OffsetDateTime::now_utc() + time::Duration::days(1)).date().to_string();

    let wrong = file(&sandbox, &day, "wrong_currency").await;
    assert_eq!(records(&wrong, "LINE")[2][6], "USD", "pay_3");
    let rounded = file(&sandbox, &day, "fx_rounding").await;
    assert_eq!(records(&rounded, "LINE")[2][7], "0.49");

    let first = file(&sandbox, &day, "late").await;
    assert!(!first.contains("pay_3"));
    sandbox.advance("1d").await;
    let next = file(&sandbox, &tomorrow, "late").await;
    assert_eq!(records(&next, "LINE")[0][3], "pay_3", "a day later");
    for lie in [&rounded, &first, &next] {
        assert_ties(lie);
    }
    sandbox.stop().await;
}
