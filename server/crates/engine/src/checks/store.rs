//! The SQL of the checks: how far they are, and what they have found.

pub(super) mod laws;

use std::time::Duration;

use domain::id::ShopId;
use sqlx::PgPool;

use crate::checks::chain::Next;
use crate::checks::{Breach, Found, Proof, Rule};
use crate::columns::column;
use crate::db::{Fault, Tx};

/// Where a check goes on.
pub(super) struct Cursor {
    pub(super) next_bucket: i16,
    pub(super) width: i16,
}

/// Notes that a round begins, unless one has begun within `every`.
pub(super) async fn begin(pool: &PgPool, every: Duration) -> Result<bool, Fault> {
    let begun = sqlx::query!(
        "update periodic set ran_at = now()
         where name = 'checks' and ran_at <= now() - make_interval(secs => $1::integer)",
        i32::try_from(every.as_secs()).unwrap_or(i32::MAX),
    )
    .execute(pool)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Begins to count for how long rules were not looked at, of those that are new.
pub(super) async fn enrol(pool: &PgPool) -> Result<(), Fault> {
    sqlx::query!(
        "insert into proof_check (name) select name from unnest($1::text[]) as rule (name)
         where not exists (select 1 from proof_check where proof_check.name = rule.name)
         on conflict do nothing",
        &column(&Rule::ALL, |rule| rule.as_str().to_owned()),
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Notes that a rule could not be looked at in this round, and looks at fewer buckets the next time:
/// perhaps the statement took too long.
pub(super) async fn fail(pool: &PgPool, rule: Rule, why: &str) -> Result<(), Fault> {
    sqlx::query!(
        "update proof_check
         set failures = failures + 1, trouble = $2, width = greatest(width / 2, 1)
         where name = $1",
        rule.as_str(),
        why,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Locks how far a check is; `None` if somebody else is at work on it.
pub(super) async fn lock(tx: &mut Tx, rule: Rule) -> Result<Option<Cursor>, Fault> {
    Ok(sqlx::query_as!(
        Cursor,
        "select next_bucket, width from proof_check where name = $1 for update skip locked",
        rule.as_str(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Notes where a check goes on.
pub(super) async fn advance(
    tx: &mut Tx,
    rule: Rule,
    next_bucket: i16,
    width: i16,
) -> Result<(), Fault> {
    sqlx::query!(
        "update proof_check set next_bucket = $2, width = $3 where name = $1",
        rule.as_str(),
        next_bucket,
        width,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Counts what the cycle that is under way has found, now that it could be looked.
pub(super) async fn count(tx: &mut Tx, rule: Rule, found: usize) -> Result<(), Fault> {
    sqlx::query!(
        "update proof_check
         set breaches = breaches + $2::bigint, failures = 0, trouble = null where name = $1",
        rule.as_str(),
        i64::try_from(found).unwrap_or(i64::MAX),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes what has become of a cycle, and begins the next one.
pub(super) async fn complete(tx: &mut Tx, rule: Rule) -> Result<(), Fault> {
    sqlx::query!(
        "update proof_check
         set covered_from = case when breaches = 0 then began_at else covered_from end,
             passed_at = case when breaches = 0 then clock_timestamp() else passed_at end,
             failed_at = case when breaches = 0 then failed_at else clock_timestamp() end,
             breaches = 0, began_at = clock_timestamp()
         where name = $1",
        rule.as_str(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Replaces what was found at the places from the first to the last, of one shop or of all, by what
/// is found there now.
pub(super) async fn replace(
    tx: &mut Tx,
    rule: Rule,
    shop: Option<ShopId>,
    (first, last): (i64, i64),
    found: &[Found],
) -> Result<(), Fault> {
    let subjects = column(found, |found| found.subject);
    let details = column(found, |found| found.detail.clone());
    sqlx::query!(
        "delete from proof_breach
         where name = $1 and ($2::uuid is null or shop_id = $2) and place between $3 and $4
           and (subject, detail) not in (select subject, detail
                                         from unnest($5::uuid[], $6::text[]) as now (subject, detail))",
        rule.as_str(),
        shop.map(ShopId::uuid),
        first,
        last,
        &subjects,
        &details,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into proof_breach (name, shop_id, place, subject, detail)
         select $1, shop_id, place, subject, detail
         from unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::text[])
             as new (shop_id, place, subject, detail)
         on conflict do nothing",
        rule.as_str(),
        &column(found, |found| found.shop_id) as &[Option<uuid::Uuid>],
        &column(found, |found| found.place),
        &subjects,
        &details,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Begins a cycle in which all chains are compared, from their beginning to where they end now.
pub(super) async fn begin_chains(tx: &mut Tx) -> Result<(), Fault> {
    sqlx::query!(
        "insert into chain_check (shop_id, target_sequence) select shop_id, sequence from book_chain
         on conflict (shop_id) do update
         set checked_sequence = 0, target_sequence = excluded.target_sequence",
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "update proof_check set began_at = clock_timestamp() where name = $1",
        Rule::ChainHolds.as_str(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The first chain that was not compared as far as this cycle goes.
pub(super) async fn next_chain(tx: &mut Tx) -> Result<Option<Next>, Fault> {
    let row = sqlx::query!(
        "select shop_id, checked_sequence, target_sequence from chain_check
         where checked_sequence < target_sequence order by shop_id limit 1",
    )
    .fetch_optional(tx.conn())
    .await?;
    let number = |number| u64::try_from(number).unwrap_or(0);
    Ok(row.map(|row| Next {
        shop: ShopId::from_uuid(row.shop_id),
        checked: number(row.checked_sequence),
        target: number(row.target_sequence),
    }))
}

/// All chains, and where each ends.
pub(super) async fn chains(pool: &PgPool) -> Result<Vec<(ShopId, u64)>, Fault> {
    let rows = sqlx::query!("select shop_id, sequence from book_chain order by shop_id")
        .fetch_all(pool)
        .await?;
    let number = |number| u64::try_from(number).unwrap_or(0);
    Ok(rows.into_iter().map(|row| (ShopId::from_uuid(row.shop_id), number(row.sequence))).collect())
}

/// Notes how far a chain was compared.
pub(super) async fn advance_chain(tx: &mut Tx, shop: ShopId, checked: i64) -> Result<(), Fault> {
    sqlx::query!(
        "update chain_check set checked_sequence = $2 where shop_id = $1",
        shop.uuid(),
        checked,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How far each check is.
pub(super) async fn proofs(pool: &PgPool) -> Result<Vec<Proof>, Fault> {
    let rows = sqlx::query!(
        r#"select name, passed_at, covered_from, failed_at, failures,
                  (select count(*) from proof_breach
                   where proof_breach.name = proof_check.name) as "breaches!"
           from proof_check"#,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Proof {
                rule: Rule::from_word(&row.name)?,
                passed_at: row.passed_at,
                covered_from: row.covered_from,
                failed_at: row.failed_at,
                failures: row.failures,
                breaches: row.breaches,
            })
        })
        .collect())
}

/// The rows of a shop, and of nobody, that break rules.
pub(super) async fn breaches(
    pool: &PgPool,
    shop: ShopId,
    limit: i64,
) -> Result<Vec<Breach>, Fault> {
    let rows = sqlx::query!(
        "select name, shop_id, place, subject, detail, found_at from proof_breach
         where shop_id = $1 or shop_id is null order by found_at, name, place, subject limit $2",
        shop.uuid(),
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Breach {
                rule: Rule::from_word(&row.name)?,
                shop: row.shop_id.map(ShopId::from_uuid),
                place: row.place,
                subject: row.subject,
                detail: row.detail,
                found_at: row.found_at,
            })
        })
        .collect())
}

/// How many rows of a shop, and of nobody, break which rules.
pub(super) async fn breach_counts(pool: &PgPool, shop: ShopId) -> Result<Vec<(Rule, i64)>, Fault> {
    let rows = sqlx::query!(
        r#"select name, count(*) as "breaches!" from proof_breach
           where shop_id = $1 or shop_id is null group by name"#,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    let known = |word: &str| Rule::from_word(word);
    Ok(rows.into_iter().filter_map(|row| Some((known(&row.name)?, row.breaches))).collect())
}
