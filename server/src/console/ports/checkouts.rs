//! What the shopper's pages ask.

use app::error::AppError;
use app::ports::checkouts::CheckoutsPort;
use app::view::checkouts::{CheckoutView, StatusView};
use async_trait::async_trait;
use domain::id::CheckoutId;
use engine::checkouts::CheckoutRecord;

use super::{unavailable, words};
use crate::checkout::view;
use crate::wiring::Services;

/// Answers the checkout and the status page.
pub struct Checkouts(pub Services);

impl Checkouts {
    /// The checkout, for whoever holds its key. A wrong key is the same as no checkout.
    async fn opened(&self, id: CheckoutId, key: &str) -> Result<CheckoutRecord, AppError> {
        if !self.0.engine.links().opens(id, key) {
            return Err(AppError::NotFound);
        }
        let found = engine::checkouts::find_any(self.0.pool(), id).await.map_err(unavailable)?;
        found.ok_or(AppError::NotFound)
    }
}

#[async_trait]
impl CheckoutsPort for Checkouts {
    async fn checkout(&self, id: CheckoutId, key: &str) -> Result<CheckoutView, AppError> {
        let checkout = self.opened(id, key).await?;
        let accounts = engine::shops::processor_accounts(self.0.pool(), checkout.shop)
            .await
            .map_err(unavailable)?;
        let processor = accounts.first().map(|account| words::processor(&account.processor));
        let processor = processor.unwrap_or_else(|| "the processor".to_owned());
        Ok(view::checkout(&self.0, checkout, key, processor))
    }

    async fn status(&self, id: CheckoutId, key: &str) -> Result<StatusView, AppError> {
        let checkout = self.opened(id, key).await?;
        view::status(&self.0, checkout, key).await
    }
}
