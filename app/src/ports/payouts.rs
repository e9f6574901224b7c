//! Pay-outs, as the console needs them.

use async_trait::async_trait;
use domain::id::{PayoutId, SellerId};

use crate::error::AppError;
use crate::view::payouts::{PayoutFilter, PayoutListView, PayoutView, SellerPayoutsView, Wish};
use crate::view::staff::Operator;

/// What the pages about pay-outs ask.
#[async_trait]
pub trait PayoutsPort: Send + Sync {
    /// Some pay-outs, narrowed to `filter`.
    async fn list(
        &self,
        operator: &Operator,
        filter: PayoutFilter,
    ) -> Result<PayoutListView, AppError>;

    /// The pay-out, or [`AppError::NotFound`] if it is not one of the operator's shop.
    async fn payout(&self, operator: &Operator, id: PayoutId) -> Result<PayoutView, AppError>;

    /// What concerns pay-outs of a seller, and what the one that is wished for would do.
    async fn of_seller(
        &self,
        operator: &Operator,
        seller: SellerId,
        wish: Option<Wish>,
    ) -> Result<SellerPayoutsView, AppError>;
}
