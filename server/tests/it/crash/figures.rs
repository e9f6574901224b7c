//! What a run was like, as a table for people.

use std::fmt::Write as _;
use std::time::Duration;

use sqlx::PgPool;

use super::laws::{Broken, Harm};
use super::world::World;

/// Prints what ran, what was done to it and what came of that, as it was counted.
#[expect(clippy::print_stdout, reason = "the figures are what a long run is for")]
pub(crate) async fn print(
    pool: &PgPool,
    world: &World,
    broken: &Broken,
    (name, took): (&str, Duration),
) {
    let counts: (i64, i64, i64, i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from payment), (select count(*) from refund),
                (select count(*) from outbox),
                (select count(*) from payment where captured_minor > 0),
                (select count(*) from payment where captured_minor > 0
                     and registration_id is not null),
                (select count(*) from attempt where cause = 'failover')",
    )
    .fetch_one(pool)
    .await
    .expect("our book");
    let injected = world.injected().await;
    let mut table = format!("\n{name}\n");
    let mut row = |what: &str, figure: String| {
        writeln!(table, "  {what:<34}{figure:>10}").expect("a string takes everything");
    };
    row("payments", counts.0.to_string());
    row("of them captured", counts.3.to_string());
    row("of them on a processor's page", counts.4.to_string());
    row("carried on at the other processor", counts.5.to_string());
    row("refunds", counts.1.to_string());
    row("events", counts.2.to_string());
    row("alerts", world.heard.so_far().alerts.len().to_string());
    for (place, kills) in world.supervisor.kills() {
        row(&format!("kills {place}"), kills.to_string());
    }
    for (fault, times) in &injected {
        row(&format!("fault {fault}"), times.to_string());
    }
    for (call, times) in &world.shop.acknowledged().refused {
        row(&format!("refused {call}"), times.to_string());
    }
    row("faults injected", injected.values().sum::<u64>().to_string());
    row("kills", world.supervisor.kills_in_all().to_string());
    for (harm, word) in [
        (Harm::DoubleCharge, "double charges"),
        (Harm::Lost, "lost"),
        (Harm::Stuck, "stuck"),
        (Harm::Imbalance, "imbalance"),
        (Harm::Other, "other broken laws"),
    ] {
        row(word, broken.count(harm).to_string());
    }
    row("seconds", took.as_secs().to_string());
    println!("{table}");
}
