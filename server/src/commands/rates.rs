//! `paydesk rates`: what currencies are worth, from files of the European Central Bank.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, WrapErr, bail, eyre};
use engine::exchange::rates::{Imported, import};
use sqlx::PgPool;

use super::say;
use crate::config::DatabaseArguments;
use crate::run::connect;

/// Who imports, for the audit log.
const ACTOR: &str = "paydesk rates import";
/// How many rows that were not taken are shown one by one.
const SHOWN_MAX: usize = 100;

/// What to do with rates.
#[derive(Debug, Clone, Args)]
pub struct RatesArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: RatesCommand,
}

/// What can be done with rates.
#[derive(Debug, Clone, Subcommand)]
pub enum RatesCommand {
    /// Takes a file in; the same file again changes nothing.
    Import {
        /// `eurofxref-hist.csv`, `eurofxref-daily.csv` or `eurofxref-daily.xml`, unpacked.
        file: PathBuf,
    },
}

/// `paydesk rates`.
///
/// # Errors
/// If the file cannot be read, and if some of it was not taken; the rest was then.
pub async fn rates(arguments: RatesArguments) -> Result<()> {
    let pool = connect(&arguments.database).await?.pool;
    match arguments.command {
        RatesCommand::Import { file } => take_in(&pool, &file).await,
    }
}

async fn take_in(pool: &PgPool, file: &PathBuf) -> Result<()> {
    let content =
        tokio::fs::read(file).await.wrap_err_with(|| format!("cannot read {}", file.display()))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let imported = import(pool, &content, ACTOR).await.map_err(|error| eyre!("{name}: {error}"))?;
    let not_taken = not_taken(&name, &imported);
    not_taken.iter().take(SHOWN_MAX).for_each(|line| say(line));
    if !imported.file.not_taken.is_empty() {
        say(&format!("no currencies of today: {}", imported.file.not_taken.join(", ")));
    }
    let (days, added, known) = (imported.file.days.len(), imported.added, imported.known);
    say(&format!("{days} days: {added} rates added, {known} known before"));
    if !not_taken.is_empty() {
        bail!("{} days or rates were not taken", not_taken.len());
    }
    Ok(())
}

/// What was refused and what was known with another value, a line for each.
fn not_taken(name: &str, imported: &Imported) -> Vec<String> {
    let refused = imported.file.refused.iter();
    let refused = refused.map(|day| format!("{name}:{}: {}", day.line, day.reason));
    let changed = imported.changed.iter().map(|rate| {
        let (line, day, currency) = (rate.line, rate.day, rate.currency);
        let (known, given) = (rate.known, rate.given);
        format!("{name}:{line}: {currency} of {day} is known as {known}, and stays; not {given}")
    });
    refused.chain(changed).collect()
}
