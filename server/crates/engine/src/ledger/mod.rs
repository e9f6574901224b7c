//! The ledger: balanced postings, exact balances, no hot rows.

mod fold;
pub mod revenue;
pub mod statement;
mod store;

use aws_lc_rs::digest;
use domain::account::{Account, AccountKind, AccountType, owner_of_position};
use domain::currency::Currency;
use domain::id::{AccountId, Bucket, PostingId, ShopId};
use domain::money::Money;
use domain::posting::Posting;
use sqlx::{PgExecutor, PgPool};
use time::{Date, OffsetDateTime};
use uuid::{Builder, Uuid};

use crate::db::{Fault, Tx, new_id};
pub use fold::fold;
pub(crate) use store::statement::of_one_moment;

/// A posting that is about to be written.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its id.
    pub id: PostingId,
    shop: ShopId,
    bucket: Bucket,
    object: Uuid,
    posting: Posting,
}

/// Prepares `posting`, the books' side of a fact about `object`.
pub fn draft(shop: ShopId, bucket: Bucket, object: Uuid, posting: Posting) -> Draft {
    Draft { id: new_id(bucket), shop, bucket, object, posting }
}

/// Writes postings in the caller's transaction, with their balance deltas.
///
/// The same cause for the same object is refused by the constraint `posting_cause_key`: no fact is
/// posted twice.
///
/// # Errors
/// [`Fault`].
pub async fn write(tx: &mut Tx, drafts: &[Draft]) -> Result<(), Fault> {
    if drafts.is_empty() {
        return Ok(());
    }
    let mut accounts = std::collections::BTreeMap::new();
    let mut entries = Vec::new();
    for draft in drafts {
        for (index, entry) in draft.posting.entries().iter().enumerate() {
            let currency = entry.amount.currency();
            let id = account_id(draft.shop, entry.account, currency, draft.bucket);
            accounts.entry(id.uuid()).or_insert_with(|| store::AccountRow {
                bucket: draft.bucket.as_i16(),
                account_id: id.uuid(),
                shop_id: draft.shop.uuid(),
                kind: entry.account.kind().as_str(),
                account_type: entry.account.kind().account_type().as_str(),
                owner_id: entry.account.owner(),
                currency: currency.code(),
            });
            entries.push(store::EntryRow {
                bucket: draft.bucket.as_i16(),
                posting_id: draft.id.uuid(),
                line: i16::try_from(index + 1).unwrap_or(i16::MAX),
                account_id: id.uuid(),
                currency: currency.code(),
                amount_minor: entry.amount.minor(),
            });
        }
    }
    let postings: Vec<_> = drafts
        .iter()
        .map(|draft| store::PostingRow {
            bucket: draft.bucket.as_i16(),
            posting_id: draft.id.uuid(),
            shop_id: draft.shop.uuid(),
            object_id: draft.object,
            cause: draft.posting.cause(),
        })
        .collect();
    let accounts: Vec<_> = accounts.into_values().collect();
    store::ensure_accounts(tx, &accounts).await?;
    store::append(tx, &postings, &entries).await
}

/// Writes one posting in the caller's transaction.
///
/// # Errors
/// As [`write`].
pub async fn post(
    tx: &mut Tx,
    shop: ShopId,
    bucket: Bucket,
    object: Uuid,
    posting: &Posting,
) -> Result<PostingId, Fault> {
    let draft = draft(shop, bucket, object, posting.clone());
    let id = draft.id;
    write(tx, &[draft]).await?;
    Ok(id)
}

/// The id of an account follows from what it is, so that nobody has to look it up: a UUID version 8
/// of a SHA-256, with the bucket as its last byte.
fn account_id(shop: ShopId, account: Account, currency: Currency, bucket: Bucket) -> AccountId {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(shop.uuid().as_bytes());
    context.update(account.kind().as_str().as_bytes());
    context.update(account.owner().unwrap_or_default().as_bytes());
    context.update(currency.code().as_bytes());
    let hash = context.finish();
    let bytes: [u8; 16] = hash.as_ref()[..16].try_into().expect("a SHA-256 has 32 bytes");
    let uuid = Builder::from_custom_bytes(bytes).into_uuid();
    AccountId::from_uuid(bucket.stamp(uuid))
}

