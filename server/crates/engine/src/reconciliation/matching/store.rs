//! The SQL that joins lines with our books.

use serde::Serialize;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::payments::store::json;
use crate::reconciliation::take_in::Intake;

/// How many rows one statement writes.
const BATCH: usize = 5_000;

/// Matches rows that earlier files of the same day have already, field by field: a file that the
/// processor corrects repeats the rest. The second of two equal rows needs two in an earlier file.
pub(super) async fn match_repeated(tx: &mut Tx, intake: &Intake) -> Result<usize, Fault> {
    let matched = sqlx::query!(
        r#"
        with copy as (
            select settlement_line_id, settlement_file_id, type, reference, processor_reference,
                   refund_reference, currency, gross_minor, fee_minor, occurred_at,
                   row_number() over (
                       partition by settlement_file_id, type, reference, processor_reference,
                                    refund_reference, currency, gross_minor, fee_minor, occurred_at
                       order by line) as copy
            from settlement_line
            join settlement_file using (settlement_file_id)
            where processor_account_id = $2 and business_date = $3
        ), repeated as (
            select distinct on (copy.settlement_line_id)
                   copy.settlement_line_id, earlier.settlement_line_id as earlier_id
            from copy
            join copy as earlier
              on earlier.settlement_file_id <> copy.settlement_file_id
             and earlier.processor_reference = copy.processor_reference
             and earlier.type = copy.type and earlier.reference = copy.reference
             and earlier.refund_reference is not distinct from copy.refund_reference
             and earlier.currency = copy.currency and earlier.gross_minor = copy.gross_minor
             and earlier.fee_minor = copy.fee_minor and earlier.occurred_at = copy.occurred_at
             and earlier.copy = copy.copy
            where copy.settlement_file_id = $1
            order by copy.settlement_line_id, earlier.settlement_line_id
        ), noted as (
            insert into line_match (settlement_line_id, object_id, amount_minor, rule)
            select settlement_line_id, earlier_id, 0, 'reported_before' from repeated
        )
        update settlement_line set state = 'matched'
        from repeated where settlement_line.settlement_line_id = repeated.settlement_line_id
        "#,
        intake.id.uuid(),
        intake.account.id.uuid(),
        intake.file.business_date,
    )
    .execute(tx.conn())
    .await?;
    Ok(usize::try_from(matched.rows_affected()).unwrap_or(usize::MAX))
}

/// Finds payments by the processor's own reference where ours names none, unless two have it.
pub(super) async fn match_by_processor_reference(
    tx: &mut Tx,
    intake: &Intake,
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        with lost as (
            select settlement_line_id, processor_reference from settlement_line
            where settlement_file_id = $1 and state = 'read'
              and not exists (
                  select 1 from payment
                  where payment.bucket = bucket_of(settlement_line.payment_id)
                    and payment.payment_id = settlement_line.payment_id)
        ), found as (
            select lost.settlement_line_id, min(payment.payment_id::text)::uuid as payment_id
            from lost
            join payment on payment.processor_reference = lost.processor_reference
            where payment.processor_account_id = $2 and payment.shop_id = $3
              and payment.captured_at between $4::date - interval '7 days'
                                          and $4::date + interval '2 days'
            group by lost.settlement_line_id
            having count(*) = 1
        )
        update settlement_line set payment_id = found.payment_id
        from found where settlement_line.settlement_line_id = found.settlement_line_id
        "#,
        intake.id.uuid(),
        intake.account.id.uuid(),
        intake.shop.uuid(),
        intake.file.business_date,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Locks the payments that the lines name, in the order of their ids.
pub(super) async fn lock_payments(tx: &mut Tx, intake: &Intake) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        select 1 as "one!" from payment
        where (bucket, payment_id) in (
            select bucket_of(payment_id), payment_id from settlement_line
            where settlement_file_id = $1 and state = 'read' and payment_id is not null)
          and shop_id = $2 and processor_account_id = $3
        order by payment_id
        for update
        "#,
        intake.id.uuid(),
        intake.shop.uuid(),
        intake.account.id.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(())
}

/// A line of a payment beside the payment, if there is one at this account.
pub(super) struct PaymentRow {
    pub(super) settlement_line_id: Uuid,
    pub(super) line: i32,
    pub(super) reference: String,
    pub(super) processor_reference: String,
    pub(super) currency: String,
    pub(super) gross_minor: i64,
    pub(super) fee_minor: i64,
    pub(super) net_minor: i64,
    /// Whether a line of the same capture stands before it, here or in an earlier file.
    pub(super) repeated: bool,
    pub(super) payment_id: Option<Uuid>,
    pub(super) our_currency: Option<String>,
    pub(super) amount_minor: Option<i64>,
    pub(super) captured_minor: Option<i64>,
    pub(super) settled_minor: Option<i64>,
    /// What was left on the receivable and has been adjusted away.
    pub(super) adjusted_minor: i64,
}

