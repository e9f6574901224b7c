//! The proof of the books, as the console needs it.

use async_trait::async_trait;

use crate::error::AppError;
use crate::view::proof::ProofView;
use crate::view::staff::Operator;

/// What the page about the proof asks.
#[async_trait]
pub trait ProofPort: Send + Sync {
    /// How far it is proven that the books of the operator's shop hold.
    async fn proof(&self, operator: &Operator) -> Result<ProofView, AppError>;
}
