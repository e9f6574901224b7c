//! Sample exchanges.

use app::view::exchanges::{ExchangeRow, ExchangeView, QuoteState, QuoteView, RateView};
use domain::currency::Currency;
use domain::id::{QuoteId, SellerId};
use domain::money::Money;
use time::macros::date;

use crate::samples::{at, eur, id, number};

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

/// The exchanges of the seller with number 0, who has exchanged once, or of another one, who has
/// nothing; of quotes, number 0 is open, 1 was accepted, 2 has expired.
pub(crate) fn of_seller(seller: SellerId, quote: Option<QuoteId>) -> Option<ExchangeView> {
    let is_first = number(seller) == 0;
    (number(seller) < 2).then(|| ExchangeView {
        seller,
        seller_name: "Ada\u{2019}s Books".to_owned(),
        available: if is_first { vec![eur(4_321), usd(0)] } else { Vec::new() },
        currencies: vec![Currency::EUR, Currency::USD],
        quote: quote.and_then(one),
        rows: if is_first { vec![row()] } else { Vec::new() },
        may_exchange: true,
        as_of: at(4_000),
    })
}

fn one(quote: QuoteId) -> Option<QuoteView> {
    let states = [QuoteState::Open, QuoteState::Accepted, QuoteState::Expired];
    let state = *states.get(usize::try_from(number(quote)).ok()?)?;
    Some(QuoteView {
        id: quote,
        state,
        sold: eur(2_000),
        worth: usd(2_161),
        spread: usd(11),
        spread_share: "0.5 %".to_owned(),
        rounding: usd(-1),
        bought: usd(2_151),
        rate: rate("ecb"),
        expires_at: at(4_060),
    })
}

fn row() -> ExchangeRow {
    let statement = |currency| {
        (currency, format!("/console/ledger/seller_available?currency={currency}&from=2026-11-21"))
    };
    ExchangeRow {
        quote: id(9),
        sold: eur(1_000),
        bought: usd(1_075),
        rate: rate("demo"),
        by: "Ada <Lindqvist>".to_owned(),
        statements: [statement(Currency::EUR), statement(Currency::USD)],
        at: at(3_000),
    }
}

fn rate(source: &str) -> RateView {
    RateView {
        text: "1 EUR = 1.0805 USD".to_owned(),
        source: source.to_owned(),
        day: Some(date!(2026 - 11 - 20)),
    }
}
