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

/// The setting; `None` if it has no value.
pub(super) async fn setting(pool: &PgPool, name: &str) -> Result<Option<Vec<u8>>, Fault> {
    Ok(sqlx::query_scalar!("select value from setting where name = $1", name)
        .fetch_optional(pool)
        .await?)
}

/// Gives a setting its value, unless it has one.
pub(super) async fn insert_setting(pool: &PgPool, name: &str, value: &[u8]) -> Result<(), Fault> {
    sqlx::query!(
        "insert into setting (name, value) values ($1, $2) on conflict do nothing",
        name,
        value,
    )
    .execute(pool)
    .await?;
    Ok(())
}
