//! The receivers of a shop's events: where each is, and what it wants to hear.
//!
//! An endpoint is added and disabled, and never goes: deliveries name it. What waits for one that is
//! disabled ends without being sent.

mod store;

use crate::webhooks::event_types::EventType;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::card_number;
use domain::id::{EventId, ShopId, WebhookEndpointId};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;

use super::{DELIVER_WEBHOOK, target};
use crate::audit::{self, Entry};
use crate::db::{Fault, Tx, new_plain_id};

/// How many endpoints a shop may have that are not disabled.
pub const ENDPOINTS_MAX: usize = 8;
/// How many tries are listed, at most.
pub const TRIES_MAX: i64 = 100;
/// The name of the endpoint that a shop is set up with.
pub const DEFAULT: &str = "default";
/// What every secret begins with.
const PREFIX: &str = "whsec_";
/// How many bytes a secret may have; as Standard Webhooks has it.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A receiver of a shop's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// What the shop calls it.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// The types of events that it wants; none means all.
    pub event_types: Vec<String>,
    /// Since when it is there.
    pub created_at: OffsetDateTime,
    /// Since when nothing is sent to it.
    pub disabled_at: Option<OffsetDateTime>,
}

/// An endpoint to add.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// What the shop calls it: 1 to 64 letters, digits and `._:-`, unique among its endpoints.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// What they are signed with, `whsec_…`; one is made without it.
    pub secret: Option<String>,
    /// The types of events that it wants; none means all.
    pub event_types: Vec<EventType>,
}

/// A try to deliver an event that the endpoint did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untaken {
    /// The event: the `webhook-id` of the request.
    pub event: EventId,
    /// Which try it was.
    pub attempt: i32,
    /// What the endpoint answered, if it did.
    pub status: Option<i16>,
    /// What went wrong.
    pub error: Option<String>,
    /// When.
    pub at: OffsetDateTime,
}

