//! The SQL of payments, refunds and movements, apart from the till's.

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::payments::{
    lifecycle::{Line, Touched},
    payment::{Dispute, Payment, Refund},
};

/// A query of whole payments, with what follows `from payment`.
macro_rules! select_payment {
    ($tail:literal) => {
        concat!(
            "select payment_id, account_id, reference, registration, status, currency,
                 amount_minor, authorized_minor, captured_minor, refunded_minor, refunding_minor,
                 charged_back_minor, hold_expires_at, capture, decline_code, brand, last4,
                 behaviour, return_url, created_at, updated_at, version, has_refunds, has_disputes
             from payment ",
            $tail
        )
    };
}
pub(crate) use select_payment;

/// A query of whole refunds, with what follows `from refund`.
macro_rules! select_refund {
    ($tail:literal) => {
        concat!(
            "select refund_id, account_id, payment_id, reference, amount_minor, status, created_at
             from refund ",
            $tail
        )
    };
}

/// Finds a payment of the account, with its refunds and disputes.
pub(crate) async fn find(
    pool: &PgPool,
    account_id: i64,
    payment_id: Uuid,
) -> Result<Option<Payment>, sqlx::Error> {
    let payment: Option<Payment> =
        sqlx::query_as(select_payment!("where payment_id = $1 and account_id = $2"))
            .bind(payment_id)
            .bind(account_id)
            .fetch_optional(pool)
            .await?;
    Ok(attach(pool, payment.into_iter().collect()).await?.pop())
}

/// Finds a payment by its id alone, for the pages, without refunds and disputes.
pub(crate) async fn find_any(
    pool: &PgPool,
    payment_id: Uuid,
) -> Result<Option<Payment>, sqlx::Error> {
    sqlx::query_as(select_payment!("where payment_id = $1"))
        .bind(payment_id)
        .fetch_optional(pool)
        .await
}

/// Gives payments their refunds and disputes, oldest first.
pub(crate) async fn attach(
    pool: &PgPool,
    mut payments: Vec<Payment>,
) -> Result<Vec<Payment>, sqlx::Error> {
    if payments.iter().any(|payment| payment.has_refunds || payment.has_disputes) {
        let mut connection = pool.acquire().await?;
        attach_all(&mut connection, &mut payments).await?;
    }
    Ok(payments)
}

async fn attach_all(
    connection: &mut PgConnection,
    payments: &mut [Payment],
) -> Result<(), sqlx::Error> {
    let with = |has: fn(&Payment) -> bool| -> Vec<Uuid> {
        payments.iter().filter(|payment| has(payment)).map(|payment| payment.payment_id).collect()
    };
    let (with_refunds, with_disputes) =
        (with(|payment| payment.has_refunds), with(|payment| payment.has_disputes));
    let (mut refunds, mut disputes) = (Vec::new(), Vec::new());
    if !with_refunds.is_empty() {
        refunds = sqlx::query_as::<_, Refund>(select_refund!(
            "where payment_id = any($1) order by created_at, refund_id"
        ))
        .bind(with_refunds)
        .fetch_all(&mut *connection)
        .await?;
    }
    if !with_disputes.is_empty() {
        disputes = sqlx::query_as::<_, Dispute>(
            "select dispute_id, account_id, payment_id, amount_minor, reason, status, opened_at,
                 respond_by
             from dispute where payment_id = any($1) order by opened_at, dispute_id",
        )
        .bind(with_disputes)
        .fetch_all(&mut *connection)
        .await?;
    }
    for payment in payments {
        let id = payment.payment_id;
        payment.refunds = refunds.iter().filter(|one| one.payment_id == id).cloned().collect();
        payment.disputes = disputes.iter().filter(|one| one.payment_id == id).cloned().collect();
    }
    Ok(())
}

/// Lists the payments of a reference, newest first.
pub(crate) async fn list_by_reference(
    pool: &PgPool,
    account_id: i64,
    reference: &str,
) -> Result<Vec<Payment>, sqlx::Error> {
    let payments = sqlx::query_as(concat!(
        select_payment!(
            "where account_id = $1 and reference = $2 and status in ('declined', 'cancelled', 'expired')"
        ),
        " union all ",
        select_payment!(
            "where account_id = $1 and reference = $2 and status not in ('declined', 'cancelled', 'expired')"
        ),
        " order by created_at desc, payment_id desc limit 100",
    ))
    .bind(account_id)
    .bind(reference)
    .fetch_all(pool)
    .await?;
    attach(pool, payments).await
}

/// Lists every payment of the account, oldest first.
pub(crate) async fn list_all(pool: &PgPool, account_id: i64) -> Result<Vec<Payment>, sqlx::Error> {
    sqlx::query_as(select_payment!("where account_id = $1 order by created_at, payment_id"))
        .bind(account_id)
        .fetch_all(pool)
        .await
}

