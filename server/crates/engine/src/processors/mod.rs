//! The processors that payments are carried to, one adapter per processor account.
//!
//! Each adapter is wrapped: what becomes of its calls feeds the account's circuit breaker, and an
//! open circuit holds calls that move money back, see [`health`].

pub mod circuits;
pub mod health;
mod observed;
pub mod probe;
mod store;
mod window;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::id::ProcessorAccountId;
use jobs::Waker;
use psp::Processor;
use psp::sandbox::Sandbox;
use sqlx::PgPool;

use crate::db::Fault;
use crate::shops;
use health::Board;
use observed::Observed;

/// Adapters by processor account, made when first needed. Cheap to clone.
#[derive(Clone)]
pub struct Processors {
    known: Arc<RwLock<HashMap<ProcessorAccountId, Arc<dyn Processor>>>>,
    board: Board,
}

impl std::fmt::Debug for Processors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Processors")
    }
}

impl Processors {
    pub(crate) fn new(pool: &PgPool, waker: Waker) -> Self {
        Self { known: Arc::default(), board: Board::new(pool.clone(), waker) }
    }

    /// How the accounts are doing.
    pub(crate) fn board(&self) -> &Board {
        &self.board
    }

    /// The adapter of `account`.
    ///
    /// # Errors
    /// [`ProcessorError`].
    pub async fn find(
        &self,
        pool: &PgPool,
        account: ProcessorAccountId,
    ) -> Result<Arc<dyn Processor>, ProcessorError> {
        let known =
            self.known.read().unwrap_or_else(PoisonError::into_inner).get(&account).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let row = shops::processor_account(pool, account).await?.ok_or(ProcessorError::Unknown)?;
        let inner: Arc<dyn Processor> = match row.processor.as_str() {
            "sandbox" => Arc::new(Sandbox::new(&row.base_url, &row.api_key, &row.webhook_secret)),
            _ => return Err(ProcessorError::NoAdapter(row.processor)),
        };
        let health = self.board.health(account).await?;
        let adapter: Arc<dyn Processor> = Arc::new(Observed { inner, health });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(known.entry(account).or_insert(adapter)))
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
