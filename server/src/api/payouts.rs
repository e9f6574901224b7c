//! `POST` and `GET /v1/payouts`, `GET /v1/payouts/{id}` and `POST /v1/payouts/{id}/cancel`.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::id::{PayoutId, ShopId};
use domain::payout::Phase;
use domain::payout::decide::Refused;
use engine::payouts::actor::By;
use engine::payouts::commands::{self, Ask, AskError};
use engine::payouts::create::{self, CreateError, NewPayout};
use engine::payouts::{self, Filter, PAGE_MAX, PayoutRecord};
use uuid::Uuid;

use super::amount;
use super::auth::{Caller, CallersKey};
use super::call::{self, Named};
use super::fields::Object;
use super::idempotency::{self, Call, Made};
use super::new_checkout::{REFERENCE_LENGTH_MAX, is_reference};
use super::payout_object::{PayoutObject, PayoutPage};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::wiring::Services;

/// How many pay-outs a page has if nothing is said.
const PAGE: u16 = 50;

/// Makes a pay-out, and approves it where no second person is needed.
///
/// # Errors
/// [`Problem`].
pub async fn create(
    State(services): State<Services>,
    Caller(shop): Caller,
    CallersKey(api_key): CallersKey,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers)?;
    let body = call::read_json(&headers, body).await?;
    let (seller, amount) = {
        let body = Object::of_body(&body)?;
        let wanted = "our id of the seller, or yours";
        let seller =
            body.required_word("seller_account", REFERENCE_LENGTH_MAX, is_reference, wanted)?;
        let currency = amount::parse_currency(&body, body.required_text("currency", 3)?)?;
        let amount = amount::required(&body, currency)?;
        body.finish()?;
        (seller.to_owned(), amount)
    };
    let seller = Named(seller).seller(&services, shop).await.map_err(|problem| {
        if problem.code() == Code::NotFound { no_such_seller() } else { problem }
    })?;
    let call = Call { shop, method: "POST", path: "/v1/payouts", body: &body };
    let effect = |slot| {
        let services = &services;
        async move {
            let new = NewPayout {
                shop,
                seller: seller.id,
                amount,
                account: None,
                by: By::Shop(api_key),
                approves: true,
                slot: Some(slot),
            };
            let made = create::create(&services.engine, &new).await;
            Ok(made_of(StatusCode::CREATED, &made.map_err(not_made)?))
        }
    };
    idempotency::once(&services, call, key, effect, |object| {
        present(&services, shop, object, StatusCode::CREATED)
    })
    .await
}

/// Gives a pay-out up that was not submitted.
///
/// # Errors
/// [`Problem`].
pub async fn cancel(
    State(services): State<Services>,
    Caller(shop): Caller,
    CallersKey(api_key): CallersKey,
    Named(id): Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers)?;
    let body = call::read_optional_json(&headers, body).await?;
    Object::of_body(&body)?.finish()?;
    let payout: PayoutId = id.parse().map_err(|_| unknown())?;
    let path = format!("/v1/payouts/{payout}/cancel");
    let call = Call { shop, method: "POST", path: &path, body: &body };
    let effect = |slot| {
        let services = &services;
        async move {
            let by = By::Shop(api_key);
            let ask = Ask { shop, payout, by, version: None, reason: None, slot: Some(slot) };
            let cancelled = commands::cancel(&services.engine, &ask).await;
            Ok(made_of(StatusCode::OK, &cancelled.map_err(not_cancelled)?))
        }
    };
    idempotency::once(&services, call, key, effect, |object| {
        present(&services, shop, object, StatusCode::OK)
    })
    .await
}

/// One pay-out, by our id.
///
/// # Errors
/// [`Problem`].
pub async fn find(
    State(services): State<Services>,
    Caller(shop): Caller,
    Named(id): Named,
) -> Result<Json<PayoutObject>, Problem> {
    let id: PayoutId = id.parse().map_err(|_| unknown())?;
    Ok(Json(PayoutObject::new(&stored(&services, shop, id).await?)))
}