/// Locks a payment for the caller's transaction, with its refunds and disputes.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    payment_id: Uuid,
) -> Result<Option<Payment>, sqlx::Error> {
    let mut payment: Option<Payment> =
        sqlx::query_as(select_payment!("where payment_id = $1 for update"))
            .bind(payment_id)
            .fetch_optional(&mut *connection)
            .await?;
    attach_all(connection, payment.as_mut_slice()).await?;
    Ok(payment)
}

/// Writes what may change of a locked payment.
pub(crate) async fn update(
    connection: &mut PgConnection,
    payment: &Payment,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update payment
         set status = $2, authorized_minor = $3, captured_minor = $4, refunded_minor = $5,
             refunding_minor = $6, charged_back_minor = $7, hold_expires_at = $8, capture = $9,
             decline_code = $10, updated_at = $11, version = $12, has_refunds = $13,
             has_disputes = $14
         where payment_id = $1",
    )
    .bind(payment.payment_id)
    .bind(payment.status)
    .bind(payment.authorized_minor)
    .bind(payment.captured_minor)
    .bind(payment.refunded_minor)
    .bind(payment.refunding_minor)
    .bind(payment.charged_back_minor)
    .bind(payment.hold_expires_at)
    .bind(payment.capture)
    .bind(&payment.decline_code)
    .bind(payment.updated_at)
    .bind(payment.version)
    .bind(payment.has_refunds)
    .bind(payment.has_disputes)
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds a line to the PSP's book, at the time of the payment's last change.
pub(crate) async fn insert_movement(
    connection: &mut PgConnection,
    payment: &Payment,
    touched: Touched,
    line: Line,
) -> Result<(), sqlx::Error> {
    let refund = match touched {
        Touched::Refund(id) => payment.refunds.iter().find(|refund| refund.refund_id == id),
        Touched::Payment | Touched::Dispute(_) => None,
    };
    sqlx::query(
        "insert into movement (account_id, kind, payment_id, refund_id, reference,
             refund_reference, currency, gross_minor, fee_minor, occurred_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(payment.account_id)
    .bind(line.kind)
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

/// Writes a refund, or what became of it; `false` if the account has another with its reference.
pub(crate) async fn save_refund(
    connection: &mut PgConnection,
    refund: &Refund,
) -> Result<bool, sqlx::Error> {
    let saved = sqlx::query(
        "insert into refund (refund_id, account_id, payment_id, reference, amount_minor, status,
             created_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (account_id, reference) do update set status = excluded.status
         where refund.refund_id = excluded.refund_id",
    )
    .bind(refund.refund_id)
    .bind(refund.account_id)
    .bind(refund.payment_id)
    .bind(&refund.reference)
    .bind(refund.amount_minor)
    .bind(refund.status)
    .bind(refund.created_at)
    .execute(connection)
    .await?;
    Ok(saved.rows_affected() == 1)
}

/// Writes a dispute, or what became of it.
pub(crate) async fn save_dispute(
    connection: &mut PgConnection,
    dispute: &Dispute,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into dispute (dispute_id, account_id, payment_id, amount_minor, reason, status,
             opened_at, respond_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (dispute_id) do update set status = excluded.status",
    )
    .bind(dispute.dispute_id)
    .bind(dispute.account_id)
    .bind(dispute.payment_id)
    .bind(dispute.amount_minor)
    .bind(&dispute.reason)
    .bind(dispute.status)
    .bind(dispute.opened_at)
    .bind(dispute.respond_by)
    .execute(connection)
    .await?;
    Ok(())
}

/// Finds the refund of a reference.
pub(crate) async fn find_refund(
    pool: &PgPool,
    account_id: i64,
    reference: &str,
) -> Result<Option<Refund>, sqlx::Error> {
    sqlx::query_as(select_refund!("where account_id = $1 and reference = $2"))
        .bind(account_id)
        .bind(reference)
        .fetch_optional(pool)
        .await
}

/// Finds a refund by its id alone.
pub(crate) async fn find_refund_by_id(
    pool: &PgPool,
    refund_id: Uuid,
) -> Result<Option<Refund>, sqlx::Error> {
    sqlx::query_as(select_refund!("where refund_id = $1"))
        .bind(refund_id)
        .fetch_optional(pool)
        .await
}

/// Finds the payment of a dispute.
pub(crate) async fn find_disputed(
    pool: &PgPool,
    dispute_id: Uuid,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar("select payment_id from dispute where dispute_id = $1")
        .bind(dispute_id)
        .fetch_optional(pool)
        .await
}
