//! The SQL of what staff look at.

use domain::currency::Currency;
use domain::id::{CheckoutId, MismatchId, PaymentId, SettlementFileId, ShopId};
use domain::money::Money;
use sqlx::PgPool;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{Attempt, Listed, Mismatch, Notification, Settlement, Transition};
use crate::db::Fault;

/// What a status is derived from.
pub(super) struct StatusColumns {
    pub(super) phase: String,
    pub(super) in_doubt: bool,
    pub(super) amount_minor: i64,
    pub(super) captured_minor: i64,
    pub(super) refunded_minor: i64,
    pub(super) charged_back_minor: i64,
    pub(super) settled_minor: i64,
}

/// Payments older than `after`, newest first, only those `among` these if told. Ids rise with time.
pub(super) async fn list(
    pool: &PgPool,
    shop: ShopId,
    among: Option<&[Uuid]>,
    after: Option<PaymentId>,
    limit: i64,
) -> Result<Vec<Listed>, Fault> {
    let rows = sqlx::query!(
        r#"
        select payment.payment_id, payment.reference, seller.name as seller, payment.currency,
               payment.phase, payment.in_doubt, payment.amount_minor, payment.captured_minor,
               payment.refunded_minor, payment.charged_back_minor, payment.settled_minor,
               payment.created_at
        from payment
        join seller using (seller_id)
        where payment.shop_id = $1
          and ($2::uuid[] is null or payment.payment_id = any ($2))
          and ($3::uuid is null or payment.payment_id < $3)
        order by payment.payment_id desc
        limit $4
        "#,
        shop.uuid(),
        among,
        after.map(PaymentId::uuid),
        limit,
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            let columns = StatusColumns {
                phase: row.phase,
                in_doubt: row.in_doubt,
                amount_minor: row.amount_minor,
                captured_minor: row.captured_minor,
                refunded_minor: row.refunded_minor,
                charged_back_minor: row.charged_back_minor,
                settled_minor: row.settled_minor,
            };
            Ok(Listed {
                id: PaymentId::from_uuid(row.payment_id),
                reference: row.reference,
                seller: row.seller,
                status: super::status(&columns, currency)?,
                amount: Money::from_minor(row.amount_minor, currency),
                created_at: row.created_at,
            })
        })
        .collect()
}

/// The payments of the shop's checkout.
pub(super) async fn of_checkout(
    pool: &PgPool,
    shop: ShopId,
    checkout: CheckoutId,
) -> Result<Vec<Uuid>, Fault> {
    Ok(sqlx::query_scalar!(
        "select payment_id from payment where bucket = $1 and checkout_id = $2 and shop_id = $3",
        checkout.bucket().as_i16(),
        checkout.uuid(),
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?)
}

/// Whether the name of any seller of the shop holds `text`, in whatever case.
pub(super) async fn names_a_seller(pool: &PgPool, shop: ShopId, text: &str) -> Result<bool, Fault> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from seller
                          where shop_id = $1 and position(lower($2) in lower(name)) > 0) as "is!""#,
        shop.uuid(),
        text,
    )
    .fetch_one(pool)
    .await?)
}

/// When any payment of the checkout changed last.
pub(super) async fn last_change(
    pool: &PgPool,
    checkout: CheckoutId,
) -> Result<Option<OffsetDateTime>, Fault> {
    Ok(sqlx::query_scalar!(
        "select max(updated_at) from payment where bucket = $1 and checkout_id = $2",
        checkout.bucket().as_i16(),
        checkout.uuid(),
    )
    .fetch_one(pool)
    .await?)
}

/// How many payments were made today, how many are in doubt, and how many jobs failed for good.
///
/// Ids begin with the time at which they were made, by the clock of whoever made them: nobody's is
/// wrong by an hour, and no payment of longer ago need be looked at.
pub(super) async fn today(pool: &PgPool, shop: ShopId) -> Result<(i64, i64, i64), Fault> {
    let row = sqlx::query!(
        r#"
        select
            (select count(*) from payment
             where shop_id = $1
               and payment_id >= rpad(lpad(to_hex((extract(epoch from
                       date_trunc('day', now(), 'UTC') - interval '1 hour') * 1000)::bigint),
                   12, '0'), 32, '0')::uuid
               and created_at >= date_trunc('day', now(), 'UTC')) as "payments!",
            (select count(*) from payment where shop_id = $1 and in_doubt) as "in_doubt!",
            (select count(*) from dead_letter
             join dead_letter_subject as subject using (bucket, job_id)
             where discarded_at is null and subject.shop_id = $1) as "dead_letters!"
        "#,
        shop.uuid(),
    )
    .fetch_one(pool)
    .await?;
    Ok((row.payments, row.in_doubt, row.dead_letters))
}

