//! Moving deltas into balances, in batches.

use sqlx::PgPool;

use crate::db::{Fault, Tx};
use crate::ledger::store;

/// How many deltas one transaction folds, at most.
const FOLD_MAX: i64 = 5_000;

/// Folds some deltas into balances and says how many; call again while that is not zero.
///
/// The deltas vanish and the balances change in one statement, so every reader sees each delta
/// exactly once.
///
/// # Errors
/// [`Fault`].
pub async fn fold(pool: &PgPool) -> Result<i64, Fault> {
    let mut tx = Tx::begin(pool).await?;
    let folded = store::fold(&mut tx, FOLD_MAX).await?;
    tx.commit().await?;
    Ok(folded)
}
