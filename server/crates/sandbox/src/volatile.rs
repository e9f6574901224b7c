//! Books that cost as little as possible and are forgotten: for measuring a client, whose own
//! speed is hidden where its processor keeps the same disk busy.

use sqlx::{AssertSqlSafe, PgPool};

use crate::transaction;

/// The tables that grow with every payment; those that refer to others stand before them.
const TABLES: [&str; 12] = [
    "dispute",
    "refund",
    "payment",
    "movement",
    "transfer",
    "transfer_movement",
    "alarm",
    "webhook",
    "idempotency_key",
    "registration_payment",
    "registration",
    "payment_method",
];

/// Empties the books and keeps them out of the write-ahead log.
pub(crate) async fn forget(pool: &PgPool) -> Result<(), sqlx::Error> {
    let all = TABLES.join(", ");
    let mut transaction = transaction::begin(pool).await?;
    sqlx::query(AssertSqlSafe(format!("truncate {all}"))).execute(&mut *transaction).await?;
    for table in TABLES {
        let statement = AssertSqlSafe(format!("alter table {table} set unlogged"));
        sqlx::query(statement).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// Makes books durable again that a volatile run left; does nothing otherwise.
pub(crate) async fn remember(pool: &PgPool) -> Result<(), sqlx::Error> {
    let is_unlogged: bool = sqlx::query_scalar(
        "select relpersistence = 'u' from pg_class where oid = 'payment'::regclass",
    )
    .fetch_one(pool)
    .await?;
    if !is_unlogged {
        return Ok(());
    }
    let mut transaction = transaction::begin(pool).await?;
    for table in TABLES.iter().rev() {
        let statement = AssertSqlSafe(format!("alter table {table} set logged"));
        sqlx::query(statement).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
