//! How a seller's wallets became what they are, as staff see it.

use domain::id::SellerId;
use domain::money::Money;
use domain::period::Period;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The histories of a seller's wallets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SellerHistoryView {
    /// Whose.
    pub seller: SellerId,
    /// What shoppers know them as.
    pub seller_name: String,
    /// One history per currency.
    pub wallets: Vec<WalletHistory>,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// The history of one wallet: opening and movements make closing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalletHistory {
    /// What stood there before the first month.
    pub opening: Money,
    /// The months, the oldest first.
    pub months: Vec<MonthRow>,
}

/// One month of a wallet; what lowers it is below zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonthRow {
    /// Its days.
    pub period: Period,
    /// The seller's shares of sales.
    pub sold: Money,
    /// Their parts of refunds and chargebacks.
    pub given_back: Money,
    /// Of pay-outs.
    pub paid_out: Money,
    /// From or into other currencies.
    pub exchanged: Money,
    /// Everything else.
    pub other: Money,
    /// What stood there at its end.
    pub closing: Money,
}
