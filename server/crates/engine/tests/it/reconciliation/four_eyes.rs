//! Above the limit a second person decides: maker is never checker.

use domain::matching::{MismatchKind, MismatchState, Resolution};
use domain::permission::Role;
use engine::reconciliation::actor::Person;
use engine::reconciliation::mismatches::decide::{DecideError, approve, reject};
use engine::reconciliation::mismatches::reopen::{ReopenError, reopen};
use engine::reconciliation::mismatches::resolve::{Resolve, ResolveError, Resolved, resolve};
use engine::reconciliation::mismatches::{APPROVAL_LIMIT_MINOR, Mismatch};
use sqlx::PgPool;

use crate::invariants::assert_hold;
use crate::settlement_file::{file, payment_line};
use crate::world::{World, eur};

impl World {
    /// A missing payment of the limit, for which `by` has proposed to write it off.
    async fn with_proposal(&self, by: &Person) -> Mismatch {
        self.captured(eur(APPROVAL_LIMIT_MINOR)).await;
        self.take(&file("set_1", &[])).await;
        let seen = self.mismatch().await;
        assert_eq!(self.propose(&seen, by).await.unwrap(), Resolved::Proposed);
        self.mismatch().await
    }

    async fn propose(&self, seen: &Mismatch, by: &Person) -> Result<Resolved, ResolveError> {
        let request = Resolve {
            shop: self.shop,
            mismatch: seen.id,
            version: seen.version,
            resolution: Resolution::WriteOff,
            reason: "the processor is insolvent",
            by,
            limit_minor: APPROVAL_LIMIT_MINOR,
        };
        resolve(&self.pool, request).await
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn below_the_limit_one_person_is_enough(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    world.captured(eur(APPROVAL_LIMIT_MINOR - 1)).await;
    world.take(&file("set_1", &[])).await;
    let seen = world.mismatch().await;

    let resolved = world.propose(&seen, &world.analyst).await.unwrap();

    assert!(matches!(resolved, Resolved::Applied { posting: Some(_) }));
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_proposal_books_nothing_until_a_colleague_approves(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let seen = world.with_proposal(&world.analyst).await;
    assert_eq!(seen.state, MismatchState::Proposed);
    assert_eq!(world.balance("write_offs").await, 0);

    let posting = approve(&pool, world.shop, seen.id, seen.version, &world.approver).await;

    assert!(posting.unwrap().is_some());
    assert_eq!(world.mismatch().await.state, MismatchState::Resolved);
    assert_eq!(world.balance("write_offs").await, APPROVAL_LIMIT_MINOR);
    let again = approve(&pool, world.shop, seen.id, seen.version + 1, &world.approver).await;
    assert!(matches!(again.unwrap_err(), DecideError::NothingProposed));
    // What two people resolved is not one analyst's to undo.
    let why = (&world.analyst, "changed my mind");
    let error = reopen(&pool, world.shop, seen.id, seen.version + 1, why).await.unwrap_err();
    assert!(matches!(error, ReopenError::NotAllowed));
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nobody_approves_or_rejects_their_own_proposal(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let seen = world.with_proposal(&world.approver).await;

    let own = approve(&pool, world.shop, seen.id, seen.version, &world.approver).await;
    assert!(matches!(own.unwrap_err(), DecideError::OwnProposal));
    let why = (&world.approver, "rather not");
    let own = reject(&pool, world.shop, seen.id, seen.version, why).await;
    assert!(matches!(own.unwrap_err(), DecideError::OwnProposal));
    let analyst = approve(&pool, world.shop, seen.id, seen.version, &world.analyst).await;
    assert!(matches!(analyst.unwrap_err(), DecideError::NotAllowed));

    assert_eq!(world.mismatch().await.state, MismatchState::Proposed);
    assert_eq!(world.balance("write_offs").await, 0);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_database_refuses_a_maker_who_checks_and_a_lack_of_checkers(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    world.with_proposal(&world.approver).await;

    let own = "update adjustment set checker_id = maker_id, state = 'applied'";
    let error = sqlx::query(own).execute(&pool).await.unwrap_err();
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("adjustment_four_eyes_check"));
    let alone = "update adjustment set state = 'applied'";
    let error = sqlx::query(alone).execute(&pool).await.unwrap_err();
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("adjustment_checked_check"));
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_rejected_proposal_can_be_made_again(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let seen = world.with_proposal(&world.analyst).await;
    let why = (&world.approver, "ask the processor first");

    reject(&pool, world.shop, seen.id, seen.version, why).await.unwrap();

    let now = world.mismatch().await;
    assert_eq!((now.state, now.version), (MismatchState::Open, 2));
    assert_eq!(world.balance("write_offs").await, 0);
    assert_eq!(world.propose(&now, &world.analyst).await.unwrap(), Resolved::Proposed);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn approving_what_has_changed_meanwhile_is_stale(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let seen = world.with_proposal(&world.analyst).await;
    let admin = world.person("Ada", Role::Admin).await;
    reject(&pool, world.shop, seen.id, seen.version, (&admin, "not so fast")).await.unwrap();

    let error = approve(&pool, world.shop, seen.id, seen.version, &world.approver).await;

    let DecideError::Stale(stale) = error.unwrap_err() else { panic!("it is stale") };
    assert_eq!(stale.by, "Ada");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_later_file_withdraws_a_proposal_that_it_makes_pointless(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let seen = world.with_proposal(&world.analyst).await;
    let payment = seen.payment.unwrap();
    let late = payment_line(payment, eur(APPROVAL_LIMIT_MINOR));

    world.take(&file("set_2", &[late]).on("2026-11-21")).await;

    let now = world.mismatch_of(MismatchKind::MissingAtProcessor).await;
    assert_eq!(now.state, MismatchState::Resolved);
    let error = approve(&pool, world.shop, seen.id, now.version, &world.approver).await;
    assert!(matches!(error.unwrap_err(), DecideError::NothingProposed));
    assert_eq!(world.balance("write_offs").await, 0);
    assert_hold(&pool).await;
}
