//! `POST /v1/exchange_quotes`, and `GET` and `POST …/accept` of `/v1/exchange_quotes/{id}`.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::currency::Currency;
use domain::id::{QuoteId, ShopId};
use domain::money::Money;
use engine::exchange::accept::{AcceptError, accept as accept_quote};
use engine::exchange::quotes::{self, NewQuote, QuoteError, QuoteRecord};
use engine::idempotency::Slot;
use engine::payouts::actor::By;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::amount;
use super::auth::{Caller, CallersKey};
use super::call::{self, Named};
use super::fields::Object;
use super::idempotency::{self, Call, Made};
use super::new_checkout::{REFERENCE_LENGTH_MAX, is_reference};
use super::problem::{Code, Problem};
use crate::wiring::Services;

/// An offer to exchange what a seller has.
#[derive(Debug, Serialize)]
pub struct QuoteObject {
    id: QuoteId,
    object: &'static str,
    seller_account: String,
    status: &'static str,
    /// What is sold, in major units.
    sold: String,
    sold_currency: Currency,
    /// What is given for it.
    bought: String,
    bought_currency: Currency,
    /// What one unit of what is sold is worth of what is bought, before the spread.
    rate: String,
    /// Where the rate is from.
    rate_source: String,
    spread_basis_points: u32,
    /// What the sold is worth at the rate: `bought`, `spread` and `rounding` together.
    worth: String,
    spread: String,
    /// What rounding leaves, either way.
    rounding: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    accepted_at: Option<OffsetDateTime>,
}

/// Offers to exchange, at the newest rate.
///
/// # Errors
/// [`Problem`].
pub async fn create(
    State(services): State<Services>,
    Caller(shop): Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers)?;
    let body = call::read_json(&headers, body).await?;
    let asked = read(Object::of_body(&body)?)?;
    let call = Call { shop, method: "POST", path: "/v1/exchange_quotes", body: &body };
    let effect = |slot| {
        let services = &services;
        async move {
            let new = asked.of(shop, slot);
            let made = quotes::quote(services.pool(), new).await;
            Ok(made_of(made.map_err(|error| not_offered(&error))?))
        }
    };
    let present = |object| present(&services, shop, object, made_of);
    idempotency::once(&services, call, key, effect, present).await
}

/// One quote.
///
/// # Errors
/// [`Problem`].
pub async fn find(
    State(services): State<Services>,
    Caller(shop): Caller,
    Named(id): Named,
) -> Result<Json<QuoteObject>, Problem> {
    let id: QuoteId = id.parse().map_err(|_| unknown())?;
    Ok(Json(QuoteObject::new(stored(&services, shop, id).await?)))
}

/// Exchanges at a quote.
///
/// # Errors
/// [`Problem`].
pub async fn accept(
    State(services): State<Services>,
    Caller(shop): Caller,
    CallersKey(key_id): CallersKey,
    Named(id): Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers)?;
    let body = call::read_optional_json(&headers, body).await?;
    Object::of_body(&body)?.finish()?;
    let id: QuoteId = id.parse().map_err(|_| unknown())?;
    let path = format!("/v1/exchange_quotes/{id}/accept");
    let call = Call { shop, method: "POST", path: &path, body: &body };
    let effect = |slot| {
        let services = &services;
        async move {
            let done = accept_quote(services.pool(), shop, id, &By::Shop(key_id), Some(slot)).await;
            Ok(shown(done.map_err(|error| not_accepted(&error))?))
        }
    };
    let present = |object| present(&services, shop, object, shown);
    idempotency::once(&services, call, key, effect, present).await
}

/// What is asked for, but whose.
#[derive(Debug)]
struct Asked {
    seller_account: String,
    sold: Money,
    buy: Currency,
}

impl Asked {
    fn of(self, shop: ShopId, slot: Slot) -> NewQuote {
        let Self { seller_account, sold, buy } = self;
        NewQuote { shop, seller_account, sold, buy, slot: Some(slot) }
    }
}

fn read(body: Object<'_>) -> Result<Asked, Problem> {
    let wanted = "1 to 64 letters, digits, dots, colons, dashes or underscores";
    let seller =
        body.required_word("seller_account", REFERENCE_LENGTH_MAX, is_reference, wanted)?;
    let currency = amount::parse_currency(&body, body.required_text("currency", 3)?)?;
    let sold = amount::required(&body, currency)?;
    let buy = body.required_text("buy_currency", 3)?.parse().map_err(|_| {
        let detail = "This is not a currency of ISO 4217 that one can pay in, such as EUR.";
        Problem::of_field(Code::CurrencyUnknown, "buy_currency", detail)
    })?;
    body.finish()?;
    Ok(Asked { seller_account: seller.to_owned(), sold, buy })
}

