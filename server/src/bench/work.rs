//! The work behind one payment: processor time by part, beside that of the yardstick.

use color_eyre::eyre::Result;

use super::cpu::Cpu;
use super::load::{self, Until};
use super::table::{self, Table};
use super::world::World;
use super::yardstick;

/// How many payments make caches and plans warm before anything counts.
const WARM_UP: u64 = 2_000;
/// Over how many payments the work is divided.
const PAYMENTS: u64 = 10_000;

/// Adds the rows of one payment's processor time.
pub(super) async fn measure(world: &World, table: &mut Table) -> Result<()> {
    yardstick::run_count(world, WARM_UP).await?;
    let before = world.cpu()?;
    let count = yardstick::run_count(world, PAYMENTS).await?;
    let yardstick = world.cpu()?.since(before);

    load::whole_payments(world, Until::Count(WARM_UP)).await?;
    let before = world.cpu()?;
    load::whole_payments(world, Until::Count(PAYMENTS)).await?;
    let payments = world.cpu()?.since(before);

    table.row("processor time of one payment of the yardstick", each(yardstick.total(), count));
    table.row("processor time of one whole payment", each(payments.total(), PAYMENTS));
    for (name, millis) in payments.parts() {
        table.row(&format!("  {name}"), each(millis, PAYMENTS));
    }
    table.row("  ratio to the yardstick", ratio(yardstick, count, payments));
    Ok(())
}

fn each(millis: u64, count: u64) -> String {
    table::micros(millis * 1_000 / count.max(1))
}

/// How many times the yardstick's work fits into ours: what the rates would tell if both used both
/// processors fully.
fn ratio(yardstick: Cpu, count: u64, payments: Cpu) -> String {
    table::ratio(yardstick.total() * PAYMENTS, payments.total() * count)
}
