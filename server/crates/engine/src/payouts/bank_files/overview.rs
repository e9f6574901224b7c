//! How far banks have got with the files that they were given, and what waits for the next.

use domain::id::{PayoutFileId, ShopId};
use domain::money::Money;
use sqlx::PgPool;

use crate::db::Fault;
use crate::payouts::bank_files::PayoutFile;
use crate::payouts::bank_files::accounts::{self, BankAccount};
use crate::payouts::store::bank_overview as store;

/// A file, and what the bank has said of its pay-outs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The file.
    pub file: PayoutFile,
    /// What the account is called that its pay-outs leave from.
    pub account_name: String,
    /// Who made it.
    pub made_by: String,
    /// Of how many of its pay-outs the bank has said anything that counts.
    pub answered: u64,
    /// How many it has taken on and not rejected since.
    pub accepted: u64,
    /// How many it has rejected.
    pub rejected: u64,
    /// How many have left our account; some of them may have come back.
    pub booked: u64,
}

/// Some files, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePage {
    /// The files.
    pub rows: Vec<Progress>,
    /// After which one the next page starts, if there is more.
    pub next: Option<PayoutFileId>,
}

/// What the next file of an account will be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The account.
    pub account: BankAccount,
    /// How many pay-outs wait.
    pub payouts: u64,
    /// What they sum to.
    pub total: Money,
}

/// Up to `limit` files of the shop, the newest first, after the one that the page before ended with.
///
/// # Errors
/// [`Fault`].
pub async fn progress(
    pool: &PgPool,
    shop: ShopId,
    after: Option<PayoutFileId>,
    limit: u16,
) -> Result<FilePage, Fault> {
    let mut rows = store::progress(pool, shop, after, i64::from(limit) + 1).await?;
    let has_more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let next = rows.last().filter(|_| has_more).map(|last| last.file.id);
    Ok(FilePage { rows, next })
}

/// What waits at each account of bank files of the shop, by the accounts' names.
///
/// # Errors
/// [`Fault`].
pub async fn pending(pool: &PgPool, shop: ShopId) -> Result<Vec<Pending>, Fault> {
    let waiting = store::pending(pool, shop).await?;
    let of = |account: BankAccount| {
        let (payouts, minor) = waiting.get(&account.id).copied().unwrap_or_default();
        let total = Money::from_minor(minor, account.currency);
        Pending { account, payouts, total }
    };
    Ok(accounts::list(pool, shop).await?.into_iter().map(of).collect())
}
