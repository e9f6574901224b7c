//! The service is killed wherever it can be while payments run; afterwards the processor's book
//! equals ours, the ledger sums to zero, nothing was charged twice and every shop heard of it.

pub(crate) mod figures;
pub(crate) mod heard;
pub(crate) mod laws;
pub(crate) mod payouts;
pub(crate) mod processors;
pub(crate) mod shop;
pub(crate) mod shopper;
pub(crate) mod supervisor;
pub(crate) mod world;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use payouts::PAYING;
use shop::{ON_PAGES, Wish};
use supervisor::{
    AT_RANDOM, Aim, SERVING, SERVING_PAGES, WORKING, WORKING_ELSEWHERE, WORKING_PAGES, random,
};
use world::{Setup, World};

/// How many purchases run at the same time.
const CALLERS: usize = 16;
/// Everything has to come to its end within this time after the faults have stopped.
const SETTLE_MAX: Duration = Duration::from_mins(10);
/// How many kills at random there are beside the others, at least; the third is of everything.
const KILLS_AT_RANDOM_MIN: usize = 3;

type Pool = sqlx::pool::PoolOptions<sqlx::Postgres>;

#[sqlx::test(migrations = "../migrations")]
async fn a_service_killed_at_random_moments_charges_every_payment_once(
    _pool: Pool,
    options: PgConnectOptions,
) {
    let pool = PgPool::connect_with(options.clone()).await.expect("the test's database");
    let start = Instant::now();
    let world = World::start(&pool, &options, Setup::new(0)).await;

    let killer = tokio::spawn(kill_now_and_then(world.clone(), 8));
    world.buy(CALLERS, |world, bought| bought >= 102 && world.supervisor.kills_in_all() >= 8).await;
    killer.await.expect("the killer has not broken");
    let left = world.settle(&pool, SETTLE_MAX).await;

    judge(&pool, &world, left, ("kills at random", start)).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_kill_at_any_failpoint_loses_nothing_and_charges_nothing_twice(
    _pool: Pool,
    options: PgConnectOptions,
) {
    let pool = PgPool::connect_with(options.clone()).await.expect("the test's database");
    let lives = [Duration::from_secs(1), Duration::from_secs(2)];
    let setup = Setup { aim: Aim { kills: 1, lives }, ..Setup::new(1) };
    let storm = json!({ "storm": { "slow_ms": [100, 1500] } });
    matrix(&pool, &options, setup, Run { callers: 24, purchases: 51, storm, limit: None }).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_kill_anywhere_on_the_way_through_a_processors_page_charges_once(
    _pool: Pool,
    options: PgConnectOptions,
) {
    let pool = PgPool::connect_with(options.clone()).await.expect("the test's database");
    let lives = [Duration::from_secs(1), Duration::from_secs(2)];
    let points = [SERVING_PAGES.to_vec(), WORKING_PAGES.to_vec()];
    let setup = Setup { aim: Aim { kills: 1, lives }, points, wishes: ON_PAGES, ..Setup::new(1) };
    let storm = json!({ "storm": { "slow_ms": [100, 1500] } });
    matrix(&pool, &options, setup, Run { callers: 16, purchases: 30, storm, limit: None }).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_kill_at_any_failpoint_of_a_pay_out_pays_the_seller_once(
    _pool: Pool,
    options: PgConnectOptions,
) {
    let pool = PgPool::connect_with(options.clone()).await.expect("the test's database");
    let start = Instant::now();
    let lives = [Duration::from_secs(1), Duration::from_secs(2)];
    let (points, wishes) = ([Vec::new(), PAYING.to_vec()], [Wish::Pay].as_slice());
    let setup = Setup { aim: Aim { kills: 1, lives }, points, wishes, ..Setup::new(1) };
    let world = World::start(&pool, &options, setup).await;
    world.storm(&json!({ "transfer_ms": [50, 50] })).await;

    let asked = payouts::pay_until_struck(&pool, &world, 12).await;
    world.supervisor.disarm();
    let left = world.settle(&pool, SETTLE_MAX).await;

    let paid = "select count(*) from payout where phase = 'paid'";
    let paid: i64 = sqlx::query_scalar(paid).fetch_one(&pool).await.expect("our book");
    judge(&pool, &world, left, ("kills while sellers are paid", start)).await;
    assert_eq!(usize::try_from(paid), Ok(asked), "each was asked for once, and paid");
}

#[sqlx::test(migrations = "../migrations")]
async fn ten_thousand_payments_in_the_whole_storm_survive_every_kill(
    _pool: Pool,
    options: PgConnectOptions,
) {
    let Some(scale) = whole() else { return };
    let pool = PgPool::connect_with(options.clone()).await.expect("the test's database");
    // Who works lives long enough to hear most answers of a processor that is slow on purpose; so
    // there are many of them.
    let lives = [Duration::from_secs(4), Duration::from_secs(30)];
    let points =
        [[SERVING, SERVING_PAGES].concat(), [WORKING, WORKING_PAGES, WORKING_ELSEWHERE].concat()];
    let setup = Setup { aim: Aim { kills: scale.kills, lives }, points, ..Setup::new(10) };
    let Scale { purchases, limit, .. } = scale;
    let storm = json!({ "storm": true });
    matrix(&pool, &options, setup, Run { callers: 200, purchases, storm, limit }).await;
}

/// How much runs in `make chaos`, which says so by the environment; otherwise nothing of it does.
pub(crate) struct Scale {
    kills: usize,
    purchases: usize,
    /// After which time no more is bought, also if the aim was not reached.
    limit: Option<Duration>,
    /// For how long Postgres is killed again and again.
    pub(crate) dying: Duration,
}

pub(crate) fn whole() -> Option<Scale> {
    if std::env::var("PAYDESK_CHAOS").as_deref() != Ok("1") {
        return None;
    }
    let told = |name: &str| std::env::var(name).ok().map(|told| told.parse().expect("a number"));
    let count = |name: &str, usual: u64| {
        usize::try_from(told(name).unwrap_or(usual)).expect("it can be counted")
    };
    Some(Scale {
        kills: count("PAYDESK_CHAOS_KILLS", 100),
        // Four of sixteen purchases are baskets of three payments each.
        purchases: count("PAYDESK_CHAOS_PAYMENTS", 10_000) * 2 / 3 + 1,
        limit: told("PAYDESK_CHAOS_MINUTES").map(Duration::from_mins),
        dying: Duration::from_secs(told("PAYDESK_CHAOS_SECONDS").unwrap_or(600)),
    })
}

/// What is bought, by how many at a time, and what goes wrong.
struct Run {
    callers: usize,
    purchases: usize,
    storm: Value,
    limit: Option<Duration>,
}

/// Buys in a storm until every failpoint has killed as often as it shall, with kills at random
/// beside them; then lets everything come to its end and looks at what is left.
async fn matrix(pool: &PgPool, options: &PgConnectOptions, setup: Setup, run: Run) {
    let start = Instant::now();
    let kills = setup.aim.kills;
    let world = World::start(pool, options, setup).await;
    world.storm(&run.storm).await;

    let killer = tokio::spawn(kill_now_and_then(world.clone(), kills.max(KILLS_AT_RANDOM_MIN)));
    let is_over = move |world: &World, bought: usize| {
        let is_late = run.limit.is_some_and(|limit| start.elapsed() > limit);
        is_late || (bought >= run.purchases && world.supervisor.unstruck().is_empty())
    };
    world.buy(run.callers, is_over).await;
    if run.limit.is_some() {
        killer.abort();
    } else {
        killer.await.expect("the killer has not broken");
    }
    // What has not been struck often enough strikes no more: the faults stop here.
    world.supervisor.disarm();
    world.storm(&json!({})).await;
    let left = world.settle(pool, SETTLE_MAX).await;

    judge(pool, &world, left, ("kills at failpoints", start)).await;
    if run.limit.is_none() {
        let (unstruck, kills) = (world.supervisor.unstruck(), world.supervisor.kills());
        assert!(unstruck.is_empty(), "never killed often enough at {unstruck:?}: {kills:?}");
        let at_random = kills.get(AT_RANDOM).copied().unwrap_or(0);
        assert!(at_random >= KILLS_AT_RANDOM_MIN, "{kills:?}");
    }
}

/// Prints the figures of a run, then asserts that every law holds, and ends everything.
pub(crate) async fn judge(
    pool: &PgPool,
    world: &World,
    left: Vec<String>,
    (name, start): (&str, Instant),
) {
    let broken = laws::look(pool, world, left).await;
    figures::print(pool, world, &broken, (name, start.elapsed())).await;
    world.supervisor.stop().await;
    broken.assert_none();
}

/// Kills one of the programs, or all of them, at moments that nobody planned.
async fn kill_now_and_then(world: World, kills: usize) {
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(250 + random(1500))).await;
        world.supervisor.kill();
    }
}
