//! The ways that pay-outs go: providers, one adapter per pay-out account, and files for a bank.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::id::PayoutAccountId;
use psp::PayoutProvider;
use psp::sandbox::Sandbox;
use sqlx::PgPool;

use crate::db::Fault;
use crate::payouts::bank_files::accounts::Debtor;
use crate::payouts::store::{accounts, bank_accounts};

/// How pay-outs leave an account.
#[derive(Clone)]
pub enum Way {
    /// A provider is called, asked, and may send notifications.
    Provider(Arc<dyn PayoutProvider>),
    /// Nobody can be called or asked: what is submitted waits for a file, which debits this account.
    BankFiles(Debtor),
}

/// Adapters by pay-out account, made when first needed. Cheap to clone.
#[derive(Clone, Default)]
pub struct Providers(Arc<RwLock<HashMap<PayoutAccountId, Arc<dyn PayoutProvider>>>>);

impl std::fmt::Debug for Providers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Providers")
    }
}

impl Providers {
    /// How pay-outs leave `account`.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn find(
        &self,
        pool: &PgPool,
        account: PayoutAccountId,
    ) -> Result<Way, ProviderError> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&account).cloned();
        if let Some(known) = known {
            return Ok(Way::Provider(known));
        }
        let Some(row) = accounts::access(pool, account).await? else {
            let debtor = bank_accounts::debtor(pool, account).await?;
            return debtor.map(Way::BankFiles).ok_or(ProviderError::Unknown);
        };
        let adapter: Arc<dyn PayoutProvider> =
            Arc::new(Sandbox::new(&row.base_url, &row.api_key, &row.webhook_secret));
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Way::Provider(Arc::clone(known.entry(account).or_insert(adapter))))
    }
}

/// Why there is no way.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// There is no such pay-out account.
    #[error("there is no such pay-out account")]
    Unknown,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
