//! Beginning a transaction for a caller who may go away.

use sqlx::{PgPool, Postgres, Transaction};

/// Begins a transaction, in a task of its own.
///
/// A request whose sender hangs up is dropped wherever it is, and sqlx forgets a BEGIN that is dropped
/// before it is answered: the connection would go back with a transaction open, and the next payment
/// written on it would be answered and then lost.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    tokio::spawn(async move { pool.begin().await }).await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}
