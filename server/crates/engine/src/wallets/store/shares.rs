//! The SQL of shares.

use domain::id::{PaymentId, SellerId, ShopId};
use domain::money::Money;
use sqlx::{PgExecutor, PgPool};
use time::Date;
use uuid::Uuid;

use super::currency;
use crate::columns::column;
use crate::db::{Fault, Tx};
use crate::wallets::rules::{Rules, words};

/// A share as it can be read.
pub(crate) struct Found {
    pub(crate) seller: SellerId,
    pub(crate) captured_on: Option<Date>,
    pub(crate) delivered_on: Option<Date>,
    pub(crate) pending: Money,
    pub(crate) covering: Money,
    pub(crate) released: Money,
    pub(crate) reserved: Money,
}

/// Where the share of a captured payment stands.
pub(crate) struct Standing {
    pub(crate) payment: PaymentId,
    pub(crate) captured_on: Date,
    pub(crate) delivered_on: Option<Date>,
    pub(crate) pending: Money,
    pub(crate) covering: Money,
    pub(crate) released: Money,
}

/// What a release leads to.
pub(crate) struct Written {
    pub(crate) payment: PaymentId,
    /// Released in total, with this.
    pub(crate) released: Money,
    /// What stays on pending from now on and covers what was owed.
    pub(crate) covers: Money,
}

/// The share of a payment of the shop.
pub(crate) async fn find(
    executor: impl PgExecutor<'_>,
    shop: ShopId,
    payment: PaymentId,
) -> Result<Option<Found>, Fault> {
    let found = sqlx::query!(
        r#"
        select payment.seller_id, payment.currency,
               (captured_at at time zone 'utc')::date as captured_on, delivered_on,
               coalesce(share.released_minor, 0) as "released_minor!",
               coalesce(share.covering_minor, 0) as "covering_minor!",
               coalesce((
                   select -sum(entry.amount_minor) from posting
                   join entry using (bucket, posting_id)
                   join account using (bucket, account_id)
                   where posting.bucket = payment.bucket and posting.object_id = payment.payment_id
                     and account.kind = 'seller_pending'), 0)::bigint as "pending_minor!",
               coalesce((
                   select sum(left_minor) from reserve
                   where reserve.bucket = payment.bucket
                     and reserve.payment_id = payment.payment_id), 0)::bigint as "reserved_minor!"
        from payment left join share using (bucket, payment_id)
        where payment.bucket = $1 and payment.payment_id = $2 and payment.shop_id = $3
        "#,
        payment.bucket().as_i16(),
        payment.uuid(),
        shop.uuid(),
    )
    .fetch_optional(executor)
    .await?;
    let Some(row) = found else { return Ok(None) };
    let currency = currency(&row.currency)?;
    let money = |minor| Money::from_minor(minor, currency);
    Ok(Some(Found {
        seller: SellerId::from_uuid(row.seller_id),
        captured_on: row.captured_on,
        delivered_on: row.delivered_on,
        pending: money(row.pending_minor),
        covering: money(row.covering_minor),
        released: money(row.released_minor),
        reserved: money(row.reserved_minor),
    }))
}

/// Where the shares of those of the payments stand of which something was captured, in the order of
/// the payments' ids.
pub(crate) async fn standings(tx: &mut Tx, payments: &[PaymentId]) -> Result<Vec<Standing>, Fault> {
    let rows = sqlx::query!(
        r#"
        select payment.payment_id, payment.currency,
               (captured_at at time zone 'utc')::date as "captured_on!", delivered_on,
               coalesce(share.released_minor, 0) as "released_minor!",
               coalesce(share.covering_minor, 0) as "covering_minor!",
               coalesce((
                   select -sum(entry.amount_minor) from posting
                   join entry using (bucket, posting_id)
                   join account using (bucket, account_id)
                   where posting.bucket = payment.bucket and posting.object_id = payment.payment_id
                     and account.kind = 'seller_pending'), 0)::bigint as "pending_minor!"
        from unnest($1::smallint[], $2::uuid[]) as wanted (bucket, id)
        join payment on payment.bucket = wanted.bucket and payment.payment_id = wanted.id
        left join share on share.bucket = payment.bucket and share.payment_id = payment.payment_id
        where captured_at is not null
        order by payment.payment_id
        "#,
        &column(payments, |payment| payment.bucket().as_i16()),
        &column(payments, |payment| payment.uuid()),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            let money = |minor| Money::from_minor(minor, currency);
            Ok(Standing {
                payment: PaymentId::from_uuid(row.payment_id),
                captured_on: row.captured_on,
                delivered_on: row.delivered_on,
                pending: money(row.pending_minor),
                covering: money(row.covering_minor),
                released: money(row.released_minor),
            })
        })
        .collect()
}

