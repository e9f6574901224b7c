//! What the page of a seller's exchanges asks.

use app::error::AppError;
use app::ports::exchanges::ExchangesPort;
use app::view::exchanges::{
    ExchangeRow, ExchangeView, QuoteState as ViewQuoteState, QuoteView, RateView,
};
use app::view::staff::Operator;
use async_trait::async_trait;
use domain::account::AccountKind;
use domain::currency::Currency;
use domain::exchange::Rate;
use domain::id::{QuoteId, SellerId};
use domain::permission::Action;
use engine::exchange::list::{self, Exchanged};
use engine::exchange::quotes::{self, QuoteRecord, QuoteStatus};
use engine::payouts::{accounts, preview};
use engine::{shops, wallets};
use time::format_description::well_known::Iso8601;
use time::{Date, OffsetDateTime};

use super::{ledger, sellers, unavailable};
use crate::console::session::role;
use crate::wiring::Services;

/// How many exchanges the page shows.
const ROWS: u16 = 50;

/// Answers the page of a seller's exchanges.
pub struct Exchanges(pub Services);

#[async_trait]
impl ExchangesPort for Exchanges {
    async fn of_seller(
        &self,
        operator: &Operator,
        seller: SellerId,
        quote: Option<QuoteId>,
    ) -> Result<ExchangeView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let (pool, shop) = (self.0.pool(), operator.shop);
        let known = shops::sellers(pool, shop).await.map_err(unavailable)?;
        let known = known.into_iter().find(|one| one.id == seller).ok_or(AppError::NotFound)?;
        let wallets = wallets::of_shop(pool, shop, Some(seller)).await.map_err(unavailable)?;
        let mut available = Vec::with_capacity(wallets.len());
        for wallet in &wallets {
            let currency = wallet.wallet.available.currency();
            let left = preview::payable(pool, shop, seller, currency).await;
            available.push(left.map_err(unavailable)?);
        }
        let paid_in = accounts::list(pool, shop).await.map_err(unavailable)?;
        let paid_in = paid_in.iter().map(|account| account.currency);
        let mut currencies: Vec<Currency> =
            paid_in.chain(available.iter().map(|money| money.currency())).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let quote = match quote {
            None => None,
            Some(id) => quotes::find(pool, shop, id).await.map_err(unavailable)?,
        };
        let done = list::of_seller(pool, shop, seller, ROWS).await.map_err(unavailable)?;
        Ok(ExchangeView {
            seller,
            seller_name: known.name,
            available,
            currencies,
            quote: quote.filter(|quote| quote.seller == seller).as_ref().map(view),
            rows: done.into_iter().map(|one| row(seller, one)).collect(),
            may_exchange: role(operator).may(Action::ExchangeFunds),
            as_of,
        })
    }
}

fn view(record: &QuoteRecord) -> QuoteView {
    let (quote, figures) = (&record.quote, &record.exchange);
    QuoteView {
        id: quote.id,
        state: match record.status() {
            QuoteStatus::Open => ViewQuoteState::Open,
            QuoteStatus::Accepted => ViewQuoteState::Accepted,
            QuoteStatus::Expired => ViewQuoteState::Expired,
        },
        sold: figures.sold,
        worth: figures.worth,
        spread: figures.spread,
        spread_share: sellers::percent(quote.spread_basis_points),
        rounding: figures.rounding,
        bought: figures.bought,
        rate: rate(quote.rate, &quote.source),
        expires_at: quote.expires_at,
    }
}

fn row(seller: SellerId, done: Exchanged) -> ExchangeRow {
    let day = done.at.date();
    let statement = |currency: Currency| {
        let account = AccountKind::SellerAvailable;
        let address = ledger::address(account, Some(seller.uuid()), currency);
        (currency, format!("{address}&from={day}&to={day}"))
    };
    let (sold, bought) = (done.figures.sold, done.figures.bought);
    ExchangeRow {
        quote: done.quote,
        sold,
        bought,
        rate: rate(done.rate, &done.source),
        by: done.by.unwrap_or_else(|| "The shop, through the API".to_owned()),
        statements: [statement(sold.currency()), statement(bought.currency())],
        at: done.at,
    }
}

/// A rate in words; `stored` is its source and its day, such as `ecb/2026-01-30`.
fn rate(rate: Rate, stored: &str) -> RateView {
    let (source, day) = stored.rsplit_once('/').unwrap_or((stored, ""));
    RateView {
        text: format!("1 {} = {} {}", rate.from(), rate.units(), rate.to()),
        source: source.to_owned(),
        day: Date::parse(day, &Iso8601::DATE).ok(),
    }
}
