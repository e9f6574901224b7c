//! The rounds of the watch and of polling, made by whichever process comes first.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::look;
use crate::poll;
use crate::service::Engine;

/// How often it is tried to begin a round. Whether one is due says the database.
const TRY_EVERY: Duration = Duration::from_secs(5);

/// Makes rounds until `shutdown`.
pub async fn run(engine: Engine, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        if let Err(fault) = poll::round(&engine).await {
            tracing::warn!(error = ?fault, "it could not be looked for what to ask about");
        }
        if let Err(fault) = look::round(&engine).await {
            tracing::warn!(error = ?fault, "the watch could not look at everything");
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(TRY_EVERY) => {}
        }
    }
}
