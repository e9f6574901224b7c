//! The SQL of accounts.

use sqlx::{FromRow, PgPool};

/// An account as it is stored.
#[derive(FromRow)]
pub(crate) struct AccountRow {
    pub(crate) account_id: i64,
    pub(crate) name: String,
    pub(crate) api_key_hash: Vec<u8>,
    pub(crate) webhook_url: Option<String>,
    pub(crate) webhook_secret: String,
    pub(crate) processor: String,
}

/// What is asked of an account.
pub(crate) struct NewAccount<'a> {
    pub(crate) name: &'a str,
    pub(crate) processor: &'a str,
    pub(crate) api_key_hash: Vec<u8>,
    pub(crate) webhook_url: Option<&'a str>,
    pub(crate) webhook_secret: &'a str,
}

/// Opens the account of this name, or changes it.
pub(crate) async fn save(pool: &PgPool, account: &NewAccount<'_>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into account (name, api_key_hash, webhook_url, webhook_secret, processor)
         values ($1, $2, $3, $4, $5)
         on conflict (name) do update
         set api_key_hash = excluded.api_key_hash, webhook_url = excluded.webhook_url,
             webhook_secret = excluded.webhook_secret, processor = excluded.processor",
    )
    .bind(account.name)
    .bind(&account.api_key_hash)
    .bind(account.webhook_url)
    .bind(account.webhook_secret)
    .bind(account.processor)
    .execute(pool)
    .await?;
    Ok(())
}

pub(crate) async fn find_by_key(
    pool: &PgPool,
    api_key_hash: &[u8],
) -> Result<Option<AccountRow>, sqlx::Error> {
    sqlx::query_as(
        "select account_id, name, api_key_hash, webhook_url, webhook_secret, processor
         from account where api_key_hash = $1",
    )
    .bind(api_key_hash)
    .fetch_optional(pool)
    .await
}

pub(crate) async fn find_by_id(
    pool: &PgPool,
    account_id: i64,
) -> Result<Option<AccountRow>, sqlx::Error> {
    sqlx::query_as(
        "select account_id, name, api_key_hash, webhook_url, webhook_secret, processor
         from account where account_id = $1",
    )
    .bind(account_id)
    .fetch_optional(pool)
    .await
}
