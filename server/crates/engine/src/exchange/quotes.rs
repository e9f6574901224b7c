//! Offers to exchange: at a rate, with our spread, and for a time.

use domain::currency::Currency;
use domain::exchange::{Exchange, ExchangeError, Quote, exchange};
use domain::id::{QuoteId, SellerId, ShopId};
use domain::money::Money;
use sqlx::PgPool;
use time::{Date, OffsetDateTime};

use crate::db::{Fault, Tx, new_id};
use crate::exchange::{rates, store};
use crate::idempotency::{self, Slot};

/// What somebody wants to know the price of.
#[derive(Debug, Clone)]
pub struct NewQuote {
    /// Whose seller it has to be.
    pub shop: ShopId,
    /// The shop's name for the seller whose wallets are meant.
    pub seller_account: String,
    /// What is to be sold, above zero.
    pub sold: Money,
    /// What is to be bought with it.
    pub buy: Currency,
    /// The idempotency key under which this happens.
    pub slot: Option<Slot>,
}

/// A quote as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteRecord {
    /// The offer.
    pub quote: Quote,
    /// Whose it is.
    pub shop: ShopId,
    /// The seller whose wallets it is about.
    pub seller: SellerId,
    /// The shop's name for the seller.
    pub seller_account: String,
    /// The figures at which it is, or would be, exchanged.
    pub exchange: Exchange,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was accepted, if it was.
    pub accepted_at: Option<OffsetDateTime>,
    /// When this was read, by the database's clock.
    pub as_of: OffsetDateTime,
}

impl QuoteRecord {
    /// Where it stands.
    pub fn status(&self) -> QuoteStatus {
        if self.accepted_at.is_some() {
            QuoteStatus::Accepted
        } else if self.as_of >= self.quote.expires_at {
            QuoteStatus::Expired
        } else {
            QuoteStatus::Open
        }
    }
}

/// Where a quote stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteStatus {
    /// It can be accepted.
    Open,
    /// It was accepted, and the money was exchanged.
    Accepted,
    /// It was not accepted in time.
    Expired,
}

impl QuoteStatus {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Open, Self::Accepted, Self::Expired];

    /// The word that stands in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Expired => "expired",
        }
    }
}

/// Offers to exchange, at the newest rate and on the shop's terms. Funds are looked at when the
/// quote is accepted.
///
/// # Errors
/// [`QuoteError`]; nothing was written then.
pub async fn quote(pool: &PgPool, new: NewQuote) -> Result<QuoteRecord, QuoteError> {
    let pair = (new.sold.currency(), new.buy);
    if pair.0 == pair.1 {
        return Err(QuoteError::CurrencyNotSupported(new.buy));
    }
    let seller = store::seller(pool, new.shop, &new.seller_account).await?;
    let seller = seller.ok_or(QuoteError::SellerUnknown)?;
    let terms = store::terms(pool, new.shop).await?;
    let Some(found) = rates::find(pool, pair, None).await? else {
        return Err(unknown(pool, pair).await?);
    };
    if i64::from(found.age_days) > i64::from(terms.rate_days_max) {
        return Err(QuoteError::RateStale { day: found.day });
    }
    exchange(new.sold, found.rate, terms.spread_basis_points).map_err(refused)?;

    // In the seller's bucket, where the wallets are.
    let id: QuoteId = new_id(seller.bucket());
    let draft = store::Draft { id, seller, sold: new.sold, rate: found.rate, terms };
    let mut tx = Tx::begin(pool).await?;
    store::insert(&mut tx, new.shop, &draft, &found.reference()).await?;
    if let Some(slot) = &new.slot
        && !idempotency::attach(&mut tx, &[(slot, id.uuid())]).await?
    {
        return Err(QuoteError::KeyLost);
    }
    tx.commit().await?;
    let made = find(pool, new.shop, id).await?;
    Ok(made.ok_or_else(|| Fault::Broken(format!("{id} vanished")))?)
}

/// The quote, if it is the shop's.
///
/// # Errors
/// [`Fault`].
pub async fn find(pool: &PgPool, shop: ShopId, id: QuoteId) -> Result<Option<QuoteRecord>, Fault> {
    store::find(pool, shop, id).await
}

/// Why a pair has no rate.
async fn unknown(pool: &PgPool, pair: (Currency, Currency)) -> Result<QuoteError, Fault> {
    let (from, to) = pair;
    for currency in [from, to] {
        if !rates::is_known(pool, currency).await? && rates::are_there(pool).await? {
            return Ok(QuoteError::CurrencyNotSupported(currency));
        }
    }
    Ok(QuoteError::RateUnknown { from, to })
}

fn refused(error: ExchangeError) -> QuoteError {
    match error {
        ExchangeError::TooSmall => QuoteError::TooSmall,
        ExchangeError::NotPositive => QuoteError::NotPositive,
        ExchangeError::OutOfRange => QuoteError::TooLarge,
        ExchangeError::SameCurrency(_)
        | ExchangeError::WrongCurrency { .. }
        | ExchangeError::RateNotPositive
        | ExchangeError::SpreadTooLarge
        | ExchangeError::Expired => Fault::Broken(format!("a quote: {error}")).into(),
    }
}

/// Why there is no offer. Nothing has been written.
#[derive(Debug, thiserror::Error)]
pub enum QuoteError {
    /// The shop has no such seller.
    #[error("the seller is unknown")]
    SellerUnknown,
    /// The currency is what is sold already, or no source has a rate of it.
    #[error("{0} is not exchanged")]
    CurrencyNotSupported(Currency),
    /// No source has rates of both on one day.
    #[error("there is no rate from {from} to {to}")]
    RateUnknown {
        /// What is sold.
        from: Currency,
        /// What is bought.
        to: Currency,
    },
    /// The newest rate is older than the shop's terms allow.
    #[error("the newest rate is of {day}")]
    RateStale {
        /// The day that it is of.
        day: Date,
    },
    /// Nothing or less is sold.
    #[error("the amount must be above zero")]
    NotPositive,
    /// So little is sold that nothing would be bought, or nothing kept.
    #[error("the amount is too small to be exchanged")]
    TooSmall,
    /// The figures are beyond what fits.
    #[error("the amount is out of range")]
    TooLarge,
    /// Another request has taken the idempotency key over.
    #[error("the idempotency key was taken over by another request")]
    KeyLost,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
