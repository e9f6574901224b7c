//! `paydesk books`: the books as a file that proves itself, and the key that it is signed with.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, WrapErr};
use domain::id::ShopId;
use engine::books::export::Export;
use engine::books::journal::{Format, Sheet};
use engine::books::{self, INSTALLATION};
use sqlx::PgPool;
use time::Date;

use super::{day, say, shop};
use crate::config::DatabaseArguments;
use crate::run::connect;

/// What to do with the books.
#[derive(Debug, Clone, Args)]
pub struct BooksArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: BooksCommand,
}

/// What can be done with the books.
#[derive(Debug, Clone, Subcommand)]
pub enum BooksCommand {
    /// Writes a shop's books into a file, for `paydesk verify` or for another program.
    Export(ExportArguments),
    /// Says the public key that closes are signed with, for auditors to keep.
    Key,
}

/// What to export.
#[derive(Debug, Clone, Args)]
pub struct ExportArguments {
    /// The shop's name or its id (shp_…); `installation` for what is about no shop. Without it, the
    /// only shop that there is.
    #[arg(long)]
    pub shop: Option<String>,
    /// The file that is written.
    #[arg(long)]
    pub out: PathBuf,
    /// The first day, such as 2026-11-01; by default the first that there is.
    #[arg(long, value_parser = day)]
    pub from: Option<Date>,
    /// The last day; by default the one that is still open.
    #[arg(long, value_parser = day)]
    pub to: Option<Date>,
    /// The form: `paydesk-books`, `beancount`, `hledger` or `csv`.
    #[arg(long, default_value = "paydesk-books")]
    pub format: Format,
}

/// Exports a shop's books, or says the key.
///
/// # Errors
/// If there is nothing to export, or it cannot be written.
pub async fn books(arguments: BooksArguments) -> Result<()> {
    let pool = connect(&arguments.database).await?.pool;
    match arguments.command {
        BooksCommand::Export(wanted) => export(&pool, wanted).await,
        BooksCommand::Key => {
            let key = books::public_key(&pool).await?;
            say(&format!("{key} (key {})", key.id()));
            Ok(())
        }
    }
}

/// Writes page by page: the memory that it takes does not grow with the books.
async fn export(pool: &PgPool, wanted: ExportArguments) -> Result<()> {
    let shop = owner(pool, wanted.shop.as_deref()).await?;
    let mut export = Export::begin(pool, shop, wanted.from, wanted.to).await?;
    let path = wanted.out.display();
    let file = File::create(&wanted.out).wrap_err_with(|| format!("cannot write {path}"))?;
    let mut sheet = Sheet::begin(BufWriter::new(file), wanted.format, export.header())?;
    let mut records = 0_u64;
    loop {
        let page = export.next().await?;
        if page.is_empty() {
            break;
        }
        for sealed in &page {
            sheet.write(sealed).wrap_err_with(|| format!("cannot write {path}"))?;
        }
        records += page.len() as u64;
    }
    let file = sheet.end().wrap_err_with(|| format!("cannot write {path}"))?;
    file.get_ref().sync_all().wrap_err_with(|| format!("cannot write {path}"))?;
    let header = export.header();
    say(&format!("{path}: {records} records of {shop}, {} to {}", header.from, header.to));
    if let Some(standing) = books::standing(pool, shop).await?
        && standing.unsealed > 0
    {
        say(&format!("{} more wait to be sealed and are not in it", standing.unsealed));
    }
    Ok(())
}

/// Whose books: also those of what concerns all shops, such as rates.
async fn owner(pool: &PgPool, named: Option<&str>) -> Result<ShopId> {
    if named == Some("installation") { Ok(INSTALLATION) } else { shop(pool, named).await }
}
