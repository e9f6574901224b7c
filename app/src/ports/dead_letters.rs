//! Dead letters, as the console needs them.

use async_trait::async_trait;
use domain::id::JobId;

use crate::error::AppError;
use crate::view::dead_letters::{DeadLetterFilter, DeadLetterListView, DeadLetterView};
use crate::view::staff::Operator;

/// What the pages about dead letters ask.
#[async_trait]
pub trait DeadLettersPort: Send + Sync {
    /// The newest dead letters, narrowed to `filter`.
    async fn list(
        &self,
        operator: &Operator,
        filter: DeadLetterFilter,
    ) -> Result<DeadLetterListView, AppError>;

    /// The dead letter, or [`AppError::NotFound`] if it is not one of the operator's shop.
    async fn dead_letter(&self, operator: &Operator, id: JobId)
    -> Result<DeadLetterView, AppError>;
}
