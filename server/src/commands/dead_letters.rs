//! `paydesk dead-letters`: work that failed for good, for whoever has a terminal and no browser.

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, bail, eyre};
use domain::id::JobId;
use engine::dead_letters::{self, Filter, Listed, Subject};
use engine::reconciliation::actor::Actor;
use engine::service::Engine;
use sqlx::PgPool;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::say;
use crate::config::DatabaseArguments;
use crate::run::connect;

/// What to do with dead letters.
#[derive(Debug, Clone, Args)]
pub struct DeadLettersArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: DeadLettersCommand,
}

/// What can be done with dead letters.
#[derive(Debug, Clone, Subcommand)]
pub enum DeadLettersCommand {
    /// Counts them by cause, and lists the newest.
    List {
        /// Only this kind of work, such as `deliver_webhook`.
        #[arg(long)]
        kind: Option<String>,
        /// Only errors of this class, as the counts show it.
        #[arg(long)]
        error: Option<String>,
        /// Only what failed for good at least this many hours ago.
        #[arg(long)]
        older_than_hours: Option<u16>,
        /// What was discarded, instead of what waits.
        #[arg(long)]
        discarded: bool,
        /// How many to list.
        #[arg(long, default_value_t = 50)]
        limit: u16,
    },
    /// Shows one with every try and every decision.
    Show {
        /// The job's id (job_…).
        job: JobId,
    },
    /// Has one tried again.
    Retry {
        /// The job's id (job_…).
        job: JobId,
        /// Also all others of the same kind and cause.
        #[arg(long)]
        like: bool,
    },
    /// Decides that one is never tried again.
    Discard {
        /// The job's id (job_…).
        job: JobId,
        /// Why; it stays with the dead letter and in the audit log.
        #[arg(long)]
        reason: String,
        /// Who decides, for the audit log.
        #[arg(long, env = "USER")]
        by: Option<String>,
    },
}

/// Lists, shows, retries or discards dead letters of any shop.
///
/// # Errors
/// If there is no such dead letter, or the reason is none; then nothing was changed.
pub async fn dead_letters(arguments: DeadLettersArguments) -> Result<()> {
    let database = connect(&arguments.database).await?;
    match arguments.command {
        DeadLettersCommand::List { kind, error, older_than_hours, discarded, limit } => {
            let before = older_than_hours
                .map(|hours| OffsetDateTime::now_utc() - Duration::hours(hours.into()));
            let filter =
                Filter { shop: None, kind, error_class: error, before, is_discarded: discarded };
            list(&database.pool, &filter, limit).await
        }
        DeadLettersCommand::Show { job } => show(&database.pool, job).await,
        DeadLettersCommand::Retry { job, like } => {
            let engine = Engine::start(database, "http://127.0.0.1").await?;
            let by = Actor::Program("paydesk dead-letters retry");
            let count = if like {
                dead_letters::retry_like(&engine, None, job, &by).await?
            } else {
                dead_letters::retry(&engine, None, job, &by).await?;
                1
            };
            say(&format!("{count} tried again by the next worker"));
            Ok(())
        }
        DeadLettersCommand::Discard { job, reason, by } => {
            let Some(person) = by.filter(|name| !name.is_empty()) else {
                bail!("say who decides: --by NAME");
            };
            if reason.trim().is_empty() {
                bail!("say why: --reason TEXT");
            }
            let engine = Engine::start(database, "http://127.0.0.1").await?;
            let reason = format!("{reason} ({person}, at the command line)");
            let by = Actor::Program("paydesk dead-letters discard");
            dead_letters::discard(&engine, None, job, &reason, &by).await?;
            say("discarded; it stays readable with its reason");
            Ok(())
        }
    }
}

async fn list(pool: &PgPool, filter: &Filter, limit: u16) -> Result<()> {
    for count in dead_letters::counts(pool, None).await? {
        say(&format!("{:>8}  {}  {}", count.count, count.kind, count.error_class));
    }
    let page = dead_letters::list(pool, filter, limit).await?;
    for letter in &page.rows {
        say(&line(letter)?);
    }
    say(&format!("{} fit", page.total));
    Ok(())
}

fn line(letter: &Listed) -> Result<String> {
    let about = match letter.subject {
        Subject::Payment(id) => id.to_string(),
        Subject::Checkout(id) => id.to_string(),
        Subject::Webhook(id) => id.to_string(),
        Subject::Other(id) => id.to_string(),
    };
    let at = letter.died_at.format(&Rfc3339)?;
    let (id, kind, tries, error) = (letter.id, &letter.kind, letter.attempts, &letter.last_error);
    Ok(format!("{id}  {at}  {kind}  {about}  {tries} tries  {error}"))
}

async fn show(pool: &PgPool, id: JobId) -> Result<()> {
    let found = dead_letters::find(pool, None, id).await?;
    let details = found.ok_or_else(|| eyre!("there is no such dead letter"))?;
    say(&line(&details.letter)?);
    say(&format!("payload {}", details.payload));
    say(&format!("{} wait of the same kind and cause", details.alike));
    for failed in &details.history {
        say(&format!("try {}  {}  {}", failed.attempt, failed.at.format(&Rfc3339)?, failed.error));
    }
    for one in &details.decisions {
        let reason = one.reason.as_deref().unwrap_or_default();
        say(&format!("{}  {}  {}  {reason}", one.at.format(&Rfc3339)?, one.actor, one.action));
    }
    Ok(())
}