/// Why an endpoint was not added. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The shop has an endpoint of this name.
    #[error("the shop has an endpoint of this name")]
    NameTaken,
    /// The shop has [`ENDPOINTS_MAX`] endpoints.
    #[error("the shop has {ENDPOINTS_MAX} endpoints, and no more are taken")]
    TooMany,
    /// Nothing may be sent to this address.
    #[error("{0}")]
    Url(&'static str),
    /// Nothing can be signed with this secret.
    #[error("a secret is whsec_ and 24 to 64 bytes in base64")]
    Secret,
    /// Something looks like a card number.
    #[error("the name or the address holds what looks like a card number")]
    CardNumber,
    /// Our side.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Adds an endpoint, and returns it with its secret: the only time that anybody sees that.
///
/// # Errors
/// [`AddError`].
pub async fn add(
    pool: &PgPool,
    shop: ShopId,
    new: NewEndpoint,
    allow_private: bool,
    actor: &str,
) -> Result<(Endpoint, String), AddError> {
    if [&new.name, &new.url].into_iter().any(|text| card_number::is_in(text)) {
        return Err(AddError::CardNumber);
    }
    target::parse(&new.url, allow_private).map_err(AddError::Url)?;
    let secret = match new.secret {
        Some(secret) if can_sign(&secret) => secret,
        Some(_) => return Err(AddError::Secret),
        None => new_secret(),
    };
    let types = new.event_types.iter().map(|one| (*one).as_str().to_owned()).collect();
    let draft = store::Draft {
        id: new_plain_id(),
        name: &new.name,
        url: &new.url,
        secret: &secret,
        event_types: types,
    };

    let mut tx = Tx::begin(pool).await?;
    if store::lock_and_count(&mut tx, shop).await? >= ENDPOINTS_MAX {
        return Err(AddError::TooMany);
    }
    let endpoint = store::insert(&mut tx, shop, &draft).await.map_err(|fault| {
        let is_name = fault.constraint() == Some("webhook_endpoint_name_key");
        if is_name { AddError::NameTaken } else { AddError::Fault(fault) }
    })?;
    log(&mut tx, shop, actor, "webhook_endpoint.added", &endpoint).await?;
    tx.commit().await?;
    Ok((endpoint, secret))
}

/// Sets where the endpoint [`DEFAULT`] is, or disables it, as part of setting a shop up.
pub(crate) async fn save_default(
    tx: &mut Tx,
    shop: ShopId,
    webhook: Option<(&str, &str)>,
) -> Result<(), Fault> {
    match webhook {
        Some((url, secret)) => store::save(tx, shop, (new_plain_id(), DEFAULT), url, secret).await,
        None => store::disable_named(tx, shop, DEFAULT).await,
    }
}

/// The shop's endpoints that are not disabled, by name.
///
/// # Errors
/// [`Fault`].
pub async fn list(pool: &PgPool, shop: ShopId) -> Result<Vec<Endpoint>, Fault> {
    store::list(pool, shop).await
}

/// The shop's endpoint, also one that is disabled.
///
/// # Errors
/// [`Fault`].
pub async fn find(
    pool: &PgPool,
    shop: ShopId,
    id: WebhookEndpointId,
) -> Result<Option<Endpoint>, Fault> {
    store::find(pool, shop, id).await
}

/// Sends nothing more to the shop's endpoint, and returns it; one that is disabled stays so.
///
/// # Errors
/// [`Fault`].
pub async fn disable(
    pool: &PgPool,
    shop: ShopId,
    id: WebhookEndpointId,
    actor: &str,
) -> Result<Option<Endpoint>, Fault> {
    let mut tx = Tx::begin(pool).await?;
    if let Some(endpoint) = store::disable(&mut tx, shop, id).await? {
        log(&mut tx, shop, actor, "webhook_endpoint.disabled", &endpoint).await?;
        tx.commit().await?;
        // What was put back because the endpoint was slow ends now and not later.
        if let Err(error) = jobs::release(pool, DELIVER_WEBHOOK, Some(id.uuid())).await {
            tracing::warn!(%error, "deliveries stay put back for an endpoint that is disabled");
        }
        return Ok(Some(endpoint));
    }
    drop(tx);
    find(pool, shop, id).await
}

/// The last tries that the shop's endpoint did not take, the newest first.
///
/// # Errors
/// [`Fault`].
pub async fn untaken(
    pool: &PgPool,
    shop: ShopId,
    id: WebhookEndpointId,
) -> Result<Vec<Untaken>, Fault> {
    store::untaken(pool, shop, id, TRIES_MAX).await
}

fn can_sign(secret: &str) -> bool {
    let Some(encoded) = secret.strip_prefix(PREFIX) else { return false };
    BASE64_STANDARD.decode(encoded).is_ok_and(|bytes| SECRET_BYTES.contains(&bytes.len()))
}

fn new_secret() -> String {
    let mut bytes = [0_u8; 24];
    rand::fill(&mut bytes).expect("the system's random numbers never run out");
    format!("{PREFIX}{}", BASE64_STANDARD.encode(bytes))
}

async fn log(
    tx: &mut Tx,
    shop: ShopId,
    actor: &str,
    action: &str,
    endpoint: &Endpoint,
) -> Result<(), Fault> {
    let detail: Value = json!({
        "name": endpoint.name, "event_types": endpoint.event_types,
    });
    let entry = Entry {
        shop: Some(shop),
        actor,
        staff: None,
        action,
        object_type: "webhook_endpoint",
        object_id: &endpoint.id.to_string(),
        detail,
    };
    audit::record(tx, &entry).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_that_signs_and_is_long_enough() {
        let of = |bytes: usize| format!("{PREFIX}{}", BASE64_STANDARD.encode(vec![7_u8; bytes]));
        for good in [new_secret(), of(24), of(32), of(64)] {
            assert!(can_sign(&good), "{good}");
            assert!(standardwebhooks::Webhook::new(&good).is_ok(), "{good}");
        }
        for bad in [of(23), of(65), of(24).replace(PREFIX, ""), format!("{PREFIX}not base64!")] {
            assert!(!can_sign(&bad), "{bad}");
        }
        assert_ne!(new_secret(), new_secret());
    }
}
