//! `paydesk routes`: which processor account carries which payments.

use std::time::Duration;

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, bail, eyre};
use domain::currency::Currency;
use domain::id::ProcessorAccountId;
use domain::money::Money;
use domain::routing::terms::{Country, Method, Terms};
use domain::routing::{Conditions, Rule};
use engine::routing::rules::{self, Setting};
use engine::routing::{Account, RetryPolicy};

use super::{say, shop};
use crate::config::DatabaseArguments;
use crate::run::connect;

/// Who sets it, for the audit log.
const ACTOR: &str = "paydesk routes";

/// What to do with routes.
#[derive(Debug, Clone, Args)]
pub struct RoutesArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// The shop's name or its id (shp_…); without it, the only shop that there is.
    #[arg(long, global = true)]
    pub shop: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: RoutesCommand,
}

/// What can be done with routes.
#[derive(Debug, Clone, Subcommand)]
pub enum RoutesCommand {
    /// Lists the accounts, what each takes, and the rules.
    List,
    /// Adds a rule, or replaces the one of the same priority and account.
    Set(SetArguments),
    /// Removes the rules of a priority.
    Remove {
        /// The rules' number.
        #[arg(long)]
        priority: i32,
        /// Only the rule that names this account.
        #[arg(long)]
        to: Option<String>,
    },
    /// Changes what an account takes; what is not given stays.
    Account(AccountArguments),
    /// Sets how often a stored method is tried again after a decline that may pass.
    Retries {
        /// How often; 0 for never.
        #[arg(long)]
        soft: u16,
        /// How many seconds to wait before.
        #[arg(long, default_value_t = 5)]
        after: u64,
    },
}

/// A rule.
#[derive(Debug, Clone, Args)]
pub struct SetArguments {
    /// Rules of the lowest number are asked first; those of one number share by weight.
    #[arg(long)]
    pub priority: i32,
    /// The account that payments go to.
    #[arg(long)]
    pub to: String,
    /// Only this method: card, wallet, `bank_transfer` or voucher. It is known only of a stored method
    /// that goes to another account after the first has named it in a decline: a shopper chooses on
    /// the processor's page, when the account is chosen already.
    #[arg(long)]
    pub method: Option<String>,
    /// Only this currency.
    #[arg(long)]
    pub currency: Option<Currency>,
    /// Only shoppers of this country, such as CH.
    #[arg(long)]
    pub country: Option<Country>,
    /// Only from this amount on, in the rule's currency.
    #[arg(long, requires = "currency")]
    pub from: Option<String>,
    /// Only below this amount, in the rule's currency.
    #[arg(long, requires = "currency")]
    pub below: Option<String>,
    /// Its share among the rules of this number.
    #[arg(long, default_value_t = 100)]
    pub weight: u32,
}

/// What an account takes. Lists are separated by commas; an empty one means everything.
#[derive(Debug, Clone, Args)]
pub struct AccountArguments {
    /// The account's name.
    pub name: String,
    /// What shoppers can pay with.
    #[arg(long, value_delimiter = ',', num_args = 0..)]
    pub methods: Option<Vec<String>>,
    /// What it charges in.
    #[arg(long, value_delimiter = ',', num_args = 0..)]
    pub currencies: Option<Vec<Currency>>,
    /// Where its shoppers may be.
    #[arg(long, value_delimiter = ',', num_args = 0..)]
    pub countries: Option<Vec<Country>>,
    /// The smallest and the largest payment in a currency, such as EUR:1.00:5000.00.
    #[arg(long, value_delimiter = ',', num_args = 0..)]
    pub limits: Option<Vec<String>>,
    /// Where no rule decides, accounts of the lowest number come first.
    #[arg(long)]
    pub priority: Option<i32>,
    /// Its share among accounts of the same priority and cost.
    #[arg(long)]
    pub weight: Option<u32>,
    /// Accounts with the same word accept each other's stored methods; an empty one for its own.
    #[arg(long)]
    pub vault: Option<String>,
    /// Whether it takes new payments.
    #[arg(long, action = clap::ArgAction::Set)]
    pub takes_new: Option<bool>,
}

