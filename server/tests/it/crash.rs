//! The service is killed at random moments while payments run; afterwards the processor's book
//! equals ours, the ledger sums to zero, nothing was charged twice and every shop heard of it.

mod laws;
mod world;

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinSet;

use world::{Answered, World};

/// How many payments run.
const PAYMENTS: usize = 500;
/// How many of them are asked for at the same time.
const CALLERS: usize = 16;
/// How often the service is killed.
const KILLS: usize = 12;
/// Everything has to come to its end within this time after the last kill.
const SETTLE_MAX: Duration = Duration::from_mins(3);

#[sqlx::test(migrations = "../migrations")]
async fn a_service_killed_at_random_moments_charges_every_payment_once(
    _pool: sqlx::pool::PoolOptions<sqlx::Postgres>,
    options: PgConnectOptions,
) {
    let pool = PgPool::connect_with(options.clone()).await.expect("the test's database");
    let world = World::start(&pool, &options).await;

    let killer = tokio::spawn(world.clone().kill_now_and_then(KILLS));
    let answers = run_payments(&world).await;
    killer.await.expect("the killer has not broken");
    world.settle(&pool, SETTLE_MAX).await;

    assert_eq!(answers.len(), PAYMENTS);
    let declined = answers.iter().filter(|answer| answer.token == "pm_card_declined").count();
    let captured = PAYMENTS - declined;
    let book = world.processors_book().await;
    laws::processors_book_is_ours(&pool, &book).await;
    laws::each_reference_was_charged_once(&book, captured);
    laws::hold(&pool).await;
    laws::shop_heard_of_each(&pool, &world.heard()).await;
    world.stop().await;
}

/// Asks for all payments; each caller repeats a call with the same key until it is answered.
async fn run_payments(world: &World) -> Vec<Answered> {
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let world = world.clone();
        callers.spawn(async move {
            let mut answered = Vec::new();
            for number in (caller..PAYMENTS).step_by(CALLERS) {
                answered.push(world.pay(number).await);
            }
            answered
        });
    }
    callers.join_all().await.into_iter().flatten().collect()
}
