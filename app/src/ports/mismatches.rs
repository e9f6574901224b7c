//! Mismatches, as the console needs them.

use async_trait::async_trait;
use domain::id::MismatchId;

use crate::error::AppError;
use crate::view::mismatches::{MismatchFilter, MismatchQueueView, MismatchView, OverviewView};
use crate::view::staff::Operator;

/// What the overview and the mismatch pages ask.
#[async_trait]
pub trait MismatchesPort: Send + Sync {
    /// The figures of the console's first page.
    async fn overview(&self, operator: &Operator) -> Result<OverviewView, AppError>;

    /// The queue, narrowed to `filter`.
    async fn queue(
        &self,
        operator: &Operator,
        filter: MismatchFilter,
    ) -> Result<MismatchQueueView, AppError>;

    /// The mismatch, or [`AppError::NotFound`] if it is not one of the operator's shop.
    ///
    /// `preview` is the code of a resolution whose posting is to be shown; a code that is not one
    /// of the choices is treated as none.
    async fn mismatch(
        &self,
        operator: &Operator,
        id: MismatchId,
        preview: Option<&str>,
    ) -> Result<MismatchView, AppError>;
}
