//! The SQL of the dashboard.

use sqlx::{FromRow, PgPool};
use time::Date;

use crate::{
    payments::{payment::Payment, store::select_payment},
    transfers::{store::select_transfer, transfer::Transfer},
};

/// An account, with what it has at the PSP's hands.
#[derive(Debug, FromRow)]
pub(crate) struct AccountLine {
    pub(crate) account_id: i64,
    pub(crate) name: String,
    pub(crate) processor: String,
    pub(crate) webhook_url: Option<String>,
    pub(crate) closed_through: Option<Date>,
    /// How many webhooks have not been delivered yet.
    pub(crate) webhooks_waiting: i64,
}

pub(crate) async fn list_accounts(pool: &PgPool) -> Result<Vec<AccountLine>, sqlx::Error> {
    sqlx::query_as(
        "select account_id, name, processor, webhook_url, closed_through,
             (select count(*) from webhook where webhook.account_id = account.account_id)
                 as webhooks_waiting
         from account order by name limit 100",
    )
    .fetch_all(pool)
    .await
}

/// Counts what waits for the clock.
pub(crate) async fn count_alarms(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select count(*) from alarm").fetch_one(pool).await
}

/// Lists the latest payments of everybody. Ids grow with time.
pub(crate) async fn list_latest(pool: &PgPool) -> Result<Vec<Payment>, sqlx::Error> {
    sqlx::query_as(select_payment!("order by payment_id desc limit 20")).fetch_all(pool).await
}

/// Lists the latest transfers of everybody.
pub(crate) async fn list_latest_transfers(pool: &PgPool) -> Result<Vec<Transfer>, sqlx::Error> {
    sqlx::query_as(select_transfer!("order by transfer_id desc limit 20")).fetch_all(pool).await
}

/// Lists what waits for a reviewer, oldest first.
pub(crate) async fn list_in_review(pool: &PgPool) -> Result<Vec<Payment>, sqlx::Error> {
    sqlx::query_as(select_payment!("where status = 'in_review' order by created_at limit 50"))
        .fetch_all(pool)
        .await
}
