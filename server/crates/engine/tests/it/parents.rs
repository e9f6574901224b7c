//! Nothing hangs in the air: rows without their parents are refused, and parents never go.

use sqlx::{AssertSqlSafe, PgPool};

use crate::desk::Desk;

/// A copy of the only row of `table` under another id, with `column` naming nothing.
fn orphan(table: &str, key: &str, column: &str, beside: &str) -> String {
    format!(
        "insert into {table}
         select (jsonb_populate_record(one, jsonb_build_object(
             '{key}', '00000000-0000-7000-8000-' || right({key}::text, 12), {beside},
             '{column}', '00000000-0000-7000-8000-' || right({key}::text, 12)))).*
         from {table} as one limit 1"
    )
}

async fn refused_by(pool: &PgPool, statement: String) -> String {
    let error = sqlx::query(AssertSqlSafe(statement)).execute(pool).await.unwrap_err();
    let error = error.as_database_error().expect("the database refused it");
    error.constraint().map_or_else(|| error.message().to_owned(), str::to_owned)
}

/// Tables of records of money whose rows change in place. Those of rows that never change refuse
/// every change.
const KEPT: &[&str] = &[
    "shop",
    "seller",
    "processor_account",
    "checkout",
    "payment",
    "attempt",
    "refund",
    "dispute",
    "share",
    "reserve",
    "settlement_file",
    "settlement_line",
    "refused_file",
    "refused_line",
    "settlement_balance",
    "line_match",
    "mismatch",
    "adjustment",
    "payout_account",
    "payee_account",
    "payout",
    "bank_report",
    "payout_booking",
];

#[sqlx::test(migrations = "../../../migrations")]
async fn records_of_money_are_never_removed(pool: PgPool) {
    for table in KEPT {
        for statement in [format!("delete from {table}"), format!("truncate {table} cascade")] {
            let refused = refused_by(&pool, statement.clone()).await;
            assert!(
                refused.starts_with("no ") || refused.ends_with(" is append-only"),
                "{statement}: {refused}"
            );
        }
    }
    let unkept: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class
         where relkind = 'r' and relnamespace = 'public'::regnamespace
           and exists (select from pg_attribute
                       where attrelid = pg_class.oid and attname like '%\\_minor' and not attisdropped)
           and not exists (select from pg_trigger
                           where tgrelid = pg_class.oid and not tgisinternal
                             and tgtype & 8 = 8 and tgtype & 32 = 32)
         order by relname",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(unkept, MAY_GO, "a new table with amounts is kept, or named here with its reason");
}

/// Tables with amounts that are no records: what is computed from others or set anew, and what waits.
const MAY_GO: &[&str] = &[
    "account_balance",
    "balance_delta",
    "exchange_quote",
    "payout_limit",
    "payout_schedule",
    "processor_limit",
    "route",
    "wallet_lock",
];

#[sqlx::test(migrations = "../../../migrations")]
async fn a_row_without_its_parents_is_refused(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;

    for (table, key, columns, beside) in [
        ("checkout", "checkout_id", &["shop_id"][..], "'reference', 'other'"),
        (
            "payment",
            "payment_id",
            &["checkout_id", "shop_id", "seller_id", "processor_account_id"][..],
            "'position', 9",
        ),
        ("attempt", "attempt_id", &["payment_id", "processor_account_id"][..], "'number', 9"),
    ] {
        let sound = format!(
            "insert into {table} select (jsonb_populate_record(one, jsonb_build_object(
                '{key}', '00000000-0000-7000-8000-' || right({key}::text, 12), {beside}))).*
             from {table} as one limit 1"
        );
        for column in columns {
            let refused = refused_by(desk.pool(), orphan(table, key, column, beside)).await;
            assert_eq!(refused, format!("{table}_parents_check"), "{column}");
        }
        let mut tx = desk.pool().begin().await.unwrap();
        sqlx::query(AssertSqlSafe(sound)).execute(&mut *tx).await.expect("with its parents");
    }
    let moved = "update payment set processor_account_id = gen_random_uuid()";
    assert_eq!(refused_by(desk.pool(), moved.into()).await, "payment_parents_check");
    let notification = "insert into inbound_webhook (inbound_webhook_id, processor_account_id,
                                                     message_id, headers, body, body_bytes, state)
                        values (gen_random_uuid(), gen_random_uuid(), 'msg', '{}', '', 0, 'stored')";
    let refused = refused_by(desk.pool(), notification.into()).await;
    assert_eq!(refused, "inbound_webhook_parents_check");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_others_hang_on_is_never_removed(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;

    for table in ["shop", "seller", "processor_account", "checkout", "payment"] {
        for statement in [format!("delete from {table}"), format!("truncate {table} cascade")] {
            let refused = refused_by(desk.pool(), statement).await;
            let said = format!("no {table} is ever removed");
            // Truncating goes down to whatever hangs on it, some of which is append-only too.
            assert!(refused == said || refused.contains("append-only"), "{table}: {refused}");
        }
    }
    desk.close().await;
}
