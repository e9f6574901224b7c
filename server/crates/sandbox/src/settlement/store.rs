//! The SQL of settlement: closing days, and reading what stands in them.

use sqlx::{FromRow, PgConnection};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// One settled line of the PSP's own book.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Settled {
    pub(crate) kind: String,
    pub(crate) reference: String,
    pub(crate) payment_id: Uuid,
    pub(crate) refund_reference: Option<String>,
    pub(crate) currency: String,
    pub(crate) gross_minor: i64,
    pub(crate) fee_minor: i64,
    pub(crate) occurred_at: OffsetDateTime,
}

/// What the account has at the PSP in one currency, before a day.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Opening {
    pub(crate) currency: String,
    pub(crate) balance_minor: i64,
}

/// Locks the account and reads up to which day its book is closed.
pub(crate) async fn lock_closed_through(
    connection: &mut PgConnection,
    account_id: i64,
) -> Result<Option<Date>, sqlx::Error> {
    sqlx::query_scalar("select closed_through from account where account_id = $1 for update")
        .bind(account_id)
        .fetch_one(connection)
        .await
}

/// Settles everything that happened before the end of `day` into its own day, or, where that day
/// is closed already, into the first open one; and closes every day up to `day`.
pub(crate) async fn close_through(
    connection: &mut PgConnection,
    account_id: i64,
    day: Date,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with closing as (
             update movement
             set settled_on = greatest(
                 (movement.occurred_at at time zone 'UTC')::date, account.closed_through + 1)
             from account
             where account.account_id = $1 and movement.account_id = $1
               and movement.settled_on is null
               and movement.occurred_at < ($2::date + 1)::timestamp at time zone 'UTC')
         update account set closed_through = $2 where account_id = $1",
    )
    .bind(account_id)
    .bind(day)
    .execute(connection)
    .await?;
    Ok(())
}

/// Lists what a closed day holds, in the order in which it happened. Where the clock stands, much
/// happens at one time: with a seed, ids that repeat put it in order, and not who was faster.
pub(crate) async fn list_settled(
    connection: &mut PgConnection,
    account_id: i64,
    day: Date,
    is_seeded: bool,
) -> Result<Vec<Settled>, sqlx::Error> {
    sqlx::query_as(
        "select kind, reference, payment_id, refund_reference, currency, gross_minor, fee_minor,
             occurred_at
         from movement where account_id = $1 and settled_on = $2
         order by occurred_at, case when $3 then payment_id end, movement_id",
    )
    .bind(account_id)
    .bind(day)
    .bind(is_seeded)
    .fetch_all(connection)
    .await
}

/// Sums the nets of all days before `day`, per currency.
pub(crate) async fn list_openings(
    connection: &mut PgConnection,
    account_id: i64,
    day: Date,
) -> Result<Vec<Opening>, sqlx::Error> {
    sqlx::query_as(
        "select currency, sum(gross_minor - fee_minor)::bigint as balance_minor
         from movement where account_id = $1 and settled_on < $2
         group by currency order by currency",
    )
    .bind(account_id)
    .bind(day)
    .fetch_all(connection)
    .await
}
