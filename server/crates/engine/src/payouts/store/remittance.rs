//! The SQL of remittance advices.

use domain::id::{PaymentId, PayoutId, QuoteId};
use domain::money::Money;
use sqlx::PgPool;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::ledger::statement::Place;
use crate::payouts::PayoutRecord;
use crate::payouts::remittance::{About, Group, Parts, Span};

/// The sums of one advice.
pub(crate) struct Sums {
    pub(crate) opening: Money,
    pub(crate) moved: Parts,
    pub(crate) groups: u64,
}

/// Where the pay-out's money last left what the seller can be paid, if it has.
pub(crate) async fn begun(tx: &mut Tx, payout: &PayoutRecord) -> Result<Option<Place>, Fault> {
    Ok(sqlx::query_as!(
        Place,
        r#"
        select entry.recorded_at, entry.posting_id as posting, entry.line
        from posting
        join entry using (bucket, posting_id)
        join account using (bucket, account_id)
        where posting.bucket = $1 and posting.object_id = $2 and posting.cause = $3
          and account.kind = 'seller_available'
        "#,
        payout.id.bucket().as_i16(),
        payout.id.uuid(),
        format!("begun/{}", payout.state.begun),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Where the money of the seller's pay-out before `until` left. Pay-outs live in the bucket of
/// their seller, so that one account is looked through; one that was submitted several times
/// counts where it left last, and one that was given up not at all.
pub(crate) async fn begun_before(
    tx: &mut Tx,
    payout: &PayoutRecord,
    until: Place,
) -> Result<Option<Place>, Fault> {
    Ok(sqlx::query_as!(
        Place,
        r#"
        select entry.recorded_at, entry.posting_id as posting, entry.line
        from account
        join entry using (bucket, account_id)
        join posting using (bucket, posting_id)
        join payout on payout.bucket = posting.bucket and payout.payout_id = posting.object_id
            and posting.cause = 'begun/' || payout.begun
        where account.bucket = $1 and account.shop_id = $2 and account.kind = 'seller_available'
          and account.owner_id = $3 and account.currency = $4 and payout.payout_id <> $5
          and payout.phase not in ('draft', 'approved', 'held', 'cancelled')
          and entry.recorded_at <= $6
          and (entry.recorded_at, entry.posting_id, entry.line) < ($6, $7, $8)
        order by entry.recorded_at desc, entry.posting_id desc, entry.line desc limit 1
        "#,
        payout.id.bucket().as_i16(),
        payout.shop.uuid(),
        payout.seller.uuid(),
        payout.state.amount.currency().code(),
        payout.id.uuid(),
        until.recorded_at,
        until.posting,
        until.line,
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// What stood there before, and what moved.
pub(crate) async fn sums(tx: &mut Tx, span: &Span) -> Result<Sums, Fault> {
    let row = sqlx::query!(
        r#"
        with own as (
            select bucket, account_id from account
            where shop_id = $1 and kind = 'seller_available' and owner_id = $2 and currency = $3
        ), since as (
            select entry.bucket, entry.posting_id, -entry.amount_minor as minor,
                   (entry.recorded_at, entry.posting_id, entry.line) < ($7, $8, $9) as is_in
            from own join entry using (bucket, account_id)
            where entry.recorded_at >= $4
              and (entry.recorded_at, entry.posting_id, entry.line) > ($4, $5, $6)
        ), line as (
            select posting.object_id, split_part(posting.cause, '/', 1) as word, minor,
                   coalesce((select sum(other.amount_minor) from entry as other
                             join account using (bucket, account_id)
                             where other.bucket = since.bucket
                               and other.posting_id = since.posting_id
                               and account.kind = 'seller_reserved'), 0) as kept
            from since join posting using (bucket, posting_id) where is_in
        )
        select ((select coalesce(-sum(balance_minor), 0) from balance
                 where shop_id = $1 and kind = 'seller_available' and owner_id = $2
                   and currency = $3)
                - (select coalesce(sum(minor), 0) from since))::bigint as "opening!",
               count(distinct object_id) as "groups!",
               coalesce(sum(minor - kept) filter (where word = 'released'), 0)::bigint
                   as "released!",
               (coalesce(sum(kept) filter (where word = 'released'), 0)
                + coalesce(sum(minor) filter (where word = 'reserve_released'), 0))::bigint
                   as "reserve!",
               coalesce(sum(minor) filter (where word = 'clawed_back'), 0)::bigint
                   as "clawed_back!",
               coalesce(sum(minor) filter (where word = 'exchanged'), 0)::bigint as "exchanged!",
               coalesce(sum(minor) filter (where word in ('begun', 'failed', 'returned')),
                        0)::bigint as "came_again!",
               coalesce(sum(minor) filter (where word not in
                   ('released', 'reserve_released', 'clawed_back', 'exchanged', 'begun', 'failed',
                    'returned')), 0)::bigint as "other!"
        from line
        "#,
        span.shop.uuid(),
        span.seller.uuid(),
        span.currency.code(),
        span.from.recorded_at,
        span.from.posting,
        span.from.line,
        span.until.recorded_at,
        span.until.posting,
        span.until.line,
    )
    .fetch_one(tx.conn())
    .await?;
    let money = |minor| Money::from_minor(minor, span.currency);
    Ok(Sums {
        opening: money(row.opening),
        groups: u64::try_from(row.groups).unwrap_or_default(),
        moved: Parts {
            released: money(row.released),
            reserve: money(row.reserve),
            clawed_back: money(row.clawed_back),
            exchanged: money(row.exchanged),
            came_again: money(row.came_again),
            other: money(row.other),
        },
    })
}

struct GroupRow {
    object_id: Uuid,
    payment_reference: Option<String>,
    is_exchange: bool,
    is_payout: bool,
    released: i64,
    reserve: i64,
    clawed_back: i64,
    exchanged: i64,
    came_again: i64,
    other: i64,
}

impl GroupRow {
    fn group(self, span: &Span) -> Group {
        let money = |minor| Money::from_minor(minor, span.currency);
        let id = self.object_id;
        let about = match self.payment_reference {
            Some(reference) => About::Payment(PaymentId::from_uuid(id), reference),
            None if self.is_exchange => About::Exchange(QuoteId::from_uuid(id)),
            None if self.is_payout => About::Payout(PayoutId::from_uuid(id)),
            None => About::Other(id),
        };
        let parts = Parts {
            released: money(self.released),
            reserve: money(self.reserve),
            clawed_back: money(self.clawed_back),
            exchanged: money(self.exchanged),
            came_again: money(self.came_again),
            other: money(self.other),
        };
        Group::new(id, about, parts)
    }
}

/// What moved, by what it is about, in the order of ids.
pub(crate) async fn groups(
    pool: &PgPool,
    span: &Span,
    after: Option<Uuid>,
    limit: u16,
) -> Result<Vec<Group>, Fault> {
    let rows = sqlx::query_as!(
        GroupRow,
        r#"
        with own as (
            select bucket, account_id from account
            where shop_id = $1 and kind = 'seller_available' and owner_id = $2 and currency = $3
        ), line as (
            select posting.bucket, posting.object_id, split_part(posting.cause, '/', 1) as word,
                   -entry.amount_minor as minor,
                   coalesce((select sum(other.amount_minor) from entry as other
                             join account using (bucket, account_id)
                             where other.bucket = entry.bucket
                               and other.posting_id = entry.posting_id
                               and account.kind = 'seller_reserved'), 0) as kept
            from own
            join entry using (bucket, account_id)
            join posting using (bucket, posting_id)
            where entry.recorded_at >= $4 and entry.recorded_at <= $7
              and (entry.recorded_at, entry.posting_id, entry.line) > ($4, $5, $6)
              and (entry.recorded_at, entry.posting_id, entry.line) < ($7, $8, $9)
              and ($10::uuid is null or posting.object_id > $10)
        )
        select line.object_id as "object_id!", payment.reference as "payment_reference?",
               bool_or(word = 'exchanged') as "is_exchange!",
               bool_or(word in ('begun', 'failed', 'returned')) as "is_payout!",
               coalesce(sum(minor - kept) filter (where word = 'released'), 0)::bigint
                   as "released!",
               (coalesce(sum(kept) filter (where word = 'released'), 0)
                + coalesce(sum(minor) filter (where word = 'reserve_released'), 0))::bigint
                   as "reserve!",
               coalesce(sum(minor) filter (where word = 'clawed_back'), 0)::bigint
                   as "clawed_back!",
               coalesce(sum(minor) filter (where word = 'exchanged'), 0)::bigint as "exchanged!",
               coalesce(sum(minor) filter (where word in ('begun', 'failed', 'returned')),
                        0)::bigint as "came_again!",
               coalesce(sum(minor) filter (where word not in
                   ('released', 'reserve_released', 'clawed_back', 'exchanged', 'begun', 'failed',
                    'returned')), 0)::bigint as "other!"
        from line
        left join payment on payment.bucket = line.bucket and payment.payment_id = line.object_id
        group by line.object_id, payment.reference
        order by line.object_id limit $11
        "#,
        span.shop.uuid(),
        span.seller.uuid(),
        span.currency.code(),
        span.from.recorded_at,
        span.from.posting,
        span.from.line,
        span.until.recorded_at,
        span.until.posting,
        span.until.line,
        after,
        i64::from(limit),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| row.group(span)).collect())
}
