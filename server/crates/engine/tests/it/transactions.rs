//! Transactions whose caller goes away, as a request does whose sender hangs up.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use engine::db::Tx;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

type Pool = PgPoolOptions;

/// Polls `future` up to so many times, then drops it.
async fn given_up_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_goes_away_while_a_transaction_begins_leaves_none_open(
    _pool: Pool,
    options: PgConnectOptions,
) {
    let watcher = PgPool::connect_with(options.clone()).await.unwrap();
    let only_one = PgPoolOptions::new().max_connections(1);
    let pool = only_one.test_before_acquire(false).connect_with(options).await.unwrap();

    for polls in 1..8 {
        drop(given_up_after(polls, Tx::begin(&pool)).await);

        let name = format!("after {polls} polls");
        sqlx::query("insert into setting (name, value) values ($1, '')")
            .bind(&name)
            .execute(&pool)
            .await
            .unwrap();
        let is_there: bool =
            sqlx::query_scalar("select exists (select from setting where name = $1)")
                .bind(&name)
                .fetch_one(&watcher)
                .await
                .unwrap();
        assert!(is_there, "what was written {name} is in a transaction that nobody ends");
    }
}
