//! The processors that payments are carried to, one adapter per processor account.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::id::ProcessorAccountId;
use psp::Processor;
use psp::sandbox::Sandbox;
use sqlx::PgPool;

use crate::db::Fault;
use crate::shops;

/// Adapters by processor account, made when first needed. Cheap to clone.
#[derive(Clone, Default)]
pub struct Processors(Arc<RwLock<HashMap<ProcessorAccountId, Arc<dyn Processor>>>>);

impl std::fmt::Debug for Processors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Processors")
    }
}

impl Processors {
    /// The adapter of `account`.
    ///
    /// # Errors
    /// [`ProcessorError`].
    pub async fn find(
        &self,
        pool: &PgPool,
        account: ProcessorAccountId,
    ) -> Result<Arc<dyn Processor>, ProcessorError> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&account) {
            return Ok(Arc::clone(known));
        }
        let row = shops::processor_account(pool, account).await?.ok_or(ProcessorError::Unknown)?;
        let adapter: Arc<dyn Processor> = match row.processor.as_str() {
            "sandbox" => Arc::new(Sandbox::new(&row.base_url, &row.api_key, &row.webhook_secret)),
            _ => return Err(ProcessorError::NoAdapter(row.processor)),
        };
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(account, Arc::clone(&adapter));
        Ok(adapter)
    }
}

/// Why there is no adapter.
#[derive(Debug, thiserror::Error)]
pub enum ProcessorError {
    /// There is no such processor account.
    #[error("there is no such processor account")]
    Unknown,
    /// No adapter speaks to this processor.
    #[error("there is no adapter for the processor {0}")]
    NoAdapter(String),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
