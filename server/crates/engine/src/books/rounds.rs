//! The rounds of the sealer, made by one process at a time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::books::sealer::Sealers;
use crate::books::store;
use crate::db::Fault;
use crate::service::Engine;

/// How long what is committed waits to be sealed, about.
const EVERY: Duration = Duration::from_secs(2);
/// How long a process that vanished keeps others from sealing. Two that seal at the same time do no
/// harm, but each would have to read what the other has sealed.
const LEASE: Duration = Duration::from_secs(30);

/// Seals and closes until `shutdown`.
pub(crate) async fn run(engine: Engine, shutdown: CancellationToken) {
    let process = Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext));
    let mut sealers = None;
    while !shutdown.is_cancelled() {
        if let Err(fault) = round(&engine, process, &mut sealers).await {
            tracing::warn!(error = ?fault, "the books could not be sealed");
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn round(engine: &Engine, process: Uuid, sealers: &mut Option<Sealers>) -> Result<(), Fault> {
    if !store::lease(engine.pool(), process, LEASE).await? {
        *sealers = None;
        return Ok(());
    }
    let sealers = match sealers {
        Some(sealers) => sealers,
        None => sealers.insert(Sealers::open(engine.pool()).await?),
    };
    for (shop, error) in sealers.round(engine.pool()).await? {
        tracing::warn!(%shop, ?error, "the books of a shop could not be sealed");
    }
    Ok(())
}
