//! The SQL of transfers and of the money that they moved.

use sqlx::{FromRow, PgConnection, PgPool};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::transfers::{
    lifecycle::Line,
    transfer::{State, Transfer},
};

/// A query of whole transfers, with what follows `from transfer`.
macro_rules! select_transfer {
    ($tail:literal) => {
        concat!(
            "select transfer_id, account_id, reference, currency, amount_minor, iban, name,
                 remittance, scenario, state, reason, accepted_at, in_transit_at, paid_at,
                 failed_at, returned_at, updated_at, version
             from transfer ",
            $tail
        )
    };
}
pub(crate) use select_transfer;

/// Writes a new transfer; `false` if the account has one with its reference.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    transfer: &Transfer,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "insert into transfer (transfer_id, account_id, reference, currency, amount_minor, iban,
             name, remittance, scenario, state, accepted_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict (account_id, reference) do nothing",
    )
    .bind(transfer.transfer_id)
    .bind(transfer.account_id)
    .bind(&transfer.reference)
    .bind(&transfer.currency)
    .bind(transfer.amount_minor)
    .bind(&transfer.iban)
    .bind(&transfer.name)
    .bind(&transfer.remittance)
    .bind(&transfer.scenario)
    .bind(transfer.state.name())
    .bind(transfer.accepted_at)
    .bind(transfer.updated_at)
    .bind(transfer.version)
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Finds a transfer of the account.
pub(crate) async fn find(
    pool: &PgPool,
    account_id: i64,
    transfer_id: Uuid,
) -> Result<Option<Transfer>, sqlx::Error> {
    sqlx::query_as(select_transfer!("where transfer_id = $1 and account_id = $2"))
        .bind(transfer_id)
        .bind(account_id)
        .fetch_optional(pool)
        .await
}

/// Finds a transfer by its id alone, for the pages.
pub(crate) async fn find_any(
    pool: &PgPool,
    transfer_id: Uuid,
) -> Result<Option<Transfer>, sqlx::Error> {
    sqlx::query_as(select_transfer!("where transfer_id = $1"))
        .bind(transfer_id)
        .fetch_optional(pool)
        .await
}

/// Finds the account's transfer of a reference.
pub(crate) async fn find_by_reference(
    connection: &mut PgConnection,
    account_id: i64,
    reference: &str,
) -> Result<Option<Transfer>, sqlx::Error> {
    sqlx::query_as(select_transfer!("where account_id = $1 and reference = $2"))
        .bind(account_id)
        .bind(reference)
        .fetch_optional(connection)
        .await
}

/// Locks a transfer for the caller's transaction.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    transfer_id: Uuid,
) -> Result<Option<Transfer>, sqlx::Error> {
    sqlx::query_as(select_transfer!("where transfer_id = $1 for update"))
        .bind(transfer_id)
        .fetch_optional(connection)
        .await
}

