//! The SQL of payments.

pub(crate) mod objects;

use std::collections::{BTreeMap, HashMap};

use domain::currency::Currency;
use domain::id::{CheckoutId, PaymentId, RefundId};
use domain::money::Money;
use domain::refund::{Refund, RefundState};
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::columns::{column, json_or_null};
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
        select payment.bucket, payment_id, checkout_id, payment.shop_id, payment.seller_id,
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
        select payment.bucket, payment_id, checkout_id, payment.shop_id, payment.seller_id,
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
#[expect(clippy::too_many_lines, reason = "one statement, with a line for each column")]
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
        from unnest($1::smallint[], $2::uuid[], $3::text[], $4::smallint[], $5::boolean[],
                    $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
                    $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
                    $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::uuid[],
                    $21::uuid[], $22::text[], $23::text[], $24::text[], $25::text[], $26::jsonb[],
                    $27::timestamptz[], $28::smallint[], $29::integer[])
            as next (bucket, payment_id, phase, attempts, in_doubt, authorized_minor, captured_minor,
                     capture_requested_minor, capture_reserved_minor, refunded_minor,
                     refunded_elsewhere_minor, returned_elsewhere_minor, refund_requested_minor,
                     refund_reserved_minor, charged_back_minor, settled_minor, refund_settled_minor,
                     fee_minor, fee_returned_minor, registration_id, processor_account_id,
                     processor_reference, failure_code, failure_message, action_url, operations,
                     hold_expires_at, disputes, version)
        where payment.bucket = next.bucket and payment.payment_id = next.payment_id
        "#,
        &column(rows, |row| row.bucket),
        &column(rows, |row| row.payment_id),
        &column(rows, |row| row.phase.as_str()) as &[&str],
        &column(rows, |row| row.attempts),
        &column(rows, |row| row.in_doubt),
        &column(rows, |row| row.authorized_minor),
        &column(rows, |row| row.captured_minor),
        &column(rows, |row| row.capture_requested_minor),
        &column(rows, |row| row.capture_reserved_minor),
        &column(rows, |row| row.refunded_minor),
        &column(rows, |row| row.refunded_elsewhere_minor),
        &column(rows, |row| row.returned_elsewhere_minor),
        &column(rows, |row| row.refund_requested_minor),
        &column(rows, |row| row.refund_reserved_minor),
        &column(rows, |row| row.charged_back_minor),
        &column(rows, |row| row.settled_minor),
        &column(rows, |row| row.refund_settled_minor),
        &column(rows, |row| row.fee_minor),
        &column(rows, |row| row.fee_returned_minor),
        &column(rows, |row| row.registration_id) as &[Option<Uuid>],
        &column(rows, |row| row.processor_account_id) as &[Option<Uuid>],
        &column(rows, |row| row.processor_reference.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.failure_code.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.failure_message.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.action_url.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.operations.as_ref().and_then(json_or_null)) as &[Option<Json<&Value>>],
        &column(rows, |row| row.hold_expires_at) as &[Option<OffsetDateTime>],
        &column(rows, |row| row.disputes),
        &column(rows, |row| row.version),
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
        from unnest($1::smallint[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[],
                    $7::bigint[], $8::text[], $9::uuid[], $10::jsonb[], $11::text[])
            as new (bucket, payment_id, version, event, from_phase, to_phase, amount_minor, source,
                    attempt_id, evidence, irregular)
        "#,
        &column(rows, |row| row.bucket),
        &column(rows, |row| row.payment_id),
        &column(rows, |row| row.version),
        &column(rows, |row| row.event) as &[&str],
        &column(rows, |row| row.from_phase.as_str()) as &[&str],
        &column(rows, |row| row.to_phase.as_str()) as &[&str],
        &column(rows, |row| row.amount_minor) as &[Option<i64>],
        &column(rows, |row| row.source) as &[&str],
        &column(rows, |row| row.attempt_id) as &[Option<Uuid>],
        &column(rows, |row| json_or_null(&row.evidence)) as &[Option<Json<&Value>>],
        &column(rows, |row| row.irregular) as &[Option<&str>],
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
pub(crate) async fn append_events(tx: &mut Tx, rows: &[EventRow]) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into outbox (bucket, object_id, sequence, event_id, shop_id, type, payload)
        select bucket, object_id, sequence, event_id, shop_id, type, payload
        from unnest($1::smallint[], $2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::text[],
                    $7::jsonb[])
            as new (bucket, object_id, sequence, event_id, shop_id, type, payload)
        "#,
        &column(rows, |row| row.bucket),
        &column(rows, |row| row.object_id),
        &column(rows, |row| row.sequence),
        &column(rows, |row| row.event_id),
        &column(rows, |row| row.shop_id),
        &column(rows, |row| row.kind) as &[&str],
        &column(rows, |row| Json(&row.payload)) as &[Json<&Value>],
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
        from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[],
                    $6::smallint[], $7::text[], $8::bigint[], $9::text[], $10::text[])
            as new (bucket, attempt_id, payment_id, processor_account_id, operation, number,
                    idempotency_key, amount_minor, routing_reason, cause)
        "#,
        &column(rows, |row| row.bucket),
        &column(rows, |row| row.attempt_id),
        &column(rows, |row| row.payment_id),
        &column(rows, |row| row.processor_account_id),
        &column(rows, |row| row.operation) as &[&str],
        &column(rows, |row| row.number),
        &column(rows, |row| row.idempotency_key.as_str()) as &[&str],
        &column(rows, |row| row.amount_minor),
        &column(rows, |row| row.routing_reason.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.cause) as &[&str],
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
        from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
            as ended (bucket, attempt_id, state, processor_reference, code, answer)
        where attempt.bucket = ended.bucket and attempt.attempt_id = ended.attempt_id
          and (attempt.state = 'started'
               or (ended.state <> 'retryable' and attempt.state = 'unknown')
               or (ended.state not in ('retryable', 'unknown') and attempt.operation = 'authorize'))
        "#,
        &column(rows, |row| row.bucket),
        &column(rows, |row| row.attempt_id),
        &column(rows, |row| row.state) as &[&str],
        &column(rows, |row| row.processor_reference.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.code.as_deref()) as &[Option<&str>],
        &column(rows, |row| json_or_null(&row.answer)) as &[Option<Json<&Value>>],
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
        select payment.bucket, payment_id, checkout_id, payment.shop_id, payment.seller_id,
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
