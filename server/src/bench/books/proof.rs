//! Books that were sealed while payments ran: exported, and verified without a database.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use color_eyre::eyre::{OptionExt as _, Result, ensure};
use sqlx::PgPool;
use tokio::process::Command;

use super::store;
use crate::bench::table::{self, Table};
use crate::bench::world::World;

/// How long the service may take to seal what was posted.
const SEALED_MAX: Duration = Duration::from_mins(10);
/// How often it is looked how much memory a program holds.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Adds how fast an export is written and verified, and in how much memory.
pub(super) async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let pool = PgPool::connect(&world.database_url).await?;
    let start = Instant::now();
    while store::unsealed(&pool).await? > 0 {
        ensure!(start.elapsed() < SEALED_MAX, "the books were not sealed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    pool.close().await;
    let path = world.directory.join("books.jsonl");
    let shop = world.shop.to_string();
    let file = path.to_str().ok_or_eyre("a path in UTF-8")?;
    let (exported, export_kib) =
        run(world, &["books", "export", "--shop", &shop, "--out", file]).await?;
    let entries = entries(&path)?;
    let (verified, verify_kib) = run(world, &["verify", file]).await?;
    table.row("books exported, entries/s", rate(entries, exported));
    table.row("  in memory of at most (goal 200 MiB)", table::mebibytes(export_kib));
    table.row("books verified offline, entries/s (goal 200,000)", rate(entries, verified));
    table.row("  in memory of at most (goal 200 MiB)", table::mebibytes(verify_kib));
    table.row("  entries of that export", entries);
    Ok(())
}

fn rate(entries: u64, took: Duration) -> u64 {
    entries * 1_000 / u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1)
}

fn entries(path: &Path) -> Result<u64> {
    let options = proof::verify::Options { keys: Vec::new(), stops_at_first: true };
    let report = proof::verify::verify(BufReader::new(File::open(path)?), &options)?;
    ensure!(report.first().is_none(), "the export does not hold: {:?}", report.first());
    Ok(report.summary.entries)
}

/// Runs this very program, and says how long it took and what it held at most, in KiB.
async fn run(world: &World, arguments: &[&str]) -> Result<(Duration, u64)> {
    let start = Instant::now();
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .env("DATABASE_URL", &world.database_url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let status = format!("/proc/{}/status", child.id().ok_or_eyre("it runs")?);
    let mut most = 0;
    loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            most = most.max(kib.unwrap_or(0));
        }
        tokio::select! {
            ended = child.wait() => {
                ensure!(ended?.success(), "paydesk {} failed", arguments.join(" "));
                return Ok((start.elapsed(), most));
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}
