//! Writing new checkouts: what a group of them adds, each kind of row by one statement.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::columns::column;
use crate::db::{Fault, Tx};
use crate::payments::store::json;

pub(in crate::checkouts) struct CheckoutRow {
    pub(in crate::checkouts) bucket: i16,
    pub(in crate::checkouts) checkout_id: Uuid,
    pub(in crate::checkouts) shop_id: Uuid,
    pub(in crate::checkouts) reference: String,
    pub(in crate::checkouts) currency: &'static str,
    pub(in crate::checkouts) total_minor: i64,
    pub(in crate::checkouts) buyer: Value,
    pub(in crate::checkouts) description: Option<String>,
    pub(in crate::checkouts) return_url: Option<String>,
    pub(in crate::checkouts) expires_in_seconds: u64,
    pub(in crate::checkouts) policy: &'static str,
    pub(in crate::checkouts) metadata: Value,
}

pub(in crate::checkouts) struct PaymentRow {
    pub(in crate::checkouts) bucket: i16,
    pub(in crate::checkouts) payment_id: Uuid,
    pub(in crate::checkouts) checkout_id: Uuid,
    pub(in crate::checkouts) shop_id: Uuid,
    pub(in crate::checkouts) seller_id: Uuid,
    pub(in crate::checkouts) position: i16,
    pub(in crate::checkouts) reference: String,
    pub(in crate::checkouts) description: Option<String>,
    pub(in crate::checkouts) phase: &'static str,
    pub(in crate::checkouts) currency: &'static str,
    pub(in crate::checkouts) amount_minor: i64,
    pub(in crate::checkouts) capture_mode: &'static str,
    pub(in crate::checkouts) fee_basis_points: i32,
    pub(in crate::checkouts) attempts: i16,
    pub(in crate::checkouts) attempts_max: i16,
    pub(in crate::checkouts) payment_method: Option<String>,
    pub(in crate::checkouts) processor_account_id: Option<Uuid>,
    pub(in crate::checkouts) version: i32,
    pub(in crate::checkouts) policy: &'static str,
    pub(in crate::checkouts) metadata: Value,
}

#[derive(Serialize)]
pub(in crate::checkouts) struct ClaimRow {
    pub(in crate::checkouts) bucket: i16,
    pub(in crate::checkouts) shop_id: Uuid,
    pub(in crate::checkouts) kind: &'static str,
    pub(in crate::checkouts) reference: String,
    pub(in crate::checkouts) object_id: Uuid,
}

/// Claims references and returns the objects that got theirs, in an order that cannot deadlock.
pub(in crate::checkouts) async fn claim(
    tx: &mut Tx,
    claims: &[ClaimRow],
) -> Result<HashSet<Uuid>, Fault> {
    let mut claims: Vec<&ClaimRow> = claims.iter().collect();
    claims.sort_by_key(|claim| (claim.bucket, claim.shop_id, claim.kind, &claim.reference));
    let buckets: Vec<i16> = claims.iter().map(|claim| claim.bucket).collect();
    let shops: Vec<Uuid> = claims.iter().map(|claim| claim.shop_id).collect();
    let kinds: Vec<&str> = claims.iter().map(|claim| claim.kind).collect();
    let references: Vec<&str> = claims.iter().map(|claim| claim.reference.as_str()).collect();
    let objects: Vec<Uuid> = claims.iter().map(|claim| claim.object_id).collect();
    let won = sqlx::query_scalar!(
        r#"
        insert into reference_claim (bucket, shop_id, kind, reference, object_id)
        select bucket, shop_id, kind, reference, object_id
        from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::uuid[])
            as new (bucket, shop_id, kind, reference, object_id)
        on conflict do nothing
        returning object_id
        "#,
        &buckets,
        &shops,
        &kinds as &[&str],
        &references as &[&str],
        &objects,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(won.into_iter().collect())
}

