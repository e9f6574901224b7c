//! Accounts of ours that a bank debits by order of our files.

use domain::bic::Bic;
use domain::currency::Currency;
use domain::iban::Iban;
use domain::id::{PayoutAccountId, ShopId};
use serde_json::json;
use sqlx::PgPool;

use crate::audit;
use crate::db::{Fault, Tx};
use crate::payouts::store::bank_accounts as store;

/// An account that pay-outs leave from by bank file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankAccount {
    /// Its id.
    pub id: PayoutAccountId,
    /// Whose it is.
    pub shop: ShopId,
    /// Its name among the shop's.
    pub name: String,
    /// What can be paid from it.
    pub currency: Currency,
    /// The account at the bank.
    pub debtor: Debtor,
}

/// What a bank has to know of the account that it debits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debtor {
    /// Its number.
    pub iban: Iban,
    /// Its bank.
    pub bic: Bic,
    /// Who has the account.
    pub holder: String,
}

/// Creates an account of bank files, or changes the one of that name, and returns its id; `None` if
/// another kind of account, or one in another currency, has the name. Files that were made keep the
/// number that they were made with.
///
/// The `id` of `account` is what a new one gets.
///
/// # Errors
/// [`Fault`].
pub async fn save(
    pool: &PgPool,
    account: &BankAccount,
    actor: &str,
) -> Result<Option<PayoutAccountId>, Fault> {
    let mut tx = Tx::begin(pool).await?;
    let Some(id) = store::save_account(&mut tx, account).await? else { return Ok(None) };
    let entry = audit::Entry {
        shop: Some(account.shop),
        actor,
        staff: None,
        action: "payout_account.set",
        object_type: "payout_account",
        object_id: &id.to_string(),
        detail: json!({ "provider": "bank_file", "iban": account.debtor.iban.masked() }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(Some(id))
}

/// The shop's accounts of bank files, by name.
///
/// # Errors
/// [`Fault`].
pub async fn list(pool: &PgPool, shop: ShopId) -> Result<Vec<BankAccount>, Fault> {
    store::accounts(pool, shop).await
}
