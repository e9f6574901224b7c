//! What a full database costs: a million finished payments in the tables.

use std::fmt::Write as _;
use std::time::Duration;

use color_eyre::eyre::{Result, ensure};
use domain::id::Bucket;
use engine::checks;
use sqlx::PgPool;

use super::load;
use super::store;
use super::table::{self, Table};
use super::world::World;

/// How many finished payments there are.
const PAYMENTS: u32 = 1_000_000;
/// How many numbers one statement brings.
const NUMBERS_AT_ONCE: u32 = 50_000;

/// Fills the tables and compares the calls that take checkouts in, at the same rate before and after.
pub(super) async fn measure(world: &World, span: Duration, table: &mut Table) -> Result<()> {
    let rate = load::accept(world, span).await?.per_second() / 2;
    let empty = load::accept_at(world, rate, span).await?.latency.percentile(99);
    let pool = PgPool::connect(&world.database_url).await?;
    fill(&pool, world).await?;
    for verdict in checks::verify(&pool).await? {
        ensure!(verdict.broken == 0, "the copies break a rule: {verdict:?}");
    }
    pool.close().await;
    // The first calls find nothing of the new tables in memory.
    load::accept_at(world, rate, span).await?;
    let full = load::accept_at(world, rate, span).await?.latency.percentile(99);
    table.row("accept p99 at half rate, before", table::micros(empty));
    table.row("accept p99 at half rate, beside 1,000,000 payments", table::micros(full));
    table.row("  full to empty (goal 1.30 at most)", table::ratio(full, empty));
    Ok(())
}

async fn fill(pool: &PgPool, world: &World) -> Result<()> {
    store::prepare_numbers(pool).await?;
    for first in (0..PAYMENTS).step_by(NUMBERS_AT_ONCE as usize) {
        let mut rows = String::new();
        for number in first..first + NUMBERS_AT_ONCE {
            let bucket = Bucket::of_reference(world.shop, &format!("full-c-{number}")).as_i16();
            let payments = Bucket::of_reference(world.shop, &format!("full-p-{number}")).as_i16();
            writeln!(rows, "{number}\t{bucket}\t{payments}")?;
        }
        store::copy_numbers(pool, &rows).await?;
    }
    store::copy_payments(pool).await?;
    Ok(())
}
