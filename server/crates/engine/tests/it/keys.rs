//! Idempotency keys whose answers are too large to be kept.

use domain::id::PaymentId;
use engine::db::{Tx, new_plain_id};
use engine::idempotency::{self, Answer, Claim, Keys, Request};
use serde_json::json;
use sqlx::PgPool;

use crate::world::World;

#[sqlx::test(migrations = "../../../migrations")]
async fn an_answer_that_is_too_large_to_be_kept_is_made_again_from_its_object_at_once(
    pool: PgPool,
) {
    let world = World::new(pool.clone()).await;
    let keys = Keys::start(&pool);
    let request = Request {
        shop: world.shop,
        route: "POST /v1/payments".into(),
        key: "key".into(),
        fingerprint: [7; 32],
    };
    let object: PaymentId = new_plain_id();
    let Claim::Mine(slot) = keys.claim(request.clone()).await.unwrap() else { panic!("it is new") };
    let mut tx = Tx::begin(&pool).await.unwrap();
    assert!(idempotency::attach(&mut tx, &[(&slot, object.uuid())]).await.unwrap());
    tx.commit().await.unwrap();

    let answer = Answer { status: 201, headers: json!({}), body: "x".repeat(300_000) };
    let before = keys.claim(request.clone()).await.unwrap();
    keys.keep(slot, answer).await;
    let after = keys.claim(request).await.unwrap();

    assert_eq!(before, Claim::InProgress);
    assert_eq!(after, Claim::Done(object.uuid()));
}

/// Another request may still have the effect: nobody may take the key over.
#[sqlx::test(migrations = "../../../migrations")]
async fn a_key_without_an_effect_stays_leased_whatever_its_answer(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let keys = Keys::start(&pool);
    let request = Request {
        shop: world.shop,
        route: "POST /v1/payments".into(),
        key: "key".into(),
        fingerprint: [7; 32],
    };
    let Claim::Mine(slot) = keys.claim(request.clone()).await.unwrap() else { panic!("it is new") };

    let answer = Answer { status: 201, headers: json!({}), body: "x".repeat(300_000) };
    keys.keep(slot, answer).await;

    assert_eq!(keys.claim(request).await.unwrap(), Claim::InProgress);
}
