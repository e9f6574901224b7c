//! The books, as the console needs them.

use async_trait::async_trait;

use crate::error::AppError;
use crate::view::ledger::TrialBalanceView;
use crate::view::staff::Operator;

/// What the ledger page asks.
#[async_trait]
pub trait LedgerPort: Send + Sync {
    /// The trial balance of the operator's shop, all figures of one moment.
    async fn trial_balance(&self, operator: &Operator) -> Result<TrialBalanceView, AppError>;
}
