//! The SQL of checkouts and registrations.

use std::collections::HashMap;
use std::time::Duration;

use domain::checkout::Policy;
use domain::id::{
    Bucket, CheckoutId, PaymentId, ProcessorAccountId, RegistrationId, SellerId, ShopId,
};
use domain::money::Money;
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::checkouts::CheckoutRecord;
use crate::db::{Fault, Tx, interval};
use crate::payments::PaymentRecord;

mod new;

pub(super) use new::{
    CheckoutRow, ClaimRow, PaymentRow, claim, insert_checkouts, insert_payments, release,
};

/// The sellers that exist of those that are wanted, with our share of their sales.
pub(super) async fn sellers(
    tx: &mut Tx,
    wanted: Vec<(Uuid, String)>,
) -> Result<HashMap<(ShopId, String), (SellerId, i32)>, Fault> {
    let (shops, references): (Vec<Uuid>, Vec<String>) = wanted.into_iter().unzip();
    let rows = sqlx::query!(
        r#"
        select seller.shop_id, seller.reference, seller_id, fee_basis_points
        from unnest($1::uuid[], $2::text[]) as wanted (shop_id, reference)
        join seller on seller.shop_id = wanted.shop_id and seller.reference = wanted.reference
        "#,
        &shops,
        &references,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let key = (ShopId::from_uuid(row.shop_id), row.reference);
            (key, (SellerId::from_uuid(row.seller_id), row.fee_basis_points))
        })
        .collect())
}

pub(super) struct FoundRow {
    checkout_id: Uuid,
    shop_id: Uuid,
    shop_name: String,
    reference: String,
    currency: String,
    total_minor: i64,
    buyer: Value,
    description: Option<String>,
    return_url: Option<String>,
    policy: String,
    metadata: Value,
    expires_at: OffsetDateTime,
    created_at: OffsetDateTime,
    is_overdue: bool,
}

impl FoundRow {
    pub(super) fn id(&self) -> CheckoutId {
        CheckoutId::from_uuid(self.checkout_id)
    }

    pub(super) fn into_record(self, payments: Vec<PaymentRecord>) -> Result<CheckoutRecord, Fault> {
        let corrupt = |_| Fault::CorruptRow(format!("checkout {}: currency", self.checkout_id));
        let currency = self.currency.parse().map_err(corrupt)?;
        let policy = Policy::from_word(&self.policy)
            .ok_or_else(|| Fault::CorruptRow(format!("checkout {}: policy", self.checkout_id)))?;
        Ok(CheckoutRecord {
            id: CheckoutId::from_uuid(self.checkout_id),
            shop: ShopId::from_uuid(self.shop_id),
            shop_name: self.shop_name,
            reference: self.reference,
            total: Money::from_minor(self.total_minor, currency),
            buyer: self.buyer,
            description: self.description,
            return_url: self.return_url,
            policy,
            metadata: self.metadata,
            expires_at: self.expires_at,
            created_at: self.created_at,
            is_overdue: self.is_overdue,
            payments,
        })
    }
}

/// The checkouts that exist of those that are wanted.
pub(super) async fn find_many(pool: &PgPool, ids: &[CheckoutId]) -> Result<Vec<FoundRow>, Fault> {
    let (buckets, ids): (Vec<i16>, Vec<Uuid>) =
        ids.iter().map(|id| (id.bucket().as_i16(), id.uuid())).unzip();
    Ok(sqlx::query_as!(
        FoundRow,
        r#"
        select checkout_id, checkout.shop_id, shop.name as shop_name, reference, currency,
               total_minor, buyer, description, return_url, policy, metadata, expires_at,
               checkout.created_at,
               expires_at < now() as "is_overdue!"
        from unnest($1::smallint[], $2::uuid[]) as wanted (bucket, id)
        join checkout on checkout.bucket = wanted.bucket and checkout.checkout_id = wanted.id
        join shop on shop.shop_id = checkout.shop_id
        "#,
        &buckets,
        &ids,
    )
    .fetch_all(pool)
    .await?)
}

pub(super) async fn is_over(pool: &PgPool, id: CheckoutId, after: Duration) -> Result<bool, Fault> {
    let is_over = sqlx::query_scalar!(
        r#"
        select expires_at <= now() + $3 as "is_over!" from checkout
        where bucket = $1 and checkout_id = $2
        "#,
        id.bucket().as_i16(),
        id.uuid(),
        interval(after),
    )
    .fetch_optional(pool)
    .await?;
    Ok(is_over.unwrap_or(true))
}

pub(super) async fn claimed(
    pool: &PgPool,
    bucket: Bucket,
    shop: ShopId,
    (kind, reference): (&str, &str),
) -> Result<Option<Uuid>, Fault> {
    Ok(sqlx::query_scalar!(
        "select object_id from reference_claim
         where bucket = $1 and shop_id = $2 and kind = $3 and reference = $4",
        bucket.as_i16(),
        shop.uuid(),
        kind,
        reference,
    )
    .fetch_optional(pool)
    .await?)
}