/// Writes what may change of a locked transfer.
pub(crate) async fn update(
    connection: &mut PgConnection,
    transfer: &Transfer,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update transfer
         set state = $2, reason = $3, in_transit_at = $4, paid_at = $5, failed_at = $6,
             returned_at = $7, updated_at = $8, version = $9
         where transfer_id = $1",
    )
    .bind(transfer.transfer_id)
    .bind(transfer.state)
    .bind(&transfer.reason)
    .bind(transfer.in_transit_at)
    .bind(transfer.paid_at)
    .bind(transfer.failed_at)
    .bind(transfer.returned_at)
    .bind(transfer.updated_at)
    .bind(transfer.version)
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds a line to the processor's book, at the time of the transfer's last change.
pub(crate) async fn insert_movement(
    connection: &mut PgConnection,
    transfer: &Transfer,
    line: Line,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into transfer_movement (account_id, transfer_id, kind, currency, amount_minor,
             occurred_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(transfer.account_id)
    .bind(transfer.transfer_id)
    .bind(line.kind)
    .bind(&transfer.currency)
    .bind(line.amount_minor)
    .bind(transfer.updated_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// What became of one transfer, by its state and by the money that moved.
#[derive(Debug, FromRow)]
pub(crate) struct Booked {
    pub(crate) reference: String,
    pub(crate) state: State,
    pub(crate) currency: String,
    pub(crate) amount_minor: i64,
    pub(crate) times_paid: i64,
    pub(crate) times_returned: i64,
}

/// Lists every transfer of the account, oldest first.
pub(crate) async fn list_booked(
    pool: &PgPool,
    account_id: i64,
) -> Result<Vec<Booked>, sqlx::Error> {
    sqlx::query_as(
        "select reference, state, transfer.currency, transfer.amount_minor,
             count(*) filter (where kind = 'paid') as times_paid,
             count(*) filter (where kind = 'returned') as times_returned
         from transfer
         left join transfer_movement on transfer_movement.transfer_id = transfer.transfer_id
         where transfer.account_id = $1
         group by transfer.transfer_id
         order by accepted_at, transfer.transfer_id",
    )
    .bind(account_id)
    .fetch_all(pool)
    .await
}

/// What an account has sent in one currency: what was paid less what was returned.
#[derive(Debug, FromRow)]
pub(crate) struct Sent {
    pub(crate) account_id: i64,
    pub(crate) currency: String,
    pub(crate) amount_minor: i64,
}

/// Sums what an account, or everybody, has sent, per currency.
pub(crate) async fn list_sent(
    pool: &PgPool,
    account_id: Option<i64>,
) -> Result<Vec<Sent>, sqlx::Error> {
    sqlx::query_as(
        "select account_id, currency, -sum(amount_minor)::bigint as amount_minor
         from transfer_movement where $1::bigint is null or account_id = $1
         group by account_id, currency order by account_id, currency",
    )
    .bind(account_id)
    .fetch_all(pool)
    .await
}

/// One line of a bank statement.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Entry {
    pub(crate) transfer_movement_id: i64,
    pub(crate) transfer_id: Uuid,
    pub(crate) kind: String,
    pub(crate) reference: String,
    pub(crate) currency: String,
    /// Below zero if it left the account.
    pub(crate) amount_minor: i64,
    pub(crate) iban: String,
    pub(crate) name: String,
    pub(crate) remittance: String,
    /// Why it came back; absent where it was paid.
    pub(crate) reason: Option<String>,
    pub(crate) occurred_at: OffsetDateTime,
}

/// Lists what moved on a day, by currency and in the order in which it happened.
pub(crate) async fn list_entries(
    connection: &mut PgConnection,
    account_id: i64,
    day: Date,
) -> Result<Vec<Entry>, sqlx::Error> {
    sqlx::query_as(
        "select transfer_movement_id, transfer_movement.transfer_id, kind, reference,
             transfer_movement.currency, transfer_movement.amount_minor, iban, name, remittance,
             case when kind = 'returned' then reason end as reason, occurred_at
         from transfer_movement
         join transfer on transfer.transfer_id = transfer_movement.transfer_id
         where transfer_movement.account_id = $1
           and occurred_at >= $2::date::timestamp at time zone 'UTC'
           and occurred_at < ($2::date + 1)::timestamp at time zone 'UTC'
         order by transfer_movement.currency, occurred_at, transfer_movement_id",
    )
    .bind(account_id)
    .bind(day)
    .fetch_all(connection)
    .await
}

/// What an account had in one currency when a day began.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Opening {
    pub(crate) currency: String,
    pub(crate) balance_minor: i64,
}

/// Sums what moved before a day, in every currency that had moved by its end.
pub(crate) async fn list_openings(
    connection: &mut PgConnection,
    account_id: i64,
    day: Date,
) -> Result<Vec<Opening>, sqlx::Error> {
    sqlx::query_as(
        "select currency, coalesce(sum(amount_minor) filter (
                 where occurred_at < $2::date::timestamp at time zone 'UTC'), 0)::bigint
                 as balance_minor
         from transfer_movement
         where account_id = $1 and occurred_at < ($2::date + 1)::timestamp at time zone 'UTC'
         group by currency order by currency",
    )
    .bind(account_id)
    .bind(day)
    .fetch_all(connection)
    .await
}
