//! The rounds of the sealer, made by one process at a time.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::MissedTickBehavior;
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
/// How often the lease is renewed while it holds.
const BEATS: u32 = 3;

/// Seals and closes until `shutdown`.
pub(crate) async fn run(engine: Engine, shutdown: CancellationToken) {
    let mut turn = Turn::new(LEASE);
    while !shutdown.is_cancelled() {
        if let Err(fault) = turn.round(engine.pool()).await {
            tracing::warn!(error = ?fault, "the books could not be sealed");
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// One process among those that may seal, and what it knows of the chains from round to round.
#[derive(Debug)]
pub struct Turn {
    process: Uuid,
    lease: Duration,
    sealers: Option<Sealers>,
}

impl Turn {
    /// A process that keeps others from sealing for so long after its last sign of life.
    pub fn new(lease: Duration) -> Self {
        let process = Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext));
        Self { process, lease, sealers: None }
    }

    /// Seals and closes whatever waits, if it is this process's turn, and says whether it was. The
    /// turn is kept for as long as that takes: whoever took it over would have to read everything
    /// since the last close, as this one may be doing.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn round(&mut self, pool: &PgPool) -> Result<bool, Fault> {
        let Self { process, lease, .. } = *self;
        if !store::lease(pool, process, lease).await? {
            self.sealers = None;
            return Ok(false);
        }
        let sealers = match &mut self.sealers {
            Some(sealers) => sealers,
            none => none.insert(Sealers::open(pool).await?),
        };
        let mut beat = tokio::time::interval(lease / BEATS);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut sealed = std::pin::pin!(sealers.round(pool));
        let troubles = loop {
            tokio::select! {
                sealed = &mut sealed => break sealed?,
                _ = beat.tick() => {
                    if let Err(error) = store::lease(pool, process, lease).await {
                        tracing::warn!(?error, "the right to seal the books was not renewed");
                    }
                }
            }
        };
        for (shop, error) in troubles {
            tracing::warn!(%shop, ?error, "the books of a shop could not be sealed");
        }
        Ok(true)
    }
}
