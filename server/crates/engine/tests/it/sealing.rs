//! Who seals: one process at a time, for as long as that takes, and no chain at the cost of others.

use std::time::Duration;

use engine::books;
use engine::books::rounds::Turn;
use engine::books::sealer::{SealError, Sealers};
use sqlx::PgPool;

use crate::chain::seal_all;
use crate::world::{World, eur};

#[sqlx::test(migrations = "../../../migrations")]
async fn who_seals_keeps_the_turn_for_as_long_as_it_takes(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    world.captured(eur(1_000)).await;
    seal_all(&pool, world.shop).await;
    world.captured(eur(2_000)).await;
    let lease = Duration::from_millis(300);
    let (mut one, mut other) = (Turn::new(lease), Turn::new(lease));
    let mut obstacle = pool.begin().await.unwrap();
    let lock = "lock table sealed_record in access exclusive mode";
    sqlx::query(lock).execute(&mut *obstacle).await.unwrap();

    let sealing = tokio::spawn({
        let pool = pool.clone();
        async move {
            let was_its_turn = one.round(&pool).await.unwrap();
            (one, was_its_turn)
        }
    });
    while world.count("select count(*) from book_sealer where holder is not null").await == 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..4 {
        tokio::time::sleep(lease / 2).await;
        let taken = tokio::time::timeout(lease * 10, other.round(&pool)).await;
        assert!(!taken.expect("it is told at once that it is not its turn").unwrap());
    }
    obstacle.rollback().await.unwrap();
    let (mut one, was_its_turn) = sealing.await.unwrap();

    assert!(was_its_turn);
    assert!(one.round(&pool).await.unwrap(), "and still is");
    let standing = books::standing(&pool, world.shop).await.unwrap().unwrap();
    assert_eq!(standing.unsealed, 0);
    tokio::time::sleep(lease * 2).await;
    assert!(other.round(&pool).await.unwrap(), "once the one has gone");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_chain_that_was_changed_is_left_alone_for_a_while_and_the_others_are_sealed(
    pool: PgPool,
) {
    let (changed, other) = (World::new(pool.clone()).await, World::new(pool.clone()).await);
    changed.captured(eur(1_000)).await;
    seal_all(&pool, changed.shop).await;
    sqlx::raw_sql(
        "set session_replication_role = replica; update posting set cause = cause || '!';
         set session_replication_role = origin",
    )
    .execute(&pool)
    .await
    .unwrap();
    for world in [&changed, &other] {
        world.captured(eur(2_000)).await;
    }
    let mut sealers = Sealers::open(&pool).await.unwrap();

    let first = sealers.round(&pool).await.unwrap();
    other.captured(eur(3_000)).await;
    let second = sealers.round(&pool).await.unwrap();

    assert!(
        matches!(first.as_slice(), [(shop, SealError::Changed { .. })] if *shop == changed.shop),
        "{first:?}"
    );
    assert!(second.is_empty(), "{second:?}");
    for (world, waiting) in [(&changed, 1), (&other, 0)] {
        let standing = books::standing(&pool, world.shop).await.unwrap().unwrap();
        assert_eq!(standing.unsealed, waiting);
    }
}
