//! The books, as the console needs them.

use async_trait::async_trait;
use time::Date;

use crate::error::AppError;
use crate::view::ledger::{StatementFilter, StatementView, TrialBalanceView};
use crate::view::revenue::{RevenueFilter, RevenueView};
use crate::view::staff::Operator;

/// What the pages of the books ask.
#[async_trait]
pub trait LedgerPort: Send + Sync {
    /// The trial balance of the operator's shop, all figures of one moment: now, or the end of a day.
    async fn trial_balance(
        &self,
        operator: &Operator,
        day: Option<Date>,
    ) -> Result<TrialBalanceView, AppError>;

    /// The statement of one account of the operator's shop.
    async fn statement(
        &self,
        operator: &Operator,
        filter: StatementFilter,
    ) -> Result<StatementView, AppError>;

    /// What the operator's shop earned.
    async fn revenue(
        &self,
        operator: &Operator,
        filter: RevenueFilter,
    ) -> Result<RevenueView, AppError>;
}
