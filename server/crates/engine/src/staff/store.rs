//! The SQL of staff, their tries to sign in, and their sessions.

use domain::id::{ShopId, StaffId};
use domain::permission::Role;
use sqlx::PgPool;

use super::sessions::Session;
use super::{NewStaff, Staff};
use crate::db::{Fault, Tx};

/// Adds a person, or renews the one with the same address.
pub(super) async fn save(tx: &mut Tx, id: StaffId, staff: &NewStaff) -> Result<StaffId, Fault> {
    let id = sqlx::query_scalar!(
        r#"
        insert into staff (staff_id, shop_id, email, name, role, password_hash)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (lower(email)) do update
        set name = excluded.name, role = excluded.role, password_hash = excluded.password_hash
        returning staff_id
        "#,
        id.uuid(),
        staff.shop.uuid(),
        staff.email,
        staff.name,
        staff.role.as_str(),
        staff.password_hash,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(StaffId::from_uuid(id))
}

/// A person whose account is not disabled.
pub(super) async fn find(pool: &PgPool, id: StaffId) -> Result<Option<Staff>, Fault> {
    sqlx::query!(
        r#"
        select staff.shop_id, shop.name as shop_name, staff.email, staff.name, staff.role
        from staff join shop using (shop_id)
        where staff_id = $1 and disabled_at is null
        "#,
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?
    .map(|row| {
        Ok(Staff {
            id,
            shop: ShopId::from_uuid(row.shop_id),
            shop_name: row.shop_name,
            email: row.email,
            name: row.name,
            role: role(&row.role)?,
        })
    })
    .transpose()
}

/// The person with this address, and the hash of the password.
pub(super) async fn find_credentials(
    pool: &PgPool,
    email: &str,
) -> Result<Option<(Staff, String)>, Fault> {
    sqlx::query!(
        r#"
        select staff_id, staff.shop_id, shop.name as shop_name, staff.email, staff.name, staff.role,
               password_hash
        from staff join shop using (shop_id)
        where lower(staff.email) = lower($1) and disabled_at is null
        "#,
        email,
    )
    .fetch_optional(pool)
    .await?
    .map(|row| {
        let staff = Staff {
            id: StaffId::from_uuid(row.staff_id),
            shop: ShopId::from_uuid(row.shop_id),
            shop_name: row.shop_name,
            email: row.email,
            name: row.name,
            role: role(&row.role)?,
        };
        Ok((staff, row.password_hash))
    })
    .transpose()
}

/// Counts a try as failed until it has succeeded.
pub(super) async fn record_attempt(pool: &PgPool, email: &str) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar!(
        "insert into sign_in_attempt (email, succeeded) values (lower($1), false)
         returning sign_in_attempt_id",
        email,
    )
    .fetch_one(pool)
    .await?)
}

/// How many tries failed within a quarter of an hour, and after the last one that succeeded.
pub(super) async fn count_failures(pool: &PgPool, email: &str) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from sign_in_attempt
        where lower(email) = lower($1) and not succeeded and at > now() - interval '15 minutes'
          and sign_in_attempt_id > coalesce((
              select max(earlier.sign_in_attempt_id) from sign_in_attempt as earlier
              where lower(earlier.email) = lower($1) and earlier.succeeded), 0)
        "#,
        email,
    )
    .fetch_one(pool)
    .await?)
}

/// Marks a try as one that succeeded.
pub(super) async fn record_success(pool: &PgPool, attempt: i64) -> Result<(), Fault> {
    sqlx::query!(
        "update sign_in_attempt set succeeded = true where sign_in_attempt_id = $1",
        attempt,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Adds a session; `false` if the id is taken.
pub(super) async fn insert_session(
    pool: &PgPool,
    id_sha256: &[u8],
    session: &Session,
) -> Result<bool, Fault> {
    let inserted = sqlx::query!(
        "insert into session (id_sha256, staff_id, data, expires_at) values ($1, $2, $3, $4)
         on conflict do nothing",
        id_sha256,
        session.staff.map(StaffId::uuid),
        session.data,
        session.expires_at,
    )
    .execute(pool)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Writes a session over the one with the same id.
pub(super) async fn save_session(
    pool: &PgPool,
    id_sha256: &[u8],
    session: &Session,
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into session (id_sha256, staff_id, data, expires_at) values ($1, $2, $3, $4)
        on conflict (id_sha256) do update
        set staff_id = excluded.staff_id, data = excluded.data, expires_at = excluded.expires_at
        "#,
        id_sha256,
        session.staff.map(StaffId::uuid),
        session.data,
        session.expires_at,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// A session that still holds.
pub(super) async fn find_session(
    pool: &PgPool,
    id_sha256: &[u8],
) -> Result<Option<Session>, Fault> {
    let row = sqlx::query!(
        "select staff_id, data, expires_at from session where id_sha256 = $1 and expires_at > now()",
        id_sha256,
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| Session {
        data: row.data,
        staff: row.staff_id.map(StaffId::from_uuid),
        expires_at: row.expires_at,
    }))
}

/// Removes a session.
pub(super) async fn remove_session(pool: &PgPool, id_sha256: &[u8]) -> Result<(), Fault> {
    sqlx::query!("delete from session where id_sha256 = $1", id_sha256).execute(pool).await?;
    Ok(())
}

/// Removes the sessions that are over.
pub(super) async fn remove_expired_sessions(pool: &PgPool) -> Result<(), Fault> {
    sqlx::query!("delete from session where expires_at <= now()").execute(pool).await?;
    Ok(())
}

fn role(word: &str) -> Result<Role, Fault> {
    Role::from_word(word).ok_or_else(|| Fault::CorruptRow("a role has an unknown name".into()))
}
