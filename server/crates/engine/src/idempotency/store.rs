//! The SQL of idempotency keys.

use std::collections::HashMap;
use std::time::Duration;

use domain::id::{Bucket, ShopId};
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Answer, Name, Request, Row, Slot};
use crate::db::{Fault, Tx, interval};

/// A fingerprint and the end of the lease that goes with it.
type Lease = ([u8; 32], OffsetDateTime);

/// The names of keys, as columns.
struct Columns {
    buckets: Vec<i16>,
    shops: Vec<Uuid>,
    routes: Vec<String>,
    keys: Vec<String>,
    fingerprints: Vec<Vec<u8>>,
}

impl Columns {
    fn of(requests: &[&Request]) -> Self {
        let bucket = |request: &&Request| Bucket::of_reference(request.shop, &request.key).as_i16();
        Self {
            buckets: requests.iter().map(bucket).collect(),
            shops: requests.iter().map(|request| request.shop.uuid()).collect(),
            routes: requests.iter().map(|request| request.route.clone()).collect(),
            keys: requests.iter().map(|request| request.key.clone()).collect(),
            fingerprints: requests.iter().map(|request| request.fingerprint.to_vec()).collect(),
        }
    }
}

/// Claims the keys that nobody has used yet.
pub(super) async fn insert(
    tx: &mut Tx,
    requests: &[&Request],
    lease: Duration,
) -> Result<HashMap<Name, Lease>, Fault> {
    let columns = Columns::of(requests);
    let rows = sqlx::query!(
        r#"
        insert into idempotency (bucket, shop_id, route, key, fingerprint, leased_until)
        select bucket, shop_id, route, key, fingerprint, now() + $6
        from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::bytea[])
            as new (bucket, shop_id, route, key, fingerprint)
        on conflict do nothing
        returning shop_id, route, key, fingerprint, leased_until
        "#,
        &columns.buckets,
        &columns.shops,
        &columns.routes,
        &columns.keys,
        &columns.fingerprints,
        interval(lease),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let name = (ShopId::from_uuid(row.shop_id), row.route, row.key);
            Ok((name, (fingerprint(&row.fingerprint)?, row.leased_until)))
        })
        .collect()
}

/// Claims the keys whose holder left without an effect.
pub(super) async fn take_over(
    tx: &mut Tx,
    requests: &[&Request],
    lease: Duration,
) -> Result<HashMap<Name, Lease>, Fault> {
    let columns = Columns::of(requests);
    let rows = sqlx::query!(
        r#"
        update idempotency
        set leased_until = now() + $6
        from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::bytea[])
            as wanted (bucket, shop_id, route, key, fingerprint)
        where idempotency.bucket = wanted.bucket and idempotency.shop_id = wanted.shop_id
          and idempotency.route = wanted.route and idempotency.key = wanted.key
          and idempotency.fingerprint = wanted.fingerprint
          and leased_until <= now() and object_id is null and status is null
        returning idempotency.shop_id, idempotency.route, idempotency.key,
                  idempotency.fingerprint, leased_until
        "#,
        &columns.buckets,
        &columns.shops,
        &columns.routes,
        &columns.keys,
        &columns.fingerprints,
        interval(lease),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let name = (ShopId::from_uuid(row.shop_id), row.route, row.key);
            Ok((name, (fingerprint(&row.fingerprint)?, row.leased_until)))
        })
        .collect()
}

/// The keys as they stand.
pub(super) async fn find(tx: &mut Tx, requests: &[&Request]) -> Result<HashMap<Name, Row>, Fault> {
    let columns = Columns::of(requests);
    let rows = sqlx::query!(
        r#"
        select idempotency.shop_id, idempotency.route, idempotency.key, fingerprint,
               leased_until > now() as "is_leased!", object_id, status, headers, body
        from idempotency
        join unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[])
            as wanted (bucket, shop_id, route, key)
          on idempotency.bucket = wanted.bucket and idempotency.shop_id = wanted.shop_id
         and idempotency.route = wanted.route and idempotency.key = wanted.key
        "#,
        &columns.buckets,
        &columns.shops,
        &columns.routes,
        &columns.keys,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let answer = row.status.zip(row.body).map(|(status, body)| Answer {
                status: u16::try_from(status).unwrap_or_default(),
                headers: row.headers.unwrap_or_default(),
                body,
            });
            let name = (ShopId::from_uuid(row.shop_id), row.route, row.key);
            let (is_leased, object) = (row.is_leased, row.object_id);
            (name, Row { fingerprint: row.fingerprint, is_leased, object, answer })
        })
        .collect())
}

