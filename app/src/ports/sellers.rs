//! Sellers, as the console needs them.

use async_trait::async_trait;
use domain::id::SellerId;

use crate::error::AppError;
use crate::view::seller_history::SellerHistoryView;
use crate::view::sellers::{SellerListView, SellerView};
use crate::view::staff::Operator;

/// What the pages of sellers ask.
#[async_trait]
pub trait SellersPort: Send + Sync {
    /// The sellers of the operator's shop, with what they have.
    async fn list(&self, operator: &Operator) -> Result<SellerListView, AppError>;

    /// One of them.
    async fn seller(&self, operator: &Operator, id: SellerId) -> Result<SellerView, AppError>;

    /// How the wallets of one of them became what they are.
    async fn history(
        &self,
        operator: &Operator,
        id: SellerId,
    ) -> Result<SellerHistoryView, AppError>;
}
