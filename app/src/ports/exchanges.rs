//! Exchanges between currencies, as the console needs them.

use async_trait::async_trait;
use domain::id::{QuoteId, SellerId};

use crate::error::AppError;
use crate::view::exchanges::ExchangeView;
use crate::view::staff::Operator;

/// What the page of a seller's exchanges asks.
#[async_trait]
pub trait ExchangesPort: Send + Sync {
    /// What a seller of the operator's shop can exchange and has exchanged, and the quote.
    async fn of_seller(
        &self,
        operator: &Operator,
        seller: SellerId,
        quote: Option<QuoteId>,
    ) -> Result<ExchangeView, AppError>;
}
