//! The commands that do one thing and end.

pub mod books;
pub mod dead_letters;
pub mod exchange;
pub mod payouts;
pub mod rates;
pub mod routes;
pub mod sellers;
pub mod verify;
pub mod webhook_endpoints;
pub mod webhooks;
pub mod why;

use color_eyre::eyre::{Result, WrapErr, bail, eyre};
use domain::id::{ProcessorAccountId, ShopId};
use engine::reconciliation::actor::Actor;
use engine::reconciliation::take_in::{TakeIn, TakeInError, TakenIn, account_of, take_in};
use engine::{installation, shops};
use sqlx::PgPool;
use time::Date;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::config::{DatabaseArguments, ReconcileArguments, site_directory};
use crate::run::connect;

/// `paydesk migrate`.
///
/// # Errors
/// If the database cannot be migrated.
pub async fn migrate(database: &DatabaseArguments) -> Result<()> {
    let pool = connect(database).await?.pool;
    engine::db::migrate(&pool).await.wrap_err("the database cannot be migrated")?;
    say("the database has the newest schema");
    Ok(())
}

/// `paydesk reconcile FILE`.
///
/// # Errors
/// If the file is refused; the reason names its line.
pub async fn reconcile(arguments: ReconcileArguments) -> Result<()> {
    let pool = connect(&arguments.database).await?.pool;
    let content = tokio::fs::read(&arguments.file)
        .await
        .wrap_err_with(|| format!("cannot read {}", arguments.file.display()))?;
    let name = arguments.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let found = match &arguments.processor_account {
        Some(_) => None,
        None => account_of(&pool, &content).await?,
    };
    let (shop, processor_account) = match found {
        Some(found) => found,
        None => account(&pool, arguments.processor_account.as_deref()).await?,
    };
    let request = TakeIn {
        shop,
        processor_account,
        name: &name,
        content: &content,
        by: Actor::Program("paydesk reconcile"),
    };
    let taken = take_in(&pool, request).await.map_err(|error| match error {
        TakeInError::Refused { file, line, why } => {
            eyre!("{name}:{line}: {why} (kept as {file}; nothing was booked)")
        }
        error => eyre!("{name}: {error}"),
    });
    match taken? {
        TakenIn::Now { file, counts } => say(&format!(
            "{file}: {} lines, {} matched, {} mismatched, {} missing, {} refused",
            counts.lines, counts.matched, counts.mismatched, counts.missing, counts.refused
        )),
        TakenIn::Before { file, at } => {
            let at = at.format(&Rfc3339)?;
            say(&format!("this file was taken in before, as {file} at {at}; nothing was changed"));
        }
    }
    Ok(())
}

/// The processor account that was named, or the only one there is, and whose it is.
async fn account(pool: &PgPool, named: Option<&str>) -> Result<(ShopId, ProcessorAccountId)> {
    let mut found = installation::processor_accounts(pool, named).await?;
    match (found.pop(), found.is_empty()) {
        (Some(account), true) => Ok(account),
        (Some(_), false) => {
            bail!("there are several such accounts: give --processor-account pac_…")
        }
        (None, _) => bail!("there is no such processor account"),
    }
}

/// `paydesk doctor`.
///
/// # Errors
/// If something that is needed is not there.
pub async fn doctor(database: &DatabaseArguments) -> Result<()> {
    let mut is_well = true;
    let mut report = |what: &str, finding: Result<String, String>| {
        is_well &= finding.is_ok();
        match finding {
            Ok(text) => say(&format!("ok       {what}: {text}")),
            Err(text) => say(&format!("missing  {what}: {text}")),
        }
    };
    let site = site_directory(None);
    report(
        "what browsers load",
        if site.join("pkg").is_dir() {
            Ok(site.display().to_string())
        } else {
            Err(format!("{} is not there: run `make site`", site.display()))
        },
    );
    match connect(database).await {
        Err(error) => report("the database", Err(format!("{error:#}"))),
        Ok(database) => {
            report("the database", Ok("reached".into()));
            let schema = match installation::is_migrated(&database.pool).await {
                Ok(true) => Ok("the newest".to_owned()),
                Ok(false) => Err("run `paydesk migrate`".to_owned()),
                Err(fault) => Err(fault.to_string()),
            };
            report("the schema", schema);
        }
    }
    if is_well { Ok(()) } else { bail!("something is missing") }
}

/// Says something on standard output, where whoever called the command reads it.
#[expect(clippy::print_stdout, reason = "this is what the command was called for")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// The day that an argument says.
///
/// # Errors
/// What it should look like.
pub fn day(text: &str) -> Result<Date, String> {
    let format = format_description!("[year]-[month]-[day]");
    Date::parse(text, format).map_err(|_| "a day such as 2026-11-20".to_owned())
}

/// The shop that was named, by its id or its name, or the only one there is.
///
/// # Errors
/// If there is none, or several are meant.
pub async fn shop(pool: &PgPool, named: Option<&str>) -> Result<ShopId> {
    let mut found = Vec::new();
    for id in installation::shops(pool).await? {
        let shop = shops::shop(pool, id).await?;
        let is_meant = |named: &str| {
            named == id.to_string() || shop.as_ref().is_some_and(|shop| shop.name == named)
        };
        if named.is_none_or(is_meant) {
            found.push(id);
        }
    }
    match found.as_slice() {
        [only] => Ok(*only),
        [] => bail!("there is no such shop"),
        _ => bail!("there are several such shops: give --shop shp_…"),
    }
}