/// Every line of a payment that is not matched yet, in the order of the file.
pub(super) async fn join_payments(tx: &mut Tx, intake: &Intake) -> Result<Vec<PaymentRow>, Fault> {
    Ok(sqlx::query_as!(
        PaymentRow,
        r#"
        select line.settlement_line_id, line.line, line.reference, line.processor_reference,
               line.currency, line.gross_minor, line.fee_minor, line.net_minor,
               (row_number() over (
                    partition by line.reference, line.processor_reference, line.occurred_at
                    order by line.line) > 1
                or exists (
                    select 1 from settlement_line as earlier
                    join settlement_file as file using (settlement_file_id)
                    where earlier.processor_reference = line.processor_reference
                      and earlier.type = line.type and earlier.reference = line.reference
                      and earlier.occurred_at = line.occurred_at
                      and earlier.settlement_file_id <> line.settlement_file_id
                      and file.processor_account_id = $2)) as "repeated!",
               payment.payment_id as "payment_id?", payment.currency as "our_currency?",
               payment.amount_minor as "amount_minor?",
               payment.captured_minor as "captured_minor?",
               payment.settled_minor as "settled_minor?",
               coalesce(adjusted.minor, 0) as "adjusted_minor!"
        from settlement_line as line
        left join payment
          on payment.bucket = bucket_of(line.payment_id) and payment.payment_id = line.payment_id
         and payment.processor_account_id = $2 and payment.shop_id = $3
        left join receivable_adjusted as adjusted on adjusted.payment_id = payment.payment_id
        where line.settlement_file_id = $1 and line.type = 'payment' and line.state = 'read'
        order by line.line
        "#,
        intake.id.uuid(),
        intake.account.id.uuid(),
        intake.shop.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// A line of a refund beside the refund and its payment, if they exist at this account.
pub(super) struct RefundRow {
    pub(super) settlement_line_id: Uuid,
    pub(super) line: i32,
    pub(super) refund_reference: Option<String>,
    pub(super) processor_reference: String,
    pub(super) currency: String,
    pub(super) gross_minor: i64,
    pub(super) fee_minor: i64,
    pub(super) net_minor: i64,
    pub(super) payment_id: Option<Uuid>,
    pub(super) our_currency: Option<String>,
    pub(super) refund_id: Option<Uuid>,
    pub(super) amount_minor: Option<i64>,
    pub(super) state: Option<String>,
    /// Whether a line has settled it, here above or in an earlier file.
    pub(super) settled: bool,
}

/// Every line of a refund that is not matched yet, in the order of the file.
pub(super) async fn join_refunds(tx: &mut Tx, intake: &Intake) -> Result<Vec<RefundRow>, Fault> {
    Ok(sqlx::query_as!(
        RefundRow,
        r#"
        select line.settlement_line_id, line.line, line.refund_reference,
               line.processor_reference, line.currency, line.gross_minor, line.fee_minor,
               line.net_minor,
               payment.payment_id as "payment_id?", payment.currency as "our_currency?",
               refund.refund_id as "refund_id?", refund.amount_minor as "amount_minor?",
               refund.state as "state?",
               (row_number() over (partition by line.refund_reference order by line.line) > 1
                or exists (select 1 from line_match
                           where line_match.object_id = refund.refund_id)) as "settled!"
        from settlement_line as line
        left join payment
          on payment.bucket = bucket_of(line.payment_id) and payment.payment_id = line.payment_id
         and payment.processor_account_id = $2 and payment.shop_id = $3
        left join refund
          on refund.bucket = payment.bucket and refund.refund_id = line.refund_id
         and refund.payment_id = payment.payment_id
        where line.settlement_file_id = $1 and line.type = 'refund' and line.state = 'read'
        order by line.line
        "#,
        intake.id.uuid(),
        intake.account.id.uuid(),
        intake.shop.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Makes the statements that follow use indexes, however small the tables were when this
/// connection planned them first. A file adds so many rows in one transaction that a plan made for
/// an almost empty table, also that of a foreign key, would scan all of them again and again.
pub(super) async fn plan_for_many_rows(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::raw_sql("discard plans").execute(tx.conn()).await?;
    sqlx::raw_sql("set local enable_seqscan = off").execute(tx.conn()).await?;
    Ok(())
}

/// Takes back what [`plan_for_many_rows`] set.
pub(super) async fn plan_as_usual(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::raw_sql("set local enable_seqscan = on").execute(tx.conn()).await?;
    Ok(())
}

/// What a line was matched with.
#[derive(Debug, Serialize)]
pub(super) struct MatchRow {
    pub(super) settlement_line_id: Uuid,
    pub(super) object_id: Uuid,
    pub(super) amount_minor: i64,
    pub(super) rule: &'static str,
}

pub(super) async fn insert_matches(tx: &mut Tx, rows: &[MatchRow]) -> Result<(), Fault> {
    for rows in rows.chunks(BATCH) {
        sqlx::query!(
            "insert into line_match (settlement_line_id, object_id, amount_minor, rule)
             select settlement_line_id, object_id, amount_minor, rule
             from jsonb_populate_recordset(null::line_match, $1)",
            json(rows)?,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Writes what became of lines.
pub(super) async fn save_states(
    tx: &mut Tx,
    lines: &[Uuid],
    state: &'static str,
) -> Result<(), Fault> {
    sqlx::query!(
        "update settlement_line set state = $2 where settlement_line_id = any($1)",
        lines,
        state,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
