//! Sessions of the console, kept in the database under the hash of their cookie.

use aws_lc_rs::digest::{SHA256, digest};
use domain::id::StaffId;
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::store;
use crate::db::Fault;

/// A session's data, and until when it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// What it holds: ids only.
    pub data: Value,
    /// Whose it is, once somebody has signed in.
    pub staff: Option<StaffId>,
    /// Until when it holds.
    pub expires_at: OffsetDateTime,
}

/// Adds a session; `false` if there is one with this id.
///
/// Sessions that are over are removed on the way.
///
/// # Errors
/// [`Fault`].
pub async fn create(pool: &PgPool, id: &str, session: &Session) -> Result<bool, Fault> {
    store::remove_expired_sessions(pool).await?;
    store::insert_session(pool, &hash(id), session).await
}

/// Writes a session, whether it is there or not.
///
/// # Errors
/// [`Fault`].
pub async fn save(pool: &PgPool, id: &str, session: &Session) -> Result<(), Fault> {
    store::save_session(pool, &hash(id), session).await
}

/// The session, if it still holds.
///
/// # Errors
/// [`Fault`].
pub async fn find(pool: &PgPool, id: &str) -> Result<Option<Session>, Fault> {
    store::find_session(pool, &hash(id)).await
}

/// Ends a session.
///
/// # Errors
/// [`Fault`].
pub async fn remove(pool: &PgPool, id: &str) -> Result<(), Fault> {
    store::remove_session(pool, &hash(id)).await
}

fn hash(id: &str) -> Vec<u8> {
    digest(&SHA256, id.as_bytes()).as_ref().to_vec()
}
