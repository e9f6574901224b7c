//! The SQL of mismatches and adjustments: what commands read and write.

mod lists;

use domain::currency::Currency;
use domain::id::{
    AdjustmentId, Id, MismatchId, PaymentId, PostingId, ProcessorAccountId, SellerId, ShopId,
    StaffId,
};
use domain::matching::{Difference, MismatchKind, MismatchState, Resolution};
use domain::money::Money;
use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::payments::store::json;
use crate::reconciliation::mismatches::opening::{NewMismatch, Place, Procedure};
pub(super) use lists::{adjustments, counts, history, list};

#[derive(Serialize)]
struct MismatchRow<'a> {
    mismatch_id: Uuid,
    shop_id: Uuid,
    processor_account_id: Uuid,
    settlement_file_id: Uuid,
    settlement_line_id: Option<Uuid>,
    payment_id: Option<Uuid>,
    kind: &'static str,
    class: &'static str,
    state: &'static str,
    currency: &'static str,
    ours_minor: Option<i64>,
    theirs_minor: Option<i64>,
    held_minor: i64,
    detail: &'a str,
}

/// Stores mismatches; those with a procedure are resolved from the start.
pub(super) async fn insert(
    tx: &mut Tx,
    place: Place,
    mismatches: &[NewMismatch],
) -> Result<(), Fault> {
    if mismatches.is_empty() {
        return Ok(());
    }
    let rows: Vec<MismatchRow<'_>> =
        mismatches.iter().map(|new| mismatch_row(place, new)).collect();
    sqlx::query!(
        r#"
        insert into mismatch (mismatch_id, shop_id, processor_account_id, settlement_file_id,
                              settlement_line_id, payment_id, kind, class, state, currency,
                              ours_minor, theirs_minor, held_minor, detail)
        select mismatch_id, shop_id, processor_account_id, settlement_file_id, settlement_line_id,
               payment_id, kind, class, state, currency, ours_minor, theirs_minor, held_minor,
               detail
        from jsonb_populate_recordset(null::mismatch, $1)
        "#,
        json(&rows)?,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn mismatch_row(place: Place, new: &NewMismatch) -> MismatchRow<'_> {
    let resolved = new.procedure.is_some();
    let state = if resolved { MismatchState::Resolved } else { MismatchState::Open };
    MismatchRow {
        mismatch_id: new.id.uuid(),
        shop_id: place.shop.uuid(),
        processor_account_id: place.account.uuid(),
        settlement_file_id: place.file.uuid(),
        settlement_line_id: new.line.map(Id::uuid),
        payment_id: new.payment.map(PaymentId::uuid),
        kind: new.kind.as_str(),
        class: new.kind.class().as_str(),
        state: state.as_str(),
        currency: new.currency.code(),
        ours_minor: new.ours_minor,
        theirs_minor: new.theirs_minor,
        held_minor: new.held_minor,
        detail: &new.detail,
    }
}

/// Marks as resolved what other files had left unsettled of these payments.
pub(super) async fn resolve_settled(
    tx: &mut Tx,
    file: Id<domain::id::kind::SettlementFile>,
    payments: &[PaymentId],
) -> Result<Vec<(MismatchId, Money)>, Fault> {
    let payments: Vec<Uuid> = payments.iter().map(|payment| payment.uuid()).collect();
    let rows = sqlx::query!(
        r#"
        update mismatch
        set state = 'resolved', version = version + 1, updated_at = now()
        where payment_id = any($1) and settlement_file_id <> $2
          and kind in ('missing_at_processor', 'amount')
          and state in ('open', 'claimed', 'proposed')
          and not exists (
              select 1 from settlement_line
              where settlement_line.settlement_line_id = mismatch.settlement_line_id
                and settlement_line.type = 'refund')
        returning mismatch_id, currency, held_minor
        "#,
        &payments,
        file.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let money = |row: (Uuid, &str, i64)| Ok((Id::from_uuid(row.0), money(row.2, row.1)?));
    rows.iter().map(|row| money((row.mismatch_id, &row.currency, row.held_minor))).collect()
}

/// Marks the balance mismatches of an account in one currency as resolved.
pub(super) async fn resolve_balances(
    tx: &mut Tx,
    account: ProcessorAccountId,
    currency: Currency,
) -> Result<Vec<(MismatchId, Money)>, Fault> {
    let rows = sqlx::query_scalar!(
        r#"
        update mismatch
        set state = 'resolved', version = version + 1, updated_at = now()
        where processor_account_id = $1 and currency = $2 and kind = 'balance'
          and state in ('open', 'claimed', 'proposed')
        returning mismatch_id
        "#,
        account.uuid(),
        currency.code(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|id| (Id::from_uuid(id), Money::zero(currency))).collect())
}

/// Takes back what waits for approval, because the mismatch has gone.
pub(super) async fn withdraw_proposals(tx: &mut Tx, id: MismatchId) -> Result<(), Fault> {
    sqlx::query!(
        "update adjustment set state = 'rejected', decided_at = now()
         where mismatch_id = $1 and state = 'proposed'",
        id.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Records what a procedure has done.
pub(super) async fn insert_procedure(
    tx: &mut Tx,
    id: AdjustmentId,
    mismatch: MismatchId,
    procedure: Procedure,
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into adjustment (adjustment_id, mismatch_id, resolution, reason, amount_minor,
                                currency, state, procedure, needs_checker, decided_at)
        values ($1, $2, $3, $4, $5, $6, 'applied', $3, false, now())
        "#,
        id.uuid(),
        mismatch.uuid(),
        procedure.name,
        procedure.reason,
        procedure.amount.minor(),
        procedure.amount.currency().code(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Locks the mismatch's processor account and then the mismatch, if it is the shop's.
pub(super) async fn lock(tx: &mut Tx, shop: ShopId, id: MismatchId) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        select 1 as "one!" from processor_account
        where processor_account_id = (select processor_account_id from mismatch
                                      where mismatch_id = $1 and shop_id = $2)
        for no key update
        "#,
        id.uuid(),
        shop.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    sqlx::query!(
        r#"select 1 as "one!" from mismatch where mismatch_id = $1 and shop_id = $2 for update"#,
        id.uuid(),
        shop.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(())
}

/// A mismatch as its rules see it.
pub(super) struct Facts {
    pub(super) id: MismatchId,
    pub(super) shop: ShopId,
    account: ProcessorAccountId,
    kind: MismatchKind,
    pub(super) state: MismatchState,
    held: Money,
    pub(super) at_stake: Money,
    pub(super) claimed_by: Option<StaffId>,
    pub(super) version: i32,
    pub(super) updated_at: OffsetDateTime,
    seller: Option<SellerId>,
    fee_basis_points: u32,
}

impl Facts {
    /// The difference that resolutions work on.
    pub(super) fn difference(&self) -> Result<Difference, Fault> {
        if self.fee_basis_points > 10_000 {
            return Err(Fault::CorruptRow(format!("the fee of the payment of {}", self.id)));
        }
        Ok(Difference {
            kind: self.kind,
            processor: self.account,
            seller: self.seller,
            fee_basis_points: self.fee_basis_points,
            held: self.held,
        })
    }
}

/// The mismatch as it is now, if it is the shop's.
pub(super) async fn facts(
    conn: &mut PgConnection,
    shop: ShopId,
    id: MismatchId,
) -> Result<Option<Facts>, Fault> {
    let row = sqlx::query!(
        r#"
        select mismatch.processor_account_id, kind, state, mismatch.currency, held_minor,
               at_stake_minor as "at_stake_minor!", claimed_by, mismatch.version,
               mismatch.updated_at, payment.seller_id as "seller_id?",
               payment.fee_basis_points as "fee_basis_points?"
        from mismatch
        left join payment
          on payment.bucket = bucket_of(mismatch.payment_id)
         and payment.payment_id = mismatch.payment_id
        where mismatch_id = $1 and mismatch.shop_id = $2
        "#,
        id.uuid(),
        shop.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let corrupt = || Fault::CorruptRow(format!("mismatch {id}"));
    Ok(Some(Facts {
        id,
        shop,
        account: Id::from_uuid(row.processor_account_id),
        kind: MismatchKind::from_word(&row.kind).ok_or_else(corrupt)?,
        state: MismatchState::from_word(&row.state).ok_or_else(corrupt)?,
        held: money(row.held_minor, &row.currency)?,
        at_stake: money(row.at_stake_minor, &row.currency)?,
        claimed_by: row.claimed_by.map(Id::from_uuid),
        version: row.version,
        updated_at: row.updated_at,
        seller: row.seller_id.map(Id::from_uuid),
        fee_basis_points: u32::try_from(row.fee_basis_points.unwrap_or(0))
            .map_err(|_| corrupt())?,
    }))
}

/// Who changed a mismatch last, and when.
pub(super) async fn last_change(
    tx: &mut Tx,
    id: MismatchId,
) -> Result<Option<(String, OffsetDateTime)>, Fault> {
    let row = sqlx::query!(
        "select actor, at from audit_log where object_type = 'mismatch' and object_id = $1
         order by at desc, audit_id desc limit 1",
        id.to_string(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.actor, row.at)))
}

/// Writes where a locked mismatch stands from now on.
pub(super) async fn save(
    tx: &mut Tx,
    id: MismatchId,
    state: MismatchState,
    claimed_by: Option<StaffId>,
) -> Result<(), Fault> {
    sqlx::query!(
        "update mismatch
         set state = $2, claimed_by = $3, version = version + 1, updated_at = now()
         where mismatch_id = $1",
        id.uuid(),
        state.as_str(),
        claimed_by.map(StaffId::uuid),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A resolution that a person makes.
pub(super) struct NewAdjustment<'a> {
    pub(super) id: AdjustmentId,
    pub(super) resolution: Resolution,
    pub(super) reason: &'a str,
    pub(super) needs_checker: bool,
    pub(super) posting: Option<PostingId>,
}

/// Stores a resolution: proposed if it needs a second person, otherwise applied.
pub(super) async fn insert_adjustment(
    tx: &mut Tx,
    facts: &Facts,
    new: &NewAdjustment<'_>,
    maker: StaffId,
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into adjustment (adjustment_id, mismatch_id, resolution, reason, amount_minor,
                                currency, state, maker_id, needs_checker, posting_id, decided_at)
        values ($1, $2, $3, $4, $5, $6, case when $8 then 'proposed' else 'applied' end, $7, $8,
                $9, case when $8 then null else now() end)
        "#,
        new.id.uuid(),
        facts.id.uuid(),
        new.resolution.as_str(),
        new.reason,
        facts.at_stake.minor(),
        facts.at_stake.currency().code(),
        maker.uuid(),
        new.needs_checker,
        new.posting.map(PostingId::uuid),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The resolution of a mismatch that waits or holds.
pub(super) struct Live {
    pub(super) id: AdjustmentId,
    /// `None` if a procedure did it.
    pub(super) resolution: Option<Resolution>,
    pub(super) maker: Option<StaffId>,
    pub(super) needs_checker: bool,
    pub(super) posting: Option<PostingId>,
}

pub(super) async fn live_adjustment(tx: &mut Tx, id: MismatchId) -> Result<Option<Live>, Fault> {
    let row = sqlx::query!(
        "select adjustment_id, resolution, maker_id, needs_checker, posting_id from adjustment
         where mismatch_id = $1 and state in ('proposed', 'applied')",
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Live {
        id: Id::from_uuid(row.adjustment_id),
        resolution: Resolution::from_word(&row.resolution),
        maker: row.maker_id.map(Id::from_uuid),
        needs_checker: row.needs_checker,
        posting: row.posting_id.map(Id::from_uuid),
    }))
}

/// Applies a proposal; the constraint `adjustment_four_eyes_check` refuses its maker.
pub(super) async fn approve(
    tx: &mut Tx,
    id: AdjustmentId,
    checker: StaffId,
    posting: Option<PostingId>,
) -> Result<(), Fault> {
    sqlx::query!(
        "update adjustment set state = 'applied', checker_id = $2, posting_id = $3,
                               decided_at = now()
         where adjustment_id = $1 and state = 'proposed'",
        id.uuid(),
        checker.uuid(),
        posting.map(PostingId::uuid),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn reject(tx: &mut Tx, id: AdjustmentId, checker: StaffId) -> Result<(), Fault> {
    sqlx::query!(
        "update adjustment set state = 'rejected', checker_id = $2, decided_at = now()
         where adjustment_id = $1 and state = 'proposed'",
        id.uuid(),
        checker.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Marks an applied resolution as taken back, by a posting if it had posted.
pub(super) async fn undo(
    tx: &mut Tx,
    id: AdjustmentId,
    posting: Option<PostingId>,
) -> Result<(), Fault> {
    sqlx::query!(
        "update adjustment set state = 'undone', undo_posting_id = $2
         where adjustment_id = $1 and state = 'applied'",
        id.uuid(),
        posting.map(PostingId::uuid),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An amount as it is stored.
fn money(minor: i64, currency: &str) -> Result<Money, Fault> {
    let currency: Currency =
        currency.parse().map_err(|_| Fault::CorruptRow(format!("currency {currency}")))?;
    Ok(Money::from_minor(minor, currency))
}
