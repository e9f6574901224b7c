//! Messages to merchants: written with the change they tell of, sent after it.

use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{accounts::Account, clock, ids};

pub(crate) mod courier;
pub(crate) mod store;

/// One message, on its way.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Parcel {
    pub(crate) webhook_id: Uuid,
    pub(crate) account_id: i64,
    pub(crate) r#type: String,
    pub(crate) body: String,
    /// How often it was tried before.
    pub(crate) tries: i32,
}

impl Parcel {
    /// Wraps `data` for the account, if anybody listens there.
    pub(crate) fn wrap(
        account: &Account,
        event: &'static str,
        at: OffsetDateTime,
        data: &Value,
    ) -> Option<Self> {
        account.wants_webhooks().then(|| Self {
            webhook_id: ids::new_id(),
            account_id: account.account_id,
            r#type: event.to_owned(),
            body: json!({"type": event, "timestamp": clock::rfc3339(at), "data": data}).to_string(),
            tries: 0,
        })
    }
}
