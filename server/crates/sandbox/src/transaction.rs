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

#[cfg(test)]
mod tests {
    use std::{
        future::{Future, poll_fn},
        pin::pin,
        task::Poll,
    };

    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

    use super::{PgPool, begin};

    /// Polls `future` up to so many times, then drops it.
    async fn give_up_after(polls: usize, future: impl Future) {
        let mut future = pin!(future);
        let mut left = polls;
        poll_fn(|context| {
            left -= 1;
            let is_done = future.as_mut().poll(context).is_ready();
            if is_done || left == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    #[sqlx::test(migrations = false)]
    async fn who_hangs_up_while_a_transaction_begins_leaves_none_open(
        _pool: PgPoolOptions,
        options: PgConnectOptions,
    ) {
        let watcher = PgPool::connect_with(options.clone()).await.unwrap();
        sqlx::query("create table note (polls bigint)").execute(&watcher).await.unwrap();
        // A ping before each use would spend the polls on itself.
        let only_one = PgPoolOptions::new().max_connections(1).test_before_acquire(false);
        let pool = only_one.connect_with(options).await.unwrap();

        for polls in 1..8 {
            give_up_after(polls, begin(&pool)).await;

            sqlx::query("insert into note values (1)").execute(&pool).await.unwrap();
            let notes: i64 =
                sqlx::query_scalar("select count(*) from note").fetch_one(&watcher).await.unwrap();
            assert_eq!(notes, i64::try_from(polls).unwrap(), "after {polls} polls");
        }
    }
}
