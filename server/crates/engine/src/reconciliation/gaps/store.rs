//! The SQL of missing payments and of balances.

use domain::currency::Currency;
use domain::money::Money;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::reconciliation::take_in::Intake;

/// A payment that the file should speak of and does not.
pub(super) struct MissingRow {
    pub(super) payment_id: Uuid,
    pub(super) currency: String,
    /// What the processor owes of it.
    pub(super) left_minor: i64,
}

pub(super) async fn find_missing(tx: &mut Tx, intake: &Intake) -> Result<Vec<MissingRow>, Fault> {
    Ok(sqlx::query_as!(
        MissingRow,
        r#"
        select payment.payment_id, payment.currency,
               (captured_minor - settled_minor - coalesce(adjusted.minor, 0)) as "left_minor!"
        from payment
        left join receivable_adjusted as adjusted on adjusted.payment_id = payment.payment_id
        where processor_account_id = $2 and shop_id = $3
          and captured_at >= ($4::date)::timestamp at time zone 'utc'
          and captured_at < ($4::date + 1)::timestamp at time zone 'utc'
          and captured_minor - settled_minor - coalesce(adjusted.minor, 0) > 0
          and not exists (
              select 1 from settlement_line
              where settlement_line.settlement_file_id = $1
                and settlement_line.payment_id = payment.payment_id
                and settlement_line.type = 'payment')
          and not exists (
              select 1 from mismatch
              where mismatch.payment_id = payment.payment_id
                and mismatch.kind in ('missing_at_processor', 'amount')
                and mismatch.state <> 'resolved')
        order by payment.payment_id
        "#,
        intake.id.uuid(),
        intake.account.id.uuid(),
        intake.shop.uuid(),
        intake.file.business_date,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Whether no file of a later day was taken in for the account.
pub(super) async fn is_newest(tx: &mut Tx, intake: &Intake) -> Result<bool, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select not exists (select 1 from settlement_file
                           where processor_account_id = $1 and business_date > $2) as "newest!"
        "#,
        intake.account.id.uuid(),
        intake.file.business_date,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// What our ledger says that the processor holds for us.
pub(super) async fn ledger_balance(
    tx: &mut Tx,
    intake: &Intake,
    currency: Currency,
) -> Result<Money, Fault> {
    let minor = sqlx::query_scalar!(
        r#"
        select coalesce(sum(balance_minor), 0)::bigint as "minor!" from balance
        where shop_id = $1 and kind = 'processor_balance' and owner_id = $2 and currency = $3
        "#,
        intake.shop.uuid(),
        intake.account.id.uuid(),
        currency.code(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Money::from_minor(minor, currency))
}

/// Whether an unresolved balance mismatch of the account tells of a gap of this size.
pub(super) async fn is_known(
    tx: &mut Tx,
    intake: &Intake,
    currency: Currency,
    size_minor: i64,
) -> Result<bool, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select exists (select 1 from mismatch
                       where processor_account_id = $1 and kind = 'balance' and currency = $2
                         and state <> 'resolved' and theirs_minor - ours_minor = $3) as "known!"
        "#,
        intake.account.id.uuid(),
        currency.code(),
        size_minor,
    )
    .fetch_one(tx.conn())
    .await?)
}
