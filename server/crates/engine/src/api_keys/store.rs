//! The SQL of API keys.

use domain::id::{ApiKeyId, ShopId};
use sqlx::PgPool;

use crate::api_keys::Holder;
use crate::db::{Fault, Tx};

/// Whose key has this hash, unless it was revoked.
pub(super) async fn find(pool: &PgPool, hash: &[u8]) -> Result<Option<Holder>, Fault> {
    let row = sqlx::query!(
        "select shop_id, api_key_id from api_key where key_sha256 = $1 and revoked_at is null",
        hash,
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| Holder {
        shop: ShopId::from_uuid(row.shop_id),
        key: ApiKeyId::from_uuid(row.api_key_id),
    }))
}

/// Adds a key.
pub(super) async fn insert(
    tx: &mut Tx,
    id: ApiKeyId,
    shop: ShopId,
    name: &str,
    hash: &[u8],
) -> Result<(), Fault> {
    sqlx::query!(
        "insert into api_key (api_key_id, shop_id, name, key_sha256) values ($1, $2, $3, $4)",
        id.uuid(),
        shop.uuid(),
        name,
        hash,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
