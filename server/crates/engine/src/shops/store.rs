//! The SQL of shops, sellers and processor accounts.

use domain::fee::ProcessorTariff;
use domain::id::{ProcessorAccountId, SellerId, ShopId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::shops::{ProcessorAccount, Seller, Shop};

pub(super) async fn save_shop(tx: &mut Tx, new: ShopId, name: &str) -> Result<ShopId, Fault> {
    let id = sqlx::query_scalar!(
        r#"
        with added as (
            insert into shop (shop_id, name)
            select $1, $2 where not exists (select 1 from shop where name = $2)
            returning shop_id
        )
        select shop_id as "shop_id!" from shop where name = $2 union all select shop_id from added
        "#,
        new.uuid(),
        name,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(ShopId::from_uuid(id))
}

pub(super) async fn save_seller(
    pool: &PgPool,
    (new, shop): (SellerId, ShopId),
    reference: &str,
    name: &str,
    fee_basis_points: i32,
) -> Result<SellerId, Fault> {
    let id = sqlx::query_scalar!(
        r#"
        insert into seller (seller_id, shop_id, reference, name, fee_basis_points)
        values ($1, $2, $3, $4, $5)
        on conflict on constraint seller_reference_key
        do update set name = excluded.name, fee_basis_points = excluded.fee_basis_points
        returning seller_id
        "#,
        new.uuid(),
        shop.uuid(),
        reference,
        name,
        fee_basis_points,
    )
    .fetch_one(pool)
    .await?;
    Ok(SellerId::from_uuid(id))
}

pub(super) async fn save_processor_account(
    pool: &PgPool,
    account: &ProcessorAccount,
) -> Result<ProcessorAccountId, Fault> {
    let id = sqlx::query_scalar!(
        r#"
        insert into processor_account (processor_account_id, shop_id, processor, name, base_url,
                                       api_key, webhook_secret, fee_basis_points, fee_fixed_minor)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict on constraint processor_account_name_key
        do update set base_url = excluded.base_url, api_key = excluded.api_key,
                      webhook_secret = excluded.webhook_secret,
                      fee_basis_points = excluded.fee_basis_points,
                      fee_fixed_minor = excluded.fee_fixed_minor
        returning processor_account_id
        "#,
        account.id.uuid(),
        account.shop.uuid(),
        account.processor,
        account.name,
        account.base_url,
        account.api_key,
        account.webhook_secret,
        i32::try_from(account.tariff.basis_points).unwrap_or(i32::MAX),
        account.tariff.fixed_minor,
    )
    .fetch_one(pool)
    .await?;
    Ok(ProcessorAccountId::from_uuid(id))
}

pub(super) async fn shop(pool: &PgPool, id: ShopId) -> Result<Option<Shop>, Fault> {
    let name = sqlx::query_scalar!("select name from shop where shop_id = $1", id.uuid())
        .fetch_optional(pool)
        .await?;
    Ok(name.map(|name| Shop { id, name }))
}

pub(super) async fn sellers(pool: &PgPool, shop: ShopId) -> Result<Vec<Seller>, Fault> {
    let rows = sqlx::query!(
        "select seller_id, reference, name, fee_basis_points from seller
         where shop_id = $1 order by name, seller_id",
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Seller {
            id: SellerId::from_uuid(row.seller_id),
            reference: row.reference,
            name: row.name,
            fee_basis_points: u32::try_from(row.fee_basis_points).unwrap_or(0),
        })
        .collect())
}

pub(super) async fn find_seller(
    pool: &PgPool,
    shop: ShopId,
    id: Option<SellerId>,
    reference: &str,
) -> Result<Option<Seller>, Fault> {
    let row = sqlx::query!(
        "select seller_id, reference, name, fee_basis_points from seller
         where shop_id = $1 and (seller_id = $2 or reference = $3)
         order by (seller_id = $2) desc nulls last limit 1",
        shop.uuid(),
        id.map(SellerId::uuid),
        reference,
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| Seller {
        id: SellerId::from_uuid(row.seller_id),
        reference: row.reference,
        name: row.name,
        fee_basis_points: u32::try_from(row.fee_basis_points).unwrap_or(0),
    }))
}

struct AccountRow {
    processor_account_id: Uuid,
    shop_id: Uuid,
    processor: String,
    name: String,
    base_url: String,
    api_key: String,
    webhook_secret: String,
    fee_basis_points: i32,
    fee_fixed_minor: i64,
}

impl From<AccountRow> for ProcessorAccount {
    fn from(row: AccountRow) -> Self {
        Self {
            id: ProcessorAccountId::from_uuid(row.processor_account_id),
            shop: ShopId::from_uuid(row.shop_id),
            processor: row.processor,
            name: row.name,
            base_url: row.base_url,
            api_key: row.api_key,
            webhook_secret: row.webhook_secret,
            tariff: ProcessorTariff {
                basis_points: u32::try_from(row.fee_basis_points).unwrap_or(0),
                fixed_minor: row.fee_fixed_minor,
            },
        }
    }
}

pub(super) async fn processor_accounts(
    pool: &PgPool,
    shop: ShopId,
) -> Result<Vec<ProcessorAccount>, Fault> {
    let rows = sqlx::query_as!(
        AccountRow,
        "select processor_account_id, shop_id, processor, name, base_url, api_key, webhook_secret,
                fee_basis_points, fee_fixed_minor
         from processor_account where shop_id = $1 order by name",
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(ProcessorAccount::from).collect())
}

pub(super) async fn processor_account(
    pool: &PgPool,
    id: ProcessorAccountId,
) -> Result<Option<ProcessorAccount>, Fault> {
    let row = sqlx::query_as!(
        AccountRow,
        "select processor_account_id, shop_id, processor, name, base_url, api_key, webhook_secret,
                fee_basis_points, fee_fixed_minor
         from processor_account where processor_account_id = $1",
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(ProcessorAccount::from))
}
