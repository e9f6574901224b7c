//! The SQL of webhooks.
//!
//! A new webhook is due only after a grace, in which the process that wrote it sends it straight
//! from memory. Whatever is still there afterwards was left by a crash or by a failed delivery. A
//! late one is due at once, because it waits for the sandbox's clock and not for a process.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::webhooks::Parcel;

/// After how many tries nobody tries again.
pub(crate) const TRIES_MAX: i32 = 12;

/// Writes the message into the caller's transaction, unless memory has to do.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    parcel: &Parcel,
) -> Result<(), sqlx::Error> {
    if parcel.is_volatile {
        return Ok(());
    }
    write(connection, parcel).await
}

/// Writes the message.
pub(crate) async fn write(
    connection: &mut PgConnection,
    parcel: &Parcel,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into webhook (webhook_id, account_id, type, body, not_before, fault, due_at,
             created_at)
         values ($1, $2, $3, $4, $5, $6,
             case when $7 then now() else now() + interval '20 seconds' end, now())",
    )
    .bind(parcel.webhook_id)
    .bind(parcel.account_id)
    .bind(&parcel.r#type)
    .bind(&parcel.body)
    .bind(parcel.not_before)
    .bind(&parcel.fault)
    .bind(parcel.is_late())
    .execute(connection)
    .await?;
    Ok(())
}

/// Leases up to `limit` due messages for a minute; `now` is the sandbox's time.
pub(crate) async fn claim(
    pool: &PgPool,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Parcel>, sqlx::Error> {
    sqlx::query_as(
        "update webhook set due_at = now() + interval '60 seconds'
         where webhook_id in (
             select webhook_id from webhook where due_at <= now() and not_before <= $1
             order by due_at limit $2 for update skip locked)
         returning webhook_id, account_id, type, body, tries, not_before, fault",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Removes what was delivered.
pub(crate) async fn remove(pool: &PgPool, delivered: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query("delete from webhook where webhook_id = any($1)")
        .bind(delivered)
        .execute(pool)
        .await?;
    Ok(())
}

/// Puts failed messages off: 1 s, 2 s, 4 s and so on up to a minute, and in the end for ever.
pub(crate) async fn put_off(
    pool: &PgPool,
    failed: &[Uuid],
    errors: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update webhook
         set tries = tries + 1, last_error = failure.error,
             due_at = case when tries + 1 >= $3 then 'infinity'
                 else now() + least(60, power(2, tries)) * interval '1 second' end
         from unnest($1::uuid[], $2::text[]) as failure(webhook_id, error)
         where webhook.webhook_id = failure.webhook_id",
    )
    .bind(failed)
    .bind(errors)
    .bind(TRIES_MAX)
    .execute(pool)
    .await?;
    Ok(())
}
