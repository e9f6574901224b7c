//! The trial balance, and the statements of its accounts.

use domain::account::{AccountKind, AccountType};
use domain::currency::Currency;
use domain::id::PaymentId;
use domain::money::Money;
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// All balances at one moment; debits equal credits in each currency, or something is broken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialBalanceView {
    /// One balance per currency, in the order of their codes.
    pub currencies: Vec<CurrencyBalance>,
    /// The day at whose end, in UTC, the figures were so; now if absent.
    pub day: Option<Date>,
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
    /// Where its statement is.
    pub statement: String,
    /// Its type.
    pub account_type: AccountType,
    /// The balance, if it is a debit.
    pub debit: Option<Money>,
    /// The balance, if it is a credit.
    pub credit: Option<Money>,
}

/// Which statement is wanted. Comes from the page's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementFilter {
    /// What the account counts.
    pub account: AccountKind,
    /// Whose it is, as it is stored.
    pub owner: Option<String>,
    /// In which currency.
    pub currency: Currency,
    /// The first day; the first of this month if absent.
    pub from: Option<Date>,
    /// The last day; today if absent.
    pub to: Option<Date>,
    /// Where the page starts, as [`StatementView::next`] said.
    pub after: Option<String>,
}

/// The statement of one account: opening and movements make closing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementView {
    /// The account's name in words.
    pub account: String,
    /// Whose account it is, if it has an owner.
    pub owner: Option<String>,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Whether the first day that was asked for is after the last: then there are no figures.
    pub is_backwards: bool,
    /// What stood there before; debit positive.
    pub opening: Money,
    /// The sum of the debits.
    pub debits: Money,
    /// The sum of the credits.
    pub credits: Money,
    /// What stands there afterwards; debit positive.
    pub closing: Money,
    /// The lines of this page, the oldest first.
    pub lines: Vec<StatementLine>,
    /// Where the next page starts, if there is one.
    pub next: Option<String>,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// One line of a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementLine {
    /// When it was recorded.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The fact behind it, as it is stored.
    pub cause: String,
    /// The payment that it is about, if it is about one, with the shop's reference.
    pub payment: Option<(PaymentId, String)>,
    /// The amount, if it is a debit.
    pub debit: Option<Money>,
    /// The amount, if it is a credit.
    pub credit: Option<Money>,
    /// What stands there after it; debit positive.
    pub balance: Money,
}
