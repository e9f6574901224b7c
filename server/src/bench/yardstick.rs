//! The yardstick, by pgbench, on the same server.

use std::process::Stdio;

use color_eyre::eyre::{OptionExt as _, Result, ensure};
use tokio::process::Command;

use super::world::World;

const SCHEMA: &str = include_str!("yardstick_schema.sql");
const SCRIPT: &str = include_str!("yardstick.sql");
const POSTINGS: &str = include_str!("yardstick_postings.sql");

/// Makes the yardstick's tables.
pub(super) async fn prepare(pool: &sqlx::PgPool) -> Result<()> {
    sqlx::raw_sql(SCHEMA).execute(pool).await?;
    Ok(())
}

/// How many clients pgbench has.
const CLIENTS: u64 = 8;

/// Runs the yardstick for some time and returns its payments per second.
pub(super) async fn run(world: &World, seconds: u64) -> Result<u64> {
    rate(world, SCRIPT, seconds).await
}

/// Runs the ledger's part of it alone for some time, and returns its postings per second.
pub(super) async fn run_postings(world: &World, seconds: u64) -> Result<u64> {
    rate(world, POSTINGS, seconds).await
}

async fn rate(world: &World, script: &str, seconds: u64) -> Result<u64> {
    let text = pgbench(world, script, ["--time", &seconds.to_string()]).await?;
    let line = text.lines().find(|line| line.starts_with("tps = ")).ok_or_eyre("pgbench's tps")?;
    let whole = line.trim_start_matches("tps = ").split(['.', ' ']).next().unwrap_or_default();
    Ok(whole.parse()?)
}

/// Runs the yardstick for about that many payments, and returns how many they were.
pub(super) async fn run_count(world: &World, payments: u64) -> Result<u64> {
    let each = payments.div_ceil(CLIENTS);
    pgbench(world, SCRIPT, ["--transactions", &each.to_string()]).await?;
    Ok(each * CLIENTS)
}

async fn pgbench(world: &World, script: &str, until: [&str; 2]) -> Result<String> {
    let file = world.directory.join("yardstick.sql");
    tokio::fs::write(&file, script).await?;
    let output = Command::new(&world.pgbench)
        .args([
            "--no-vacuum",
            "--protocol",
            "prepared",
            "--client",
            &CLIENTS.to_string(),
            "--jobs",
            "2",
        ])
        .args(until)
        .arg("--file")
        .arg(&file)
        .arg(&world.yardstick_url)
        .stdin(Stdio::null())
        .output()
        .await?;
    ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
