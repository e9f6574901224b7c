//! Alerts, as the console needs them.

use async_trait::async_trait;
use domain::id::AlertId;

use crate::error::AppError;
use crate::view::alerts::{AlertFilter, AlertListView, AlertView};
use crate::view::staff::Operator;

/// What the pages about alerts ask.
#[async_trait]
pub trait AlertsPort: Send + Sync {
    /// The alerts, narrowed to `filter`.
    async fn list(
        &self,
        operator: &Operator,
        filter: AlertFilter,
    ) -> Result<AlertListView, AppError>;

    /// The alert, or [`AppError::NotFound`] if it is not one of the operator's shop.
    async fn alert(&self, operator: &Operator, id: AlertId) -> Result<AlertView, AppError>;
}
