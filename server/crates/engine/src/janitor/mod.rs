//! The janitor: forgets what nobody can need any more, a batch at a time, every hour.
//!
//! What is kept for ever (payments, their history, the ledger, the audit log) is not its business.
//! It never touches what a dead letter or an open case needs: a payment that waits or is in doubt,
//! an open dispute, a mismatch that is not resolved. Any number of processes may clean at once.

mod store;

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::db::{Fault, Tx};
use crate::idempotency;
use crate::service::Engine;
use crate::watch::store::plan_for_sets;

/// How often old rows are looked for.
const EVERY: Duration = Duration::from_hours(1);
/// How many rows one statement forgets, at most.
const BATCH: i64 = 2_000;
/// How many batches of one kind are forgotten in a row, so that no other waits for long.
const BATCHES_MAX: usize = 500;

/// Something that is forgotten after a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chore {
    /// Tries of jobs that failed, of jobs that are done.
    Failures,
    /// Notifications that were handled.
    HandledWebhooks,
    /// Notifications that were not believed.
    RefusedWebhooks,
    /// Notifications that match nothing and were discarded.
    DiscardedWebhooks,
    /// Events that their shop has taken, with the tries to deliver them.
    Events,
    /// Who tried to sign in.
    SignIns,
    /// Sessions that have ended.
    Sessions,
    /// Dead letters that were discarded.
    DiscardedLetters,
    /// Offers to exchange that nobody accepted.
    Quotes,
}

/// What is forgotten, and after how many days.
pub const CHORES: [(Chore, i32); 9] = [
    (Chore::Failures, 30),
    (Chore::HandledWebhooks, 90),
    (Chore::RefusedWebhooks, 7),
    (Chore::DiscardedWebhooks, 365),
    (Chore::Events, 90),
    (Chore::SignIns, 30),
    (Chore::Sessions, 1),
    (Chore::DiscardedLetters, 365),
    // After every key under which one can have been asked for.
    (Chore::Quotes, 200),
];

/// Cleans until `shutdown`.
pub(crate) async fn run(engine: Engine, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let cleaned = tokio::select! {
            () = shutdown.cancelled() => return,
            cleaned = clean(engine.relaxed()) => cleaned,
        };
        match cleaned {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "old rows were forgotten"),
            Err(error) => tracing::warn!(%error, "old rows were not forgotten"),
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Forgets everything whose time is over, and says how many rows that were.
///
/// # Errors
/// [`Fault`]; what was forgotten until then stays so.
pub async fn clean(pool: &PgPool) -> Result<u64, Fault> {
    let mut forgotten = 0;
    for (chore, days) in CHORES {
        for _ in 0..BATCHES_MAX {
            let rows = forget(pool, chore, days).await?;
            forgotten += rows;
            if rows < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    for _ in 0..BATCHES_MAX {
        match idempotency::sweep(pool).await? {
            0 => break,
            rows => forgotten += rows,
        }
    }
    Ok(forgotten)
}

/// Forgets one batch, in a transaction of its own.
async fn forget(pool: &PgPool, chore: Chore, days: i32) -> Result<u64, Fault> {
    let mut tx = Tx::begin(pool).await?;
    // What is old is compared with everything that is still needed, at once and not row by row.
    plan_for_sets(&mut tx).await?;
    let rows = forget_in(&mut tx, chore, days).await?;
    tx.commit().await?;
    Ok(rows)
}

async fn forget_in(tx: &mut Tx, chore: Chore, days: i32) -> Result<u64, Fault> {
    match chore {
        Chore::Failures => store::failures(tx, days, BATCH).await,
        Chore::HandledWebhooks => store::webhooks(tx, "handled", days, BATCH).await,
        Chore::RefusedWebhooks => store::webhooks(tx, "refused", days, BATCH).await,
        Chore::DiscardedWebhooks => store::discarded_webhooks(tx, days, BATCH).await,
        Chore::Events => store::events(tx, days, BATCH).await,
        Chore::SignIns => store::sign_ins(tx, days, BATCH).await,
        Chore::Sessions => store::sessions(tx, days, BATCH).await,
        Chore::DiscardedLetters => store::discarded_letters(tx, days, BATCH).await,
        Chore::Quotes => store::quotes(tx, days, BATCH).await,
    }
}
