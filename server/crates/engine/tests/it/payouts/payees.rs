//! The bank accounts of sellers.

use domain::id::kind;
use domain::permission::Role;
use engine::db::new_plain_id;
use engine::payouts::payees::{PayeeError, PayeeState, list, verify};
use engine::reconciliation::actor::Actor;
use sqlx::PgPool;

use super::{Counter, OTHER_IBAN};
use crate::world::eur;

#[sqlx::test(migrations = "../../../migrations")]
async fn a_new_account_takes_the_place_of_the_one_before_once_it_is_verified(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let second = counter.verified(OTHER_IBAN).await;
    let (shop, pool) = (counter.desk.world.shop, counter.desk.pool());
    let by = Actor::Person(counter.desk.world.approver.clone());

    let known = list(pool, shop, counter.seller()).await.unwrap();
    let retired = verify(pool, shop, counter.payee, &by).await;
    let elsewhere = verify(pool, new_plain_id::<kind::Shop>(), second, &by).await;
    let reader = Actor::Person(counter.desk.world.person("Rea", Role::Operator).await);
    let not_allowed = verify(pool, shop, second, &reader).await;

    let states: Vec<_> = known.iter().map(|one| (one.id, one.state)).collect();
    assert_eq!(states, [(second, PayeeState::Verified), (counter.payee, PayeeState::Retired)]);
    assert!(matches!(retired, Err(PayeeError::Retired)), "{retired:?}");
    assert!(matches!(elsewhere, Err(PayeeError::NotFound)), "{elsewhere:?}");
    assert!(matches!(not_allowed, Err(PayeeError::NotAllowed)), "{not_allowed:?}");
    counter.close().await;
}