/// Adds objects to keys that are still held; whether all of them were.
pub(super) async fn attach(tx: &mut Tx, objects: &[(&Slot, Uuid)]) -> Result<bool, Fault> {
    let buckets: Vec<i16> = objects.iter().map(|(slot, _)| slot.bucket()).collect();
    let shops: Vec<Uuid> = objects.iter().map(|(slot, _)| slot.shop.uuid()).collect();
    let routes: Vec<String> = objects.iter().map(|(slot, _)| slot.route.clone()).collect();
    let keys: Vec<String> = objects.iter().map(|(slot, _)| slot.key.clone()).collect();
    let leases: Vec<OffsetDateTime> = objects.iter().map(|(slot, _)| slot.leased_until).collect();
    let ids: Vec<Uuid> = objects.iter().map(|(_, object)| *object).collect();
    let attached = sqlx::query!(
        r#"
        update idempotency
        set object_id = made.object_id
        from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[])
            as made (bucket, shop_id, route, key, leased_until, object_id)
        where idempotency.bucket = made.bucket and idempotency.shop_id = made.shop_id
          and idempotency.route = made.route and idempotency.key = made.key
          and idempotency.leased_until = made.leased_until and idempotency.object_id is null
        "#,
        &buckets,
        &shops,
        &routes,
        &keys,
        &leases,
        &ids,
    )
    .execute(tx.conn())
    .await?;
    Ok(attached.rows_affected() == objects.len() as u64)
}

/// Ends the lease of a key that is still held and whose call had its effect.
pub(super) async fn end_lease(pool: &PgPool, slot: &Slot) -> Result<(), Fault> {
    sqlx::query!(
        "update idempotency set leased_until = now()
         where bucket = $1 and shop_id = $2 and route = $3 and key = $4 and leased_until = $5
           and object_id is not null",
        slot.bucket(),
        slot.shop.uuid(),
        slot.route,
        slot.key,
        slot.leased_until,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Keeps answers of keys that are still held.
pub(super) async fn keep(pool: &PgPool, answers: &[(Slot, Answer)]) -> Result<(), Fault> {
    let buckets: Vec<i16> = answers.iter().map(|(slot, _)| slot.bucket()).collect();
    let shops: Vec<Uuid> = answers.iter().map(|(slot, _)| slot.shop.uuid()).collect();
    let routes: Vec<String> = answers.iter().map(|(slot, _)| slot.route.clone()).collect();
    let keys: Vec<String> = answers.iter().map(|(slot, _)| slot.key.clone()).collect();
    let leases: Vec<OffsetDateTime> = answers.iter().map(|(slot, _)| slot.leased_until).collect();
    let statuses: Vec<i16> = answers
        .iter()
        .map(|(_, answer)| i16::try_from(answer.status).expect("an HTTP status has three digits"))
        .collect();
    let headers: Vec<Value> = answers.iter().map(|(_, answer)| answer.headers.clone()).collect();
    let bodies: Vec<String> = answers.iter().map(|(_, answer)| answer.body.clone()).collect();
    sqlx::query!(
        r#"
        update idempotency
        set status = given.status, headers = given.headers, body = given.body
        from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[],
                    $6::smallint[], $7::jsonb[], $8::text[])
            as given (bucket, shop_id, route, key, leased_until, status, headers, body)
        where idempotency.bucket = given.bucket and idempotency.shop_id = given.shop_id
          and idempotency.route = given.route and idempotency.key = given.key
          and idempotency.leased_until = given.leased_until
        "#,
        &buckets,
        &shops,
        &routes,
        &keys,
        &leases,
        &statuses,
        &headers,
        &bodies,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Forgets a key that had no effect.
pub(super) async fn free(pool: &PgPool, slot: &Slot) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        delete from idempotency
        where bucket = $1 and shop_id = $2 and route = $3 and key = $4 and leased_until = $5
          and object_id is null and status is null
        "#,
        slot.bucket(),
        slot.shop.uuid(),
        slot.route,
        slot.key,
        slot.leased_until,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Forgets up to `limit` keys that are older than `days`.
pub(super) async fn sweep(pool: &PgPool, days: i32, limit: i64) -> Result<u64, Fault> {
    let swept = sqlx::query!(
        r#"
        with old as (
            select bucket, shop_id, route, key from idempotency
            where created_at < now() - make_interval(days => $1)
            limit $2
            for update skip locked
        )
        delete from idempotency using old
        where idempotency.bucket = old.bucket and idempotency.shop_id = old.shop_id
          and idempotency.route = old.route and idempotency.key = old.key
        "#,
        days,
        limit,
    )
    .execute(pool)
    .await?;
    Ok(swept.rows_affected())
}

fn fingerprint(bytes: &[u8]) -> Result<[u8; 32], Fault> {
    bytes.try_into().map_err(|_| Fault::CorruptRow("a fingerprint is not a SHA-256".into()))
}
