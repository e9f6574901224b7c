//! What a run was like, as a table for people.

use std::fmt::Write as _;
use std::time::Duration;

use sqlx::PgPool;

use super::world::World;

/// Prints what ran and what was done to it. Called when every law has held.
pub(crate) async fn print(pool: &PgPool, world: &World, name: &str, took: Duration) {
    let counts: (i64, i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from payment), (select count(*) from refund),
                (select count(*) from outbox),
                (select count(*) from payment where captured_minor > 0)",
    )
    .fetch_one(pool)
    .await
    .expect("our book");
    let mut table = format!("\n{name}\n");
    let mut row = |what: &str, figure: String| {
        writeln!(table, "  {what:<34}{figure:>10}").expect("a string takes everything");
    };
    row("payments", counts.0.to_string());
    row("of them captured", counts.3.to_string());
    row("refunds", counts.1.to_string());
    row("events delivered", counts.2.to_string());
    row("kills", world.supervisor.kills_in_all().to_string());
    for (point, kills) in world.supervisor.kills() {
        row(&format!("kills {point}"), kills.to_string());
    }
    for (fault, times) in world.injected().await {
        row(&format!("fault {fault}"), times.to_string());
    }
    for (call, times) in &world.shop.acknowledged().refused {
        row(&format!("refused {call}"), times.to_string());
    }
    for wrong in ["double charges", "lost", "stuck", "imbalance"] {
        row(wrong, "0".to_owned());
    }
    row("seconds", took.as_secs().to_string());
    println!("{table}");
}
