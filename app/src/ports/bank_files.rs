//! Files for banks, as the console needs them.

use async_trait::async_trait;
use domain::id::{BankReportId, PayoutFileId};

use crate::error::AppError;
use crate::view::bank_files::{BankFilesView, BankReportView};
use crate::view::staff::Operator;

/// What the pages about bank files ask.
#[async_trait]
pub trait BankFilesPort: Send + Sync {
    /// The files that were made before `after`, the newest first, what waits, and what banks said.
    async fn list(
        &self,
        operator: &Operator,
        after: Option<PayoutFileId>,
    ) -> Result<BankFilesView, AppError>;

    /// What a bank's file said, or [`AppError::NotFound`] if it is not one of the operator's shop.
    async fn report(
        &self,
        operator: &Operator,
        id: BankReportId,
    ) -> Result<BankReportView, AppError>;
}
