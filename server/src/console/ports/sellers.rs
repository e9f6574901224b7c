//! What the pages of sellers ask.

use app::error::AppError;
use app::ports::sellers::SellersPort;
use app::view::seller_history::{MonthRow, SellerHistoryView, WalletHistory};
use app::view::sellers::{SellerListView, SellerRow, SellerView, WalletView};
use app::view::staff::Operator;
use async_trait::async_trait;
use domain::account::AccountKind;
use domain::clawback::{Policy, Remainder, Source};
use domain::id::SellerId;
use domain::release::Rule;
use domain::reserve::RollingReserve;
use engine::shops::{self, Seller};
use engine::wallets::history::{self, Month, Moved};
use engine::wallets::rules::{self, Rules};
use engine::wallets::{self, WalletRecord};
use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::{ledger, unavailable};
use crate::wiring::Services;

/// Answers the pages of sellers.
pub struct Sellers(pub Services);

#[async_trait]
impl SellersPort for Sellers {
    async fn list(&self, operator: &Operator) -> Result<SellerListView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let sellers = shops::sellers(self.0.pool(), operator.shop).await.map_err(unavailable)?;
        let wallets = wallets::of_shop(self.0.pool(), operator.shop, None).await;
        let wallets = wallets.map_err(unavailable)?;
        let rows = sellers.iter().map(|seller| row(seller, &wallets)).collect();
        Ok(SellerListView { rows, as_of })
    }

    async fn seller(&self, operator: &Operator, id: SellerId) -> Result<SellerView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let (pool, shop) = (self.0.pool(), operator.shop);
        let sellers = shops::sellers(pool, shop).await.map_err(unavailable)?;
        let seller = sellers.iter().find(|seller| seller.id == id).ok_or(AppError::NotFound)?;
        let wallets = wallets::of_shop(pool, shop, Some(id)).await.map_err(unavailable)?;
        let rules = rules::of_seller(pool, shop, id).await.map_err(unavailable)?;
        Ok(SellerView {
            row: row(seller, &wallets),
            fee: percent(seller.fee_basis_points),
            rules: told(&rules),
            as_of,
        })
    }

    async fn history(
        &self,
        operator: &Operator,
        id: SellerId,
    ) -> Result<SellerHistoryView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let (pool, shop) = (self.0.pool(), operator.shop);
        let sellers = shops::sellers(pool, shop).await.map_err(unavailable)?;
        let seller = sellers.into_iter().find(|seller| seller.id == id);
        let seller_name = seller.ok_or(AppError::NotFound)?.name;
        let found = history::of_seller(pool, shop, id).await.map_err(unavailable)?;
        let wallets = found.into_iter().map(|one| WalletHistory {
            opening: one.opening,
            months: since_something_moved(one.months).into_iter().map(month).collect(),
        });
        Ok(SellerHistoryView { seller: id, seller_name, wallets: wallets.collect(), as_of })
    }
}

/// Without the months before anything was there, but the last of them.
fn since_something_moved(mut months: Vec<Month>) -> Vec<Month> {
    let is_something = |month: &Month| !month.closing.is_zero() || !month.moved.is_nothing();
    let first = months.iter().position(is_something).unwrap_or(months.len());
    months.drain(..first.saturating_sub(1));
    months
}

fn month(month: Month) -> MonthRow {
    let Month { period, moved, closing } = month;
    let Moved { sold, given_back, paid_out, exchanged, other } = moved;
    MonthRow { period, sold, given_back, paid_out, exchanged, other, closing }
}

fn row(seller: &Seller, wallets: &[WalletRecord]) -> SellerRow {
    let own = wallets.iter().filter(|wallet| wallet.seller == seller.id);
    SellerRow {
        id: seller.id,
        reference: seller.reference.clone(),
        name: seller.name.clone(),
        wallets: own.map(wallet).collect(),
    }
}

fn wallet(record: &WalletRecord) -> WalletView {
    let (owner, currency) = (Some(record.seller.uuid()), record.owed.currency());
    WalletView {
        pending: record.wallet.pending,
        available: record.wallet.available,
        reserved: record.wallet.reserved,
        owed: record.owed,
        statement: ledger::address(AccountKind::SellerAvailable, owner, currency),
    }
}

/// The rules, as staff read them.
fn told(rules: &Rules) -> Vec<(String, String)> {
    [
        ("Shares are released", release(rules.release)),
        ("Kept back of a release", reserve(rules.reserve)),
        ("Refunds of released shares are taken", claw_back(&rules.claw_back)),
    ]
    .map(|(about, rule)| (about.to_owned(), rule))
    .into()
}

fn release(rule: Rule) -> String {
    match rule {
        Rule::OnDelivery => "on delivery".to_owned(),
        Rule::AfterDays(days) => format!("{days} days after the capture"),
        Rule::OnDeliveryOrAfterDays(days) => {
            format!("on delivery, and at the latest {days} days after the capture")
        }
    }
}

fn reserve(reserve: RollingReserve) -> String {
    match reserve.basis_points() {
        0 => "nothing".to_owned(),
        points => format!("{} for {} days", percent(points), reserve.days()),
    }
}

fn claw_back(policy: &Policy) -> String {
    let source = |source: &Source| match source {
        Source::Pending => "from what is pending of the payment",
        Source::Available => "from what is available",
        Source::Reserved => "from what is reserved",
    };
    let rest = match policy.remainder() {
        Remainder::Debt => "the rest is a debt",
        Remainder::NextSales => "the rest is left to the next sales",
    };
    let sources = policy.order().iter().map(source);
    sources.chain([rest]).collect::<Vec<_>>().join(", then ")
}

/// A share in words, such as `5 %`.
pub(super) fn percent(basis_points: u32) -> String {
    format!("{} %", Decimal::new(basis_points.into(), 2).normalize())
}
