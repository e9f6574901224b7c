//! A commit that is not confirmed is unknown: the call may be repeated under its key, and is answered
//! from what is there.

use serde_json::json;
use sqlx::PgPool;

use crate::idempotency::end_leases;
use crate::lifecycle::post;
use crate::support::road::Fate;
use crate::support::{Answer, World, basket};

/// Asserts that the caller is told to come again.
fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.problem(), (503, "unavailable".into(), String::new()));
    assert_eq!(answer.header("retry-after"), "2");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sale_whose_commit_was_not_confirmed_is_found_by_the_repeat(pool: PgPool) {
    let (world, road) = World::new(pool).await.by_road().await;
    road.at_commit_of("insert into checkout", Fate::Lost);

    let first = world.create("key", &basket("order")).await;

    assert!(road.has_happened());
    assert_unavailable(&first);
    assert_eq!(world.count("checkout").await, 1, "it was committed, and nobody knew");
    let early = world.create("key", &basket("order")).await;
    assert_eq!(early.problem().1, "idempotency_in_progress");
    end_leases(&world).await;
    let late = world.create("key", &basket("order")).await;
    assert_eq!((late.status.as_u16(), late.header("idempotency-replayed")), (201, "true"));
    assert_eq!(late.json()["checkout_id"], "order");
    assert_eq!((world.count("checkout").await, world.count("payment").await), (1, 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sale_whose_commit_never_arrived_is_made_by_the_repeat(pool: PgPool) {
    let (world, road) = World::new(pool).await.by_road().await;
    road.at_commit_of("insert into checkout", Fate::NeverArrives);

    let first = world.create("key", &basket("order")).await;

    assert!(road.has_happened());
    assert_unavailable(&first);
    assert_eq!(world.count("checkout").await, 0);
    let again = world.create("key", &basket("order")).await;
    assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (201, ""));
    assert_eq!((world.count("checkout").await, world.count("payment").await), (1, 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sale_that_cannot_be_read_again_is_answered_later(pool: PgPool) {
    let (world, road) = World::new(pool).await.by_road().await;
    road.at_commit_of("insert into checkout", Fate::TheLast);

    let first = world.create("key", &basket("order")).await;

    assert!(road.has_happened());
    assert_unavailable(&first);
    road.mend();
    end_leases(&world).await;
    let again = world.create("key", &basket("order")).await;
    assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (201, "true"));
    assert_eq!((world.count("checkout").await, world.count("payment").await), (1, 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cancellation_that_is_not_confirmed_or_not_read_again_has_one_effect(pool: PgPool) {
    let mut world = World::new(pool).await;
    for (order, fate) in [("lost", Fate::Lost), ("unread", Fate::TheLast)] {
        let road;
        (world, road) = world.by_road().await;
        let made = world.create(order, &basket(order)).await;
        let path = format!("/v1/checkouts/{}/cancel", made.json()["id"].as_str().unwrap());
        road.at_commit_of("for update", fate);

        let first = post(&world, &path, order, &json!({})).await;

        assert!(road.has_happened(), "{order}");
        assert_unavailable(&first);
        road.mend();
        end_leases(&world).await;
        let again = post(&world, &path, order, &json!({})).await;
        assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (200, "true"));
        assert_eq!(again.json()["state"], "cancelled", "{order}");
    }
    let cancelled: i64 =
        sqlx::query_scalar("select count(*) from transition where event = 'cancel_requested'")
            .fetch_one(&world.pool)
            .await
            .unwrap();
    assert_eq!(cancelled, 4, "two payments each, once");
}
