//! The SQL of statistics.

use sqlx::PgPool;

use crate::db::Fault;

/// Analyses the tables of up to `rows_max` rows that have doubled since they were last analysed,
/// and are large enough to matter. Leaves out what somebody else is at work on.
pub(super) async fn refresh(pool: &PgPool, rows_max: i64) -> Result<(), Fault> {
    let tables = sqlx::query_scalar!(
        r#"
        select quote_ident(pg_class.relname::text) as "name!"
        from pg_stat_user_tables
        join pg_class on pg_class.oid = relid
        where schemaname = 'public' and reltuples::bigint < $1
          and n_mod_since_analyze > greatest(200, reltuples)
        "#,
        rows_max,
    )
    .fetch_all(pool)
    .await?;
    for table in tables {
        let statement = format!("analyze (skip_locked) {table}");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(pool).await?;
    }
    Ok(())
}
