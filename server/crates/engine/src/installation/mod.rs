//! The installation as a whole: whether its schema is the program's, what it is made of, its secrets.

mod store;

use domain::id::{ProcessorAccountId, ShopId};
use sqlx::PgPool;

use crate::db::Fault;

/// Whether the database has exactly the schema that this program was made for.
///
/// # Errors
/// [`Fault`].
pub async fn is_migrated(pool: &PgPool) -> Result<bool, Fault> {
    let newest = sqlx::migrate!("../../../migrations").iter().map(|one| one.version).max();
    Ok(store::newest_migration(pool).await? == newest)
}

/// The addresses of all processors that any shop has an account at.
///
/// # Errors
/// [`Fault`].
pub async fn processor_addresses(pool: &PgPool) -> Result<Vec<String>, Fault> {
    store::processor_addresses(pool).await
}

/// The secret of this installation of that name: 32 random bytes, made when first asked for.
///
/// # Errors
/// [`Fault`].
pub(crate) async fn secret(pool: &PgPool, name: &str) -> Result<[u8; 32], Fault> {
    let kept = match store::setting(pool, name).await? {
        Some(kept) => kept,
        None => make_secret(pool, name).await?,
    };
    kept.try_into().map_err(|_| Fault::CorruptRow(format!("the setting {name} has not 32 bytes")))
}

/// Makes the secret, unless somebody else has in the same moment.
async fn make_secret(pool: &PgPool, name: &str) -> Result<Vec<u8>, Fault> {
    let mut fresh = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut fresh)
        .map_err(|_| Fault::Broken("the system gives no random numbers".into()))?;
    store::insert_setting(pool, name, &fresh).await?;
    let kept = store::setting(pool, name).await?;
    kept.ok_or_else(|| Fault::Broken(format!("the setting {name} does not stay")))
}

/// All shops, the oldest first.
///
/// # Errors
/// [`Fault`].
pub async fn shops(pool: &PgPool) -> Result<Vec<ShopId>, Fault> {
    store::shops(pool).await
}

/// The processor accounts of any shop that have this name or this id; all without one.
///
/// # Errors
/// [`Fault`].
pub async fn processor_accounts(
    pool: &PgPool,
    named: Option<&str>,
) -> Result<Vec<(ShopId, ProcessorAccountId)>, Fault> {
    let id = named.and_then(|named| named.parse::<ProcessorAccountId>().ok());
    store::processor_accounts(pool, named, id).await
}
