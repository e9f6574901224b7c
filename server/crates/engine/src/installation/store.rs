//! The SQL of questions about the whole installation.

use domain::id::{ProcessorAccountId, ShopId};
use sqlx::PgPool;

use crate::db::Fault;

/// The number of the newest migration that was applied; `None` if none was.
pub(super) async fn newest_migration(pool: &PgPool) -> Result<Option<i64>, Fault> {
    let is_there: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(pool)
        .await?;
    if !is_there {
        return Ok(None);
    }
    // Not checked when compiling: the table is the migrator's.
    Ok(sqlx::query_scalar("select max(version) from _sqlx_migrations where success")
        .fetch_one(pool)
        .await?)
}

/// The addresses of processors.
pub(super) async fn processor_addresses(pool: &PgPool) -> Result<Vec<String>, Fault> {
    Ok(sqlx::query_scalar!("select distinct base_url from processor_account")
        .fetch_all(pool)
        .await?)
}

/// All shops.
pub(super) async fn shops(pool: &PgPool) -> Result<Vec<ShopId>, Fault> {
    let rows = sqlx::query_scalar!("select shop_id from shop order by shop_id");
    Ok(rows.fetch_all(pool).await?.into_iter().map(ShopId::from_uuid).collect())
}

/// The processor accounts with this name or id; all without a name.
pub(super) async fn processor_accounts(
    pool: &PgPool,
    name: Option<&str>,
    id: Option<ProcessorAccountId>,
) -> Result<Vec<(ShopId, ProcessorAccountId)>, Fault> {
    let rows = sqlx::query!(
        "select shop_id, processor_account_id from processor_account
         where $1::text is null or name = $1 or processor_account_id = $2",
        name,
        id.map(ProcessorAccountId::uuid),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let account = ProcessorAccountId::from_uuid(row.processor_account_id);
            (ShopId::from_uuid(row.shop_id), account)
        })
        .collect())
}

/// How many currencies do not sum to zero.
pub(super) async fn open_currencies(pool: &PgPool) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from (
            select currency from entry group by currency having sum(amount_minor) <> 0
        ) as broken
        "#
    )
    .fetch_one(pool)
    .await?)
}

/// How many postings do not sum to zero in each currency.
pub(super) async fn open_postings(pool: &PgPool) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from (
            select posting_id from entry
            group by bucket, posting_id, currency having sum(amount_minor) <> 0
        ) as broken
        "#
    )
    .fetch_one(pool)
    .await?)
}

/// How many balances differ from the sum of their entries.
pub(super) async fn wrong_balances(pool: &PgPool) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from (
            select bucket, account_id, sum(amount_minor) as total from entry
            group by bucket, account_id
        ) as posted
        full join (
            select bucket, account_id, sum(part.amount_minor) as total from (
                select bucket, account_id, balance_minor as amount_minor from account_balance
                union all
                select bucket, account_id, amount_minor from balance_delta
            ) as part
            group by bucket, account_id
        ) as kept using (bucket, account_id)
        where coalesce(posted.total, 0) <> coalesce(kept.total, 0)
        "#
    )
    .fetch_one(pool)
    .await?)
}

/// How many captured payments have no posting.
pub(super) async fn unposted_captures(pool: &PgPool) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from payment
        where captured_minor > 0 and not exists (
            select 1 from posting
            where posting.bucket = payment.bucket and posting.object_id = payment.payment_id)
        "#
    )
    .fetch_one(pool)
    .await?)
}

/// The setting; `fresh` becomes its value if it has none.
pub(super) async fn setting(pool: &PgPool, name: &str, fresh: &[u8]) -> Result<Vec<u8>, Fault> {
    sqlx::query!(
        "insert into setting (name, value) values ($1, $2) on conflict do nothing",
        name,
        fresh,
    )
    .execute(pool)
    .await?;
    Ok(sqlx::query_scalar!("select value from setting where name = $1", name)
        .fetch_one(pool)
        .await?)
}
