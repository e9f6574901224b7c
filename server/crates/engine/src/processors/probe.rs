//! Asks accounts whose circuit is open whether they answer again, so that waiting jobs need no luck.

use std::time::Duration;

use domain::id::ProcessorAccountId;
use tokio_util::sync::CancellationToken;

use crate::db::Fault;
use crate::processors::{circuits, store};
use crate::service::Engine;

/// How often it is looked whether an account has to be asked.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A reference that no payment has.
const NO_PAYMENT: &str = "paydesk-health-check";

/// Probes until `shutdown`.
pub(crate) async fn run(engine: Engine, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        if let Err(error) = step(&engine).await {
            tracing::warn!(%error, "processors that are down could not be asked");
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Asks each account whose time is over, and lets jobs go that wait for one that is up. Tests call
/// this.
///
/// # Errors
/// [`Fault`].
pub async fn step(engine: &Engine) -> Result<(), Fault> {
    let due = store::claim_due(engine.pool()).await?;
    for account in &due {
        ask(engine, *account).await;
    }
    if !due.is_empty() {
        engine.health().refresh().await?;
    }
    // Whoever began to wait in the moment in which it was over.
    for account in store::waited_for_in_vain(engine.pool()).await? {
        circuits::release(engine.pool(), engine.waker(), account).await?;
    }
    Ok(())
}

async fn ask(engine: &Engine, account: ProcessorAccountId) {
    let Ok(processor) = engine.processor(account).await else { return };
    let Ok(health) = engine.health().health(account).await else { return };
    match processor.inquire(NO_PAYMENT).await {
        Ok(_) | Err(psp::CallError::Refused(_)) => health.half_open().await,
        Err(error) => tracing::info!(%error, account = %account, "a processor is still down"),
    }
}
