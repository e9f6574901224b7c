//! The yardstick, by pgbench, on the same server.

use std::process::Stdio;

use color_eyre::eyre::{OptionExt as _, Result, ensure};
use tokio::process::Command;

use super::world::World;

const SCHEMA: &str = include_str!("yardstick_schema.sql");
const SCRIPT: &str = include_str!("yardstick.sql");

/// Makes the yardstick's tables.
pub(super) async fn prepare(pool: &sqlx::PgPool) -> Result<()> {
    sqlx::raw_sql(SCHEMA).execute(pool).await?;
    Ok(())
}

/// Runs the yardstick with eight clients and returns its payments per second.
pub(super) async fn run(world: &World, seconds: u64) -> Result<u64> {
    let script = world.directory.join("yardstick.sql");
    tokio::fs::write(&script, SCRIPT).await?;
    let output = Command::new(&world.pgbench)
        .args([
            "--no-vacuum",
            "--protocol",
            "prepared",
            "--client",
            "8",
            "--jobs",
            "2",
            "--time",
            &seconds.to_string(),
        ])
        .arg("--file")
        .arg(&script)
        .arg(&world.yardstick_url)
        .stdin(Stdio::null())
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
    let line = text.lines().find(|line| line.starts_with("tps = ")).ok_or_eyre("pgbench's tps")?;
    let whole = line.trim_start_matches("tps = ").split(['.', ' ']).next().unwrap_or_default();
    Ok(whole.parse()?)
}
