//! The SQL of registrations and payment methods.

use sqlx::{FromRow, PgConnection, PgPool};
use time::OffsetDateTime;

/// A registration as it is stored, with the method that was chosen.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Registration {
    pub(crate) token: String,
    pub(crate) account_id: i64,
    pub(crate) nonce: String,
    pub(crate) status: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) description: String,
    pub(crate) return_url: String,
    pub(crate) failure_code: Option<String>,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) payment_method: Option<String>,
    pub(crate) brand: Option<String>,
    pub(crate) last4: Option<String>,
    pub(crate) expiry: Option<String>,
}

/// One payment that a registration names.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Named {
    pub(crate) reference: String,
    pub(crate) amount_minor: i64,
    pub(crate) description: String,
}

/// A card that was entered on a page.
#[derive(Debug)]
pub(crate) struct NewMethod<'a> {
    pub(crate) token: &'a str,
    pub(crate) brand: &'a str,
    pub(crate) last4: &'a str,
    pub(crate) expiry: &'a str,
    /// The slug of the practice card.
    pub(crate) behaviour: &'a str,
}

/// A query of whole registrations, with what follows the joins.
macro_rules! select_registration {
    ($tail:literal) => {
        concat!(
            "select registration.token, registration.account_id, nonce, status, amount_minor,
                 currency, description, return_url, failure_code, expires_at,
                 registration.payment_method, method.brand, method.last4, method.expiry
             from registration
             left join payment_method method on method.token = registration.payment_method ",
            $tail
        )
    };
}

/// Writes a registration; `false` if the account has one with this nonce.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    registration: &Registration,
    named: &[Named],
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "insert into registration (token, account_id, nonce, amount_minor, currency, description,
             return_url, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (account_id, nonce) do nothing",
    )
    .bind(&registration.token)
    .bind(registration.account_id)
    .bind(&registration.nonce)
    .bind(registration.amount_minor)
    .bind(&registration.currency)
    .bind(&registration.description)
    .bind(&registration.return_url)
    .bind(registration.expires_at)
    .execute(&mut *connection)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    insert_named(connection, &registration.token, named).await?;
    Ok(true)
}

async fn insert_named(
    connection: &mut PgConnection,
    token: &str,
    named: &[Named],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into registration_payment (token, reference, position, amount_minor, description)
         select $1, reference, position, amount_minor, description
         from unnest($2::text[], $3::bigint[], $4::text[])
             with ordinality as named(reference, amount_minor, description, position)",
    )
    .bind(token)
    .bind(named.iter().map(|one| one.reference.as_str()).collect::<Vec<_>>())
    .bind(named.iter().map(|one| one.amount_minor).collect::<Vec<_>>())
    .bind(named.iter().map(|one| one.description.as_str()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Finds a registration by whatever stands in an address.
pub(crate) async fn find(pool: &PgPool, token: &str) -> Result<Option<Registration>, sqlx::Error> {
    if !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(None);
    }
    sqlx::query_as(select_registration!("where registration.token = $1"))
        .bind(token)
        .fetch_optional(pool)
        .await
}

/// Locks a registration for the caller's transaction.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    token: &str,
) -> Result<Option<Registration>, sqlx::Error> {
    sqlx::query_as(select_registration!("where registration.token = $1 for update of registration"))
        .bind(token)
        .fetch_optional(connection)
        .await
}

pub(crate) async fn find_by_nonce(
    connection: &mut PgConnection,
    account_id: i64,
    nonce: &str,
) -> Result<Option<Registration>, sqlx::Error> {
    sqlx::query_as(select_registration!("where registration.account_id = $1 and nonce = $2"))
        .bind(account_id)
        .bind(nonce)
        .fetch_optional(connection)
        .await
}

/// Lists what a registration names, in the order in which it was named.
pub(crate) async fn list_named(
    connection: &mut PgConnection,
    token: &str,
) -> Result<Vec<Named>, sqlx::Error> {
    sqlx::query_as(
        "select reference, amount_minor, description from registration_payment
         where token = $1 order by position",
    )
    .bind(token)
    .fetch_all(connection)
    .await
}

/// Stores an entered card and makes it the registration's.
pub(crate) async fn set_method(
    connection: &mut PgConnection,
    registration: &Registration,
    method: &NewMethod<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with method as (
             insert into payment_method (token, account_id, brand, last4, expiry, behaviour)
             values ($2, $3, $4, $5, $6, $7) returning token)
         update registration set payment_method = method.token
         from method where registration.token = $1",
    )
    .bind(&registration.token)
    .bind(method.token)
    .bind(registration.account_id)
    .bind(method.brand)
    .bind(method.last4)
    .bind(method.expiry)
    .bind(method.behaviour)
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends an open registration.
pub(crate) async fn finish(
    connection: &mut PgConnection,
    token: &str,
    failure_code: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update registration
         set failure_code = $2, status = case when $2 is null then 'completed' else 'failed' end
         where token = $1",
    )
    .bind(token)
    .bind(failure_code)
    .execute(connection)
    .await?;
    Ok(())
}
