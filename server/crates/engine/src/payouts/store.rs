//! The SQL of pay-outs.

pub(crate) mod accounts;
pub(crate) mod bank_accounts;
pub(crate) mod bank_files;
pub(crate) mod bank_overview;
pub(crate) mod bank_reports;
pub(crate) mod lists;
pub(crate) mod payees;
pub(crate) mod remittance;
pub(crate) mod schedules;

use domain::currency::Currency;
use domain::id::{PayeeAccountId, PayoutAccountId, PayoutId, SellerId, ShopId};
use domain::money::Money;
use domain::payout::Phase;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::payments::announce::Receiver;
use crate::payouts::actor;
use crate::payouts::change::Input;
use crate::payouts::row::{NewRow, Row};

/// The pay-out.
pub(crate) async fn find(
    executor: impl PgExecutor<'_>,
    id: PayoutId,
) -> Result<Option<Row>, Fault> {
    Ok(sqlx::query_as!(
        Row,
        r#"
        select payout.bucket, payout_id, payout.shop_id, payout.seller_id,
               payout.payout_account_id, payee_account_id, payout.currency, amount_minor,
               maker_kind, maker_id, needs_second, reasons, approver_kind, approver_id, phase,
               submissions, begun, is_accepted, in_doubt, ruling, ruling_by, ruling_confirmed_by,
               provider_reference, failure_code, failure_message, refusal, ended_at, version, payout.created_at,
               payout.updated_at,
               extract(epoch from now() - doubtful_since)::bigint as doubtful_seconds,
               extract(epoch from now() - ended_at)::bigint as ended_seconds,
               seller.reference as seller_account, seller.name as seller_name,
               payee_account.verified_by_id as payee_verified_by
        from payout
        join seller using (seller_id)
        join payee_account using (payee_account_id)
        where payout.bucket = $1 and payout_id = $2
        "#,
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_optional(executor)
    .await?)
}

/// Holds the lock of a pay-out until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: PayoutId) -> Result<(), Fault> {
    sqlx::query_scalar!(
        "select payout_id from payout where bucket = $1 and payout_id = $2 for update",
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(())
}

/// Adds a pay-out in its first version.
pub(crate) async fn insert(tx: &mut Tx, row: &NewRow) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into payout (bucket, payout_id, shop_id, seller_id, payout_account_id,
                            payee_account_id, currency, amount_minor, maker_kind, maker_id,
                            needs_second, reasons, phase)
        values (bucket_of($1), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        "#,
        row.payout_id,
        row.shop_id,
        row.seller_id,
        row.payout_account_id,
        row.payee_account_id,
        row.currency,
        row.amount_minor,
        row.maker_kind,
        row.maker_id,
        row.needs_second,
        &row.reasons,
        row.phase,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a pay-out back, whose version is one more than what is stored.
pub(crate) async fn save(tx: &mut Tx, row: &Row, before: Phase) -> Result<(), Fault> {
    let saved = sqlx::query!(
        r#"
        update payout
        set approver_kind = $3, approver_id = $4, phase = $5, submissions = $6, begun = $7,
            is_accepted = $8, in_doubt = $9, provider_reference = $10, failure_code = $11,
            failure_message = $12, refusal = $13, version = $14, updated_at = now(),
            ruling = $16, ruling_by = $17, ruling_confirmed_by = $18,
            approved_at = case when $5 = 'approved' and approved_at is null then now()
                               else approved_at end,
            doubtful_since = case when $9 and not in_doubt then now() else doubtful_since end,
            ended_at = case when $5 = $15 then ended_at
                            when $5 in ('cancelled', 'paid', 'failed', 'returned')
                            then clock_timestamp() end
        where bucket = $1 and payout_id = $2 and version = $14 - 1
        "#,
        row.bucket,
        row.payout_id,
        row.approver_kind,
        row.approver_id,
        row.phase,
        row.submissions,
        row.begun,
        row.is_accepted,
        row.in_doubt,
        row.provider_reference,
        row.failure_code,
        row.failure_message,
        row.refusal,
        row.version,
        before.as_str(),
        row.ruling,
        row.ruling_by,
        row.ruling_confirmed_by,
    )
    .execute(tx.conn())
    .await?;
    if saved.rows_affected() == 1 {
        return Ok(());
    }
    Err(Fault::Broken(format!("pay-out {} has changed under its lock", row.payout_id)))
}

/// Adds the history row of the version that the pay-out has now.
pub(crate) async fn append_history(
    tx: &mut Tx,
    row: &Row,
    input: &Input,
    from: Option<Phase>,
    irregular: Option<&str>,
) -> Result<(), Fault> {
    let (actor_kind, actor_id) = input.by.map(actor::stored).unzip();
    append(
        tx,
        &HistoryRow {
            payout: row.id(),
            version: row.version,
            event: input.event.name(),
            from: from.map(Phase::as_str),
            to: &row.phase,
            source: input.source.as_str(),
            actor_kind,
            actor_id: actor_id.flatten(),
            detail: &input.detail,
            irregular,
        },
    )
    .await
}

/// One row of the history of a pay-out.
pub(crate) struct HistoryRow<'a> {
    pub(crate) payout: PayoutId,
    pub(crate) version: i32,
    pub(crate) event: &'a str,
    pub(crate) from: Option<&'static str>,
    pub(crate) to: &'a str,
    pub(crate) source: &'static str,
    pub(crate) actor_kind: Option<&'static str>,
    pub(crate) actor_id: Option<Uuid>,
    pub(crate) detail: &'a Value,
    pub(crate) irregular: Option<&'a str>,
}

pub(crate) async fn append(tx: &mut Tx, row: &HistoryRow<'_>) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into payout_history (bucket, payout_id, version, event, from_phase, to_phase, source,
                                    actor_kind, actor_id, detail, irregular)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        "#,
        row.payout.bucket().as_i16(),
        row.payout.uuid(),
        row.version,
        row.event,
        row.from,
        row.to,
        row.source,
        row.actor_kind,
        row.actor_id,
        row.detail,
        row.irregular,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What the seller's pay-outs will take that are not submitted yet, in minor units, but for
/// `except`. Only exact under the lock of the seller's wallet.
pub(crate) async fn waiting_minor(
    conn: &mut PgConnection,
    seller: SellerId,
    currency: Currency,
    except: Option<PayoutId>,
) -> Result<Money, Fault> {
    let minor = sqlx::query_scalar!(
        r#"
        select coalesce(sum(amount_minor), 0)::bigint as "minor!" from payout
        where bucket = $1 and seller_id = $2 and currency = $3
          and phase in ('draft', 'approved', 'held') and payout_id is distinct from $4
        "#,
        seller.bucket().as_i16(),
        seller.uuid(),
        currency.code(),
        except.map(PayoutId::uuid),
    )
    .fetch_one(conn)
    .await?;
    Ok(Money::from_minor(minor, currency))
}

/// The seller's other pay-outs in the currency that may still be submitted, in the order of ids.
pub(crate) async fn waiting_ids(tx: &mut Tx, of: &Row) -> Result<Vec<PayoutId>, Fault> {
    let ids = sqlx::query_scalar!(
        r#"
        select payout_id from payout
        where bucket = $1 and seller_id = $2 and currency = $3 and phase in ('draft', 'approved')
          and payout_id <> $4
        order by payout_id
        "#,
        of.bucket,
        of.seller_id,
        of.currency,
        of.payout_id,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(PayoutId::from_uuid).collect())
}

/// The seller's other pay-outs in the currency that were held because of this one and that nobody
/// has touched since, in the order of ids.
pub(crate) async fn held_because_of(tx: &mut Tx, of: &Row) -> Result<Vec<PayoutId>, Fault> {
    let ids = sqlx::query_scalar!(
        r#"
        select payout_id from payout
        join payout_history as change using (bucket, payout_id)
        where bucket = $1 and seller_id = $2 and currency = $3 and phase = 'held'
          and change.version = payout.version and event = 'hold'
          and detail ->> 'because_of' = $4
        order by payout_id
        "#,
        of.bucket,
        of.seller_id,
        of.currency,
        of.id().to_string(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(PayoutId::from_uuid).collect())
}

/// Where the seller's newest pay-out went that the bank has ended, if it was certainly paid; after
/// one that failed or came again nobody knows any more that the account is right.
pub(crate) async fn last_paid_to(
    tx: &mut Tx,
    seller: SellerId,
    currency: Currency,
) -> Result<Option<PayeeAccountId>, Fault> {
    let last = sqlx::query!(
        r#"
        select payee_account_id, phase, in_doubt from payout
        where bucket = $1 and seller_id = $2 and currency = $3
          and phase in ('paid', 'failed', 'returned')
        order by ended_at desc, payout_id desc limit 1
        "#,
        seller.bucket().as_i16(),
        seller.uuid(),
        currency.code(),
    )
    .fetch_optional(tx.conn())
    .await?;
    let paid = last.filter(|row| row.phase == Phase::Paid.as_str() && !row.in_doubt);
    Ok(paid.map(|row| PayeeAccountId::from_uuid(row.payee_account_id)))
}

/// Who hears of the shop's events.
pub(crate) async fn receivers(tx: &mut Tx, shop: ShopId) -> Result<Vec<Receiver>, Fault> {
    let receivers = sqlx::query_scalar!(
        r#"
        select coalesce(json_agg(json_build_array(webhook_endpoint_id, event_types)), '[]')
                   as "receivers!: Json<Vec<Receiver>>"
        from webhook_endpoint where shop_id = $1 and disabled_at is null
        "#,
        shop.uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(receivers.0)
}

/// Whether the shop has this seller.
pub(crate) async fn has_seller(tx: &mut Tx, shop: ShopId, seller: SellerId) -> Result<bool, Fault> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from seller where seller_id = $1 and shop_id = $2) as "is_there!""#,
        seller.uuid(),
        shop.uuid(),
    )
    .fetch_one(tx.conn())
    .await?)
}

/// The account that pay-outs in the currency leave from: the one that is named, or the oldest.
pub(crate) async fn leaves_from(
    tx: &mut Tx,
    (shop, currency): (ShopId, Currency),
    named: Option<PayoutAccountId>,
) -> Result<Option<PayoutAccountId>, Fault> {
    let id = sqlx::query_scalar!(
        r#"
        select payout_account_id from payout_account
        where shop_id = $1 and currency = $2 and ($3::uuid is null or payout_account_id = $3)
        order by created_at, payout_account_id limit 1
        "#,
        shop.uuid(),
        currency.code(),
        named.map(PayoutAccountId::uuid),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(id.map(PayoutAccountId::from_uuid))
}
