//! Looking for jobs while others are finished in groups, as the transactions of their effects do.

use std::time::Duration;

use jobs::{Claimed, Handled, NewJob, Waker};
use sqlx::PgPool;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::world::{enqueue, keyed, lane, waiting};

/// Finishes jobs in groups, each group in one transaction, as an effect's transaction does.
async fn finish_in_groups(pool: PgPool, mut finished: UnboundedReceiver<Claimed>) {
    let mut group = Vec::new();
    while finished.recv_many(&mut group, 64).await > 0 {
        let mut transaction = pool.begin().await.unwrap();
        assert!(jobs::finish(&mut transaction, &group).await.unwrap(), "somebody took a job over");
        transaction.commit().await.unwrap();
        group.clear();
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn looking_and_finishing_in_groups_at_once_never_stand_in_each_others_way(pool: PgPool) {
    // Four kinds of jobs for each of a few hundred objects: whoever looks meets keys that somebody
    // finishes in the same moment.
    const KINDS: [&str; 4] = ["a", "b", "c", "d"];
    let jobs: Vec<NewJob> =
        (0..300).flat_map(|key| KINDS.map(|kind| NewJob { kind, ..keyed(key) })).collect();
    enqueue(&pool, &jobs).await;
    let (finish, finished) = unbounded_channel();
    let finisher = tokio::spawn(finish_in_groups(pool.clone(), finished));
    let shutdown = CancellationToken::new();
    let mut lanes = JoinSet::new();
    for kind in KINDS.iter().chain(&KINDS) {
        let finish = finish.clone();
        let mut lane = lane(move |claimed| {
            finish.send(claimed).unwrap();
            async { Ok(Handled::InItsTransaction) }
        });
        lane.kind = kind;
        lane.concurrency = 64;
        lanes.spawn(lane.run(pool.clone(), Waker::default(), shutdown.clone()));
    }
    drop(finish);

    let all_done = async {
        while waiting(&pool).await > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all_done).await.expect("nobody is stuck");

    shutdown.cancel();
    lanes.join_all().await;
    finisher.await.unwrap();
}
