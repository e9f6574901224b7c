//! `paydesk exchange`: on which terms sellers exchange, and what that leaves open.

use clap::{Args, Subcommand};
use color_eyre::eyre::Result;
use domain::currency::Currency;
use domain::id::ShopId;
use engine::exchange::positions::{self, Position};
use engine::exchange::terms;
use sqlx::PgPool;

use super::{say, shop};
use crate::config::DatabaseArguments;
use crate::run::connect;

/// Who does it, for the audit log.
const ACTOR: &str = "paydesk exchange";

/// What to do about exchanges.
#[derive(Debug, Clone, Args)]
pub struct ExchangeArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// The shop's name or its id (shp_…); without it, the only shop that there is.
    #[arg(long, global = true)]
    pub shop: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: ExchangeCommand,
}

/// What can be done about exchanges.
#[derive(Debug, Clone, Subcommand)]
pub enum ExchangeCommand {
    /// Says the terms, or sets those that are given.
    Terms(TermsArguments),
    /// Lists what is open between two currencies, and what it would gain or lose at today's rate.
    Positions,
    /// Books what is left of a pair as gained or lost, once one of its sides is closed.
    Realise {
        /// One currency of the pair.
        one: Currency,
        /// The other.
        other: Currency,
    },
}

/// The terms of a shop.
#[derive(Debug, Clone, Args)]
pub struct TermsArguments {
    /// What is kept of each exchange, in hundredths of a percent.
    #[arg(long)]
    pub spread: Option<u32>,
    /// For how many seconds a quote holds.
    #[arg(long)]
    pub seconds: Option<u32>,
    /// How many days old the rate of a quote may be.
    #[arg(long)]
    pub days: Option<u32>,
}

/// `paydesk exchange`.
///
/// # Errors
/// If something that is named makes no sense; then nothing was changed.
pub async fn exchange(arguments: ExchangeArguments) -> Result<()> {
    let pool = connect(&arguments.database).await?.pool;
    let shop = shop(&pool, arguments.shop.as_deref()).await?;
    match arguments.command {
        ExchangeCommand::Terms(given) => say_terms(&pool, shop, &given).await?,
        ExchangeCommand::Positions => {
            for position in positions::positions(&pool, shop).await? {
                say(&line(&position));
            }
        }
        ExchangeCommand::Realise { one, other } => {
            let gain = positions::realise(&pool, shop, (one, other), ACTOR).await?;
            let word = if gain.is_positive() { "gained" } else { "lost" };
            say(&format!("{word}: {gain}"));
        }
    }
    Ok(())
}

async fn say_terms(pool: &PgPool, shop: ShopId, given: &TermsArguments) -> Result<()> {
    let known = terms::find(pool, shop).await?;
    let wanted = terms::Terms {
        spread_basis_points: given.spread.unwrap_or(known.spread_basis_points),
        quote_seconds: given.seconds.unwrap_or(known.quote_seconds),
        rate_days_max: given.days.unwrap_or(known.rate_days_max),
    };
    if wanted != known {
        terms::set(pool, shop, wanted, ACTOR).await?;
    }
    say(&format!(
        "{} basis points are kept, a quote holds {} seconds, a rate may be {} days old",
        wanted.spread_basis_points, wanted.quote_seconds, wanted.rate_days_max
    ));
    Ok(())
}

fn line(position: &Position) -> String {
    let result = match (&position.unrealised, &position.rate) {
        (Some(result), Some(rate)) => format!("{result} at {}", rate.reference()),
        _ => "no rate".to_owned(),
    };
    // As people think of it: what was brought in is had.
    let had = |side: domain::money::Money| side.checked_neg().unwrap_or(side);
    format!("{}  {}  unrealised {result}", had(position.first), had(position.second))
}