/// One account of a trial balance, summed over its buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceRow {
    /// What the account counts.
    pub kind: AccountKind,
    /// Its side of the books.
    pub account_type: AccountType,
    /// Whose it is: a seller or a processor account by name, a position by the other currency of
    /// its pair; `None` for the shop itself.
    pub owner: Option<String>,
    /// The same as it is stored.
    pub owner_id: Option<Uuid>,
    /// Debit positive, credit negative.
    pub balance: Money,
}

/// The balance of every account of the shop at this moment, in the order of [`AccountKind::ALL`].
///
/// # Errors
/// [`Fault`].
pub async fn trial_balance(pool: &PgPool, shop: ShopId) -> Result<Vec<BalanceRow>, Fault> {
    balances_before(pool, shop, None).await
}

/// The balance of every account of the shop as it was at the end of `day`, in UTC.
///
/// # Errors
/// [`Fault`].
pub async fn trial_balance_of(
    pool: &PgPool,
    shop: ShopId,
    day: Date,
) -> Result<Vec<BalanceRow>, Fault> {
    let next = day.next_day().unwrap_or(Date::MAX).midnight().assume_utc();
    balances_before(pool, shop, Some(next)).await
}

async fn balances_before(
    pool: &PgPool,
    shop: ShopId,
    moment: Option<OffsetDateTime>,
) -> Result<Vec<BalanceRow>, Fault> {
    let mut rows = store::trial_balance(pool, shop, moment).await?;
    rows.sort_by_key(|row| AccountKind::ALL.iter().position(|&kind| kind == row.kind));
    Ok(rows)
}

/// One posting with its entries, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedEntry {
    /// The posting it belongs to.
    pub posting: PostingId,
    /// The fact behind the posting.
    pub cause: String,
    /// When it was recorded.
    pub recorded_at: time::OffsetDateTime,
    /// What the account counts.
    pub kind: AccountKind,
    /// Whose it is.
    pub owner: Option<String>,
    /// Debit positive, credit negative.
    pub amount: Money,
}

/// The entries of all postings about `object`, in the order of recording.
///
/// # Errors
/// [`Fault`].
pub async fn entries_of(
    pool: &PgPool,
    shop: ShopId,
    object: Uuid,
) -> Result<Vec<PostedEntry>, Fault> {
    store::entries_of(pool, shop, object).await
}

/// What a seller has in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wallet {
    /// Earned, and not to be had yet.
    pub pending: Money,
    /// Can be paid out; below zero it is the seller's debt.
    pub available: Money,
    /// Kept back of releases for a while, against refunds and chargebacks.
    pub reserved: Money,
}

/// A seller's wallet in `currency`; zero if nothing ever moved.
///
/// # Errors
/// [`Fault`].
pub async fn wallet(
    executor: impl PgExecutor<'_>,
    shop: ShopId,
    seller: domain::id::SellerId,
    currency: Currency,
) -> Result<Wallet, Fault> {
    store::wallet(executor, shop, seller, currency).await
}

/// Locks a seller's wallet in `currency` until the end of the transaction, and says what is in it.
///
/// Whoever posts what lowers `seller_available` or `seller_reserved` by choice does so first, so that
/// two of them never spend the same money. What comes in meanwhile is not held up, and is not seen.
///
/// # Errors
/// [`Fault`].
pub async fn lock_wallet(
    tx: &mut Tx,
    shop: ShopId,
    seller: domain::id::SellerId,
    currency: Currency,
) -> Result<Wallet, Fault> {
    store::lock_owner(tx, shop, seller.uuid(), currency).await?;
    store::wallet(tx.conn(), shop, seller, currency).await
}

/// Locks both positions of a pair of currencies until the end of the transaction.
///
/// Whoever closes one of them by what the two say does so first. Exchanges, which only add to both,
/// are not held up.
///
/// # Errors
/// [`Fault`].
pub async fn lock_positions(
    tx: &mut Tx,
    shop: ShopId,
    one: Currency,
    other: Currency,
) -> Result<(), Fault> {
    let mut pair = [one, other];
    pair.sort_unstable_by_key(|currency| currency.code());
    let [first, second] = pair;
    store::lock_owner(tx, shop, owner_of_position(second), first).await?;
    store::lock_owner(tx, shop, owner_of_position(first), second).await
}