pub(super) async fn of_registration(
    pool: &PgPool,
    account: ProcessorAccountId,
    token: &str,
) -> Result<Option<CheckoutId>, Fault> {
    let id = sqlx::query_scalar!(
        "select checkout_id from registration where token = $1 and processor_account_id = $2",
        token,
        account.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(id.map(CheckoutId::from_uuid))
}

/// Locks the checkout, so that one registration at a time is made for it.
pub(super) async fn lock(tx: &mut Tx, id: CheckoutId) -> Result<(), Fault> {
    sqlx::query!(
        "select 1 as one from checkout where bucket = $1 and checkout_id = $2 for update",
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(())
}

/// The payments of a checkout.
pub(super) async fn payments_of(tx: &mut Tx, id: CheckoutId) -> Result<Vec<PaymentId>, Fault> {
    let ids = sqlx::query_scalar!(
        "select payment_id from payment where bucket = $1 and checkout_id = $2",
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(PaymentId::from_uuid).collect())
}

/// Whether the processor has ever refused to capture a payment of the checkout.
pub(super) async fn was_capture_refused(tx: &mut Tx, id: CheckoutId) -> Result<bool, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select exists (
            select 1 from payment
            join attempt on attempt.bucket = payment.bucket
                and attempt.payment_id = payment.payment_id
                and attempt.operation = 'capture' and attempt.state = 'declined'
            where payment.bucket = $1 and payment.checkout_id = $2) as "was_refused!"
        "#,
        id.bucket().as_i16(),
        id.uuid(),
    )
    .fetch_one(tx.conn())
    .await?)
}

/// A registration as it is stored.
#[derive(Debug, Clone)]
pub(super) struct RegistrationRow {
    pub(super) registration_id: Uuid,
    pub(super) processor_account_id: Uuid,
    pub(super) number: i16,
    pub(super) nonce: String,
    pub(super) token: Option<String>,
    pub(super) page_url: Option<String>,
    pub(super) state: String,
    pub(super) routing_reason: Option<String>,
}

/// The newest registration of the checkout.
pub(super) async fn newest_registration(
    tx: &mut Tx,
    checkout: CheckoutId,
) -> Result<Option<RegistrationRow>, Fault> {
    Ok(sqlx::query_as!(
        RegistrationRow,
        r#"
        select registration_id, processor_account_id, number, nonce, token, page_url, state,
               routing_reason
        from registration
        where bucket = $1 and checkout_id = $2
        order by number desc limit 1
        "#,
        checkout.bucket().as_i16(),
        checkout.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Adds a registration that is about to be made.
pub(super) async fn insert_registration(
    tx: &mut Tx,
    checkout: CheckoutId,
    row: &RegistrationRow,
) -> Result<(), Fault> {
    sqlx::query!(
        "insert into registration
             (bucket, registration_id, checkout_id, processor_account_id, number, nonce,
              routing_reason)
         values ($1, $2, $3, $4, $5, $6, $7)",
        checkout.bucket().as_i16(),
        row.registration_id,
        checkout.uuid(),
        row.processor_account_id,
        row.number,
        row.nonce,
        row.routing_reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps the token before the shopper is sent anywhere; `false` if another has opened the
/// registration, or left it, meanwhile.
pub(super) async fn open_registration(
    pool: &PgPool,
    id: RegistrationId,
    token: &str,
    page_url: &str,
) -> Result<bool, Fault> {
    let opened = sqlx::query!(
        "update registration set token = $3, page_url = $4, state = 'open', updated_at = now()
         where bucket = $1 and registration_id = $2 and state = 'started'",
        id.bucket().as_i16(),
        id.uuid(),
        token,
        page_url,
    )
    .execute(pool)
    .await?;
    Ok(opened.rows_affected() > 0)
}

/// Leaves a registration whose processor did not take it, or cannot go on with it now.
pub(super) async fn abandon_registration(tx: &mut Tx, id: RegistrationId) -> Result<(), Fault> {
    sqlx::query!(
        "update registration
         set state = 'abandoned', updated_at = now()
         where bucket = $1 and registration_id = $2 and state in ('started', 'open')",
        id.bucket().as_i16(),
        id.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether anything of the checkout is under way or in doubt; for who holds its lock.
pub(super) async fn is_under_way(tx: &mut Tx, checkout: CheckoutId) -> Result<bool, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select exists (
            select 1 from payment
            where bucket = $1 and checkout_id = $2
              and (in_doubt
                   or phase in ('executing', 'action_required', 'in_review', 'awaiting_funds')))
            as "is_under_way!"
        "#,
        checkout.bucket().as_i16(),
        checkout.uuid(),
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Ends a registration; `false` if it was left for another meanwhile.
pub(super) async fn end_registration(
    tx: &mut Tx,
    id: RegistrationId,
    state: &str,
) -> Result<bool, Fault> {
    let ended = sqlx::query!(
        "update registration set state = $3, updated_at = now()
         where bucket = $1 and registration_id = $2 and state = 'open'",
        id.bucket().as_i16(),
        id.uuid(),
        state,
    )
    .execute(tx.conn())
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Ends the open registrations of a checkout whose time is over: what is entered there now is too
/// late, and nobody need ask about it any more.
pub(super) async fn expire_registrations(pool: &PgPool, id: CheckoutId) -> Result<(), Fault> {
    sqlx::query!(
        "update registration set state = 'expired', updated_at = now()
         where bucket = $1 and checkout_id = $2 and state = 'open'",
        id.bucket().as_i16(),
        id.uuid(),
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Whether a job of this kind waits for its turn with this checkout.
pub(super) async fn is_waiting(pool: &PgPool, kind: &str, id: CheckoutId) -> Result<bool, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select exists (select 1 from job where kind = $1 and subject_id = $2 and leased_by is null)
            as "is_waiting!"
        "#,
        kind,
        id.uuid(),
    )
    .fetch_one(pool)
    .await?)
}
