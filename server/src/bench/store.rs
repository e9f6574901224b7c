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

/// What a statement has cost Postgres.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) calls: i64,
    /// How long it took in all, with its planning, in microseconds.
    pub(super) micros: i64,
    /// How much of that was planning.
    pub(super) planned_percent: i64,
}

/// Has Postgres count statements; it must have been started with the library that does.
pub(super) async fn count_statements(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("create extension pg_stat_statements").execute(pool).await?;
    Ok(())
}

/// Begins to count anew.
pub(super) async fn reset_statements(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("select pg_stat_statements_reset()").execute(pool).await?;
    Ok(())
}

/// The statements that took longest in all.
pub(super) async fn list_statements(pool: &PgPool) -> Result<Vec<Statement>, sqlx::Error> {
    sqlx::query_as(
        r"
        select regexp_replace(query, '\s+', ' ', 'g') as text, calls,
               ((total_exec_time + total_plan_time) * 1000)::bigint as micros,
               (100 * total_plan_time / (total_exec_time + total_plan_time))::bigint
                   as planned_percent
        from pg_stat_statements
        join pg_database on pg_database.oid = dbid and datname = current_database()
        order by micros desc
        limit 40
        ",
    )
    .fetch_all(pool)
    .await
}
