//! Files that were made, for whoever looks or needs one again.

use aws_lc_rs::digest::{SHA256, digest};
use domain::id::{PayoutAccountId, PayoutFileId, ShopId};
use domain::money::Money;
use domain::payout::Phase;
use sqlx::PgPool;
use time::{Date, OffsetDateTime};

use crate::db::Fault;
use crate::payouts::PayoutRecord;
use crate::payouts::store::{bank_accounts, bank_files as store};

/// How many files are listed, at most.
const FILES_MAX: i64 = 200;

/// A file for a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutFile {
    /// Its id: the bank's reports name it with a hyphen in place of the underscore.
    pub id: PayoutFileId,
    /// The account that its pay-outs leave from.
    pub account: PayoutAccountId,
    /// How many pay-outs are in it.
    pub payouts: u32,
    /// What they sum to.
    pub total: Money,
    /// On which day the bank shall carry them out.
    pub execution_on: Date,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// How far a submitted pay-out is on its way into a bank's hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It will be in the next file.
    Waits,
    /// It is in this one.
    In(PayoutFile),
}

/// The newest files of the shop, the newest first.
///
/// # Errors
/// [`Fault`].
pub async fn list(pool: &PgPool, shop: ShopId) -> Result<Vec<PayoutFile>, Fault> {
    store::files(pool, shop, None, FILES_MAX).await
}

/// A file of the shop with its very bytes.
///
/// # Errors
/// [`Fault`]; also if the bytes are not those that were stored.
pub async fn bytes(
    pool: &PgPool,
    shop: ShopId,
    id: PayoutFileId,
) -> Result<Option<(PayoutFile, Vec<u8>)>, Fault> {
    let Some(file) = store::file(pool, shop, id).await? else { return Ok(None) };
    let (content, sha256) = store::content(pool, id).await?;
    if digest(&SHA256, &content).as_ref() != sha256 {
        return Err(Fault::Broken(format!("{id} is not what was stored")));
    }
    Ok(Some((file, content)))
}

/// How far the pay-out is, if it was submitted at an account of bank files.
///
/// # Errors
/// [`Fault`].
pub async fn standing(pool: &PgPool, payout: &PayoutRecord) -> Result<Option<Standing>, Fault> {
    if let Some(file) = store::file_of(pool, payout.shop, payout.id).await? {
        return Ok(Some(Standing::In(file)));
    }
    let waits = payout.state.phase == Phase::Submitted
        && bank_accounts::debtor(pool, payout.account).await?.is_some();
    Ok(waits.then_some(Standing::Waits))
}