/// `paydesk routes`.
///
/// # Errors
/// If something that is named does not exist or makes no sense; then nothing was changed.
pub async fn routes(arguments: RoutesArguments) -> Result<()> {
    let pool = connect(&arguments.database).await?.pool;
    let shop = shop(&pool, arguments.shop.as_deref()).await?;
    let setting = rules::find(&pool, shop).await?;
    match arguments.command {
        RoutesCommand::List => list(&setting),
        RoutesCommand::Set(set) => {
            let rule = rule(&setting, &set)?;
            rules::set(&pool, shop, &rule, ACTOR).await?;
            say("set; every process follows within seconds");
        }
        RoutesCommand::Remove { priority, to } => {
            let target = to.map(|name| account(&setting, &name).map(|one| one.id)).transpose()?;
            let removed = rules::remove(&pool, shop, priority, target, ACTOR).await?;
            say(&format!("{removed} removed"));
        }
        RoutesCommand::Account(changes) => {
            let (id, terms) = terms(&setting, changes)?;
            rules::set_terms(&pool, shop, id, &terms, ACTOR).await?;
            say("set; every process follows within seconds");
        }
        RoutesCommand::Retries { soft, after } => {
            let soft_retry_after = Duration::from_secs(after);
            let policy = RetryPolicy { soft_retries: soft, soft_retry_after };
            rules::set_policy(&pool, shop, policy, ACTOR).await?;
            say("set; every process follows within seconds");
        }
    }
    Ok(())
}

fn account<'a>(setting: &'a Setting, name: &str) -> Result<&'a Account> {
    let found = setting.accounts.iter().find(|one| one.name == name);
    found.ok_or_else(|| eyre!("the shop has no processor account with the name {name}"))
}

fn rule(setting: &Setting, set: &SetArguments) -> Result<Rule> {
    let minor = |text: &Option<String>| -> Result<Option<i64>> {
        let (Some(text), Some(currency)) = (text, set.currency) else { return Ok(None) };
        Ok(Some(Money::parse(text, currency)?.minor()))
    };
    let method = set.method.as_deref().map(method).transpose()?;
    let conditions = Conditions {
        method,
        currency: set.currency,
        country: set.country,
        from_minor: minor(&set.from)?,
        below_minor: minor(&set.below)?,
    };
    let target = account(setting, &set.to)?.id;
    Ok(Rule { priority: set.priority, conditions, target, weight: set.weight })
}

fn method(word: &str) -> Result<Method> {
    Method::from_word(word).ok_or_else(|| eyre!("there is no method {word}"))
}

fn terms(setting: &Setting, changes: AccountArguments) -> Result<(ProcessorAccountId, Terms)> {
    let known = account(setting, &changes.name)?;
    let mut terms = known.terms.clone();
    if let Some(words) = changes.methods {
        let given = words.iter().filter(|word| !word.is_empty());
        terms.methods = given.map(|word| method(word)).collect::<Result<_>>()?;
    }
    if let Some(limits) = changes.limits {
        let given = limits.iter().filter(|text| !text.is_empty());
        terms.limits = given.map(|text| limit(text)).collect::<Result<_>>()?;
    }
    terms.currencies = changes.currencies.unwrap_or(terms.currencies);
    terms.countries = changes.countries.unwrap_or(terms.countries);
    terms.priority = changes.priority.unwrap_or(terms.priority);
    terms.weight = changes.weight.unwrap_or(terms.weight);
    terms.takes_new = changes.takes_new.unwrap_or(terms.takes_new);
    if let Some(vault) = changes.vault {
        terms.vault = Some(vault).filter(|vault| !vault.is_empty());
    }
    Ok((known.id, terms))
}

/// `EUR:1.00:5000.00`.
fn limit(text: &str) -> Result<(Money, Money)> {
    let parts: Vec<&str> = text.split(':').collect();
    let [currency, least, most] = parts.as_slice() else {
        bail!("{text} is no limit such as EUR:1.00:5000.00");
    };
    let currency: Currency = currency.parse()?;
    Ok((Money::parse(least, currency)?, Money::parse(most, currency)?))
}

fn list(setting: &Setting) {
    for account in &setting.accounts {
        let terms = &account.terms;
        let tariff = account.tariff;
        say(&format!(
            "account  {}  {} basis points and {} minor units, priority {}, weight {}{}{}",
            account.name,
            tariff.basis_points,
            tariff.fixed_minor,
            terms.priority,
            terms.weight,
            terms.vault.as_ref().map(|vault| format!(", vault {vault}")).unwrap_or_default(),
            if terms.takes_new { "" } else { ", takes nothing new" },
        ));
    }
    for rule in &setting.rules {
        let target = setting.accounts.iter().find(|one| one.id == rule.target);
        let words = rule.conditions.words();
        let words = if words.is_empty() { "all".to_owned() } else { words.join(", ") };
        let target = target.map_or("", |one| one.name.as_str());
        say(&format!("rule {:>4}  {words} → {target}, weight {}", rule.priority, rule.weight));
    }
    let policy = setting.policy;
    let after = policy.soft_retry_after.as_secs();
    say(&format!(
        "retries  {} after a decline that may pass, {after} s later",
        policy.soft_retries
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_currency_and_two_amounts() {
        let money = |minor| Money::from_minor(minor, Currency::EUR);

        assert_eq!(limit("EUR:1.00:5000.00").unwrap(), (money(100), money(500_000)));
        assert!(limit("EUR:1.00").is_err());
        assert!(limit("EUR:1.001:2.00").is_err());
    }
}
