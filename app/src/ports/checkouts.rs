//! Checkouts, as shoppers see them.

use async_trait::async_trait;
use domain::id::CheckoutId;

use crate::error::AppError;
use crate::view::checkouts::{CheckoutView, StatusView};

/// What the checkout and status pages ask. Whoever has the key may look.
#[async_trait]
pub trait CheckoutsPort: Send + Sync {
    /// The checkout, or [`AppError::NotFound`] if there is none with this id and key.
    async fn checkout(&self, id: CheckoutId, key: &str) -> Result<CheckoutView, AppError>;

    /// How the checkout stands, or [`AppError::NotFound`] if there is none with this id and key.
    async fn status(&self, id: CheckoutId, key: &str) -> Result<StatusView, AppError>;
}
