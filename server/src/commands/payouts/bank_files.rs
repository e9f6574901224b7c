//! `paydesk payouts file` and `read`: pay-outs for a bank, and what its files say of them.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use bank::initiation::{Change, Field};
use clap::Args;
use color_eyre::eyre::{Result, WrapErr, bail, eyre};
use domain::currency::Currency;
use domain::id::{PayoutFileId, ShopId};
use engine::db::new_plain_id;
use engine::payouts::bank_files::accounts::{self, BankAccount, Debtor};
use engine::payouts::bank_files::{
    self, Made, NewFile, NewReport, NewlyMade, Outcome, Parsed, PayoutFile, Summary,
};
use engine::reconciliation::actor::Actor;
use sqlx::PgPool;
use time::Date;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::ACTOR;
use crate::commands::say;

/// Who does it, where rules ask for somebody.
const BY: Actor = Actor::Program(ACTOR);
/// How many lines of one kind are said, at most.
const SHOWN_MAX: usize = 100;

/// Which file to make, or to write again.
#[derive(Debug, Clone, Args)]
pub struct FileArguments {
    /// The name of the account that the pay-outs leave from.
    #[arg(long, required_unless_present = "again")]
    pub account: Option<String>,
    /// The file that is written.
    #[arg(long)]
    pub out: PathBuf,
    /// On which day the bank shall carry them out, such as 2026-11-23; today if not given.
    #[arg(long, value_parser = day, conflicts_with = "again")]
    pub on: Option<Date>,
    /// A file that was made before (pof_…): the same bytes are written again.
    #[arg(long, conflicts_with = "account")]
    pub again: Option<PayoutFileId>,
}

/// Adds or changes an account of bank files.
pub(super) async fn save(
    pool: &PgPool,
    shop: ShopId,
    (name, currency): (String, Currency),
    debtor: Debtor,
) -> Result<()> {
    let account = BankAccount { id: new_plain_id(), shop, name, currency, debtor };
    let Some(id) = accounts::save(pool, &account, ACTOR).await? else {
        bail!("{} is another account: give the new one another name", account.name);
    };
    say(&format!("{id}  what is submitted waits for `paydesk payouts file`"));
    Ok(())
}

/// Says the accounts of bank files, one line each.
pub(super) async fn say_accounts(pool: &PgPool, shop: ShopId) -> Result<()> {
    for account in accounts::list(pool, shop).await? {
        let BankAccount { id, name, currency, debtor, .. } = account;
        say(&format!("{id}  {name}  {currency}  bank files, {}", debtor.iban.masked()));
    }
    Ok(())
}

/// Whether an account of bank files has the name.
pub(super) async fn has(pool: &PgPool, shop: ShopId, name: &str) -> Result<bool> {
    Ok(accounts::list(pool, shop).await?.iter().any(|account| account.name == name))
}

/// Writes a new file, or one that was made before.
pub(super) async fn file(pool: &PgPool, shop: ShopId, given: FileArguments) -> Result<()> {
    if let Some(id) = given.again {
        let found = bank_files::bytes(pool, shop, id).await?;
        let (file, content) = found.ok_or_else(|| eyre!("the shop has no such file"))?;
        write(&given.out, &content)?;
        say(&line(&given.out, &file)?);
        return Ok(());
    }
    let Some(name) = &given.account else { bail!("name the account: --account NAME") };
    let new = NewFile { shop, account: name, execution_on: given.on, by: &BY };
    let made = match bank_files::make(pool, &new).await? {
        Made::Nothing(None) => {
            say("nothing waits for a file");
            return Ok(());
        }
        Made::Nothing(Some(newest)) => {
            let (id, at) = (newest.id, newest.created_at.format(&Rfc3339)?);
            say(&format!("nothing waits for a file; the newest is {id} of {at}"));
            return Ok(());
        }
        Made::Now(made) => made,
    };
    let id = made.file.id;
    write(&given.out, &made.content)
        .wrap_err_with(|| format!("{id} is stored, and is written by --again {id}"))?;
    say(&line(&given.out, &made.file)?);
    say_rest(&made);
    Ok(())
}

