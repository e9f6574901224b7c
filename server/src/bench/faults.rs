//! How much is left of the speed when the processor fails now and then.
//!
//! The faults are the sandbox's whole storm (time-outs before and after the charge, errors, broken
//! and slow answers, lost, late and repeated notifications), scaled to a share of all requests. Times
//! are shortened, since nobody wants to see how long a time-out is: a request hangs for two seconds,
//! and a slow answer takes up to one.

use std::time::Duration;

use color_eyre::eyre::Result;
use serde_json::{Value, json};

use super::load;
use super::table::{self, Table};
use super::world::World;

/// How many payments may be under way at the same time: whoever hangs must not hold up the callers.
const UNDER_WAY_MAX: u64 = 400;
/// The shares, in percent.
const SHARES: [u32; 3] = [0, 1, 10];

/// Adds the rows of each share.
pub(super) async fn measure(world: &World, span: Duration, table: &mut Table) -> Result<()> {
    for share in SHARES {
        world.control(reqwest::Method::PUT, "faults", &rules(share)).await?;
        let done = load::without_waiting(world, span, UNDER_WAY_MAX).await?;
        world.control(reqwest::Method::PUT, "faults", &rules(0)).await?;
        let lost = load::wait_for_ends(world, &done).await;
        table.row(&format!("whole payments/s with {share} % faults"), done.per_second);
        let p99 = done.latency.percentile(99);
        table.row(&format!("  accept p99 with {share} % faults"), table::micros(p99));
        table.row(&format!("  payments without an end with {share} % faults"), lost);
    }
    Ok(())
}

fn rules(share: u32) -> Value {
    if share == 0 {
        return json!({});
    }
    let storm = json!({ "total": format!("{share}%"), "slow_ms": [100, 1000] });
    json!({ "storm": storm, "hang_ms": 2000 })
}
