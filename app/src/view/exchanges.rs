//! What a seller exchanges between currencies, as staff see it.

use domain::currency::Currency;
use domain::id::{QuoteId, SellerId};
use domain::money::Money;
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// What a seller can exchange, the quote that is looked at, and what was exchanged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeView {
    /// Whose money it is.
    pub seller: SellerId,
    /// What people know them as.
    pub seller_name: String,
    /// What they have available, one per currency of their wallets.
    pub available: Vec<Money>,
    /// What can be bought: what the shop pays out in, and what the seller has.
    pub currencies: Vec<Currency>,
    /// The quote that the address names, if it is one of the seller.
    pub quote: Option<QuoteView>,
    /// The last exchanges, the newest first.
    pub rows: Vec<ExchangeRow>,
    /// Whether this person may exchange.
    pub may_exchange: bool,
    /// The moment that all figures are of.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// An offer to exchange: `worth = bought + spread + rounding`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuoteView {
    /// Its id.
    pub id: QuoteId,
    /// Where it stands.
    pub state: QuoteState,
    /// What is sold.
    pub sold: Money,
    /// What that is worth at the rate.
    pub worth: Money,
    /// What we keep.
    pub spread: Money,
    /// The same as a share of the worth, such as `0.5 %`.
    pub spread_share: String,
    /// What rounding leaves, either way.
    pub rounding: Money,
    /// What is given for it.
    pub bought: Money,
    /// The rate, and where it is from.
    pub rate: RateView,
    /// Until when it is good.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// Where a quote stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum QuoteState {
    /// It can be accepted.
    Open,
    /// It was accepted, and the money was exchanged.
    Accepted,
    /// It was not accepted in time.
    Expired,
}

/// A rate and where it is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateView {
    /// The rate, such as `1 EUR = 1.08 USD`.
    pub text: String,
    /// Whose it is, as it is stored, such as `ecb`.
    pub source: String,
    /// The day that it is of, if that is known.
    pub day: Option<Date>,
}

/// One exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeRow {
    /// The quote that it was made at.
    pub quote: QuoteId,
    /// What was sold.
    pub sold: Money,
    /// What was bought.
    pub bought: Money,
    /// The rate, and where it is from.
    pub rate: RateView,
    /// Who accepted the quote.
    pub by: String,
    /// Where the statements of the day are that it stands on: by currency, sold before bought.
    pub statements: [(Currency, String); 2],
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}
