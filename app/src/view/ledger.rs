//! The trial balance.

use domain::account::AccountType;
use domain::currency::Currency;
use domain::money::Money;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// All balances at one moment; debits equal credits in each currency, or something is broken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialBalanceView {
    /// One balance per currency, in the order of their codes.
    pub currencies: Vec<CurrencyBalance>,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// The accounts of one currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurrencyBalance {
    /// The currency.
    pub currency: Currency,
    /// One row per account, in the order of the chart of accounts.
    pub rows: Vec<AccountBalance>,
    /// The sum of the debit column.
    pub debit_total: Money,
    /// The sum of the credit column.
    pub credit_total: Money,
}

/// One account's balance: it stands in one of the two columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountBalance {
    /// The account's name in words, such as `Seller pending`.
    pub account: String,
    /// Whose account it is, such as the seller's name, if it has an owner.
    pub owner: Option<String>,
    /// Its type.
    pub account_type: AccountType,
    /// The balance, if it is a debit.
    pub debit: Option<Money>,
    /// The balance, if it is a credit.
    pub credit: Option<Money>,
}
