//! What the service stands on goes away and comes back: the database, the network, the clock.
//! Afterwards both books are equal, nothing was done twice and nothing that was promised is lost.

mod postgres;
mod proxy;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, PgPool};

use crate::crash::world::{SandboxServer, Setup, World, free_origin};
use crate::crash::{judge, whole};
use postgres::Mortal;
use proxy::{Proxy, Weather};

/// How many purchases run at the same time.
const CALLERS: usize = 12;
/// Everything has to come to its end within this time after the last outage.
const SETTLE_MAX: Duration = Duration::from_mins(5);
/// Within this time after the database is back, payments come through as fast as before.
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// How many connections to the dying Postgres are held that do nothing.
const IDLE: usize = 300;
/// How many of them are opened at the same time.
const IDLE_AT_ONCE: usize = 50;

type Pool = sqlx::pool::PoolOptions<sqlx::Postgres>;

#[sqlx::test]
async fn a_killed_postgres_loses_no_acknowledged_payment_and_stops_no_process(pool: PgPool) {
    let Some(mut server) = Mortal::start("killed").await else { return };
    let start = Instant::now();
    let books = PgPool::connect(&server.url()).await.expect("the server answers");
    engine::db::migrate(&books).await.expect("the schema");
    let options: PgConnectOptions = server.url().parse().expect("an address");
    let setup = Setup { sandbox_server: Some(SandboxServer::of(&pool)), ..Setup::new(1) };
    let world = World::start(&books, &options, setup).await;

    let (is_over, buying) = buy_until_told(&world);
    // At least twice; in the long run for as long as it is told.
    let length = whole().map_or(Duration::ZERO, |scale| scale.dying);
    for kills in 0.. {
        if kills >= 2 && start.elapsed() > length {
            break;
        }
        let idle = hold_idle(&options).await;
        let seconds = 4;
        let before = world.rate_over(Duration::from_secs(seconds)).await;
        if kills % 2 == 0 {
            world.supervisor.count("of Postgres");
            server.kill_and_restart().await;
        } else {
            // The master then ends all the others, and recovers.
            world.supervisor.count("of one backend of Postgres");
            server.kill_a_backend().await;
        }
        comes_back(&world, before / usize::try_from(seconds).expect("a few")).await;
        drop(idle);
        let idle = hold_idle(&options).await;
        world.note("connections ended");
        let storming = PgPool::connect(&server.url()).await.expect("the server answers");
        terminate_others(&storming, Duration::from_secs(2)).await;
        drop(idle);
    }
    is_over.store(true, Ordering::Relaxed);
    buying.await.expect("buying has not broken");
    let books = PgPool::connect(&server.url()).await.expect("the server answers");
    let left = world.settle(&books, SETTLE_MAX).await;

    judge(&books, &world, left, ("Postgres killed under load", start)).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partition_never_lets_two_workers_do_the_same_work(
    _pool: Pool,
    options: PgConnectOptions,
) {
    let pool = PgPool::connect_with(options.clone()).await.expect("the test's database");
    let start = Instant::now();
    let sandbox = free_origin();
    let to_processor = Proxy::to(address_of(&sandbox)).await;
    let database: SocketAddr = format!("{}:{}", options.get_host(), options.get_port())
        .parse()
        .expect("tests reach their database by an address");
    let [for_serving, for_working] = [Proxy::to(database).await, Proxy::to(database).await];
    let behind = |proxy: &Proxy| {
        let options = options.clone().host("127.0.0.1").port(proxy.address.port());
        options.to_url_lossy().to_string()
    };
    let setup = Setup {
        // The second worker has a road of its own, and takes over what the first one must let go.
        databases: vec![behind(&for_serving), behind(&for_working)],
        processor: Some(format!("http://{}", to_processor.address)),
        sandbox,
        ..Setup::new(2)
    };
    let world = World::start(&pool, &options, setup).await;

    let (is_over, buying) = buy_until_told(&world);
    // A lease holds for fifteen seconds: the worker's silence outlasts it.
    let (short, long) = match whole() {
        None => (Duration::from_secs(2), Duration::from_secs(18)),
        Some(_) => (Duration::from_secs(30), Duration::from_secs(30)),
    };
    let slow = Weather::Slow(Duration::from_millis(80));
    for weather in [slow, Weather::Reset, Weather::Deaf, Weather::Silent] {
        for road in [&for_serving, &to_processor] {
            world.note(weather.name());
            storm(road, weather, short).await;
        }
    }
    for weather in [Weather::Silent, Weather::Deaf] {
        world.note(weather.name());
        storm(&for_working, weather, long).await;
    }
    is_over.store(true, Ordering::Relaxed);
    buying.await.expect("buying has not broken");
    let left = world.settle(&pool, SETTLE_MAX).await;

    judge(&pool, &world, left, ("partitions", start)).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn clocks_that_differ_by_an_hour_change_nothing(_pool: Pool, options: PgConnectOptions) {
    let Some(library) = faketime() else { return };
    let start = Instant::now();
    let pool = PgPool::connect_with(options.clone()).await.expect("the test's database");
    let told = std::env::temp_dir().join(format!("paydesk-clock-{}", std::process::id()));
    std::fs::write(&told, "+0").expect("the clock's file");
    let clock = |offset: (&str, String)| {
        vec![
            ("LD_PRELOAD".to_owned(), library.to_owned()),
            // Time-outs are counted on the other clock, which never jumps.
            ("FAKETIME_DONT_FAKE_MONOTONIC".to_owned(), "1".to_owned()),
            ("FAKETIME_NO_CACHE".to_owned(), "1".to_owned()),
            (offset.0.to_owned(), offset.1),
        ]
    };
    let jumping = clock(("FAKETIME_TIMESTAMP_FILE", told.display().to_string()));
    let ahead = clock(("FAKETIME", "+1h".to_owned()));
    let behind = clock(("FAKETIME", "-5m".to_owned()));
    let far_behind = clock(("FAKETIME", "-1h".to_owned()));
    let environment = vec![jumping, ahead, behind, far_behind];
    let setup = Setup { environment, ..Setup::new(3) };
    let world = World::start(&pool, &options, setup).await;

    let hosted = world.shop.open_hosted("clock").await;
    for offset in ["+0", "+3600", "-600", "+3600", "-3600", "+0"] {
        world.note("a clock moved");
        std::fs::write(&told, offset).expect("the clock's file");
        world.buy(CALLERS, |_, bought| bought >= 24).await;
        // The same call under the same key, an hour later or earlier by this process's clock.
        assert_eq!(world.shop.open_hosted("clock").await, hosted);
    }
    let left = world.settle(&pool, SETTLE_MAX).await;

    assert_eq!(world.shop.status("clock").await, "pending", "a checkout expired too early");
    judge(&pool, &world, left, ("clocks that differ", start)).await;
    drop(std::fs::remove_file(told));
}

/// Buys until the flag is set.
fn buy_until_told(world: &World) -> (Arc<AtomicBool>, tokio::task::JoinHandle<()>) {
    let is_over = Arc::new(AtomicBool::new(false));
    let (world, told) = (world.clone(), Arc::clone(&is_over));
    let buying =
        tokio::spawn(
            async move { world.buy(CALLERS, move |_, _| told.load(Ordering::Relaxed)).await },
        );
    (is_over, buying)
}

/// Waits until as many purchases end in a second as before.
async fn comes_back(world: &World, before: usize) {
    let start = Instant::now();
    let mut seconds = Vec::new();
    while start.elapsed() < BACK_WITHIN {
        seconds.push(world.rate_over(Duration::from_secs(1)).await);
        // Nineteen of twenty: a second is short, and no two are the same.
        if seconds.last().is_some_and(|rate| rate * 20 >= before * 19) {
            return;
        }
    }
    panic!("{before} purchases ended each second before, afterwards {seconds:?}");
}

async fn storm(road: &Proxy, weather: Weather, length: Duration) {
    road.turn(weather);
    tokio::time::sleep(length).await;
    road.turn(Weather::Fair);
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// Opens connections that do nothing but be there.
async fn hold_idle(options: &PgConnectOptions) -> Vec<PgConnection> {
    let mut held = Vec::with_capacity(IDLE);
    while held.len() < IDLE {
        let opening = (0..IDLE_AT_ONCE.min(IDLE - held.len())).map(|_| options.connect());
        let opened = join_all(opening).await.into_iter();
        held.extend(opened.map(|one| one.expect("the server has room for one more")));
    }
    held
}

/// Ends every connection but our own, again and again.
async fn terminate_others(pool: &PgPool, length: Duration) {
    let start = Instant::now();
    while start.elapsed() < length {
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .execute(pool)
        .await
        .expect("connections can be ended");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn address_of(origin: &str) -> SocketAddr {
    origin.trim_start_matches("http://").parse().expect("an address")
}

/// The library that gives a process a clock of its own; `scripts/setup --tests` installs it.
fn faketime() -> Option<&'static str> {
    const PLACES: [&str; 2] = [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    ];
    let found = PLACES.into_iter().find(|place| Path::new(place).exists());
    assert!(found.is_some() || whole().is_none(), "make chaos needs the package faketime");
    if found.is_none() {
        eprintln!("skipped: the package faketime is not installed");
    }
    found
}
