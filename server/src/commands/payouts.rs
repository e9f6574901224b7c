//! `paydesk payouts`: from where and when sellers are paid, and up to how much one person decides.

mod bank_files;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, bail};
use domain::bic::Bic;
use domain::currency::Currency;
use domain::iban::Iban;
use domain::id::ShopId;
use domain::money::Money;
use domain::schedule::{MonthDay, Rhythm, Schedule};
use engine::db::new_plain_id;
use engine::payouts::accounts::{self, Access, PayoutAccount};
use engine::payouts::bank_files::accounts::Debtor;
use engine::payouts::schedules;
use sqlx::PgPool;
use time::Weekday;

use super::{say, sellers, shop};
use crate::config::DatabaseArguments;
use crate::run::connect;

/// Who does it, for the audit log.
const ACTOR: &str = "paydesk payouts";

/// What to do about pay-outs.
#[derive(Debug, Clone, Args)]
pub struct PayoutsArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// The shop's name or its id (shp_…); without it, the only shop that there is.
    #[arg(long, global = true)]
    pub shop: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: PayoutsCommand,
}

/// What can be done about pay-outs.
#[derive(Debug, Clone, Subcommand)]
pub enum PayoutsCommand {
    /// Lists the accounts that pay-outs leave from.
    Accounts,
    /// Adds an account at the practice processor or of bank files, or changes the one of that name.
    Account(AccountArguments),
    /// Says up to how much one person may decide, or sets it.
    Limit {
        /// In which currency.
        currency: Currency,
        /// Up to how much, such as 1000.00.
        amount: Option<String>,
    },
    /// Says when a seller is paid, or sets it.
    Schedule(ScheduleArguments),
    /// Writes the submitted pay-outs of an account that are in no file yet into one for the bank.
    File(bank_files::FileArguments),
    /// Lists the files that were made for banks.
    Files,
    /// Reads what a bank's files say of pay-outs: pain.002, camt.053 and camt.054.
    Read {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// An account that pay-outs leave from.
#[derive(Debug, Clone, Args)]
pub struct AccountArguments {
    /// Its name among the shop's.
    pub name: String,
    /// What can be paid from it.
    #[arg(long)]
    pub currency: Currency,
    /// Where the provider is.
    #[arg(long, required_unless_present = "bank_file")]
    pub base_url: Option<String>,
    /// What opens the account there.
    #[arg(
        long,
        env = "PAYDESK_PAYOUT_API_KEY",
        hide_env_values = true,
        required_unless_present = "bank_file"
    )]
    pub api_key: Option<String>,
    /// What the provider signs notifications with.
    #[arg(
        long,
        env = "PAYDESK_PAYOUT_WEBHOOK_SECRET",
        hide_env_values = true,
        required_unless_present = "bank_file"
    )]
    pub webhook_secret: Option<String>,
    /// Pay-outs leave by files for a bank, and no provider is called.
    #[arg(long, requires_all = ["iban", "bic", "holder"], conflicts_with = "base_url")]
    pub bank_file: bool,
    /// With `--bank-file`: the number of the account that the bank debits.
    #[arg(long, requires = "bank_file")]
    pub iban: Option<Iban>,
    /// With `--bank-file`: the code of that bank.
    #[arg(long, requires = "bank_file")]
    pub bic: Option<Bic>,
    /// With `--bank-file`: who has the account.
    #[arg(long, requires = "bank_file")]
    pub holder: Option<String>,
}

/// When a seller is paid.
#[derive(Debug, Clone, Args)]
pub struct ScheduleArguments {
    /// The seller's id, ours or the shop's.
    pub seller: String,
    /// In which currency.
    pub currency: Option<Currency>,
    /// On which days: `manual`, `daily`, `weekly:monday` or `monthly:15`.
    #[arg(long, value_parser = rhythm, requires = "currency")]
    pub on: Option<Rhythm>,
    /// From how much on, such as 50.00; from the smallest amount on if not given.
    #[arg(long, requires = "on")]
    pub minimum: Option<String>,
}

