//! Delivers one event of the outbox to one endpoint of its shop.

use std::collections::HashMap;
use std::time::Duration;

use domain::id::{EventId, ShopId};
use jobs::{Claimed, Failure, Handled, Handler, Lane};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;
use standardwebhooks::Webhook;
use time::OffsetDateTime;
use uuid::Uuid;

use super::slots::{ENDPOINT_MAX, SHOP_MAX, Slot, Slots};
use super::store::{self, Attempt, Delivery};
use super::target;
use crate::batch::Batcher;
use crate::db::{Fault, Tx};

/// The kind of job that delivers an event to one endpoint; its subject is the event, its payload the
/// event's `object` and `sequence`, and the `endpoint`.
pub const DELIVER_WEBHOOK: &str = "deliver_webhook";
/// How many transactions read and write deliveries at the same time.
const WRITERS: usize = 1;
/// How much of an answer is read, so that the connection can be used again.
const ANSWER_BYTES_MAX: usize = 16_384;
/// Why a delivery ended that was not sent.
const DISABLED: &str = "the endpoint is disabled";
/// How long a shop may ask us to wait.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// The lane that delivers webhooks: tries for about a day and a half.
pub fn lane(deliver: Deliver) -> Lane<Deliver> {
    crate::workers::lane(DELIVER_WEBHOOK, deliver)
}

/// Delivers webhooks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Deliver {
    client: Client,
    allow_private: bool,
    pool: PgPool,
    endpoints: Slots,
    shops: Slots,
    reads: Batcher<Wanted, Result<Option<Delivery>, NotNow>>,
    writes: Batcher<(Claimed, Attempt), Result<(), NotNow>>,
}

/// Which event to deliver, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub(super) struct Wanted {
    pub(super) object: Uuid,
    pub(super) sequence: i32,
    pub(super) endpoint: Uuid,
}

impl Deliver {
    /// Starts reading from and writing to `pool`; delivers to private addresses only if
    /// `allow_private`.
    pub fn start(pool: &PgPool, allow_private: bool) -> Self {
        let (for_reads, for_writes) = (pool.clone(), pool.clone());
        Self {
            client: target::client(allow_private),
            allow_private,
            pool: pool.clone(),
            endpoints: Slots::new(ENDPOINT_MAX),
            shops: Slots::new(SHOP_MAX),
            reads: Batcher::start(WRITERS, move |wanted| read_all(for_reads.clone(), wanted)),
            writes: Batcher::start(WRITERS, move |done| write_all(for_writes.clone(), done)),
        }
    }

    /// Makes due at once what was put back for `endpoint`, if that is not slow any more.
    async fn catch_up(&self, endpoint: Uuid) {
        if !self.endpoints.has_recovered(endpoint) {
            return;
        }
        if let Err(error) = jobs::release(&self.pool, DELIVER_WEBHOOK, Some(endpoint)).await {
            tracing::warn!(%error, "deliveries stay put back for an endpoint that is fast again");
        }
    }

    /// Room for a delivery: one of the endpoint's, and one of all those of its shop.
    async fn room(&self, shop: Uuid, endpoint: Uuid) -> Result<(Slot, Slot), Failure> {
        let of_endpoint = self.endpoints.take(endpoint).await.map_err(|wait| {
            Failure::waiting("the endpoint is slow, and others are before it", wait).until(endpoint)
        })?;
        let of_shop = self.shops.take(shop).await.map_err(|wait| {
            Failure::waiting("the endpoints of the shop are slow, and others are before it", wait)
        })?;
        Ok((of_endpoint, of_shop))
    }

    async fn send(&self, delivery: &Delivery) -> Sent {
        let url = match target::parse(&delivery.url, self.allow_private) {
            Ok(url) => url,
            Err(why) => return Sent::failed(None, why),
        };
        let body = body(delivery);
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let message = EventId::from_uuid(delivery.event_id).to_string();
        let signature = Webhook::new(&delivery.secret)
            .and_then(|signer| signer.sign(&message, now, body.as_bytes()));
        let Ok(signature) = signature else {
            return Sent::failed(None, "the endpoint's secret cannot be used");
        };
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", message)
            .header("webhook-timestamp", now.to_string())
            .header("webhook-signature", signature)
            .body(body);
        match request.send().await {
            Ok(response) => answered(response).await,
            Err(error) => Sent::failed(None, describe(&error)),
        }
    }
}

impl Handler for Deliver {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        crate::failpoint!("F11");
        let wanted: Wanted = serde_json::from_value(job.payload.clone())
            .map_err(|_| Failure::lasting("the job names no event and endpoint"))?;
        let delivery = self.reads.write(wanted).await.map_err(Failure::passing)?;
        let Some(delivery) = delivery.map_err(Failure::passing)? else {
            return Err(Failure::lasting("the event is not in the outbox"));
        };

