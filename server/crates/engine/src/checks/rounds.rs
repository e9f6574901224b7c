//! The rounds of the checks, made by whichever process comes first.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::checks::{Rule, chain, store};
use crate::db::{Fault, Tx};
use crate::service::Engine;
use crate::watch::look;
use crate::watch::store::plan_for_sets;

/// How often a round begins.
pub const ROUND: Duration = Duration::from_mins(1);
/// How often it is tried to begin one. Whether one is due says the database.
const TRY_EVERY: Duration = Duration::from_secs(10);
/// How long one rule is looked at in one round, about: the rest has to wait for the next.
const BUDGET: Duration = Duration::from_secs(1);
/// A statement that takes longer than this looks at fewer buckets the next time.
const SLOW: Duration = Duration::from_secs(1);
/// A statement that takes less than this looks at more.
const QUICK: Duration = Duration::from_millis(250);
/// The number of buckets.
pub(super) const BUCKETS: i16 = 256;

/// Makes rounds until `shutdown`.
pub(crate) async fn run(engine: Engine, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let checked = async {
            if store::begin(engine.pool(), ROUND).await? { round(&engine).await } else { Ok(()) }
        };
        if let Err(fault) = checked.await {
            tracing::warn!(error = ?fault, "the books could not be checked");
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(TRY_EVERY) => {}
        }
    }
}

/// Checks each rule as far as its time allows, and raises or resolves the alerts that follow.
///
/// A rule that cannot be checked does not keep the others from being so. It is written down, and an
/// alert if it stays so.
///
/// # Errors
/// [`Fault`], the last one.
pub async fn round(engine: &Engine) -> Result<(), Fault> {
    store::enrol(engine.pool()).await?;
    let mut trouble = None;
    for rule in Rule::ALL {
        let checked = AssertUnwindSafe(check(engine, rule)).catch_unwind().await;
        let checked = checked.unwrap_or_else(|_| Err(Fault::Broken("the check panicked".into())));
        if let Err(fault) = checked {
            tracing::warn!(rule = rule.as_str(), error = ?fault, "could not be checked");
            let noted = store::fail(engine.pool(), rule, &fault.to_string()).await;
            trouble = Some(noted.err().unwrap_or(fault));
        }
    }
    look::look_for(engine, crate::watch::Kind::BooksBroken).await?;
    engine.waker().hint(crate::watch::TELL_OPERATOR);
    trouble.map_or(Ok(()), Err)
}

/// Looks at a rule until a cycle is complete or the time is over.
async fn check(engine: &Engine, rule: Rule) -> Result<(), Fault> {
    let begun = Instant::now();
    loop {
        if step(engine.pool(), rule).await? || begun.elapsed() >= BUDGET {
            return Ok(());
        }
    }
}

/// Looks at the next rows of a rule, and says whether the cycle is complete, or somebody else is at
/// work on it. Rounds do so as often as their time allows.
///
/// # Errors
/// [`Fault`]; then nothing was written.
pub async fn step(pool: &PgPool, rule: Rule) -> Result<bool, Fault> {
    if rule == Rule::ChainHolds { chain::step(pool).await } else { next_buckets(pool, rule).await }
}

async fn next_buckets(pool: &PgPool, rule: Rule) -> Result<bool, Fault> {
    let mut tx = Tx::begin(pool).await?;
    let Some(cursor) = store::lock(&mut tx, rule).await? else { return Ok(true) };
    let first = cursor.next_bucket;
    let last = (first + cursor.width).min(BUCKETS) - 1;
    plan_for_sets(&mut tx).await?;
    let begun = Instant::now();
    let found = store::laws::find(&mut tx, rule, first, last).await?;
    let taken = begun.elapsed();
    store::replace(&mut tx, rule, None, (i64::from(first), i64::from(last)), &found).await?;
    store::count(&mut tx, rule, found.len()).await?;
    let is_complete = last == BUCKETS - 1;
    if is_complete {
        store::complete(&mut tx, rule).await?;
    }
    let next = if is_complete { 0 } else { last + 1 };
    store::advance(&mut tx, rule, next, width(cursor.width, taken)).await?;
    tx.commit().await?;
    Ok(is_complete)
}

/// How many buckets to look at next, after so many have taken so long.
pub(super) fn width(width: i16, taken: Duration) -> i16 {
    if taken > SLOW {
        (width / 2).max(1)
    } else if taken < QUICK {
        width.saturating_mul(2).min(BUCKETS)
    } else {
        width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_statements_look_at_fewer_buckets_and_quick_ones_at_more() {
        assert_eq!(width(256, Duration::from_secs(2)), 128);
        assert_eq!(width(1, Duration::from_secs(2)), 1);
        assert_eq!(width(128, Duration::from_millis(10)), 256);
        assert_eq!(width(256, Duration::from_millis(10)), 256);
        assert_eq!(width(16, Duration::from_millis(500)), 16);
    }
}
