//! Cycles: everything is looked at, part by part, however much there is and however fast it grows.

use domain::id::ShopId;
use engine::books::sealer::Sealers;
use engine::checks::{self, Rule};
use sqlx::PgPool;

use crate::desk::Desk;
use crate::world::{World, eur};

#[sqlx::test(migrations = "../../../migrations")]
async fn a_large_installation_is_looked_at_in_parts_and_a_breach_stays_until_its_part_comes(
    pool: PgPool,
) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;
    desk.breaches().await;
    desk.plant("update payment set settled_minor = 5").await;
    let bucket: i16 =
        sqlx::query_scalar("select bucket from payment").fetch_one(desk.pool()).await.unwrap();
    sqlx::query(
        "update proof_check set width = 1, next_bucket = $1 where name = 'receivable_is_owed'",
    )
    .bind(bucket)
    .execute(desk.pool())
    .await
    .unwrap();

    let found = desk.breaches().await;

    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].place, i64::from(bucket));
    desk.plant("update payment set settled_minor = 0").await;
    assert_eq!(desk.breaches().await, []);
    desk.close().await;
}

/// Seals a thousand lines of the audit log of a shop.
async fn grow(pool: &PgPool, shop: ShopId, sealers: &mut Sealers) {
    sqlx::query(
        "insert into audit_log (audit_id, shop_id, actor, action, object_type, object_id)
         select gen_random_uuid(), $1, 'Ana', 'tested', 'test', number::text
         from generate_series(1, 1000) as number",
    )
    .bind(shop.uuid())
    .execute(pool)
    .await
    .unwrap();
    assert_eq!(sealers.seal(pool, shop, 1_000).await.unwrap(), 1_000);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_chain_that_grows_as_fast_as_it_is_compared_keeps_no_other_waiting(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let other = World::new(desk.pool().clone()).await;
    other.captured(eur(1_000)).await;
    let (pool, shop) = (desk.pool(), desk.world.shop);
    assert!(shop.uuid() < other.shop.uuid(), "the one that grows comes first");
    let mut sealers = Sealers::open(pool).await.unwrap();
    while sealers.seal(pool, other.shop, 10).await.unwrap() > 0 {}
    desk.breaches().await;
    desk.plant("update entry set amount_minor = amount_minor * 2").await;

    let mut steps = 0;
    loop {
        grow(pool, shop, &mut sealers).await;
        steps += 1;
        if checks::step(pool, Rule::ChainHolds).await.unwrap() {
            break;
        }
        assert!(steps < 4, "the cycle has no end");
    }

    let found = checks::breaches(pool, other.shop, 10).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].rule, Rule::ChainHolds);
}