/// Notes the day of a delivery, as a change of the payment; `false` if one is noted already.
pub(crate) async fn deliver(tx: &mut Tx, payment: PaymentId, on: Date) -> Result<bool, Fault> {
    let noted = sqlx::query!(
        "update payment set delivered_on = $3, version = version + 1, updated_at = now()
         where bucket = $1 and payment_id = $2 and delivered_on is null",
        payment.bucket().as_i16(),
        payment.uuid(),
        on,
    )
    .execute(tx.conn())
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Writes a release of a payment that is locked, as a change of it if anything moved.
pub(crate) async fn write(tx: &mut Tx, written: &Written, has_moved: bool) -> Result<(), Fault> {
    let (bucket, payment) = (written.payment.bucket().as_i16(), written.payment.uuid());
    sqlx::query!(
        "update payment
         set is_released = true, version = version + $3,
             updated_at = case when $3 > 0 then now() else updated_at end
         where bucket = $1 and payment_id = $2",
        bucket,
        payment,
        i32::from(has_moved),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into share (bucket, payment_id, released_minor, covering_minor)
         values ($1, $2, $3, $4)
         on conflict (bucket, payment_id) do update
         set released_minor = excluded.released_minor,
             covering_minor = share.covering_minor + excluded.covering_minor",
        bucket,
        payment,
        written.released.minor(),
        written.covers.minor(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes what of a payment's claw-back is left to other sales.
pub(crate) async fn leave_to_others(
    tx: &mut Tx,
    payment: PaymentId,
    left: Money,
) -> Result<(), Fault> {
    sqlx::query!(
        "insert into share (bucket, payment_id, covering_minor) values ($1, $2, -$3::bigint)
         on conflict (bucket, payment_id) do update
         set covering_minor = share.covering_minor + excluded.covering_minor",
        payment.bucket().as_i16(),
        payment.uuid(),
        left.minor(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Some of the payments, but `without`, whose shares may be released today: those that wait longest
/// of each seller, and what was delivered.
pub(crate) async fn due(
    pool: &PgPool,
    usual: &Rules,
    without: &[PaymentId],
    limit: i64,
) -> Result<Vec<PaymentId>, Fault> {
    let (word, days) = words(usual.release);
    let due: Vec<Uuid> = sqlx::query_scalar!(
        r#"
        with ruled as (
            select seller.seller_id, coalesce(own.release_rule, shops.release_rule, $1) as rule,
                   case when own.shop_id is not null then own.release_days
                        when shops.shop_id is not null then shops.release_days
                        else $2::integer end as days
            from seller
            left join wallet_rule as own on own.seller_id = seller.seller_id
            left join wallet_rule as shops
                on shops.shop_id = seller.shop_id and shops.seller_id is null
        )
        (select late.payment_id as "payment_id!" from ruled
         cross join lateral (
             select payment_id from payment
             where payment.seller_id = ruled.seller_id and captured_at is not null
               and not is_released and payment_id <> all ($4::uuid[])
               and captured_at < ((now() at time zone 'utc')::date + 1 - ruled.days)
                                 at time zone 'utc'
             order by captured_at limit $3
         ) as late
         where rule <> 'on_delivery' limit $3)
        union
        (select payment_id as "payment_id!" from payment join ruled using (seller_id)
         where delivered_on <= (now() at time zone 'utc')::date and captured_at is not null
           and not is_released and rule <> 'after_days' and payment_id <> all ($4::uuid[])
         limit $3)
        "#,
        word,
        days.map(i32::from),
        limit,
        &column(without, |payment| payment.uuid()),
    )
    .fetch_all(pool)
    .await?;
    Ok(due.into_iter().map(PaymentId::from_uuid).collect())
}
