//! `paydesk verify`: whether the books hold, of a file without any database, or of the database.

mod database;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, bail, eyre};
use engine::installation;
use proof::signature::PublicKey;
use proof::verify::{Options, Report, Summary, verify as verify_export};

use super::say;
use crate::config::DatabaseArguments;
use crate::run::connect;

/// How much of a file is read at once.
const BUFFER_BYTES: usize = 1024 * 1024;

/// What to verify.
#[derive(Debug, Clone, Args)]
pub struct VerifyArguments {
    /// An export of `paydesk books export`, which is checked without a database. Without it, the
    /// database is checked.
    pub file: Option<PathBuf>,
    /// The key that the closes must be signed with, as `paydesk books key` says it; several may be
    /// given. Without it, the first key of the file is believed.
    #[arg(long, requires = "file")]
    pub public_key: Vec<String>,
    /// Accepts nothing that is not signed yet, with one of these keys: not the records after the last
    /// close, and no file without a close.
    #[arg(long, requires = "public_key")]
    pub signed: bool,
    /// Where the database is, if no file is given.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

/// Says what was checked, or the first record that is bad.
///
/// # Errors
/// If a rule does not hold or the file cannot be read.
pub async fn verify(arguments: VerifyArguments) -> Result<()> {
    if let Some(file) = arguments.file {
        return verify_file(&file, &arguments.public_key, arguments.signed);
    }
    let database_url = arguments.database_url;
    let database_url = database_url.ok_or_else(|| eyre!("give a FILE, or --database-url"))?;
    let database = DatabaseArguments { database_url, database_connections: 6 };
    let pool = connect(&database).await?.pool;
    if !installation::is_migrated(&pool).await? {
        bail!("the database has not the newest schema: run `paydesk migrate` first");
    }
    database::verify(&pool).await
}

fn verify_file(path: &Path, keys: &[String], signed: bool) -> Result<()> {
    let name = path.display();
    let keys: Vec<PublicKey> = keys
        .iter()
        .map(|key| {
            key.parse::<PublicKey>().map_err(|error| eyre!("the public key {key} is {error}"))
        })
        .collect::<Result<_>>()?;
    let is_key_known = !keys.is_empty();
    let file = File::open(path).wrap_err_with(|| format!("cannot read {name}"))?;
    let options = Options { keys, stops_at_first: false };
    let report = verify_export(BufReader::with_capacity(BUFFER_BYTES, file), &options)
        .wrap_err_with(|| format!("cannot read {name}"))?;
    if let Some(first) = report.first() {
        say(&format!("{name}: {first}"));
        for finding in &report.findings[1..] {
            say(&format!("then, perhaps as a consequence: {finding}"));
        }
        bail!("{name} is not what was sealed: {} bad lines", report.bad_lines);
    }
    print(&report, is_key_known);
    match report.summary.unsigned {
        unsigned if signed && unsigned > 0 => {
            bail!("{unsigned} records of {name} are not signed: nobody vouches for them")
        }
        _ => Ok(()),
    }
}

fn print(report: &Report, is_key_known: bool) {
    let Summary { shop, records, postings, entries, audits, days, unsigned, .. } = report.summary;
    let shop = shop.map(|shop| shop.to_string()).unwrap_or_default();
    say(&format!("the books of {shop} hold: {records} records in one chain"));
    if unsigned > 0 {
        say(&format!(
            "NOT SIGNED: the last {unsigned} of them, which the next close will sign; until then \
             anybody could have written them"
        ));
    }
    say(&format!("{postings} postings with {entries} entries balance, {audits} audit lines"));
    for total in report.summary.totals() {
        let currency = total.currency;
        let (debits, credits) = (total.debits_minor, total.credits_minor);
        say(&format!("{currency}: debits {debits} and credits {credits} minor units"));
    }
    let closed = report.summary.closed_on.map(|day| format!(", the last one {day}"));
    say(&format!("{days} days closed and signed{}", closed.unwrap_or_default()));
    for key in &report.summary.keys {
        let belief = if is_key_known { "as you said" } else { "compare it with the one you know" };
        say(&format!("signed with the key {key} ({belief})"));
    }
}