/// `paydesk payouts`.
///
/// # Errors
/// If something that is named makes no sense; then nothing was changed.
pub async fn payouts(arguments: PayoutsArguments) -> Result<()> {
    let pool = connect(&arguments.database).await?.pool;
    let shop = shop(&pool, arguments.shop.as_deref()).await?;
    match arguments.command {
        PayoutsCommand::Accounts => {
            for account in accounts::list(&pool, shop).await? {
                let PayoutAccount { id, name, currency, access, .. } = account;
                say(&format!("{id}  {name}  {currency}  {}", access.base_url));
            }
            bank_files::say_accounts(&pool, shop).await?;
        }
        PayoutsCommand::Account(given) => save(&pool, shop, given).await?,
        PayoutsCommand::Limit { currency, amount } => {
            if let Some(text) = amount {
                accounts::set_limit(&pool, shop, not_negative(&text, currency)?, ACTOR).await?;
            }
            say(&match accounts::limit(&pool, shop, currency).await? {
                Some(limit) => format!("one person decides up to {limit}"),
                None => format!("two people decide on every pay-out in {currency}"),
            });
        }
        PayoutsCommand::Schedule(given) => schedule(&pool, shop, given).await?,
        PayoutsCommand::File(given) => bank_files::file(&pool, shop, given).await?,
        PayoutsCommand::Files => bank_files::files(&pool, shop).await?,
        PayoutsCommand::Read { files } => bank_files::read(&pool, shop, &files).await?,
    }
    Ok(())
}

async fn save(pool: &PgPool, shop: ShopId, given: AccountArguments) -> Result<()> {
    let AccountArguments { name, currency, .. } = given;
    if let (Some(iban), Some(bic), Some(holder)) = (given.iban, given.bic, given.holder) {
        return bank_files::save(pool, shop, (name, currency), Debtor { iban, bic, holder }).await;
    }
    let (Some(base_url), Some(api_key), Some(webhook_secret)) =
        (given.base_url, given.api_key, given.webhook_secret)
    else {
        bail!("give --base-url, an API key and a webhook secret, or --bank-file");
    };
    if bank_files::has(pool, shop, &name).await? {
        bail!("{name} is an account of bank files: give the new account another name");
    }
    let taken = accounts::list(pool, shop).await?;
    if let Some(known) = taken.iter().find(|one| one.name == name && one.currency != currency) {
        bail!("{name} pays in {}: give the new account another name", known.currency);
    }
    let access = Access { base_url, api_key, webhook_secret };
    let account = PayoutAccount { id: new_plain_id(), shop, name, currency, access };
    let id = accounts::save(pool, &account, ACTOR).await?;
    say(&format!("{id}  its notifications go to /webhooks/{id}"));
    Ok(())
}

async fn schedule(pool: &PgPool, shop: ShopId, given: ScheduleArguments) -> Result<()> {
    let seller = sellers::seller(pool, shop, &given.seller).await?.id;
    if let (Some(currency), Some(rhythm)) = (given.currency, given.on) {
        let minimum = match &given.minimum {
            Some(text) => not_negative(text, currency)?,
            None => Money::zero(currency),
        };
        schedules::set(pool, shop, seller, Schedule { rhythm, minimum }, ACTOR).await?;
    }
    for planned in schedules::list(pool, shop, seller).await? {
        let Schedule { rhythm, minimum } = planned.schedule;
        let last = planned.last_outcome.map(|last| format!("  last: {last}")).unwrap_or_default();
        say(&format!("{}  from {minimum} on{last}", word(rhythm)));
    }
    Ok(())
}

fn not_negative(text: &str, currency: Currency) -> Result<Money> {
    let amount = Money::parse(text, currency)?;
    if amount.minor() < 0 {
        bail!("{amount} is below zero");
    }
    Ok(amount)
}

fn rhythm(text: &str) -> Result<Rhythm, String> {
    let wrong = || "write manual, daily, weekly:monday or monthly:15".to_owned();
    match text.split_once(':') {
        None if text == "manual" => Ok(Rhythm::Manual),
        None if text == "daily" => Ok(Rhythm::Daily),
        Some(("weekly", day)) => weekday(day).map(Rhythm::Weekly).ok_or_else(wrong),
        Some(("monthly", day)) => {
            let day = day.parse::<u8>().map_err(|_| wrong())?;
            MonthDay::try_from(day).map(Rhythm::Monthly).map_err(|error| error.to_string())
        }
        _ => Err(wrong()),
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    std::iter::successors(Some(Weekday::Monday), |day| Some(day.next()))
        .take(7)
        .find(|day| day.to_string().eq_ignore_ascii_case(text))
}

fn word(rhythm: Rhythm) -> String {
    match rhythm {
        Rhythm::Manual => "when somebody asks".to_owned(),
        Rhythm::Daily => "daily".to_owned(),
        Rhythm::Weekly(day) => format!("weekly:{}", day.to_string().to_lowercase()),
        Rhythm::Monthly(day) => format!("monthly:{}", day.day()),
    }
}