/// Lists the files that were made, the newest first.
pub(super) async fn files(pool: &PgPool, shop: ShopId) -> Result<()> {
    let accounts = accounts::list(pool, shop).await?;
    for file in bank_files::list(pool, shop).await? {
        let account = accounts.iter().find(|account| account.id == file.account);
        let name = account.map(|account| account.name.as_str()).unwrap_or_default();
        let at = file.created_at.format(&Rfc3339)?;
        let PayoutFile { id, payouts, total, execution_on, .. } = file;
        say(&format!("{id}  {at}  {name}  {payouts} pay-outs  {total}  for {execution_on}"));
    }
    Ok(())
}

/// Reads what a bank's files say, after all of them were parsed.
pub(super) async fn read(pool: &PgPool, shop: ShopId, paths: &[PathBuf]) -> Result<()> {
    let mut reports: Vec<(String, Parsed)> = Vec::with_capacity(paths.len());
    for path in paths {
        let content = fs::read(path).wrap_err_with(|| format!("cannot read {}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let parsed = bank_files::parse(&content)
            .map_err(|why| eyre!("{name}:{}:{}: {}", why.place.line, why.place.column, why.reason));
        reports.push((name, parsed.wrap_err("nothing was read")?));
    }
    for (name, parsed) in &reports {
        let new = NewReport { shop, name, parsed, by: &BY };
        match bank_files::read(pool, &new).await? {
            Outcome::Before { id, at } => {
                let at = at.format(&Rfc3339)?;
                say(&format!("{name}: was read before, as {id} at {at}; nothing was changed"));
            }
            Outcome::Now(summary) => say_summary(name, parsed, &summary),
        }
    }
    Ok(())
}

/// Writes beside the file first: nobody finds half of one.
fn write(path: &Path, content: &[u8]) -> Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let mut file = File::create(&beside).wrap_err_with(cannot)?;
    file.write_all(content).wrap_err_with(cannot)?;
    file.sync_all().wrap_err_with(cannot)?;
    fs::rename(&beside, path).wrap_err_with(cannot)
}

fn line(path: &Path, file: &PayoutFile) -> Result<String> {
    let PayoutFile { id, payouts, total, execution_on, created_at, .. } = file;
    let (path, at) = (path.display(), created_at.format(&Rfc3339)?);
    Ok(format!("{path}: {id} of {at}, {payouts} pay-outs, {total}, for {execution_on}"))
}

fn say_rest(made: &NewlyMade) {
    say_each(&made.changes, |change| {
        let Change { end_to_end_id, field, written, .. } = change;
        let text = match field {
            Field::Initiator | Field::Debtor => "our name",
            Field::Creditor => "the payee's name",
            Field::Remittance => "the words for the payee",
        };
        let whose = end_to_end_id.as_ref().map(|id| format!("{}: ", id.to_id()));
        format!("{}{text} is written as {written}", whose.unwrap_or_default())
    });
    say_each(&made.left_out, |one| {
        format!("{}: left out, since {}", one.end_to_end_id.to_id(), one.reason)
    });
    if made.has_more {
        say("more pay-outs wait than one file may have: run it again for the next");
    }
}

fn say_summary(name: &str, parsed: &Parsed, summary: &Summary) {
    let Summary { id, changed, known, undecided, odd, unknown, unrelated } = summary;
    say(&format!(
        "{name}: {id}, {}: {} pay-outs changed, {known} known before, {undecided} not decided, \
         {} to be looked at, {} unknown, {unrelated} about something else",
        parsed.format(),
        changed.len(),
        odd.len(),
        unknown.len()
    ));
    say_each(changed, |(payout, phase)| format!("{payout}: {}", phase.as_str()));
    let at = |place: Option<bank::file::Place>| {
        place.map(|place| format!("{name}:{}:{}: ", place.line, place.column)).unwrap_or_default()
    };
    say_each(odd, |(place, payout, why)| format!("{}{payout}: {why}", at(*place)));
    say_each(unknown, |one| format!("{}{}: {}", at(one.place), one.reference, one.why));
    say_each(parsed.warnings(), |warning| format!("{}{}", at(Some(warning.place)), warning.reason));
}

fn say_each<T>(all: &[T], line: impl Fn(&T) -> String) {
    all.iter().take(SHOWN_MAX).for_each(|one| say(&line(one)));
    if all.len() > SHOWN_MAX {
        say(&format!("and {} more", all.len() - SHOWN_MAX));
    }
}

fn day(text: &str) -> Result<Date, String> {
    let format = format_description!("[year]-[month]-[day]");
    Date::parse(text, format).map_err(|_| "a day such as 2026-11-20".to_owned())
}
