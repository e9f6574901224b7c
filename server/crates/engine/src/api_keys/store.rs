//! The SQL of API keys.

use domain::id::{ApiKeyId, ShopId};
use sqlx::PgPool;

use crate::db::{Fault, Tx};

/// The shop whose key has this hash, unless it was revoked.
pub(super) async fn find_shop(pool: &PgPool, hash: &[u8]) -> Result<Option<ShopId>, Fault> {
    let shop = sqlx::query_scalar!(
        "select shop_id from api_key where key_sha256 = $1 and revoked_at is null",
        hash,
    )
    .fetch_optional(pool)
    .await?;
    Ok(shop.map(ShopId::from_uuid))
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
