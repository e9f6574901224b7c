//! The SQL of statements.

use domain::currency::Currency;
use domain::id::{PaymentId, PostingId};
use domain::money::Money;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::ledger::statement::{Line, Place, Wanted};

/// Sums of an account, in minor units, debit positive.
pub(crate) struct Totals {
    /// Before the first day.
    pub(crate) opening: i64,
    /// Before the line that comes first on the page.
    pub(crate) carried: i64,
    pub(crate) debits: i64,
    pub(crate) credits: i64,
}

pub(crate) struct LineRow {
    posting_id: Uuid,
    line: i16,
    cause: String,
    object_id: Uuid,
    payment_reference: Option<String>,
    recorded_at: OffsetDateTime,
    pub(crate) amount_minor: i64,
}

impl LineRow {
    pub(crate) fn into_line(self, balance: Money, currency: Currency) -> Line {
        let place =
            Place { recorded_at: self.recorded_at, posting: self.posting_id, line: self.line };
        let payment = PaymentId::from_uuid(self.object_id);
        Line {
            place,
            posting: PostingId::from_uuid(self.posting_id),
            cause: self.cause,
            object: self.object_id,
            payment: self.payment_reference.map(|reference| (payment, reference)),
            amount: Money::from_minor(self.amount_minor, currency),
            balance,
        }
    }
}

/// Has all statements of the transaction see the same moment, and write nothing.
pub(crate) async fn of_one_moment(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!("set transaction isolation level repeatable read, read only")
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The sums: what stands there now, less what was recorded since.
pub(crate) async fn totals(
    tx: &mut Tx,
    wanted: &Wanted,
    (from, until): (OffsetDateTime, OffsetDateTime),
    after: Place,
) -> Result<Totals, Fault> {
    let row = sqlx::query!(
        r#"
        with own as (
            select bucket, account_id from account
            where shop_id = $1 and kind = $2 and owner_id is not distinct from $3 and currency = $4
        ), present as (
            select coalesce(sum(balance_minor), 0) as minor from balance
            where shop_id = $1 and kind = $2 and owner_id is not distinct from $3 and currency = $4
        )
        select (present.minor - coalesce(sum(amount_minor)
                    filter (where recorded_at >= $5), 0))::bigint as "opening!",
               (present.minor - coalesce(sum(amount_minor)
                    filter (where (recorded_at, posting_id, line) > ($7, $8, $9)), 0))::bigint
                   as "carried!",
               coalesce(sum(amount_minor) filter (where recorded_at >= $5 and recorded_at < $6
                    and amount_minor > 0), 0)::bigint as "debits!",
               coalesce(sum(amount_minor) filter (where recorded_at >= $5 and recorded_at < $6
                    and amount_minor < 0), 0)::bigint as "credits!"
        from present left join (
            select entry.* from own join entry using (bucket, account_id) where recorded_at >= $5
        ) as entry on true
        group by present.minor
        "#,
        wanted.shop.uuid(),
        wanted.account.kind().as_str(),
        wanted.account.owner() as Option<Uuid>,
        wanted.currency.code(),
        from,
        until,
        after.recorded_at,
        after.posting,
        after.line,
    )
    .fetch_one(tx.conn())
    .await?;
    let (opening, carried) = (row.opening, row.carried);
    Ok(Totals { opening, carried, debits: row.debits, credits: row.credits })
}

/// Some lines, the first of those after `after`.
pub(crate) async fn lines(
    tx: &mut Tx,
    wanted: &Wanted,
    until: OffsetDateTime,
    after: Place,
    limit: i64,
) -> Result<Vec<LineRow>, Fault> {
    Ok(sqlx::query_as!(
        LineRow,
        r#"
        with own as (
            select bucket, account_id from account
            where shop_id = $1 and kind = $2 and owner_id is not distinct from $3 and currency = $4
        )
        select entry.posting_id, entry.line, posting.cause, posting.object_id,
               payment.reference as "payment_reference?", entry.recorded_at, entry.amount_minor
        from own
        join entry using (bucket, account_id)
        join posting using (bucket, posting_id)
        left join payment on payment.bucket = posting.bucket
            and payment.payment_id = posting.object_id
        where entry.recorded_at >= $6 and entry.recorded_at < $5
          and (entry.recorded_at, entry.posting_id, entry.line) > ($6, $7, $8)
        order by entry.recorded_at, entry.posting_id, entry.line
        limit $9
        "#,
        wanted.shop.uuid(),
        wanted.account.kind().as_str(),
        wanted.account.owner() as Option<Uuid>,
        wanted.currency.code(),
        until,
        after.recorded_at,
        after.posting,
        after.line,
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}
