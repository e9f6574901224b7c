//! `paydesk sellers`: what sellers have, and by which rules they get it.

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, eyre};
use domain::clawback::Policy;
use domain::id::{SellerId, ShopId};
use domain::release::Rule;
use domain::reserve::RollingReserve;
use engine::shops::{self, Seller};
use engine::wallets::rules::{self, Rules};
use engine::wallets::{self, WalletRecord};
use sqlx::PgPool;

use super::{say, shop};
use crate::config::DatabaseArguments;
use crate::run::connect;

/// Who sets it, for the audit log.
const ACTOR: &str = "paydesk sellers";

/// What to do about sellers.
#[derive(Debug, Clone, Args)]
pub struct SellersArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// The shop's name or its id (shp_…); without it, the only shop that there is.
    #[arg(long, global = true)]
    pub shop: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: SellersCommand,
}

/// What can be done about sellers.
#[derive(Debug, Clone, Subcommand)]
pub enum SellersCommand {
    /// Lists the sellers and what they have.
    List,
    /// Says by which rules a seller gets their money, or sets those that are given.
    Rules(RulesArguments),
}

/// The rules of a seller, or of all who have none of their own.
#[derive(Debug, Clone, Args)]
pub struct RulesArguments {
    /// The seller's id, ours or the shop's; without it, all who have no rules of their own.
    pub seller: Option<String>,
    /// When shares are released: `on_delivery`, `after_days:7` or `on_delivery_or_after_days:14`.
    #[arg(long, value_parser = release)]
    pub release: Option<Rule>,
    /// What of each release is kept back, in hundredths of a percent.
    #[arg(long)]
    pub reserve: Option<u32>,
    /// For how many days that is kept.
    #[arg(long)]
    pub reserve_days: Option<u16>,
    /// From where refunds of released shares are taken, in order, such as
    /// `pending,available,reserved`.
    #[arg(long, value_delimiter = ',')]
    pub claw_back: Option<Vec<String>>,
    /// What becomes of what is not covered: `debt` or `next_sales`.
    #[arg(long)]
    pub remainder: Option<String>,
}

/// `paydesk sellers`.
///
/// # Errors
/// If something that is named makes no sense; then nothing was changed.
pub async fn sellers(arguments: SellersArguments) -> Result<()> {
    let pool = connect(&arguments.database).await?.pool;
    let shop = shop(&pool, arguments.shop.as_deref()).await?;
    match arguments.command {
        SellersCommand::List => list(&pool, shop).await,
        SellersCommand::Rules(given) => say_rules(&pool, shop, given).await,
    }
}

/// The shop's seller whom somebody names.
pub(super) async fn seller(pool: &PgPool, shop: ShopId, name: &str) -> Result<Seller> {
    let id = name.parse::<SellerId>().ok();
    let found = shops::find_seller(pool, shop, id, name).await?;
    found.ok_or_else(|| eyre!("the shop has no seller with the name {name}"))
}

async fn list(pool: &PgPool, shop: ShopId) -> Result<()> {
    let wallets = wallets::of_shop(pool, shop, None).await?;
    for seller in shops::sellers(pool, shop).await? {
        say(&format!("{}  {}  {}", seller.id, seller.reference, seller.name));
        for wallet in wallets.iter().filter(|wallet| wallet.seller == seller.id) {
            say(&format!("    {}", line(wallet)));
        }
    }
    Ok(())
}

fn line(record: &WalletRecord) -> String {
    let wallet = record.wallet;
    format!(
        "pending {}  available {}  reserved {}  owed {}",
        wallet.pending, wallet.available, wallet.reserved, record.owed
    )
}

async fn say_rules(pool: &PgPool, shop: ShopId, given: RulesArguments) -> Result<()> {
    let seller = match &given.seller {
        Some(name) => Some(seller(pool, shop, name).await?.id),
        None => None,
    };
    let known = match seller {
        Some(seller) => rules::of_seller(pool, shop, seller).await?,
        None => rules::of_shop(pool, shop).await?,
    };
    let wanted = wanted(&known, given)?;
    if wanted != known {
        rules::save(pool, shop, seller, &wanted, ACTOR).await?;
    }
    let reserve = wanted.reserve;
    let order: Vec<&str> = wanted.claw_back.order().iter().map(|source| source.as_str()).collect();
    say(&format!("released: {}", word(wanted.release)));
    say(&format!("kept back: {} basis points for {} days", reserve.basis_points(), reserve.days()));
    say(&format!(
        "taken back: {}, the rest {}",
        order.join(", "),
        wanted.claw_back.remainder().as_str()
    ));
    Ok(())
}

fn wanted(known: &Rules, given: RulesArguments) -> Result<Rules> {
    let claw_back = match (given.claw_back, given.remainder) {
        (None, None) => known.claw_back.clone(),
        (order, remainder) => {
            let usual = || known.claw_back.order().iter().map(|one| one.as_str().to_owned());
            let order = order.unwrap_or_else(|| usual().collect());
            let remainder =
                remainder.unwrap_or_else(|| known.claw_back.remainder().as_str().to_owned());
            policy(&order, &remainder)?
        }
    };
    let points = given.reserve.unwrap_or(known.reserve.basis_points());
    let days = given.reserve_days.unwrap_or(known.reserve.days());
    Ok(Rules {
        release: given.release.unwrap_or(known.release),
        reserve: RollingReserve::new(points, days)?,
        claw_back,
    })
}

fn policy(order: &[String], remainder: &str) -> Result<Policy> {
    rules::claw_back_policy(order, remainder).ok_or_else(|| {
        eyre!(
            "refunds are taken from pending, available and reserved, each at most once, and the \
             rest is debt or next_sales"
        )
    })
}

fn release(text: &str) -> Result<Rule, String> {
    let (word, days) = match text.split_once(':') {
        Some((word, days)) => (word, days.parse().ok().filter(|days| *days <= 3650)),
        None => (text, None),
    };
    let known = rules::release_rule(word, days);
    known.ok_or_else(|| {
        "write on_delivery, after_days:7 or on_delivery_or_after_days:14, of 3650 days at most"
            .to_owned()
    })
}

fn word(rule: Rule) -> String {
    match rule {
        Rule::OnDelivery => "on_delivery".to_owned(),
        Rule::AfterDays(days) => format!("after_days:{days}"),
        Rule::OnDeliveryOrAfterDays(days) => format!("on_delivery_or_after_days:{days}"),
    }
}
