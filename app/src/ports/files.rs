//! Settlement files, as the console needs them.

use async_trait::async_trait;
use domain::id::SettlementFileId;

use crate::error::AppError;
use crate::view::files::{FileListView, FileReportView};
use crate::view::staff::Operator;

/// What the files pages ask.
#[async_trait]
pub trait FilesPort: Send + Sync {
    /// The newest files, and what the upload form offers.
    async fn list(&self, operator: &Operator) -> Result<FileListView, AppError>;

    /// The report on a file, or [`AppError::NotFound`] if it is not one of the operator's shop.
    async fn file(
        &self,
        operator: &Operator,
        id: SettlementFileId,
    ) -> Result<FileReportView, AppError>;
}