/// What was captured today, per currency.
pub(super) async fn captured_today(pool: &PgPool, shop: ShopId) -> Result<Vec<Money>, Fault> {
    let rows = sqlx::query!(
        r#"
        select currency, sum(captured_minor)::bigint as "captured_minor!"
        from processor_account as account
        join payment using (processor_account_id)
        where account.shop_id = $1 and captured_at >= date_trunc('day', now(), 'UTC')
        group by currency
        order by currency
        "#,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| Ok(Money::from_minor(row.captured_minor, currency(&row.currency)?)))
        .collect()
}

/// The beginning of a payment's story.
pub(super) struct Head {
    pub(super) checkout: Uuid,
    pub(super) checkout_reference: String,
    pub(super) created_at: OffsetDateTime,
}

/// The beginning of a payment's story, if the payment is the shop's.
pub(super) async fn head(
    pool: &PgPool,
    shop: ShopId,
    id: PaymentId,
) -> Result<Option<Head>, Fault> {
    Ok(sqlx::query_as!(
        Head,
        r#"
        select payment.checkout_id as checkout, checkout.reference as checkout_reference,
               payment.created_at
        from payment
        join checkout on checkout.bucket = payment.bucket and checkout.checkout_id = payment.checkout_id
        where payment.bucket = $1 and payment.payment_id = $2 and payment.shop_id = $3
        "#,
        id.bucket().as_i16(),
        id.uuid(),
        shop.uuid(),
    )
    .fetch_optional(pool)
    .await?)
}

/// The changes of a payment.
pub(super) async fn transitions(pool: &PgPool, id: PaymentId) -> Result<Vec<Transition>, Fault> {
    Ok(sqlx::query_as!(
        Transition,
        r#"
        select event, from_phase, to_phase, amount_minor, source,
               coalesce(evidence, 'null'::jsonb) as "evidence!", irregular, version, at
        from transition
        where bucket = $1 and payment_id = $2
        order by version
        "#,
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_all(pool)
    .await?)
}

/// What processors were asked for a payment.
pub(super) async fn attempts(pool: &PgPool, id: PaymentId) -> Result<Vec<Attempt>, Fault> {
    Ok(sqlx::query_as!(
        Attempt,
        r#"
        select operation, processor_account.processor, routing_reason, idempotency_key as key, state,
               processor_reference, code, answer, amount_minor, started_at
        from attempt
        join processor_account using (processor_account_id)
        where bucket = $1 and payment_id = $2
        order by started_at, number
        "#,
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_all(pool)
    .await?)
}

/// What processors said about a payment or its checkout.
pub(super) async fn notifications(
    pool: &PgPool,
    id: PaymentId,
    checkout: Uuid,
) -> Result<Vec<Notification>, Fault> {
    Ok(sqlx::query_as!(
        Notification,
        r#"
        select processor_account.processor, message_id, body, state, received_at
        from inbound_webhook
        join processor_account using (processor_account_id)
        where subject_id in ($1, $2)
        order by received_at
        limit 200
        "#,
        id.uuid(),
        checkout,
    )
    .fetch_all(pool)
    .await?)
}

/// On which day each posting about a payment counts.
pub(super) async fn effective_days(
    pool: &PgPool,
    shop: ShopId,
    id: PaymentId,
) -> Result<Vec<(Uuid, Date)>, Fault> {
    let rows = sqlx::query!(
        "select posting_id, effective_on from posting
         where bucket = $1 and object_id = $2 and shop_id = $3",
        id.bucket().as_i16(),
        id.uuid(),
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.posting_id, row.effective_on)).collect())
}

/// The lines of settlement files that were matched with a payment.
pub(super) async fn settlements(
    pool: &PgPool,
    shop: ShopId,
    id: PaymentId,
) -> Result<Vec<Settlement>, Fault> {
    let rows = sqlx::query!(
        r#"
        select file.settlement_file_id, file.name, line.line, line.currency, line.gross_minor,
               line.fee_minor, file.created_at
        from line_match
        join settlement_line as line using (settlement_line_id)
        join settlement_file as file using (settlement_file_id)
        where line_match.object_id = $1 and file.shop_id = $2
        order by file.created_at, line.line
        "#,
        id.uuid(),
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Settlement {
                file: SettlementFileId::from_uuid(row.settlement_file_id),
                file_name: row.name,
                line: row.line,
                currency: currency(&row.currency)?,
                gross_minor: row.gross_minor,
                fee_minor: row.fee_minor,
                at: row.created_at,
            })
        })
        .collect()
}

/// The mismatches about a payment.
pub(super) async fn mismatches(
    pool: &PgPool,
    shop: ShopId,
    id: PaymentId,
) -> Result<Vec<Mismatch>, Fault> {
    let rows = sqlx::query!(
        "select mismatch_id, kind, state from mismatch
         where payment_id = $1 and shop_id = $2 order by created_at desc",
        id.uuid(),
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Mismatch {
            id: MismatchId::from_uuid(row.mismatch_id),
            kind: row.kind,
            state: row.state,
        })
        .collect())
}

fn currency(code: &str) -> Result<Currency, Fault> {
    code.parse().map_err(|_| Fault::CorruptRow("a currency is unknown".into()))
}
