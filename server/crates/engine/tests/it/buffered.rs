//! An outage of the processor: payments wait for its end, none is given up, and all are drained.

use std::time::{Duration, Instant};

use engine::workers::{self, Options};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;

const PAYMENTS: i64 = 200;

/// Waits until `query` counts `wanted` or more.
async fn counts(desk: &Desk, query: &'static str, wanted: i64) {
    let reached = async {
        while desk.world.count(query).await < wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let reached = tokio::time::timeout(Duration::from_secs(90), reached).await;
    reached.unwrap_or_else(|_| panic!("{query} never counts {wanted}"));
}

#[sqlx::test(migrations = "../../../migrations")]
async fn two_hundred_payments_wait_out_an_outage_and_none_becomes_a_dead_letter(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.go_down();
    let stop = CancellationToken::new();
    let working = tokio::spawn(workers::run(desk.engine.clone(), Options::default(), stop.clone()));

    for number in 0..PAYMENTS {
        desk.accept(desk.single(&format!("order-{number}"))).await.unwrap();
    }
    let waiting = "select count(*) from job where kind = 'execute_payment'
                   and leased_by is null and waits_for is not null";
    counts(&desk, waiting, PAYMENTS - 50).await;
    let tried =
        "select count(*) from job where kind = 'execute_payment' and last_error is not null";
    counts(&desk, tried, PAYMENTS).await;
    assert_eq!(desk.world.count("select count(*) from dead_letter").await, 0);
    assert_eq!(desk.world.count("select count(*) from payment where phase = 'failed'").await, 0);
    let asked = desk.fake.turned_away();
    assert!(asked < 200, "an open circuit spares the processor: it was asked {asked} times");

    desk.fake.come_back();
    let back = Instant::now();
    counts(&desk, "select count(*) from payment where phase = 'captured'", PAYMENTS).await;
    let took = back.elapsed();

    assert!(took < Duration::from_mins(1), "draining took {took:?}");
    stop.cancel();
    working.await.unwrap();
    assert_eq!(desk.world.count("select count(*) from dead_letter").await, 0);
    assert_eq!(desk.fake.taken_minor(), PAYMENTS * 4_999, "each is charged once");
    assert_eq!(
        desk.world.count("select count(*) from job where kind = 'execute_payment'").await,
        0
    );
    desk.close().await;
}