        let sent = if delivery.is_disabled {
            Sent::taken(None, Some(DISABLED))
        } else {
            let _room = self.room(delivery.shop_id, wanted.endpoint).await?;
            self.send(&delivery).await
        };
        let attempt = Attempt {
            event_id: delivery.event_id,
            object: wanted.object,
            endpoint: wanted.endpoint,
            number: job.attempt,
            status: sent.status,
            error: sent.error,
            finishes: sent.is_taken,
        };
        let error = attempt.error.map(str::to_owned);
        self.writes
            .write((job, attempt))
            .await
            .map_err(Failure::passing)?
            .map_err(Failure::passing)?;
        if sent.is_taken {
            self.catch_up(wanted.endpoint).await;
            return Ok(Handled::InItsTransaction);
        }
        let why = error.unwrap_or_else(|| format!("answered {}", sent.status.unwrap_or_default()));
        Err(Failure { retry_after: sent.retry_after, ..Failure::passing(why) })
    }
}

/// What came of sending.
#[derive(Debug)]
struct Sent {
    is_taken: bool,
    status: Option<u16>,
    error: Option<&'static str>,
    retry_after: Option<Duration>,
}

impl Sent {
    fn taken(status: Option<u16>, error: Option<&'static str>) -> Self {
        Self { is_taken: true, status, error, retry_after: None }
    }

    fn failed(status: Option<u16>, error: &'static str) -> Self {
        Self { is_taken: false, status, error: Some(error), retry_after: None }
    }
}

async fn answered(mut response: Response) -> Sent {
    let status = response.status();
    let retry_after = retry_after(&response);
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > ANSWER_BYTES_MAX {
            break;
        }
    }
    if status.is_success() {
        crate::failpoint!("F12");
        return Sent::taken(Some(status.as_u16()), None);
    }
    let why = if status.is_redirection() {
        "the shop's server redirects, which is not followed"
    } else {
        "the shop's server did not take it"
    };
    Sent { retry_after, ..Sent::failed(Some(status.as_u16()), why) }
}

fn retry_after(response: &Response) -> Option<Duration> {
    let may_ask = matches!(
        response.status(),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    );
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    may_ask.then(|| Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

/// What went wrong, without the address, which may hold a secret.
fn describe(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "the shop's server did not answer in time"
    } else if error.is_connect() {
        "the shop's server could not be reached"
    } else {
        "the connection to the shop's server broke"
    }
}

/// The same bytes at every try.
fn body(delivery: &Delivery) -> String {
    let timestamp = delivery
        .created_at
        .format(&time::format_description::well_known::Rfc3339)
        .expect("an instant of this era can be written");
    json!({
        "id": EventId::from_uuid(delivery.event_id),
        "type": delivery.kind,
        "timestamp": timestamp,
        "shop": ShopId::from_uuid(delivery.shop_id),
        "sequence": delivery.sequence,
        "data": delivery.payload,
    })
    .to_string()
}

/// The database could not be asked; the job is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database could not be used")]
struct NotNow;

async fn read_all(pool: PgPool, wanted: Vec<Wanted>) -> Vec<Result<Option<Delivery>, NotNow>> {
    let found: Result<HashMap<Wanted, Delivery>, Fault> = store::find(&pool, &wanted).await;
    match found {
        Ok(found) => wanted.iter().map(|one| Ok(found.get(one).cloned())).collect(),
        Err(error) => {
            tracing::warn!(error = ?error, "events could not be read");
            vec![Err(NotNow); wanted.len()]
        }
    }
}

async fn write_all(pool: PgPool, done: Vec<(Claimed, Attempt)>) -> Vec<Result<(), NotNow>> {
    if write(&pool, &done).await.is_ok() {
        return vec![Ok(()); done.len()];
    }
    // One that another worker has taken over must not hold the others back.
    let mut results = Vec::with_capacity(done.len());
    for one in &done {
        results.push(write(&pool, std::slice::from_ref(one)).await.map_err(|error| {
            tracing::warn!(error = ?error, "a delivery could not be recorded");
            NotNow
        }));
    }
    results
}

/// One transaction: the attempts are logged and the jobs of those that were taken are finished.
async fn write(pool: &PgPool, done: &[(Claimed, Attempt)]) -> Result<(), Fault> {
    let attempts: Vec<&Attempt> = done.iter().map(|(_, attempt)| attempt).collect();
    let finished: Vec<Claimed> =
        done.iter().filter(|(_, attempt)| attempt.finishes).map(|(job, _)| job.clone()).collect();
    let mut tx = Tx::begin(pool).await?;
    store::record(&mut tx, &attempts).await?;
    if !jobs::finish(tx.conn(), &finished).await? {
        return Err(Fault::Broken("a delivery was taken over by another worker".into()));
    }
    crate::failpoint!("F7 deliver");
    tx.commit().await?;
    crate::failpoint!("F8 deliver");
    Ok(())
}
