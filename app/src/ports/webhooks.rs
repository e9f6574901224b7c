//! Webhooks in, as the console needs them.

use async_trait::async_trait;
use domain::id::InboundWebhookId;

use crate::error::AppError;
use crate::view::staff::Operator;
use crate::view::webhooks::{WebhookFilter, WebhookListView, WebhookView};

/// What the pages about webhooks in ask.
#[async_trait]
pub trait WebhooksPort: Send + Sync {
    /// A page of what processors sent, narrowed to `filter`.
    async fn list(
        &self,
        operator: &Operator,
        filter: WebhookFilter,
    ) -> Result<WebhookListView, AppError>;

    /// The webhook, or [`AppError::NotFound`] if it is not one of the operator's shop.
    async fn webhook(
        &self,
        operator: &Operator,
        id: InboundWebhookId,
    ) -> Result<WebhookView, AppError>;
}
