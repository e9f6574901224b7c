//! The forms of a seller's exchanges. A quote is good for one exchange, whoever sends its form
//! again.

use app::view::staff::Operator;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::currency::Currency;
use domain::id::{QuoteId, SellerId};
use domain::permission::Action;
use engine::exchange::accept::{AcceptError, accept as accept_quote};
use engine::exchange::quotes::{self, NewQuote, QuoteError};
use engine::payouts::preview;
use engine::shops;
use serde::Deserialize;

use super::payouts::by;
use super::{Acting, refused};
use crate::console::ports::payout;
use crate::console::session::role;
use crate::web::{address, encoded, not_found, see_other};
use crate::wiring::Services;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct QuoteForm {
    amount: String,
    sell: String,
    buy: String,
}

pub(super) async fn ask(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<QuoteForm>,
) -> Response {
    let Ok(seller) = id.parse::<SellerId>() else { return not_found() };
    if let Some(code) = address::problem(&form.amount) {
        return refused(&of_seller(seller), code, Some("amount"));
    }
    let back = with_what_was_typed(seller, &form);
    if !role(&operator).may(Action::ExchangeFunds) {
        return refused(&back, "not_allowed", None);
    }
    let sellers = match shops::sellers(services.pool(), operator.shop).await {
        Ok(sellers) => sellers,
        Err(fault) => return broken(&back, &fault),
    };
    let Some(known) = sellers.into_iter().find(|one| one.id == seller) else { return not_found() };
    let new = match read(&services, &operator, (seller, known.reference), &form).await {
        Ok(new) => new,
        Err(Unreadable { code, field }) => return refused(&back, code, field),
    };
    match quotes::quote(services.pool(), new).await {
        Ok(made) => see_other(&format!("{}#quote-title", of_quote(seller, made.quote.id))),
        Err(error) => not_offered(&back, &error),
    }
}

/// Why the form cannot be used, and the field to blame.
struct Unreadable {
    code: &'static str,
    field: Option<&'static str>,
}

/// What the form asks for. Funds are looked at here, so that nobody waits for a quote that cannot be
/// accepted; they are looked at again when it is.
async fn read(
    services: &Services,
    operator: &Operator,
    (seller, seller_account): (SellerId, String),
    form: &QuoteForm,
) -> Result<NewQuote, Unreadable> {
    let of = |code, field| Unreadable { code, field: Some(field) };
    let sell: Currency = form.sell.parse().map_err(|_| of("exchange_no_rate", "sell"))?;
    let buy: Currency = form.buy.parse().map_err(|_| of("exchange_no_rate", "buy"))?;
    if sell == buy {
        return Err(of("exchange_same", "buy"));
    }
    let sold = payout::amount(&form.amount, sell).map_err(|code| {
        let is_large = code == "amount_too_large";
        of(if is_large { "exchange_too_large" } else { code }, "amount")
    })?;
    let available = preview::payable(services.pool(), operator.shop, seller, sell).await;
    let available = available.map_err(|fault| {
        tracing::error!(error = ?fault, "an exchange could not be looked at");
        Unreadable { code: "unavailable", field: None }
    })?;
    if available.minor() < sold.minor() {
        return Err(of("exchange_not_covered", "amount"));
    }
    Ok(NewQuote { shop: operator.shop, seller_account, sold, buy, slot: None })
}

fn not_offered(back: &str, error: &QuoteError) -> Response {
    match error {
        QuoteError::SellerUnknown => not_found(),
        QuoteError::CurrencyNotSupported(_) | QuoteError::RateUnknown { .. } => {
            refused(back, "exchange_no_rate", Some("buy"))
        }
        QuoteError::RateStale { .. } => refused(back, "exchange_rate_old", Some("buy")),
        QuoteError::NotPositive => refused(back, "amount_not_positive", Some("amount")),
        QuoteError::TooSmall => refused(back, "exchange_too_small", Some("amount")),
        QuoteError::TooLarge => refused(back, "exchange_too_large", Some("amount")),
        QuoteError::KeyLost => refused(back, "stale", None),
        QuoteError::Fault(fault) => broken(back, fault),
    }
}

pub(super) async fn accept(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
) -> Response {
    let Ok(id) = id.parse::<QuoteId>() else { return not_found() };
    let (pool, shop) = (services.pool(), operator.shop);
    let quote = match quotes::find(pool, shop, id).await {
        Ok(Some(quote)) => quote,
        Ok(None) => return not_found(),
        Err(fault) => return broken("/console/sellers", &fault),
    };
    let back = of_quote(quote.seller, id);
    match accept_quote(pool, shop, id, &by(&operator), None).await {
        Ok(_) => see_other(&format!("{back}&notice=exchanged")),
        Err(AcceptError::NotFound) => not_found(),
        Err(AcceptError::Accepted) => refused(&back, "quote_accepted", Some("quote")),
        Err(AcceptError::Expired) => refused(&back, "quote_expired", Some("quote")),
        Err(AcceptError::InsufficientFunds { .. }) => {
            refused(&back, "exchange_not_covered", Some("quote"))
        }
        Err(AcceptError::NotAllowed) => refused(&back, "not_allowed", None),
        Err(AcceptError::KeyLost) => refused(&back, "stale", None),
        Err(AcceptError::Fault(fault)) => broken(&back, &fault),
    }
}

/// The page of a seller's exchanges.
fn of_seller(seller: SellerId) -> String {
    format!("/console/sellers/{seller}/exchange")
}

/// The same with one quote on it.
fn of_quote(seller: SellerId, quote: QuoteId) -> String {
    format!("{}?quote={quote}", of_seller(seller))
}

/// The page with the form as it was filled in, as far as that makes sense.
fn with_what_was_typed(seller: SellerId, form: &QuoteForm) -> String {
    let chosen = [("sell", &form.sell), ("buy", &form.buy)].map(|(name, typed)| {
        let currency = typed.parse::<Currency>();
        currency.map(|currency| format!("&{name}={currency}")).unwrap_or_default()
    });
    format!("{}?amount={}{}", of_seller(seller), encoded(&form.amount), chosen.concat())
}

/// Tells the log what broke, and the page only that something did.
fn broken(page: &str, fault: &engine::db::Fault) -> Response {
    tracing::error!(error = ?fault, "nothing could be exchanged");
    refused(page, "unavailable", None)
}
