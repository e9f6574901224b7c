//! What calls have in common: the object that the path names, the body, and how long to wait.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Path};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use domain::id::{CheckoutId, PaymentId, SellerId, ShopId};
use engine::checkouts::CheckoutRecord;
use engine::payments::PaymentRecord;
use engine::shops::Seller;
use serde_json::{Map, Value};

use super::fields;
use super::new_checkout::is_reference;
use super::problem::{Code, Problem};
use crate::wiring::Services;

/// The largest body that is read, in bytes.
const BODY_BYTES_MAX: usize = 65_536;

/// The `{id}` of a path, whatever it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id))
            .map_err(|_| Problem::new(Code::NotFound, "The address names nothing of yours."))
    }
}

impl Named {
    /// The shop's payment of this id, ours or its own.
    ///
    /// # Errors
    /// [`Problem`] if there is none, or if it is somebody else's, which is the same.
    pub async fn payment(
        &self,
        services: &Services,
        shop: ShopId,
    ) -> Result<PaymentRecord, Problem> {
        let pool = services.pool();
        let mut found = match self.0.parse::<PaymentId>() {
            Ok(id) => engine::payments::find(pool, shop, id).await,
            Err(_) => Ok(None),
        }
        .map_err(|fault| Problem::internal(&fault))?;
        // A shop may name its payments as we name ours.
        if found.is_none() && is_reference(&self.0) {
            found = engine::payments::find_by_reference(pool, shop, &self.0)
                .await
                .map_err(|fault| Problem::internal(&fault))?;
        }
        found.ok_or_else(|| Problem::new(Code::NotFound, "You have no payment with this id."))
    }

    /// The shop's checkout of this id, ours or its own.
    ///
    /// # Errors
    /// [`Problem`] if there is none, or if it is somebody else's, which is the same.
    pub async fn checkout(
        &self,
        services: &Services,
        shop: ShopId,
    ) -> Result<CheckoutRecord, Problem> {
        let pool = services.pool();
        let mut found = match self.0.parse::<CheckoutId>() {
            Ok(id) => engine::checkouts::find(pool, shop, id).await,
            Err(_) => Ok(None),
        }
        .map_err(|fault| Problem::internal(&fault))?;
        if found.is_none() && is_reference(&self.0) {
            found = engine::checkouts::find_by_reference(pool, shop, &self.0)
                .await
                .map_err(|fault| Problem::internal(&fault))?;
        }
        found.ok_or_else(|| Problem::new(Code::NotFound, "You have no checkout with this id."))
    }
}

impl Named {
    /// The shop's seller of this id, ours or its own.
    ///
    /// # Errors
    /// [`Problem`] if there is none, or if it is somebody else's, which is the same.
    pub async fn seller(&self, services: &Services, shop: ShopId) -> Result<Seller, Problem> {
        let id = self.0.parse::<SellerId>().ok();
        let reference = if is_reference(&self.0) { self.0.as_str() } else { "" };
        let found = engine::shops::find_seller(services.pool(), shop, id, reference).await;
        let found = found.map_err(|fault| Problem::internal(&fault))?;
        found.ok_or_else(|| Problem::new(Code::NotFound, "You have no seller with this id."))
    }
}

/// Reads a body as JSON, unless it is too large, of another type, or holds a card number.
///
/// # Errors
/// [`Problem`].
pub async fn read_json(headers: &HeaderMap, body: Body) -> Result<Value, Problem> {
    read_json_with(headers, body, ("", |_| false)).await
}

/// As [`read_json`], for a body with a field that may look like a card number: the one of this name,
/// if its text is what it should be.
///
/// # Errors
/// [`Problem`].
pub async fn read_json_with(
    headers: &HeaderMap,
    body: Body,
    (name, fits): (&str, fn(&str) -> bool),
) -> Result<Value, Problem> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        return Err(unsupported());
    }
    let value = fields::parse(&read(body).await?)?;
    let is_what_it_should_be = value.get(name).and_then(Value::as_str).is_some_and(fits);
    let mut others = value.clone();
    if let Some(fields) = others.as_object_mut().filter(|_| is_what_it_should_be) {
        fields.remove(name);
    }
    fields::refuse_card_numbers(&others)?;
    Ok(value)
}

/// Reads a body as JSON that may be left out; then it is an object without fields.
///
/// # Errors
/// [`Problem`].
pub async fn read_optional_json(headers: &HeaderMap, body: Body) -> Result<Value, Problem> {
    if headers.contains_key(CONTENT_TYPE) {
        return read_json(headers, body).await;
    }
    let bytes = read(body).await?;
    if bytes.is_empty() { Ok(Value::Object(Map::new())) } else { Err(unsupported()) }
}

async fn read(body: Body) -> Result<axum::body::Bytes, Problem> {
    to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        let detail = format!("The body may have {BODY_BYTES_MAX} bytes at most.");
        Problem::new(Code::BodyTooLarge, detail)
    })
}

fn unsupported() -> Problem {
    Problem::new(Code::ContentTypeUnsupported, "Send the header Content-Type: application/json.")
}

/// How long the caller wants to wait for an outcome.
///
/// RFC 7240: whoever prefers `respond-async` is told at once that it is under way.
pub fn patience(services: &Services, headers: &HeaderMap) -> Duration {
    let prefers_not_to_wait = headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|preference| preference.trim().eq_ignore_ascii_case("respond-async"));
    if prefers_not_to_wait { Duration::ZERO } else { services.settings.patience }
}
