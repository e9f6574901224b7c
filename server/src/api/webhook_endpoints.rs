//! `/v1/webhook_endpoints`: who hears of a shop's events.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::id::{EventId, ShopId, WebhookEndpointId};
use engine::webhooks::endpoints::{self, AddError, ENDPOINTS_MAX, Endpoint, NewEndpoint, Untaken};
use engine::webhooks::event_types::EventType;
use serde::Serialize;
use time::OffsetDateTime;

use super::auth::Caller;
use super::call::{self, Named};
use super::fields::Object;
use super::idempotency::Made;
use super::new_checkout::{REFERENCE_LENGTH_MAX, URL_LENGTH_MAX, is_reference};
use super::object::List;
use super::problem::{Code, Problem};
use crate::wiring::Services;

/// Who acts, for the audit log.
const ACTOR: &str = "API";
/// How many characters a secret may have: one that is longer than all that are taken is too long.
const SECRET_LENGTH_MAX: usize = 120;

/// A receiver of events.
#[derive(Debug, Serialize)]
pub struct EndpointObject {
    id: WebhookEndpointId,
    object: &'static str,
    name: String,
    url: String,
    /// What it wants; none means all.
    event_types: Vec<String>,
    /// What events are signed with: shown once, when the endpoint is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// Since when nothing is sent to it.
    #[serde(with = "time::serde::rfc3339::option")]
    disabled_at: Option<OffsetDateTime>,
}

/// A try that the receiver did not take.
#[derive(Debug, Serialize)]
pub struct UntakenObject {
    object: &'static str,
    /// The `webhook-id` of the request.
    event: EventId,
    attempt: i32,
    /// What the receiver answered, if it did.
    status: Option<i16>,
    error: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

/// Adds a receiver; its secret is in this answer alone.
///
/// # Errors
/// [`Problem`].
pub async fn create(
    State(services): State<Services>,
    Caller(shop): Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Made, Problem> {
    let body = call::read_json(&headers, body).await?;
    let new = read(Object::of_body(&body)?)?;
    let allow_private = services.settings.allow_private_webhook_targets;
    let added = endpoints::add(services.pool(), shop, new, allow_private, ACTOR).await;
    let (endpoint, secret) = added.map_err(|error| refused(&error))?;
    let location = format!("/v1/webhook_endpoints/{}", endpoint.id);
    let object = EndpointObject { secret: Some(secret), ..EndpointObject::new(endpoint) };
    Ok(Made::of(StatusCode::CREATED, Some(location), &object))
}

/// The receivers that are not disabled, by name.
///
/// # Errors
/// [`Problem`].
pub async fn list(
    State(services): State<Services>,
    Caller(shop): Caller,
) -> Result<Json<List<EndpointObject>>, Problem> {
    let found = endpoints::list(services.pool(), shop).await;
    let found = found.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(List::of(found.into_iter().map(EndpointObject::new))))
}

/// One receiver, also one that is disabled.
///
/// # Errors
/// [`Problem`].
pub async fn find(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
) -> Result<Json<EndpointObject>, Problem> {
    Ok(Json(EndpointObject::new(stored(&services, shop, &id).await?)))
}

/// Sends nothing more to a receiver.
///
/// # Errors
/// [`Problem`].
pub async fn disable(
    State(services): State<Services>,
    Caller(shop): Caller,
    Named(id): Named,
) -> Result<Json<EndpointObject>, Problem> {
    let id: WebhookEndpointId = id.parse().map_err(|_| unknown())?;
    let found = endpoints::disable(services.pool(), shop, id, ACTOR).await;
    let found = found.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(EndpointObject::new(found.ok_or_else(unknown)?)))
}

/// The last tries that a receiver did not take, the newest first.
///
/// # Errors
/// [`Problem`].
pub async fn untaken(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
) -> Result<Json<List<UntakenObject>>, Problem> {
    let endpoint = stored(&services, shop, &id).await?;
    let found = endpoints::untaken(services.pool(), shop, endpoint.id).await;
    let found = found.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(List::of(found.into_iter().map(UntakenObject::new))))
}

async fn stored(services: &Services, shop: ShopId, id: &Named) -> Result<Endpoint, Problem> {
    let id: WebhookEndpointId = id.0.parse().map_err(|_| unknown())?;
    let found = endpoints::find(services.pool(), shop, id).await;
    found.map_err(|fault| Problem::internal(&fault))?.ok_or_else(unknown)
}

fn read(body: Object<'_>) -> Result<NewEndpoint, Problem> {
    let wanted = "1 to 64 letters, digits, dots, colons, dashes or underscores";
    let name = body.required_word("name", REFERENCE_LENGTH_MAX, is_reference, wanted)?;
    let url = body.required_text("url", URL_LENGTH_MAX)?;
    let secret = body.text("secret", SECRET_LENGTH_MAX)?;
    let types = EventType::all().count();
    let wanted = "a type of events, such as payment.captured";
    let event_types = body.words("event_types", types, EventType::from_word, wanted)?;
    body.finish()?;
    Ok(NewEndpoint {
        name: name.to_owned(),
        url: url.to_owned(),
        secret: secret.map(str::to_owned),
        event_types: event_types.unwrap_or_default(),
    })
}

fn refused(error: &AddError) -> Problem {
    match error {
        AddError::NameTaken => Problem::of_field(
            Code::WebhookEndpointExists,
            "name",
            "You have an endpoint of this name. If its secret is lost, delete it and add it anew.",
        ),
        AddError::TooMany => {
            let detail = format!("You may have {ENDPOINTS_MAX} endpoints. Delete one first.");
            Problem::new(Code::WebhookEndpointsFull, detail)
        }
        AddError::Url(why) => {
            Problem::of_field(Code::WebhookUrlRefused, "url", format!("Not taken: {why}."))
        }
        AddError::Secret => Problem::of_field(
            Code::FieldInvalid,
            "secret",
            "A secret is whsec_ and 24 to 64 bytes in base64. Leave it out to have one made.",
        ),
        AddError::CardNumber => Problem::new(
            Code::CardNumberRefused,
            "The name or the address holds what looks like a card number; nothing was stored.",
        ),
        AddError::Fault(fault) => Problem::internal(fault),
    }
}

fn unknown() -> Problem {
    Problem::new(Code::NotFound, "You have no webhook endpoint with this id.")
}

impl EndpointObject {
    fn new(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id,
            object: "webhook_endpoint",
            name: endpoint.name,
            url: endpoint.url,
            event_types: endpoint.event_types,
            secret: None,
            created_at: endpoint.created_at,
            disabled_at: endpoint.disabled_at,
        }
    }
}

impl UntakenObject {
    fn new(untaken: Untaken) -> Self {
        Self {
            object: "untaken_delivery",
            event: untaken.event,
            attempt: untaken.attempt,
            status: untaken.status,
            error: untaken.error,
            at: untaken.at,
        }
    }
}
