//! The rounds of releases, made by whichever process comes first.

use std::time::Duration;

use domain::id::PaymentId;
use tokio_util::sync::CancellationToken;

use crate::db::{Fault, Tx};
use crate::payments::{self, Source, announce};
use crate::service::Engine;
use crate::wallets::rules::Rules;
use crate::wallets::{release, reserves, store};

/// How often it is looked for what may be released.
const ROUND: Duration = Duration::from_mins(1);
/// How often it is tried to begin a round. Whether one is due says the database.
const TRY_EVERY: Duration = Duration::from_secs(20);
/// How many payments one transaction releases, at most.
const BATCH: i64 = 100;
/// How many transactions of a kind one round makes, at most; the rest is left to the next.
const BATCHES_MAX: usize = 200;

/// Makes rounds until `shutdown`.
pub(crate) async fn run(engine: Engine, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match store::begin(engine.pool(), ROUND).await {
            Ok(false) => {}
            Ok(true) => {
                if let Err(fault) = round(&engine).await {
                    tracing::warn!(error = ?fault, "not everything that is due was released");
                }
            }
            Err(fault) => tracing::warn!(error = ?fault, "no release could be begun"),
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(TRY_EVERY) => {}
        }
    }
}

/// Releases everything that is due, and says how many shares and reserves that were.
///
/// # Errors
/// [`Fault`]; what was released until then stays so.
pub async fn round(engine: &Engine) -> Result<usize, Fault> {
    let mut released = 0;
    let mut refused = Vec::new();
    for _ in 0..BATCHES_MAX {
        let due = store::shares::due(engine.pool(), &Rules::default(), &refused, BATCH).await?;
        if due.is_empty() {
            break;
        }
        match release_together(engine, &due).await {
            Ok(moved) => released += moved,
            Err(_) => released += release_each(engine, &due, &mut refused).await,
        }
    }
    for _ in 0..BATCHES_MAX {
        match reserves::release(engine.pool()).await? {
            0 => break,
            some => released += some,
        }
    }
    Ok(released)
}

async fn release_together(engine: &Engine, due: &[PaymentId]) -> Result<usize, Fault> {
    let mut tx = Tx::begin(engine.pool()).await?;
    let mut locked = payments::lock(&mut tx, due).await?;
    let moved = release::release_due(&mut tx, &mut locked, Source::Clock).await?;
    tx.commit().await?;
    engine.waker().hint(announce::DELIVER);
    Ok(moved)
}

/// Releases each alone, so that one that cannot be released spoils nothing but itself.
async fn release_each(engine: &Engine, due: &[PaymentId], refused: &mut Vec<PaymentId>) -> usize {
    let mut released = 0;
    for &payment in due {
        match release_together(engine, &[payment]).await {
            Ok(moved) => released += moved,
            Err(fault) => {
                tracing::error!(payment.id = %payment, error = ?fault, "a share was not released");
                refused.push(payment);
            }
        }
    }
    released
}
