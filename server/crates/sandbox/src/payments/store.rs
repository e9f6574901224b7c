//! The SQL of payments, refunds and movements, apart from the till's.

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::payments::{
    lifecycle::Line,
    payment::{Payment, Refund},
};

/// A query of whole payments, with what follows `from payment`.
macro_rules! select_payment {
    ($tail:literal) => {
        concat!(
            "select payment_id, account_id, reference, registration, status, currency,
                 amount_minor, authorized_minor, captured_minor, refunded_minor, capture,
                 decline_code, brand, last4, behaviour, return_url, created_at, updated_at, version
             from payment ",
            $tail
        )
    };
}
pub(crate) use select_payment;

/// Finds a payment of the account.
pub(crate) async fn find(
    pool: &PgPool,
    account_id: i64,
    payment_id: Uuid,
) -> Result<Option<Payment>, sqlx::Error> {
    sqlx::query_as(select_payment!("where payment_id = $1 and account_id = $2"))
        .bind(payment_id)
        .bind(account_id)
        .fetch_optional(pool)
        .await
}

/// Finds a payment by its id alone, for the pages.
pub(crate) async fn find_any(
    pool: &PgPool,
    payment_id: Uuid,
) -> Result<Option<Payment>, sqlx::Error> {
    sqlx::query_as(select_payment!("where payment_id = $1"))
        .bind(payment_id)
        .fetch_optional(pool)
        .await
}

/// Lists the payments of a reference, newest first.
pub(crate) async fn list_by_reference(
    pool: &PgPool,
    account_id: i64,
    reference: &str,
) -> Result<Vec<Payment>, sqlx::Error> {
    sqlx::query_as(concat!(
        select_payment!(
            "where account_id = $1 and reference = $2 and status in ('declined', 'cancelled')"
        ),
        " union all ",
        select_payment!(
            "where account_id = $1 and reference = $2 and status not in ('declined', 'cancelled')"
        ),
        " order by created_at desc, payment_id desc limit 100",
    ))
    .bind(account_id)
    .bind(reference)
    .fetch_all(pool)
    .await
}

/// Lists every payment of the account, oldest first.
pub(crate) async fn list_all(pool: &PgPool, account_id: i64) -> Result<Vec<Payment>, sqlx::Error> {
    sqlx::query_as(select_payment!("where account_id = $1 order by created_at, payment_id"))
        .bind(account_id)
        .fetch_all(pool)
        .await
}

/// Locks a payment for the caller's transaction.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    payment_id: Uuid,
) -> Result<Option<Payment>, sqlx::Error> {
    sqlx::query_as(select_payment!("where payment_id = $1 for update"))
        .bind(payment_id)
        .fetch_optional(connection)
        .await
}

/// Writes what may change of a locked payment.
pub(crate) async fn update(
    connection: &mut PgConnection,
    payment: &Payment,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update payment
         set status = $2, authorized_minor = $3, captured_minor = $4, refunded_minor = $5,
             decline_code = $6, updated_at = $7, version = $8
         where payment_id = $1",
    )
    .bind(payment.payment_id)
    .bind(payment.status)
    .bind(payment.authorized_minor)
    .bind(payment.captured_minor)
    .bind(payment.refunded_minor)
    .bind(&payment.decline_code)
    .bind(payment.updated_at)
    .bind(payment.version)
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds a line to the PSP's book, at the time of the payment's last change.
pub(crate) async fn insert_movement(
    connection: &mut PgConnection,
    payment: &Payment,
    refund: Option<&Refund>,
    line: Line,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into movement (account_id, kind, payment_id, refund_id, reference,
             refund_reference, currency, gross_minor, fee_minor, occurred_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(payment.account_id)
    .bind(if refund.is_some() { "refund" } else { "payment" })
    .bind(payment.payment_id)
    .bind(refund.map(|refund| refund.refund_id))
    .bind(&payment.reference)
    .bind(refund.map(|refund| &refund.reference))
    .bind(&payment.currency)
    .bind(line.gross_minor)
    .bind(line.fee_minor)
    .bind(payment.updated_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes a refund; `false` if the account has one with this reference.
pub(crate) async fn insert_refund(
    connection: &mut PgConnection,
    refund: &Refund,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "insert into refund (refund_id, account_id, payment_id, reference, amount_minor, status,
             created_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (account_id, reference) do nothing",
    )
    .bind(refund.refund_id)
    .bind(refund.account_id)
    .bind(refund.payment_id)
    .bind(&refund.reference)
    .bind(refund.amount_minor)
    .bind(&refund.status)
    .bind(refund.created_at)
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Finds the refund of a reference, with the currency of its payment.
pub(crate) async fn find_refund(
    pool: &PgPool,
    account_id: i64,
    reference: &str,
) -> Result<Option<(Refund, String)>, sqlx::Error> {
    let refund: Option<Refund> = sqlx::query_as(
        "select refund_id, account_id, payment_id, reference, amount_minor, status, created_at
         from refund where account_id = $1 and reference = $2",
    )
    .bind(account_id)
    .bind(reference)
    .fetch_optional(pool)
    .await?;
    let Some(refund) = refund else { return Ok(None) };
    let payment = find(pool, account_id, refund.payment_id).await?;
    Ok(payment.map(|payment| (refund, payment.currency)))
}
