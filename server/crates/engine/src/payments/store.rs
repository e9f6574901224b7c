//! The SQL of payments.

pub(crate) mod objects;

use std::collections::{BTreeMap, HashMap};

use domain::currency::Currency;
use domain::id::{CheckoutId, PaymentId, RefundId};
use domain::money::Money;
use domain::refund::{Refund, RefundState};
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::payments::announce::Receiver;
use crate::payments::changes::{EventRow, RefundRow, TransitionRow};
use crate::payments::row::Row;

/// Locks the payments that exist, in the order of their ids. Who hears of what becomes of them is
/// read along.
pub(super) async fn lock(tx: &mut Tx, ids: &[PaymentId]) -> Result<Vec<Row>, Fault> {
    let (buckets, ids) = keys(ids);
    Ok(sqlx::query_as!(
        Row,
        r#"
        select payment.bucket, payment_id, checkout_id, payment.shop_id, payment.seller_id, position,
               payment.reference, description, phase, currency, amount_minor, capture_mode,
               payment.fee_basis_points, attempts, attempts_max, in_doubt, authorized_minor,
               captured_minor, capture_requested_minor, capture_reserved_minor, refunded_minor,
               refunded_elsewhere_minor, returned_elsewhere_minor, refund_requested_minor,
               refund_reserved_minor,
               charged_back_minor, settled_minor, refund_settled_minor, fee_minor,
               fee_returned_minor, policy, metadata, payment_method, registration_id,
               processor_account_id,
               processor_reference, failure_code, failure_message, action_url,
               operations, hold_expires_at, disputes, version, payment.created_at,
               seller.reference as seller_account, seller.name as seller_name,
               coalesce((select json_agg(json_build_array(webhook_endpoint_id, event_types))
                         from webhook_endpoint as receiver
                         where receiver.shop_id = payment.shop_id
                           and receiver.disabled_at is null), '[]') as "receivers!: Json<Vec<Receiver>>"
        from unnest($1::smallint[], $2::uuid[]) as wanted (bucket, id)
        join payment on payment.bucket = wanted.bucket and payment.payment_id = wanted.id
        join seller on seller.seller_id = payment.seller_id
        order by payment_id
        for update of payment
        "#,
        &buckets,
        &ids,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The payments of checkouts, each checkout's in the order of its basket.
pub(crate) async fn of_checkouts(
    pool: &PgPool,
    checkouts: &[CheckoutId],
) -> Result<Vec<Row>, Fault> {
    let (buckets, ids): (Vec<i16>, Vec<Uuid>) =
        checkouts.iter().map(|id| (id.bucket().as_i16(), id.uuid())).unzip();
    Ok(sqlx::query_as!(
        Row,
        r#"
        select payment.bucket, payment_id, checkout_id, payment.shop_id, payment.seller_id, position,
               payment.reference, description, phase, currency, amount_minor, capture_mode,
               payment.fee_basis_points, attempts, attempts_max, in_doubt, authorized_minor,
               captured_minor, capture_requested_minor, capture_reserved_minor, refunded_minor,
               refunded_elsewhere_minor, returned_elsewhere_minor, refund_requested_minor,
               refund_reserved_minor,
               charged_back_minor, settled_minor, refund_settled_minor, fee_minor,
               fee_returned_minor, policy, metadata, payment_method, registration_id,
               processor_account_id,
               processor_reference, failure_code, failure_message, action_url,
               operations, hold_expires_at, disputes, version, payment.created_at,
               seller.reference as seller_account, seller.name as seller_name,
               '[]'::json as "receivers!: Json<Vec<Receiver>>"
        from unnest($1::smallint[], $2::uuid[]) as wanted (bucket, id)
        join payment on payment.bucket = wanted.bucket and payment.checkout_id = wanted.id
        join seller on seller.seller_id = payment.seller_id
        order by checkout_id, position
        "#,
        &buckets,
        &ids,
    )
    .fetch_all(pool)
    .await?)
}

/// The refunds of each payment, the oldest first.
pub(super) async fn refunds(
    conn: &mut PgConnection,
    payments: &[PaymentId],
) -> Result<BTreeMap<PaymentId, Vec<Refund>>, Fault> {
    let (buckets, ids) = keys(payments);
    let rows = sqlx::query!(
        r#"
        select refund.payment_id, refund_id, refund.amount_minor, state, payment.currency
        from unnest($1::smallint[], $2::uuid[]) as wanted (bucket, id)
        join refund on refund.bucket = wanted.bucket and refund.payment_id = wanted.id
        join payment on payment.bucket = refund.bucket and payment.payment_id = refund.payment_id
        order by refund_id
        "#,
        &buckets,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    let mut refunds = BTreeMap::<PaymentId, Vec<Refund>>::new();
    for row in rows {
        let corrupt = || Fault::CorruptRow(format!("refund {}", row.refund_id));
        let currency: Currency = row.currency.parse().map_err(|_| corrupt())?;
        let refund = Refund {
            id: RefundId::from_uuid(row.refund_id),
            amount: Money::from_minor(row.amount_minor, currency),
            state: RefundState::from_word(&row.state).ok_or_else(corrupt)?,
        };
        refunds.entry(PaymentId::from_uuid(row.payment_id)).or_default().push(refund);
    }
    Ok(refunds)
}

/// Writes new states over the rows that were locked.
///
/// # Panics
/// If a row has changed since: it is locked, so that would be a bug here, and carrying on would
/// lose somebody's money.
pub(super) async fn save(tx: &mut Tx, rows: &[Row]) -> Result<(), Fault> {
    let written = sqlx::query!(
        r#"
        update payment
        set phase = next.phase, attempts = next.attempts, in_doubt = next.in_doubt,
            authorized_minor = next.authorized_minor, captured_minor = next.captured_minor,
            capture_requested_minor = next.capture_requested_minor,
            capture_reserved_minor = next.capture_reserved_minor,
            refunded_minor = next.refunded_minor,
            refunded_elsewhere_minor = next.refunded_elsewhere_minor,
            returned_elsewhere_minor = next.returned_elsewhere_minor,
            refund_requested_minor = next.refund_requested_minor,
            refund_reserved_minor = next.refund_reserved_minor,
            charged_back_minor = next.charged_back_minor, settled_minor = next.settled_minor,
            refund_settled_minor = next.refund_settled_minor, fee_minor = next.fee_minor,
            fee_returned_minor = next.fee_returned_minor, registration_id = next.registration_id,
            processor_account_id = next.processor_account_id,
            processor_reference = next.processor_reference, failure_code = next.failure_code,
            failure_message = next.failure_message, action_url = next.action_url,
            captured_at = coalesce(payment.captured_at,
                                   case when next.captured_minor > 0 then now() end),
            operations = next.operations, hold_expires_at = next.hold_expires_at,
            disputes = next.disputes, version = next.version, updated_at = now()
        from jsonb_populate_recordset(null::payment, $1) as next
        where payment.bucket = next.bucket and payment.payment_id = next.payment_id
        "#,
        json(rows)?,
    )
    .execute(tx.conn())
    .await?;
    assert_eq!(written.rows_affected(), rows.len() as u64, "a payment vanished under its lock");
    Ok(())
}

/// Adds to the history.
pub(crate) async fn append_transitions(tx: &mut Tx, rows: &[TransitionRow]) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into transition (bucket, payment_id, version, event, from_phase, to_phase,
                                amount_minor, source, attempt_id, evidence, irregular)
        select bucket, payment_id, version, event, from_phase, to_phase, amount_minor, source,
               attempt_id, evidence, irregular
        from jsonb_populate_recordset(null::transition, $1)
        "#,
        json(rows)?,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds refunds, or writes their new states.
pub(super) async fn save_refunds(tx: &mut Tx, rows: &[RefundRow]) -> Result<(), Fault> {
    for row in rows {
        sqlx::query!(
            r#"
            insert into refund (bucket, refund_id, payment_id, amount_minor, state, reason,
                                processor_reference, failure_code, failure_message)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (bucket, refund_id) do update
            set state = excluded.state, updated_at = now(),
                processor_reference =
                    coalesce(excluded.processor_reference, refund.processor_reference),
                failure_code = coalesce(excluded.failure_code, refund.failure_code),
                failure_message = coalesce(excluded.failure_message, refund.failure_message)
            "#,
            row.bucket,
            row.refund_id,
            row.payment_id,
            row.amount_minor,
            row.state,
            row.reason,
            row.processor_reference,
            row.failure.as_ref().map(|(code, _)| code),
            row.failure.as_ref().map(|(_, message)| message),
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Adds outgoing events.
pub(super) async fn append_events(tx: &mut Tx, rows: &[EventRow]) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into outbox (bucket, object_id, sequence, event_id, shop_id, type, payload)
        select bucket, object_id, sequence, event_id, shop_id, type, payload
        from jsonb_populate_recordset(null::outbox, $1)
        "#,
        json(rows)?,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Rows as one JSON value, which Postgres spreads into columns of the same names.
pub(crate) fn json(rows: &[impl Serialize]) -> Result<serde_json::Value, Fault> {
    serde_json::to_value(rows).map_err(|error| Fault::Broken(format!("a row has no JSON: {error}")))
}

fn keys(ids: &[PaymentId]) -> (Vec<i16>, Vec<Uuid>) {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids.iter().map(|id| (id.bucket().as_i16(), id.uuid())).unzip()
}

/// Whether the work of carrying the payment to its processor waits or is being done.
pub(crate) async fn is_carried(pool: &PgPool, id: PaymentId) -> Result<bool, Fault> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from job where bucket = $1 and subject_id = $2 and kind = $3)
               as "is_carried!""#,
        id.bucket().as_i16(),
        id.uuid(),
        super::execute::EXECUTE,
    )
    .fetch_one(pool)
    .await?)
}

/// Adds attempts.
pub(super) async fn insert_attempts(
    tx: &mut Tx,
    rows: &[crate::payments::attempt::NewAttempt],
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into attempt (bucket, attempt_id, payment_id, processor_account_id, operation,
                             number, idempotency_key, amount_minor, routing_reason, cause)
        select bucket, attempt_id, payment_id, processor_account_id, operation, number,
               idempotency_key, amount_minor, routing_reason, cause
        from jsonb_populate_recordset(null::attempt, $1)
        "#,
        json(rows)?,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes how attempts ended. A later, better answer replaces "unknown"; an authorisation that
/// waited for the shopper may still be declined. That nothing happened is believed only of what has
/// no outcome yet.
pub(super) async fn end_attempts(
    tx: &mut Tx,
    rows: &[crate::payments::attempt::AttemptEnd],
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        update attempt
        set state = ended.state, code = ended.code, answer = ended.answer, ended_at = now(),
            processor_reference = coalesce(ended.processor_reference, attempt.processor_reference)
        from jsonb_populate_recordset(null::attempt, $1) as ended
        where attempt.bucket = ended.bucket and attempt.attempt_id = ended.attempt_id
          and (attempt.state = 'started'
               or (ended.state <> 'retryable' and attempt.state = 'unknown')
               or (ended.state not in ('retryable', 'unknown') and attempt.operation = 'authorize'))
        "#,
        json(rows)?,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a worker needs to carry a payment to its processor, read without a lock.
#[derive(Debug, Clone)]
pub(crate) struct WorkRow {
    payment_id: Uuid,
    pub(crate) checkout_id: Uuid,
    pub(crate) phase: String,
    pub(crate) in_doubt: bool,
    pub(crate) currency: String,
    pub(crate) amount_minor: i64,
    pub(crate) capture_mode: String,
    pub(crate) attempts_max: i16,
    pub(crate) payment_method: Option<String>,
    pub(crate) registration_token: Option<String>,
    pub(crate) processor_account_id: Uuid,
    pub(crate) attempt_id: Uuid,
    pub(crate) attempt_number: i16,
    pub(crate) attempt_state: String,
    pub(crate) idempotency_key: String,
}

/// The payments with their newest authorisations, those for which one was ever tried.
pub(crate) async fn work(
    pool: &PgPool,
    ids: &[PaymentId],
) -> Result<HashMap<PaymentId, WorkRow>, Fault> {
    let (buckets, ids) = keys(ids);
    let rows = sqlx::query_as!(
        WorkRow,
        r#"
        select payment.payment_id, payment.checkout_id, payment.phase, payment.in_doubt,
               payment.currency, payment.amount_minor, payment.attempts_max,
               -- All-or-nothing: nothing is taken before everything is held.
               case payment.policy when 'all_or_nothing' then 'manual' else payment.capture_mode end
                   as "capture_mode!",
               payment.payment_method, registration.token as "registration_token?",
               attempt.processor_account_id, attempt.attempt_id, attempt.number as attempt_number,
               attempt.state as attempt_state, attempt.idempotency_key
        from unnest($1::smallint[], $2::uuid[]) as wanted (bucket, id)
        join payment on payment.bucket = wanted.bucket and payment.payment_id = wanted.id
        join attempt on attempt.bucket = payment.bucket and attempt.payment_id = payment.payment_id
            and attempt.operation = 'authorize' and attempt.number = payment.attempts
        left join registration on registration.bucket = payment.bucket
            and registration.registration_id = payment.registration_id
        "#,
        &buckets,
        &ids,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (PaymentId::from_uuid(row.payment_id), row)).collect())
}

/// The processor's ids of payments that earlier attempts left behind.
pub(super) async fn known_references(
    pool: &PgPool,
    payment: PaymentId,
    before_number: i16,
) -> Result<Vec<String>, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select processor_reference as "reference!" from attempt
        where bucket = $1 and payment_id = $2 and operation = 'authorize' and number < $3
          and processor_reference is not null
        "#,
        payment.bucket().as_i16(),
        payment.uuid(),
        before_number,
    )
    .fetch_all(pool)
    .await?)
}

/// The payment, whosever it is: for workers.
pub(super) async fn find_any(pool: &PgPool, id: PaymentId) -> Result<Option<Row>, Fault> {
    Ok(find_many(pool, &[id]).await?.remove(&id))
}

/// The payments that exist, whosever they are: for workers.
pub(crate) async fn find_many(
    pool: &PgPool,
    ids: &[PaymentId],
) -> Result<HashMap<PaymentId, Row>, Fault> {
    let (buckets, ids) = keys(ids);
    let rows = sqlx::query_as!(
        Row,
        r#"
        select payment.bucket, payment_id, checkout_id, payment.shop_id, payment.seller_id, position,
               payment.reference, description, phase, currency, amount_minor, capture_mode,
               payment.fee_basis_points, attempts, attempts_max, in_doubt, authorized_minor,
               captured_minor, capture_requested_minor, capture_reserved_minor, refunded_minor,
               refunded_elsewhere_minor, returned_elsewhere_minor, refund_requested_minor,
               refund_reserved_minor,
               charged_back_minor, settled_minor, refund_settled_minor, fee_minor,
               fee_returned_minor, policy, metadata, payment_method, registration_id,
               processor_account_id,
               processor_reference, failure_code, failure_message, action_url,
               operations, hold_expires_at, disputes, version, payment.created_at,
               seller.reference as seller_account, seller.name as seller_name,
               '[]'::json as "receivers!: Json<Vec<Receiver>>"
        from unnest($1::smallint[], $2::uuid[]) as wanted (bucket, id)
        join payment on payment.bucket = wanted.bucket and payment.payment_id = wanted.id
        join seller on seller.seller_id = payment.seller_id
        "#,
        &buckets,
        &ids,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (PaymentId::from_uuid(row.payment_id), row)).collect())
}