/// Pay-outs, the newest first.
///
/// # Errors
/// [`Problem`].
pub async fn list(
    State(services): State<Services>,
    Caller(shop): Caller,
    query: Query,
) -> Result<Json<PayoutPage>, Problem> {
    query.takes(&["seller", "status", "after", "limit"])?;
    let wrong = |param, detail: &str| Problem::of_field(Code::FieldInvalid, param, detail);
    let seller = match query.text("seller") {
        Some(name) => Some(Named(name.to_owned()).seller(&services, shop).await?.id),
        None => None,
    };
    let phase = query.text("status").map(|word| {
        Phase::from_word(word).ok_or_else(|| wrong("status", "No pay-out has this status."))
    });
    let after = query
        .text("after")
        .map(|id| id.parse().map_err(|_| wrong("after", "This is no pay-out's id.")));
    let limit = query.text("limit").map_or(Ok(PAGE), |text| {
        let wanted = text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
        wanted.ok_or_else(|| wrong("limit", "A page has 1 to 200 pay-outs."))
    })?;
    let (phase, after) = (phase.transpose()?, after.transpose()?);
    let filter = Filter { seller, phase, after, ..Filter::default() };
    let page = payouts::list(services.pool(), shop, filter, limit).await;
    Ok(Json(PayoutPage::new(&page.map_err(|fault| Problem::internal(&fault))?)))
}

async fn stored(services: &Services, shop: ShopId, id: PayoutId) -> Result<PayoutRecord, Problem> {
    let found = payouts::find(services.pool(), shop, id).await;
    found.map_err(|fault| Problem::internal(&fault))?.ok_or_else(unknown)
}

/// The pay-out as it is now: for a call whose answer nobody kept.
async fn present(
    services: &Services,
    shop: ShopId,
    object: Uuid,
    status: StatusCode,
) -> Result<Made, Problem> {
    Ok(made_of(status, &stored(services, shop, PayoutId::from_uuid(object)).await?))
}

fn made_of(status: StatusCode, payout: &PayoutRecord) -> Made {
    let is_new = status == StatusCode::CREATED;
    let location = is_new.then(|| format!("/v1/payouts/{}", payout.id));
    Made::of(status, location, &PayoutObject::new(payout))
}

fn unknown() -> Problem {
    Problem::new(Code::NotFound, "You have no pay-out with this id.")
}

fn no_such_seller() -> Problem {
    Problem::of_field(Code::SellerUnknown, "seller_account", "You have no seller with this id.")
}

fn not_made(error: CreateError) -> Problem {
    match error {
        CreateError::SellerUnknown => no_such_seller(),
        CreateError::NoAccount => Problem::of_field(
            Code::NoPayoutAccount,
            "currency",
            "None of your accounts pays out in this currency.",
        ),
        CreateError::Refused(refused) => refusal(&refused),
        CreateError::KeyLost => Problem::key_lost(),
        CreateError::NotAllowed => Problem::internal(&error),
        CreateError::Fault(fault) => Problem::internal(&fault),
    }
}

fn not_cancelled(error: AskError) -> Problem {
    match error {
        AskError::NotFound => unknown(),
        AskError::Refused(refused) => refusal(&refused),
        AskError::KeyLost => Problem::key_lost(),
        AskError::Changed | AskError::NotAllowed | AskError::Reason(_) => Problem::internal(&error),
        AskError::Fault(fault) => Problem::internal(&fault),
    }
}

fn refusal(refused: &Refused) -> Problem {
    match refused {
        Refused::InDoubt => Problem::new(
            Code::InDoubt,
            "Whether the provider has the pay-out is not known yet. Nothing moves until it is.",
        ),
        Refused::UnderWay => {
            Problem::new(Code::UnderWay, "The pay-out was submitted and cannot be stopped.")
        }
        Refused::Ended(phase) => {
            let detail = format!("The pay-out has ended: it is {}.", phase.as_str());
            Problem::new(Code::PayoutEnded, detail)
        }
        Refused::TooMuch { available, .. } => Problem::of_field(
            Code::PayoutExceedsAvailable,
            "amount",
            format!("No more than {available} is left for this seller beside other pay-outs."),
        ),
        Refused::NoAccount => Problem::new(
            Code::NoVerifiedAccount,
            "The seller has no bank account in this currency that somebody has verified.",
        ),
        Refused::NotPositive => {
            Problem::of_field(Code::AmountNotPositive, "amount", "An amount is more than nothing.")
        }
        Refused::Money(_) => amount::too_large("amount".into()),
        Refused::NotApproved
        | Refused::AlreadyApproved
        | Refused::Held
        | Refused::NotHeld
        | Refused::FourEyes(_)
        | Refused::AccountChanged
        | Refused::TooManySubmissions
        | Refused::NotInQuestion
        | Refused::RulingWaits
        | Refused::NoRuling => Problem::internal(refused),
    }
}
