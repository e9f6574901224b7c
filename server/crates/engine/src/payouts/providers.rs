//! The providers that pay-outs are given to, one adapter per pay-out account.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::id::PayoutAccountId;
use psp::PayoutProvider;
use psp::sandbox::Sandbox;
use sqlx::PgPool;

use crate::db::Fault;
use crate::payouts::store::accounts;

/// Adapters by pay-out account, made when first needed. Cheap to clone.
#[derive(Clone, Default)]
pub struct Providers(Arc<RwLock<HashMap<PayoutAccountId, Arc<dyn PayoutProvider>>>>);

impl std::fmt::Debug for Providers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Providers")
    }
}

impl Providers {
    /// The adapter of `account`.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn find(
        &self,
        pool: &PgPool,
        account: PayoutAccountId,
    ) -> Result<Arc<dyn PayoutProvider>, ProviderError> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&account).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let row = accounts::access(pool, account).await?.ok_or(ProviderError::Unknown)?;
        let adapter: Arc<dyn PayoutProvider> =
            Arc::new(Sandbox::new(&row.base_url, &row.api_key, &row.webhook_secret));
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(known.entry(account).or_insert(adapter)))
    }
}

/// Why there is no adapter.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// There is no such pay-out account.
    #[error("there is no such pay-out account")]
    Unknown,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
