//! The SQL of webhooks to shops.

use std::collections::HashMap;

use domain::id::{Bucket, EventId};
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::deliver::Wanted;
use crate::db::{Fault, Tx};

/// An event and one endpoint that it goes to.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) event_id: Uuid,
    pub(super) shop_id: Uuid,
    pub(super) kind: String,
    pub(super) sequence: i32,
    pub(super) payload: Value,
    pub(super) created_at: OffsetDateTime,
    pub(super) url: String,
    pub(super) secret: String,
    pub(super) is_disabled: bool,
}

/// One try to deliver an event.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) event_id: Uuid,
    pub(super) object: Uuid,
    pub(super) endpoint: Uuid,
    pub(super) number: i32,
    pub(super) status: Option<u16>,
    pub(super) error: Option<&'static str>,
    pub(super) finishes: bool,
}

/// Events, each with an endpoint of its shop.
pub(super) async fn find(
    pool: &PgPool,
    wanted: &[Wanted],
) -> Result<HashMap<Wanted, Delivery>, Fault> {
    let buckets: Vec<i16> = wanted.iter().map(|one| bucket(one.object)).collect();
    let objects: Vec<Uuid> = wanted.iter().map(|one| one.object).collect();
    let sequences: Vec<i32> = wanted.iter().map(|one| one.sequence).collect();
    let endpoints: Vec<Uuid> = wanted.iter().map(|one| one.endpoint).collect();
    let rows = sqlx::query!(
        r#"
        select outbox.object_id, outbox.sequence, outbox.event_id, outbox.shop_id, outbox.type as kind,
               outbox.payload, outbox.created_at, receiver.webhook_endpoint_id, receiver.url,
               receiver.secret, receiver.disabled_at is not null as "is_disabled!"
        from outbox
        join unnest($1::smallint[], $2::uuid[], $3::integer[], $4::uuid[])
            as wanted (bucket, object_id, sequence, endpoint_id)
          on outbox.bucket = wanted.bucket and outbox.object_id = wanted.object_id
         and outbox.sequence = wanted.sequence
        join webhook_endpoint as receiver
          on receiver.webhook_endpoint_id = wanted.endpoint_id and receiver.shop_id = outbox.shop_id
        "#,
        &buckets,
        &objects,
        &sequences,
        &endpoints,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let wanted = Wanted {
                object: row.object_id,
                sequence: row.sequence,
                endpoint: row.webhook_endpoint_id,
            };
            let delivery = Delivery {
                event_id: row.event_id,
                shop_id: row.shop_id,
                kind: row.kind,
                sequence: row.sequence,
                payload: row.payload,
                created_at: row.created_at,
                url: row.url,
                secret: row.secret,
                is_disabled: row.is_disabled,
            };
            (wanted, delivery)
        })
        .collect())
}

/// Logs tries. A try that is logged already was logged by this job before it was broken off.
pub(super) async fn record(tx: &mut Tx, attempts: &[&Attempt]) -> Result<(), Fault> {
    let buckets: Vec<i16> = attempts.iter().map(|attempt| bucket(attempt.object)).collect();
    let events: Vec<Uuid> = attempts.iter().map(|attempt| attempt.event_id).collect();
    let endpoints: Vec<Uuid> = attempts.iter().map(|attempt| attempt.endpoint).collect();
    let numbers: Vec<i32> = attempts.iter().map(|attempt| attempt.number).collect();
    let statuses: Vec<Option<i16>> = attempts
        .iter()
        .map(|attempt| attempt.status.and_then(|status| i16::try_from(status).ok()))
        .collect();
    let errors: Vec<Option<String>> =
        attempts.iter().map(|attempt| attempt.error.map(str::to_owned)).collect();
    sqlx::query!(
        r#"
        insert into webhook_attempt (bucket, event_id, webhook_endpoint_id, attempt, status, error)
        select bucket, event_id, endpoint_id, attempt, status, error
        from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::integer[], $5::smallint[], $6::text[])
            as new (bucket, event_id, endpoint_id, attempt, status, error)
        on conflict do nothing
        "#,
        &buckets,
        &events,
        &endpoints,
        &numbers,
        &statuses as &[Option<i16>],
        &errors as &[Option<String>],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The bucket that an object's id carries.
fn bucket(object: Uuid) -> i16 {
    let bucket: Bucket = EventId::from_uuid(object).bucket();
    bucket.as_i16()
}
