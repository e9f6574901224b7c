//! The SQL of the rules by which shares are released and taken back.

use domain::id::{SellerId, ShopId};
use domain::reserve::RollingReserve;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::wallets::rules::{Rules, claw_back_policy, release_rule, words};

/// The seller's rules, or the shop's, or the usual ones.
pub(crate) async fn of_seller(
    executor: impl PgExecutor<'_>,
    shop: ShopId,
    seller: SellerId,
) -> Result<Rules, Fault> {
    find(executor, shop, Some(seller)).await
}

/// The shop's rules, or the usual ones.
pub(crate) async fn of_shop(executor: impl PgExecutor<'_>, shop: ShopId) -> Result<Rules, Fault> {
    find(executor, shop, None).await
}

async fn find(
    executor: impl PgExecutor<'_>,
    shop: ShopId,
    seller: Option<SellerId>,
) -> Result<Rules, Fault> {
    let found = sqlx::query!(
        r#"
        select release_rule, release_days, reserve_basis_points, reserve_days, claw_back_order,
               claw_back_remainder
        from wallet_rule
        where shop_id = $1 and (seller_id = $2 or seller_id is null)
        order by seller_id nulls last limit 1
        "#,
        shop.uuid(),
        seller.map(SellerId::uuid) as Option<Uuid>,
    )
    .fetch_optional(executor)
    .await?;
    let Some(row) = found else { return Ok(Rules::default()) };
    let corrupt = || Fault::CorruptRow(format!("the wallet rules of {shop}"));
    let days = row.release_days.map(u16::try_from).transpose().map_err(|_| corrupt())?;
    let points = u32::try_from(row.reserve_basis_points).map_err(|_| corrupt())?;
    let kept_days = u16::try_from(row.reserve_days).map_err(|_| corrupt())?;
    Ok(Rules {
        release: release_rule(&row.release_rule, days).ok_or_else(corrupt)?,
        reserve: RollingReserve::new(points, kept_days).map_err(|_| corrupt())?,
        claw_back: claw_back_policy(&row.claw_back_order, &row.claw_back_remainder)
            .ok_or_else(corrupt)?,
    })
}

pub(crate) async fn save(
    tx: &mut Tx,
    shop: ShopId,
    seller: Option<SellerId>,
    rules: &Rules,
) -> Result<(), Fault> {
    let (word, days) = words(rules.release);
    let order: Vec<&str> = rules.claw_back.order().iter().map(|source| source.as_str()).collect();
    sqlx::query!(
        r#"
        insert into wallet_rule (shop_id, seller_id, release_rule, release_days,
                                 reserve_basis_points, reserve_days, claw_back_order,
                                 claw_back_remainder)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (shop_id, seller_id) do update
        set release_rule = excluded.release_rule, release_days = excluded.release_days,
            reserve_basis_points = excluded.reserve_basis_points,
            reserve_days = excluded.reserve_days, claw_back_order = excluded.claw_back_order,
            claw_back_remainder = excluded.claw_back_remainder, updated_at = now()
        "#,
        shop.uuid(),
        seller.map(SellerId::uuid),
        word,
        days.map(i32::from),
        i32::try_from(rules.reserve.basis_points()).unwrap_or(i32::MAX),
        i32::from(rules.reserve.days()),
        &order as &[&str],
        rules.claw_back.remainder().as_str(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
