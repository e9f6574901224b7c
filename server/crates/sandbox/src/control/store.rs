//! The SQL of the clock.

use sqlx::PgPool;

use crate::clock::Clock;

/// Reads how far a clock of this sort had got before the process ended.
pub(crate) async fn find_offset(
    pool: &PgPool,
    is_standing: bool,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar("select offset_ms from clock where is_standing = $1")
        .bind(is_standing)
        .fetch_optional(pool)
        .await
}

/// Keeps how far the clock has got.
pub(crate) async fn save(pool: &PgPool, clock: &Clock) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into clock (offset_ms, is_standing) values ($1, $2)
         on conflict (only_row) do update
         set offset_ms = excluded.offset_ms, is_standing = excluded.is_standing",
    )
    .bind(clock.offset_ms())
    .bind(clock.is_standing())
    .execute(pool)
    .await?;
    Ok(())
}
