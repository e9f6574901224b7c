//! What staff see of alerts. Only reads.

use domain::id::{AlertId, ShopId};
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::{Kind, Severity, State, store};
use crate::db::Fault;

/// What a list of alerts is narrowed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this kind.
    pub kind: Option<Kind>,
    /// Only this state; `None` means all that are not resolved.
    pub state: Option<State>,
}

/// One alert in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its id.
    pub id: AlertId,
    /// What is the matter.
    pub kind: Kind,
    /// How urgent it is.
    pub severity: Severity,
    /// How far it is.
    pub state: State,
    /// One sentence.
    pub message: String,
    /// When it was raised.
    pub raised_at: OffsetDateTime,
    /// When the condition was last found.
    pub seen_at: OffsetDateTime,
}

/// A list of alerts, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// At most as many as were asked for.
    pub rows: Vec<Listed>,
    /// How many there are.
    pub total: u64,
}

/// Everything about one alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// What a list says of it.
    pub alert: Listed,
    /// What it is about.
    pub subject: String,
    /// The figures and the ids of the rows behind it.
    pub facts: Value,
    /// Whether the watch resolves it by itself.
    pub is_watched: bool,
    /// Who looks at it, and since when.
    pub acknowledged: Option<(String, OffsetDateTime)>,
    /// When it was resolved, and by whom if a person did.
    pub resolved: Option<(OffsetDateTime, Option<String>)>,
    /// How often a person changed it.
    pub version: i32,
}

/// The alerts of the shop and of the whole installation, the newest first.
///
/// # Errors
/// [`Fault`].
pub async fn list(pool: &PgPool, shop: ShopId, filter: Filter, limit: u32) -> Result<Page, Fault> {
    store::list(pool, shop, filter, i64::from(limit)).await
}

/// One alert of the shop or of the whole installation.
///
/// # Errors
/// [`Fault`].
pub async fn find(pool: &PgPool, shop: ShopId, id: AlertId) -> Result<Option<Details>, Fault> {
    store::find(pool, shop, id).await
}

/// How many alerts of the shop and of the whole installation are not resolved.
///
/// # Errors
/// [`Fault`].
pub async fn count_unresolved(pool: &PgPool, shop: ShopId) -> Result<u64, Fault> {
    store::count_unresolved(pool, shop).await
}