/// Gives references back.
pub(in crate::checkouts) async fn release(tx: &mut Tx, claims: &[&ClaimRow]) -> Result<(), Fault> {
    if claims.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        delete from reference_claim
        using jsonb_populate_recordset(null::reference_claim, $1) as lost
        where reference_claim.bucket = lost.bucket and reference_claim.shop_id = lost.shop_id
          and reference_claim.kind = lost.kind and reference_claim.reference = lost.reference
          and reference_claim.object_id = lost.object_id
        "#,
        json(claims)?,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(in crate::checkouts) async fn insert_checkouts(
    tx: &mut Tx,
    rows: &[&CheckoutRow],
) -> Result<(), Fault> {
    let seconds = |row: &&CheckoutRow| i32::try_from(row.expires_in_seconds).unwrap_or(i32::MAX);
    sqlx::query!(
        r#"
        insert into checkout (bucket, checkout_id, shop_id, reference, currency, total_minor, buyer,
                              description, return_url, expires_at, policy, metadata)
        select bucket, checkout_id, shop_id, reference, currency, total_minor, buyer, description,
               return_url, now() + make_interval(secs => expires_in_seconds), policy, metadata
        from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[],
                    $7::jsonb[], $8::text[], $9::text[], $10::integer[], $11::text[], $12::jsonb[])
            as new (bucket, checkout_id, shop_id, reference, currency, total_minor, buyer,
                    description, return_url, expires_in_seconds, policy, metadata)
        "#,
        &column(rows, |row| row.bucket),
        &column(rows, |row| row.checkout_id),
        &column(rows, |row| row.shop_id),
        &column(rows, |row| row.reference.as_str()) as &[&str],
        &column(rows, |row| row.currency) as &[&str],
        &column(rows, |row| row.total_minor),
        &column(rows, |row| row.buyer.clone()),
        &column(rows, |row| row.description.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.return_url.as_deref()) as &[Option<&str>],
        &rows.iter().map(seconds).collect::<Vec<i32>>(),
        &column(rows, |row| row.policy) as &[&str],
        &column(rows, |row| row.metadata.clone()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(in crate::checkouts) async fn insert_payments(
    tx: &mut Tx,
    rows: &[&PaymentRow],
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into payment (bucket, payment_id, checkout_id, shop_id, seller_id, position,
                             reference, description, phase, currency, amount_minor, capture_mode,
                             fee_basis_points, attempts, attempts_max, payment_method,
                             processor_account_id, version, policy, metadata)
        select bucket, payment_id, checkout_id, shop_id, seller_id, position, reference,
               description, phase, currency, amount_minor, capture_mode, fee_basis_points, attempts,
               attempts_max, payment_method, processor_account_id, version, policy, metadata
        from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::smallint[],
                    $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::text[],
                    $13::integer[], $14::smallint[], $15::smallint[], $16::text[], $17::uuid[],
                    $18::integer[], $19::text[], $20::jsonb[])
            as new (bucket, payment_id, checkout_id, shop_id, seller_id, position, reference,
                    description, phase, currency, amount_minor, capture_mode, fee_basis_points,
                    attempts, attempts_max, payment_method, processor_account_id, version, policy,
                    metadata)
        "#,
        &column(rows, |row| row.bucket),
        &column(rows, |row| row.payment_id),
        &column(rows, |row| row.checkout_id),
        &column(rows, |row| row.shop_id),
        &column(rows, |row| row.seller_id),
        &column(rows, |row| row.position),
        &column(rows, |row| row.reference.as_str()) as &[&str],
        &column(rows, |row| row.description.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.phase) as &[&str],
        &column(rows, |row| row.currency) as &[&str],
        &column(rows, |row| row.amount_minor),
        &column(rows, |row| row.capture_mode) as &[&str],
        &column(rows, |row| row.fee_basis_points),
        &column(rows, |row| row.attempts),
        &column(rows, |row| row.attempts_max),
        &column(rows, |row| row.payment_method.as_deref()) as &[Option<&str>],
        &column(rows, |row| row.processor_account_id) as &[Option<Uuid>],
        &column(rows, |row| row.version),
        &column(rows, |row| row.policy) as &[&str],
        &column(rows, |row| row.metadata.clone()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
