//! `POST` and `GET /v1/sellers/{id}/payee_accounts`: the bank accounts of sellers.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::bic::{Bic, BicError};
use domain::currency::Currency;
use domain::iban::{Iban, IbanError};
use domain::id::{PayeeAccountId, SellerId, ShopId};
use engine::payouts::payees::{self, NewPayee, PayeeAccount, PayeeError};
use serde::Serialize;
use time::OffsetDateTime;

use super::amount;
use super::auth::Caller;
use super::call::{self, Named};
use super::fields::Object;
use super::idempotency::{self, Call, Made};
use super::object::List;
use super::problem::{Code, Problem};
use crate::wiring::Services;

/// How long an account number may be that is read, with spaces, in characters.
const IBAN_LENGTH_MAX: usize = 64;
/// How long the name of an account's holder may be: as long as files for banks take it.
pub const HOLDER_LENGTH_MAX: usize = 70;

/// A seller's bank account.
#[derive(Debug, Serialize)]
pub struct PayeeAccountObject {
    id: PayeeAccountId,
    object: &'static str,
    seller: SellerId,
    currency: Currency,
    /// Country, check digits and the last four characters.
    iban: String,
    bic: Option<Bic>,
    holder: String,
    status: &'static str,
    #[serde(with = "time::serde::rfc3339::option")]
    verified_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// Adds a bank account, which is paid to once somebody of staff has verified it.
///
/// # Errors
/// [`Problem`].
pub async fn create(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers)?;
    let is_iban = |text: &str| text.parse::<Iban>().is_ok();
    let body = call::read_json_with(&headers, body, ("iban", is_iban)).await?;
    let seller = id.seller(&services, shop).await?.id;
    let new = read(Object::of_body(&body)?, (shop, seller))?;
    let path = format!("/v1/sellers/{seller}/payee_accounts");
    let call = Call { shop, method: "POST", path: &path, body: &body };
    let effect = |slot| {
        let services = &services;
        async move {
            let new = NewPayee { slot: Some(slot), ..new };
            let added = payees::add(services.pool(), &new).await.map_err(refused)?;
            Ok(made_of(added))
        }
    };
    let present = |object| {
        let services = &services;
        async move {
            let id = PayeeAccountId::from_uuid(object);
            let found = payees::find(services.pool(), shop, id).await;
            let found = found.map_err(|fault| Problem::internal(&fault))?;
            Ok(made_of(found.ok_or_else(|| refused(PayeeError::NotFound))?))
        }
    };
    idempotency::once(&services, call, key, effect, present).await
}

/// The bank accounts of a seller, the newest first.
///
/// # Errors
/// [`Problem`].
pub async fn list(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
) -> Result<Json<List<PayeeAccountObject>>, Problem> {
    let seller = id.seller(&services, shop).await?.id;
    let found = payees::list(services.pool(), shop, seller).await;
    let found = found.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(List::of(found.into_iter().map(PayeeAccountObject::new))))
}

fn read(body: Object<'_>, (shop, seller): (ShopId, SellerId)) -> Result<NewPayee, Problem> {
    let currency = amount::parse_currency(&body, body.required_text("currency", 3)?)?;
    let iban = body.required_text("iban", IBAN_LENGTH_MAX)?.parse::<Iban>().map_err(|error| {
        let why = match error {
            IbanError::UnknownCountry(_) => "its country has no IBANs".to_owned(),
            other => other.to_string(),
        };
        Problem::of_field(Code::IbanInvalid, "iban", format!("There is no such account: {why}."))
    })?;
    let bic = body.text("bic", IBAN_LENGTH_MAX)?.map(str::parse::<Bic>).transpose();
    let bic = bic.map_err(|error| {
        let why = match error {
            BicError::UnknownCountry(_) => "there is no such country".to_owned(),
            other => other.to_string(),
        };
        Problem::of_field(Code::BicInvalid, "bic", format!("There is no such bank: {why}."))
    })?;
    let holder = body.required_text("holder", HOLDER_LENGTH_MAX)?.to_owned();
    body.finish()?;
    Ok(NewPayee { shop, seller, currency, iban, bic, holder, slot: None })
}

fn made_of(account: PayeeAccount) -> Made {
    Made::of(StatusCode::CREATED, None, &PayeeAccountObject::new(account))
}

fn refused(error: PayeeError) -> Problem {
    match error {
        PayeeError::NotFound => Problem::new(Code::NotFound, "You have no seller with this id."),
        PayeeError::KeyLost => Problem::key_lost(),
        PayeeError::Retired | PayeeError::NotAllowed => Problem::internal(&error),
        PayeeError::Fault(fault) => Problem::internal(&fault),
    }
}

impl PayeeAccountObject {
    fn new(account: PayeeAccount) -> Self {
        Self {
            id: account.id,
            object: "payee_account",
            seller: account.seller,
            currency: account.currency,
            iban: account.iban.masked(),
            bic: account.bic,
            holder: account.holder,
            status: account.state.as_str(),
            verified_at: account.verified_at,
            created_at: account.created_at,
        }
    }
}
