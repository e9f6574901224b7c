//! Processor accounts, as the console needs them.

use async_trait::async_trait;
use domain::id::ProcessorAccountId;

use crate::error::AppError;
use crate::view::processors::{ProcessorView, ProcessorsView};
use crate::view::staff::Operator;

/// What the pages about processors ask.
#[async_trait]
pub trait ProcessorsPort: Send + Sync {
    /// The shop's processor accounts and the rules between them.
    async fn list(&self, operator: &Operator) -> Result<ProcessorsView, AppError>;

    /// The account, or [`AppError::NotFound`] if it is not one of the operator's shop.
    async fn processor(
        &self,
        operator: &Operator,
        id: ProcessorAccountId,
    ) -> Result<ProcessorView, AppError>;
}
