//! The SQL of the benchmark.

use sqlx::PgPool;

/// Makes the database that the queue is measured on.
pub(super) async fn create_queue_database(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("create database queue").execute(pool).await?;
    Ok(())
}

/// Whether every job has come to its end.
pub(super) async fn is_queue_empty(pool: &PgPool) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select not exists (select 1 from job)").fetch_one(pool).await
}

/// Makes the table of what is copied: numbers, and the buckets of the references that they get.
pub(super) async fn prepare_numbers(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(
        "create unlogged table full_number
             (number integer, bucket smallint, payment_bucket smallint)",
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Adds to them; `rows` as `copy` reads them.
pub(super) async fn copy_numbers(pool: &PgPool, rows: &str) -> Result<(), sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let mut copy = connection.copy_in_raw("copy full_number from stdin").await?;
    copy.send(rows.as_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

/// Copies a finished payment once for each number.
pub(super) async fn copy_payments(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(include_str!("full.sql")).execute(pool).await?;
    Ok(())
}
