//! An outage of the processor: what it buffers, and how long that takes to drain.

use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, bail};
use reqwest::Method;
use serde_json::json;

use super::load::{self, Until};
use super::table::{self, Table};
use super::world::World;

/// How long the processor takes no money calls, in seconds.
const SECONDS: u64 = 60;
/// How many payments are taken in meanwhile.
const PAYMENTS: u64 = 50_000;
/// How long the drain may take.
const DRAIN_MAX: Duration = Duration::from_mins(10);

/// Adds the rows of the outage.
pub(super) async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let before = world.hooks.ended();
    world.control(Method::POST, "outages", &json!({ "seconds": SECONDS })).await?;
    let outage = Instant::now();
    let buffered = load::without_outcome(world, Until::Count(PAYMENTS)).await?;
    let left = Duration::from_secs(SECONDS).saturating_sub(outage.elapsed());
    tokio::time::sleep(left).await;

    let start = Instant::now();
    while world.hooks.ended() < before + PAYMENTS {
        if start.elapsed() > DRAIN_MAX {
            bail!("{} payments are left after the outage", before + PAYMENTS - world.hooks.ended());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let millis = u64::try_from(start.elapsed().as_millis())?.max(1);
    table.row("payments taken in per second during an outage", buffered.per_second());
    table.row(
        "drain of 50,000 after an outage of 60 s",
        format!("{}.{} s", millis / 1000, millis % 1000 / 100),
    );
    table.row("  payments/s", PAYMENTS * 1000 / millis);
    table.row("  service memory until then", table::mebibytes(world.memory_peak_kib()?));
    Ok(())
}