async fn stored(services: &Services, shop: ShopId, id: QuoteId) -> Result<QuoteRecord, Problem> {
    let found = quotes::find(services.pool(), shop, id).await;
    found.map_err(|fault| Problem::internal(&fault))?.ok_or_else(unknown)
}

/// The quote as it is now: for a call whose answer nobody kept.
async fn present(
    services: &Services,
    shop: ShopId,
    object: Uuid,
    answer: fn(QuoteRecord) -> Made,
) -> Result<Made, Problem> {
    Ok(answer(stored(services, shop, QuoteId::from_uuid(object)).await?))
}

fn made_of(quote: QuoteRecord) -> Made {
    let location = format!("/v1/exchange_quotes/{}", quote.quote.id);
    Made::of(StatusCode::CREATED, Some(location), &QuoteObject::new(quote))
}

fn shown(quote: QuoteRecord) -> Made {
    Made::of(StatusCode::OK, None, &QuoteObject::new(quote))
}

fn not_offered(error: &QuoteError) -> Problem {
    match error {
        QuoteError::SellerUnknown => Problem::of_field(
            Code::SellerUnknown,
            "seller_account",
            "You have no seller with this account.",
        ),
        QuoteError::CurrencyNotSupported(currency) => {
            let detail =
                format!("There are no rates of {currency}, or it would be exchanged for itself.");
            Problem::new(Code::CurrencyNotSupported, detail)
        }
        QuoteError::RateUnknown { from, to } => {
            let detail = format!("No day has rates of both {from} and {to}.");
            Problem::new(Code::RateUnknown, detail)
        }
        QuoteError::RateStale { day } => {
            let detail = format!("The newest rate is of {day}, which is too long ago.");
            Problem::new(Code::RateStale, detail)
        }
        QuoteError::NotPositive => {
            Problem::of_field(Code::AmountNotPositive, "amount", "An amount is more than nothing.")
        }
        QuoteError::TooSmall => Problem::of_field(
            Code::AmountTooSmall,
            "amount",
            "So little buys not one unit of the other currency, or leaves nothing of the spread.",
        ),
        QuoteError::TooLarge => amount::too_large("amount".into()),
        QuoteError::KeyLost => Problem::key_lost(),
        QuoteError::Fault(fault) => Problem::internal(fault),
    }
}

fn not_accepted(error: &AcceptError) -> Problem {
    match error {
        AcceptError::NotFound => unknown(),
        AcceptError::Accepted => {
            Problem::new(Code::QuoteAccepted, "A quote is good for one exchange. Ask for another.")
        }
        AcceptError::Expired => {
            Problem::new(Code::QuoteExpired, "Its time is over. Ask for another.")
        }
        AcceptError::InsufficientFunds { available } => {
            let detail = format!(
                "The seller has {} {} available.",
                available.to_decimal_string(),
                available.currency()
            );
            Problem::new(Code::InsufficientFunds, detail)
        }
        AcceptError::KeyLost => Problem::key_lost(),
        AcceptError::NotAllowed => Problem::internal(error),
        AcceptError::Fault(fault) => Problem::internal(fault),
    }
}

fn unknown() -> Problem {
    Problem::new(Code::NotFound, "You have no exchange quote with this id.")
}

impl QuoteObject {
    fn new(record: QuoteRecord) -> Self {
        let status = record.status().as_str();
        let (quote, figures) = (record.quote, record.exchange);
        Self {
            id: quote.id,
            object: "exchange_quote",
            seller_account: record.seller_account,
            status,
            sold: figures.sold.to_decimal_string(),
            sold_currency: figures.sold.currency(),
            bought: figures.bought.to_decimal_string(),
            bought_currency: figures.bought.currency(),
            rate: quote.rate.units().to_string(),
            rate_source: quote.source,
            spread_basis_points: quote.spread_basis_points,
            worth: figures.worth.to_decimal_string(),
            spread: figures.spread.to_decimal_string(),
            rounding: figures.rounding.to_decimal_string(),
            created_at: record.created_at,
            expires_at: quote.expires_at,
            accepted_at: record.accepted_at,
        }
    }
}
