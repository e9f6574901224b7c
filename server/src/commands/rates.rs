//! `paydesk rates`: what currencies are worth, from files of the European Central Bank.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, WrapErr, bail, eyre};
use domain::currency::Currency;
use engine::exchange::plausible::Doubt;
use engine::exchange::rates::{self, Imported, import, import_as_given};
use rust_decimal::Decimal;
use sqlx::PgPool;
use time::Date;

use super::say;
use crate::config::DatabaseArguments;
use crate::run::connect;

/// Who imports, for the audit log.
const ACTOR: &str = "paydesk rates import";
/// Who enters rates by hand.
const ENTERS: &str = "paydesk rates enter";
/// Under which name, unless another is given.
const HOUSE: &str = "house";
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
        /// Takes also rates that are more than a fifth away from the day before.
        #[arg(long)]
        as_given: bool,
    },
    /// Enters what one euro was worth on a day by yourselves, such as `2026-01-30 USD=1.0837`: it
    /// goes before what a file says of the day, and corrects it.
    Enter {
        /// The day, not after today.
        #[arg(value_parser = crate::commands::day)]
        day: Date,
        /// A currency and how many of it one euro was worth.
        #[arg(required = true)]
        rates: Vec<String>,
        /// Under which name. Of several for one day the last by name counts: `house-2` corrects
        /// `house`.
        #[arg(long = "as", default_value = HOUSE)]
        source: String,
    },
}

/// `paydesk rates`.
///
/// # Errors
/// If the file cannot be read, and if some of it was not taken; the rest was then.
pub async fn rates(arguments: RatesArguments) -> Result<()> {
    let pool = connect(&arguments.database).await?.pool;
    match arguments.command {
        RatesCommand::Import { file, as_given } => take_in(&pool, &file, as_given).await,
        RatesCommand::Enter { day, rates, source } => enter(&pool, day, &rates, &source).await,
    }
}

async fn enter(pool: &PgPool, day: Date, given: &[String], source: &str) -> Result<()> {
    if !source.starts_with(HOUSE) {
        bail!("--as {source}: begin the name with {HOUSE}, which goes before all others");
    }
    let rates = given.iter().map(|text| read(text)).collect::<Result<Vec<_>>>()?;
    let own = (source, Currency::EUR, day);
    let added = rates::enter(pool, own, &rates, ENTERS).await.map_err(|error| eyre!("{error}"))?;
    say(&format!("{added} rates of {day} entered as {source}"));
    if usize::try_from(added).unwrap_or(usize::MAX) < rates.len() {
        bail!("the others are known as {source}, and stay: correct them --as {source}-2");
    }
    Ok(())
}

/// A currency and its rate, such as `USD=1.0837`.
fn read(text: &str) -> Result<(Currency, Decimal)> {
    let (code, units) =
        text.split_once('=').ok_or_else(|| eyre!("{text}: write it as USD=1.0837"))?;
    let currency = code.parse().map_err(|error| eyre!("{text}: {error}"))?;
    let units = units.parse().map_err(|error| eyre!("{text}: {error}"))?;
    Ok((currency, units))
}

async fn take_in(pool: &PgPool, file: &PathBuf, as_given: bool) -> Result<()> {
    let content =
        tokio::fs::read(file).await.wrap_err_with(|| format!("cannot read {}", file.display()))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let imported = if as_given {
        import_as_given(pool, &content, ACTOR).await
    } else {
        import(pool, &content, ACTOR).await
    };
    let imported = imported.map_err(|error| eyre!("{name}: {error}"))?;
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

/// What was refused, was known with another value or can hardly be right, a line for each.
fn not_taken(name: &str, imported: &Imported) -> Vec<String> {
    let refused = imported.file.refused.iter();
    let refused = refused.map(|day| format!("{name}:{}: {}", day.line, day.reason));
    let changed = imported.changed.iter().map(|rate| {
        let (line, day, currency) = (rate.line, rate.day, rate.currency);
        let (known, given) = (rate.known, rate.given);
        format!("{name}:{line}: {currency} of {day} is known as {known}, and stays; not {given}")
    });
    let doubted = imported.doubted.iter().map(|rate| {
        let (line, day, currency, given) = (rate.line, rate.day, rate.currency, rate.given);
        let doubt = rate.doubt;
        let way = match doubt {
            Doubt::ToCome => "",
            Doubt::Jumped { .. } => " (if it is right, take it in with --as-given)",
        };
        format!("{name}:{line}: {currency} of {day} is not taken as {given}: {doubt}{way}")
    });
    refused.chain(changed).chain(doubted).collect()
}
