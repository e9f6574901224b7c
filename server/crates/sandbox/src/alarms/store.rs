//! The SQL of alarms.

use sqlx::{FromRow, PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{alarms::Kind, payments::lifecycle::Wake};

/// An alarm as it is stored.
#[derive(Debug, FromRow)]
#[expect(clippy::struct_field_names, reason = "keys are called as their columns are")]
pub(crate) struct Alarm {
    pub(crate) alarm_id: i64,
    /// The payment or the transfer.
    pub(crate) about_id: Uuid,
    pub(crate) subject_id: Option<Uuid>,
    pub(crate) kind: Kind,
    pub(crate) due_at: OffsetDateTime,
}

/// Sets the alarms of a change of a payment that happened at `at`.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    payment_id: Uuid,
    wakes: &[Wake],
    at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    for wake in wakes {
        sqlx::query(
            "insert into alarm (payment_id, subject_id, kind, due_at) values ($1, $2, $3, $4)",
        )
        .bind(payment_id)
        .bind(wake.subject)
        .bind(wake.kind.name())
        .bind(at + wake.after)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Sets the alarm of a transfer.
pub(crate) async fn insert_for_transfer(
    connection: &mut PgConnection,
    transfer_id: Uuid,
    kind: Kind,
    due_at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query("insert into alarm (transfer_id, kind, due_at) values ($1, $2, $3)")
        .bind(transfer_id)
        .bind(kind.name())
        .bind(due_at)
        .execute(connection)
        .await?;
    Ok(())
}

/// Finds the alarm that is to ring next. The order is by what it is about, so that it does not
/// depend on who was faster.
pub(crate) async fn find_due(
    pool: &PgPool,
    now: OffsetDateTime,
) -> Result<Option<Alarm>, sqlx::Error> {
    sqlx::query_as(
        "select alarm_id, coalesce(payment_id, transfer_id) as about_id, subject_id, kind, due_at
         from alarm where due_at <= $1
         order by due_at, coalesce(payment_id, transfer_id), alarm_id limit 1",
    )
    .bind(now)
    .fetch_optional(pool)
    .await
}

/// Takes the alarm away inside the transaction of its effect; `false` if somebody else did.
pub(crate) async fn take(
    connection: &mut PgConnection,
    alarm_id: i64,
) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query("delete from alarm where alarm_id = $1")
        .bind(alarm_id)
        .execute(connection)
        .await?;
    Ok(taken.rows_affected() == 1)
}

/// Forgets an alarm that came too late.
pub(crate) async fn drop_late(pool: &PgPool, alarm_id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from alarm where alarm_id = $1").bind(alarm_id).execute(pool).await?;
    Ok(())
}
