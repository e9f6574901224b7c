//! The SQL of lists of mismatches, and of what happened to one.

use domain::id::{Id, MismatchId, PaymentId, SettlementFileId, ShopId};
use domain::matching::{MismatchClass, MismatchKind, MismatchState};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::money;
use crate::db::Fault;
use crate::reconciliation::mismatches::{Adjustment, Count, Filter, HistoryRow, Mismatch, Queue};

struct Row {
    mismatch_id: Uuid,
    kind: String,
    class: String,
    state: String,
    subject: String,
    currency: String,
    at_stake_minor: i64,
    ours_minor: Option<i64>,
    theirs_minor: Option<i64>,
    held_minor: i64,
    detail: String,
    payment_id: Option<Uuid>,
    processor_account_id: Uuid,
    account_name: String,
    settlement_file_id: Option<Uuid>,
    file_name: Option<String>,
    line: Option<i32>,
    claimed_by: Option<String>,
    version: i32,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    total: i64,
}

impl Row {
    fn mismatch(self) -> Result<Mismatch, Fault> {
        let corrupt = || Fault::CorruptRow(format!("mismatch {}", self.mismatch_id));
        let amount = |minor| money(minor, &self.currency);
        Ok(Mismatch {
            id: Id::from_uuid(self.mismatch_id),
            kind: MismatchKind::from_word(&self.kind).ok_or_else(corrupt)?,
            class: MismatchClass::from_word(&self.class).ok_or_else(corrupt)?,
            state: MismatchState::from_word(&self.state).ok_or_else(corrupt)?,
            subject: self.subject,
            at_stake: amount(self.at_stake_minor)?,
            ours: self.ours_minor.map(amount).transpose()?,
            theirs: self.theirs_minor.map(amount).transpose()?,
            held: amount(self.held_minor)?,
            detail: self.detail,
            payment: self.payment_id.map(Id::from_uuid),
            account: (Id::from_uuid(self.processor_account_id), self.account_name),
            file: self.settlement_file_id.map(Id::from_uuid).zip(self.file_name),
            line: self.line,
            claimed_by: self.claimed_by,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The mismatches that `filter` leaves, the largest amount at stake first.
pub(in crate::reconciliation::mismatches) async fn list(
    pool: &PgPool,
    shop: ShopId,
    (id, filter): (Option<MismatchId>, Filter),
    limit: u32,
) -> Result<Queue, Fault> {
    let everything = id.is_some() || filter.file.is_some() || filter.payment.is_some();
    let rows = sqlx::query_as!(
        Row,
        r#"
        select mismatch.mismatch_id, mismatch.kind, mismatch.class, mismatch.state,
               coalesce(payment.reference, line.processor_reference, file.name, '') as "subject!",
               mismatch.currency, mismatch.at_stake_minor as "at_stake_minor!",
               mismatch.ours_minor, mismatch.theirs_minor, mismatch.held_minor, mismatch.detail,
               payment.payment_id as "payment_id?", mismatch.processor_account_id,
               account.name as account_name, mismatch.settlement_file_id,
               file.name as "file_name?", line.line as "line?", staff.name as "claimed_by?",
               mismatch.version, mismatch.created_at, mismatch.updated_at,
               count(*) over () as "total!"
        from mismatch
        join processor_account as account using (processor_account_id)
        left join settlement_file as file using (settlement_file_id)
        left join settlement_line as line using (settlement_line_id)
        left join payment
          on payment.bucket = bucket_of(mismatch.payment_id)
         and payment.payment_id = mismatch.payment_id
        left join staff on staff.staff_id = mismatch.claimed_by
        where mismatch.shop_id = $1
          and ($2::uuid is null or mismatch.mismatch_id = $2)
          and ($3::text is null or mismatch.class = $3)
          and ($4::text is null or mismatch.kind = $4)
          and (mismatch.state = $5
               or $5::text is null
                  and ($6 or mismatch.state in ('open', 'claimed', 'proposed')))
          and ($7::uuid is null or mismatch.settlement_file_id = $7)
          and ($8::uuid is null or mismatch.payment_id = $8)
        order by mismatch.at_stake_minor desc, mismatch.created_at, mismatch.mismatch_id
        limit $9
        "#,
        shop.uuid(),
        id.map(MismatchId::uuid),
        filter.class.map(MismatchClass::as_str),
        filter.kind.map(MismatchKind::as_str),
        filter.state.map(MismatchState::as_str),
        everything,
        filter.file.map(SettlementFileId::uuid),
        filter.payment.map(PaymentId::uuid),
        i64::from(limit),
    )
    .fetch_all(pool)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let rows = rows.into_iter().map(Row::mismatch).collect::<Result<_, _>>()?;
    Ok(Queue { rows, total: u64::try_from(total).unwrap_or(0) })
}

/// How many there are, by class, state and currency.
pub(in crate::reconciliation::mismatches) async fn counts(
    pool: &PgPool,
    shop: ShopId,
) -> Result<Vec<Count>, Fault> {
    let rows = sqlx::query!(
        r#"
        select class, state, currency, count(*) as "count!",
               sum(at_stake_minor)::bigint as "at_stake_minor!"
        from mismatch where shop_id = $1
        group by class, state, currency order by class, state, currency
        "#,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let corrupt = || Fault::CorruptRow(format!("mismatches of {shop}"));
            Ok(Count {
                class: MismatchClass::from_word(&row.class).ok_or_else(corrupt)?,
                state: MismatchState::from_word(&row.state).ok_or_else(corrupt)?,
                count: u64::try_from(row.count).unwrap_or(0),
                at_stake: money(row.at_stake_minor, &row.currency)?,
            })
        })
        .collect()
}

/// What was proposed and done about a mismatch, oldest first.
pub(in crate::reconciliation::mismatches) async fn adjustments(
    pool: &PgPool,
    id: MismatchId,
) -> Result<Vec<Adjustment>, Fault> {
    let rows = sqlx::query!(
        r#"
        select adjustment_id, resolution, reason, amount_minor, currency, state, procedure,
               maker.name as "maker?", checker.name as "checker?", posting_id, undo_posting_id,
               adjustment.created_at, decided_at
        from adjustment
        left join staff as maker on maker.staff_id = adjustment.maker_id
        left join staff as checker on checker.staff_id = adjustment.checker_id
        where mismatch_id = $1
        order by adjustment.created_at, adjustment_id
        "#,
        id.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Adjustment {
                id: Id::from_uuid(row.adjustment_id),
                resolution: row.resolution,
                reason: row.reason,
                amount: money(row.amount_minor, &row.currency)?,
                state: row.state,
                procedure: row.procedure,
                maker: row.maker,
                checker: row.checker,
                posting: row.posting_id.map(Id::from_uuid),
                undo_posting: row.undo_posting_id.map(Id::from_uuid),
                created_at: row.created_at,
                decided_at: row.decided_at,
            })
        })
        .collect()
}

/// What happened to a mismatch, oldest first.
pub(in crate::reconciliation::mismatches) async fn history(
    pool: &PgPool,
    shop: ShopId,
    id: MismatchId,
) -> Result<Vec<HistoryRow>, Fault> {
    Ok(sqlx::query_as!(
        HistoryRow,
        "select at, actor, action, detail from audit_log
         where object_type = 'mismatch' and object_id = $1 and shop_id = $2
         order by at, audit_id",
        id.to_string(),
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?)
}
