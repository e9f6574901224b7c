//! Statistics for the planner while the tables are young.
//!
//! Postgres looks at its tables once a minute, and a new shop's first minute may bring thousands of
//! payments: a plan that was made for empty tables would read all of them for each. So the workers
//! have young tables looked at as they grow, which also makes every connection plan anew.

mod store;

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::db::Fault;
use crate::service::Engine;

/// From how many rows on a table is left to Postgres.
const YOUNG_ROWS_MAX: i64 = 100_000;
/// How often young tables are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Keeps the statistics of young tables up to date until `shutdown`.
pub async fn keep(engine: Engine, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        if let Err(error) = refresh(engine.pool()).await {
            tracing::warn!(%error, "the planner's statistics were not refreshed");
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Has Postgres look at each young table that has doubled since it was last looked at.
///
/// # Errors
/// [`Fault`].
pub async fn refresh(pool: &PgPool) -> Result<(), Fault> {
    store::refresh(pool, YOUNG_ROWS_MAX).await
}
