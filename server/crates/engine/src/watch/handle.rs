//! What a person does about an alert.

use domain::id::{AlertId, ShopId};
use domain::permission::Action;
use serde_json::json;
use sqlx::PgPool;

use super::{State, store, tell_all};
use crate::audit::{self, Entry};
use crate::db::{Fault, Tx};
use crate::reconciliation::actor::Person;

/// What is done about an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// Somebody looks at it from now on.
    Acknowledge,
    /// It is dealt with. If the condition lasts, the watch raises a new one.
    Resolve,
}

/// Acknowledges or resolves an alert of the shop, or one of the whole installation.
///
/// # Errors
/// [`HandleError`]; nothing was written then.
pub async fn handle(
    pool: &PgPool,
    shop: ShopId,
    (id, version): (AlertId, i32),
    handling: Handling,
    by: &Person,
) -> Result<(), HandleError> {
    if !by.role.may(Action::HandleAlert) {
        return Err(HandleError::NotAllowed);
    }
    let mut tx = Tx::begin(pool).await?;
    let (state, now) = store::lock(&mut tx, shop, id).await?.ok_or(HandleError::NotFound)?;
    let is_done = match handling {
        Handling::Acknowledge => state != State::Open,
        Handling::Resolve => state == State::Resolved,
    };
    if now != version || is_done {
        return Err(HandleError::Stale);
    }
    let action = match handling {
        Handling::Acknowledge => {
            store::acknowledge(&mut tx, id, by.id).await?;
            "alert.acknowledged"
        }
        Handling::Resolve => {
            store::resolve_by(&mut tx, id, by.id).await?;
            tell_all(&mut tx, &[id], "alert.resolved").await?;
            "alert.resolved"
        }
    };
    let entry = Entry {
        shop: Some(shop),
        actor: &by.name,
        staff: Some(by.id),
        action,
        object_type: "alert",
        object_id: &id.to_string(),
        detail: json!({ "before": state.as_str() }),
    };
    audit::record(&mut tx, &entry).await?;
    Ok(tx.commit().await?)
}

/// Why nothing was done about an alert.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// The person's role may not.
    #[error("not allowed to handle alerts")]
    NotAllowed,
    /// There is no such alert for this shop.
    #[error("no such alert")]
    NotFound,
    /// Somebody, or the watch, was faster.
    #[error("the alert has changed")]
    Stale,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
