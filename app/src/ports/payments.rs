//! Payments, as the console needs them.

use async_trait::async_trait;
use domain::id::PaymentId;

use crate::error::AppError;
use crate::view::payments::{PaymentFilter, PaymentListView, PaymentView};
use crate::view::staff::Operator;

/// What the payments pages ask.
#[async_trait]
pub trait PaymentsPort: Send + Sync {
    /// One page of the payments of the operator's shop.
    async fn list(
        &self,
        operator: &Operator,
        filter: PaymentFilter,
    ) -> Result<PaymentListView, AppError>;

    /// The payment, or [`AppError::NotFound`] if it is not one of the operator's shop.
    async fn payment(&self, operator: &Operator, id: PaymentId) -> Result<PaymentView, AppError>;
}
