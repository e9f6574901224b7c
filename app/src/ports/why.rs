//! Why a payment failed or waits, as the console needs it.

use async_trait::async_trait;

use crate::error::AppError;
use crate::view::staff::Operator;
use crate::view::why::WhyView;

/// What the page "Why?" asks.
#[async_trait]
pub trait WhyPort: Send + Sync {
    /// What is known about whatever `query` names: any id or reference of a payment, or a
    /// shopper's support code.
    async fn why(&self, operator: &Operator, query: &str) -> Result<WhyView, AppError>;
}
