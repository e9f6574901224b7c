//! The SQL of webhook endpoints.

use domain::id::{EventId, ShopId, WebhookEndpointId};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Endpoint, Untaken};
use crate::db::{Fault, Tx};

/// An endpoint to add.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) id: WebhookEndpointId,
    pub(super) name: &'a str,
    pub(super) url: &'a str,
    pub(super) secret: &'a str,
    pub(super) event_types: Vec<String>,
}

struct Row {
    webhook_endpoint_id: Uuid,
    name: String,
    url: String,
    event_types: Vec<String>,
    created_at: OffsetDateTime,
    disabled_at: Option<OffsetDateTime>,
}

impl From<Row> for Endpoint {
    fn from(row: Row) -> Self {
        Self {
            id: WebhookEndpointId::from_uuid(row.webhook_endpoint_id),
            name: row.name,
            url: row.url,
            event_types: row.event_types,
            created_at: row.created_at,
            disabled_at: row.disabled_at,
        }
    }
}

/// How many endpoints the shop has; nobody else adds one until the transaction ends.
pub(super) async fn lock_and_count(tx: &mut Tx, shop: ShopId) -> Result<usize, Fault> {
    // Payments refer to their shop, which this lock does not hold up.
    sqlx::query!("select shop_id from shop where shop_id = $1 for no key update", shop.uuid())
        .fetch_optional(tx.conn())
        .await?;
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from webhook_endpoint
           where shop_id = $1 and disabled_at is null"#,
        shop.uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

pub(super) async fn insert(tx: &mut Tx, shop: ShopId, new: &Draft<'_>) -> Result<Endpoint, Fault> {
    let row = sqlx::query_as!(
        Row,
        r#"
        insert into webhook_endpoint (webhook_endpoint_id, shop_id, name, url, secret, event_types)
        values ($1, $2, $3, $4, $5, $6)
        returning webhook_endpoint_id, name, url, event_types, created_at, disabled_at
        "#,
        new.id.uuid(),
        shop.uuid(),
        new.name,
        new.url,
        new.secret,
        &new.event_types,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.into())
}

/// Adds the shop's endpoint of the name, or moves it.
pub(super) async fn save(
    tx: &mut Tx,
    shop: ShopId,
    (new, name): (WebhookEndpointId, &str),
    url: &str,
    secret: &str,
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into webhook_endpoint (webhook_endpoint_id, shop_id, name, url, secret)
        values ($1, $2, $3, $4, $5)
        on conflict (shop_id, name) where disabled_at is null
        do update set url = excluded.url, secret = excluded.secret
        "#,
        new.uuid(),
        shop.uuid(),
        name,
        url,
        secret,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn disable_named(tx: &mut Tx, shop: ShopId, name: &str) -> Result<(), Fault> {
    sqlx::query!(
        "update webhook_endpoint set disabled_at = now()
         where shop_id = $1 and name = $2 and disabled_at is null",
        shop.uuid(),
        name,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The endpoint, if it was not disabled before.
pub(super) async fn disable(
    tx: &mut Tx,
    shop: ShopId,
    id: WebhookEndpointId,
) -> Result<Option<Endpoint>, Fault> {
    let row = sqlx::query_as!(
        Row,
        r#"
        update webhook_endpoint set disabled_at = now()
        where shop_id = $1 and webhook_endpoint_id = $2 and disabled_at is null
        returning webhook_endpoint_id, name, url, event_types, created_at, disabled_at
        "#,
        shop.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Endpoint::from))
}

pub(super) async fn list(pool: &PgPool, shop: ShopId) -> Result<Vec<Endpoint>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        "select webhook_endpoint_id, name, url, event_types, created_at, disabled_at
         from webhook_endpoint where shop_id = $1 and disabled_at is null order by name",
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(Endpoint::from).collect())
}

pub(super) async fn find(
    pool: &PgPool,
    shop: ShopId,
    id: WebhookEndpointId,
) -> Result<Option<Endpoint>, Fault> {
    let row = sqlx::query_as!(
        Row,
        "select webhook_endpoint_id, name, url, event_types, created_at, disabled_at
         from webhook_endpoint where shop_id = $1 and webhook_endpoint_id = $2",
        shop.uuid(),
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(Endpoint::from))
}

/// As the index `webhook_attempt_untaken_idx` has them: tries that were taken are in none.
pub(super) async fn untaken(
    pool: &PgPool,
    shop: ShopId,
    id: WebhookEndpointId,
    limit: i64,
) -> Result<Vec<Untaken>, Fault> {
    let rows = sqlx::query!(
        r#"
        select sent.event_id, sent.attempt, sent.status, sent.error, sent.at
        from webhook_attempt as sent
        join webhook_endpoint as receiver using (webhook_endpoint_id)
        where sent.webhook_endpoint_id = $2 and receiver.shop_id = $1
          and (sent.status is null or sent.status not between 200 and 299)
        order by sent.at desc
        limit $3
        "#,
        shop.uuid(),
        id.uuid(),
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Untaken {
            event: EventId::from_uuid(row.event_id),
            attempt: row.attempt,
            status: row.status,
            error: row.error,
            at: row.at,
        })
        .collect())
}
