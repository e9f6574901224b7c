//! Sellers as staff see them: what they have, and by which rules.

use domain::id::SellerId;
use domain::money::Money;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The sellers of the shop, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SellerListView {
    /// The sellers, each with their wallets.
    pub rows: Vec<SellerRow>,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// One seller in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SellerRow {
    /// Their id.
    pub id: SellerId,
    /// The shop's name for them.
    pub reference: String,
    /// What shoppers know them as.
    pub name: String,
    /// What they have, one per currency.
    pub wallets: Vec<WalletView>,
}

/// What a seller has in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalletView {
    /// Earned, and not to be had yet.
    pub pending: Money,
    /// Can be paid out; below zero it is a debt.
    pub available: Money,
    /// Kept back for a while.
    pub reserved: Money,
    /// What the next sales have to cover.
    pub owed: Money,
    /// Where the statement of what can be paid out is.
    pub statement: String,
}

/// One seller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SellerView {
    /// Who, and what they have.
    pub row: SellerRow,
    /// Our share of their sales, such as `5 %`.
    pub fee: String,
    /// The rules that hold for them: what about, and how it is.
    pub rules: Vec<(String, String)>,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}
