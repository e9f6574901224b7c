//! One seller who takes every payment, beside a thousand who share them.

use std::time::Duration;

use color_eyre::eyre::Result;
use sqlx::PgPool;

use super::SELLERS;
use crate::bench::load::{self, Until};
use crate::bench::median;
use crate::bench::table::{self, Table};
use crate::bench::world::World;

/// How long each of a round takes.
const SPAN: Duration = Duration::from_secs(8);
/// How many rounds; the table shows medians.
const ROUNDS: usize = 3;

/// Adds both rates, measured in turn.
pub(super) async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let pool = PgPool::connect(&world.database_url).await?;
    super::sellers(&pool, world.shop).await?;
    pool.close().await;
    let (mut one, mut many) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let by_many = world.caller().with_sellers(SELLERS);
        many.push(load::payments_of(world, by_many, Until::Time(SPAN)).await?.per_second());
        one.push(load::whole_payments(world, Until::Time(SPAN)).await?.per_second());
    }
    let (one, many) = (median(&mut one), median(&mut many));
    table.row("whole payments/s, 1,000 sellers share them", many);
    table.row("whole payments/s, one seller takes all", one);
    table.row("  one to many (goal 0.90)", table::ratio(one, many));
    Ok(())
}
