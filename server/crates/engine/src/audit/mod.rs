//! The audit log: what people and the system decided, append-only.

mod store;

use domain::id::{ShopId, StaffId};
use serde_json::Value;

use crate::db::{Fault, Tx};

/// One line of the log.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// Whose data it is about; `None` if it is about no shop.
    pub shop: Option<ShopId>,
    /// Who did it, in words: a person's name, or that of a program.
    pub actor: &'a str,
    /// Who did it, if a person did.
    pub staff: Option<StaffId>,
    /// What was done, such as `mismatch.claimed`.
    pub action: &'a str,
    /// What kind of thing it was done to, such as `mismatch`.
    pub object_type: &'a str,
    /// Which one.
    pub object_id: &'a str,
    /// What else there is to know; never card data or secrets.
    pub detail: Value,
}

/// Adds a line, in the transaction of what it tells of.
///
/// # Errors
/// [`Fault`].
pub async fn record(tx: &mut Tx, entry: &Entry<'_>) -> Result<(), Fault> {
    store::append(tx, entry).await
}
