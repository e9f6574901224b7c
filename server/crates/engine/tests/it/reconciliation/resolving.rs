//! People resolve mismatches: previewed, posted, undone; and nobody overwrites a colleague.

use domain::account::AccountKind;
use domain::id::MismatchId;
use domain::matching::{MismatchKind, MismatchState, Resolution, ResolutionError};
use domain::permission::Role;
use engine::ledger;
use engine::reconciliation::actor::Person;
use engine::reconciliation::mismatches::claim::{ClaimError, claim};
use engine::reconciliation::mismatches::reopen::{ReopenError, reopen};
use engine::reconciliation::mismatches::resolve::{Resolve, ResolveError, Resolved, resolve};
use engine::reconciliation::mismatches::{self, Filter, Mismatch, ReasonError};
use sqlx::PgPool;

use crate::invariants::assert_hold;
use crate::settlement_file::{file, payment_line};
use crate::world::{World, eur};

impl World {
    /// Resolves a mismatch as it was seen, whatever it is worth.
    async fn resolve(
        &self,
        seen: &Mismatch,
        resolution: Resolution,
        by: &Person,
    ) -> Result<Resolved, ResolveError> {
        let request = Resolve {
            shop: self.shop,
            mismatch: seen.id,
            version: seen.version,
            resolution,
            reason: "agreed with the processor",
            by,
            limit_minor: i64::MAX,
        };
        resolve(&self.pool, request).await
    }

    /// A payment whose line says 1.00 less.
    async fn with_wrong_amount(&self) -> Mismatch {
        let payment = self.captured(eur(49_99)).await;
        let mut line = payment_line(payment, eur(49_99));
        line.gross = eur(48_99);
        self.take(&file("set_1", &[line])).await;
        self.mismatch().await
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn once_every_mismatch_is_resolved_suspense_and_receivable_are_empty(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let mut lines = Vec::new();
    for _ in 0..5 {
        lines.push(payment_line(world.captured(eur(49_99)).await, eur(49_99)));
    }
    lines[0].gross = eur(48_99);
    lines[1].fee_minor += 1_00;
    let twice = lines[2].clone();
    lines.push(twice);
    lines.remove(3);
    world.take(&file("set_1", &lines)).await;
    let seller_before = world.balance("seller_pending").await;

    for mismatch in world.mismatches().await {
        let resolution = match mismatch.kind {
            MismatchKind::Fee => Resolution::AcceptFee,
            MismatchKind::MissingAtProcessor => Resolution::ChargeSeller,
            _ => Resolution::WriteOff,
        };
        let resolved = world.resolve(&mismatch, resolution, &world.analyst).await.unwrap();
        assert!(matches!(resolved, Resolved::Applied { posting: Some(_) }));
    }

    assert_eq!(world.balance("suspense").await, 0);
    assert_eq!(world.balance("processor_receivable").await, 0);
    assert_eq!(world.balance("write_offs").await, 1_00 - 49_04);
    assert_eq!(world.balance("seller_pending").await, seller_before + 47_49);
    let trial = ledger::trial_balance(&pool, world.shop).await.unwrap();
    assert_eq!(trial.iter().map(|row| row.balance.minor()).sum::<i64>(), 0);
    let waiting = mismatches::queue(&pool, world.shop, Filter::default(), 10).await.unwrap();
    assert_eq!((waiting.rows.len(), waiting.total), (0, 0));
    let counts = mismatches::counts(&pool, world.shop).await.unwrap();
    assert_eq!(counts.iter().map(|count| count.count).sum::<u64>(), 4);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_preview_shows_what_is_then_posted(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let mismatch = world.with_wrong_amount().await;

    let preview = mismatches::preview(&pool, world.shop, mismatch.id, Resolution::WriteOff);
    let preview = preview.await.unwrap().unwrap();
    world.resolve(&mismatch, Resolution::WriteOff, &world.analyst).await.unwrap();

    let posted = ledger::entries_of(&pool, world.shop, mismatch.id.uuid()).await.unwrap();
    let shown: Vec<_> =
        preview.entries().iter().map(|entry| (entry.account.kind(), entry.amount)).collect();
    let posted: Vec<_> = posted.iter().map(|entry| (entry.kind, entry.amount)).collect();
    assert_eq!(shown, posted);
    assert_eq!(posted[0], (AccountKind::WriteOffs, eur(1_00)));
    let ignored = mismatches::preview(&pool, world.shop, mismatch.id, Resolution::Ignore).await;
    assert_eq!(ignored.unwrap(), None);
    let found = mismatches::find(&pool, world.shop, mismatch.id).await.unwrap().unwrap();
    assert_eq!(found.adjustments[0].maker.as_deref(), Some("Ana"));
    assert_eq!(found.history.last().unwrap().action, "mismatch.resolved");
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_resolution_that_does_not_fit_or_has_no_reason_writes_nothing(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let mismatch = world.with_wrong_amount().await;

    let error = world.resolve(&mismatch, Resolution::AcceptFee, &world.analyst).await.unwrap_err();
    assert!(matches!(error, ResolveError::Resolution(ResolutionError::NotForThisKind)));
    let request = Resolve {
        shop: world.shop,
        mismatch: mismatch.id,
        version: mismatch.version,
        resolution: Resolution::WriteOff,
        reason: " - ",
        by: &world.analyst,
        limit_minor: i64::MAX,
    };
    let error = resolve(&pool, request).await.unwrap_err();
    assert!(matches!(error, ResolveError::Reason(ReasonError::TooShort)));
    let operator = world.person("Olga", Role::Operator).await;
    let error = world.resolve(&mismatch, Resolution::WriteOff, &operator).await.unwrap_err();
    assert!(matches!(error, ResolveError::NotAllowed));

    let after = world.mismatch().await;
    assert_eq!((after.version, after.state), (mismatch.version, MismatchState::Open));
    assert_eq!(world.count("select count(*) from adjustment").await, 0);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn somebody_elses_mismatch_is_not_found(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let mismatch = world.with_wrong_amount().await;
    let other = World::new(pool.clone()).await;

    let error = other.resolve(&mismatch, Resolution::WriteOff, &other.analyst).await.unwrap_err();
    assert!(matches!(error, ResolveError::NotFound));
    let error = claim(&pool, other.shop, mismatch.id, 0, &other.analyst).await.unwrap_err();
    assert!(matches!(error, ClaimError::NotFound));
    assert!(mismatches::find(&pool, other.shop, mismatch.id).await.unwrap().is_none());
    let none = engine::db::new_plain_id();
    assert!(mismatches::find(&pool, world.shop, none).await.unwrap().is_none());
}

#[sqlx::test(migrations = "../../../migrations")]
async fn whoever_comes_second_is_told_who_was_first(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let seen = world.with_wrong_amount().await;
    claim(&pool, world.shop, seen.id, seen.version, &world.approver).await.unwrap();

    let error = world.resolve(&seen, Resolution::WriteOff, &world.analyst).await.unwrap_err();

    let ResolveError::Stale(stale) = error else { panic!("{error}") };
    assert_eq!((stale.by.as_str(), stale.version), ("Ben", 1));
    let now = world.mismatch().await;
    assert_eq!((now.state, now.claimed_by.as_deref()), (MismatchState::Claimed, Some("Ben")));
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn two_people_at_once_resolve_it_once(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let seen = world.with_wrong_amount().await;

    let (one, other) = tokio::join!(
        world.resolve(&seen, Resolution::WriteOff, &world.analyst),
        world.resolve(&seen, Resolution::ChargeSeller, &world.approver),
    );

    assert!(one.is_ok() != other.is_ok(), "one of them: {one:?}, {other:?}");
    assert_eq!(world.balance("processor_receivable").await, 0);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_reopened_mismatch_is_as_if_it_had_never_been_resolved(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let seen = world.with_wrong_amount().await;
    world.resolve(&seen, Resolution::WriteOff, &world.analyst).await.unwrap();
    let why = (&world.analyst, "the bank has paid after all");

    reopen(&pool, world.shop, seen.id, 1, why).await.unwrap();

    let now = world.mismatch().await;
    assert_eq!((now.state, now.version, now.held), (MismatchState::Open, 2, eur(1_00)));
    assert_eq!(world.balance("write_offs").await, 0);
    assert_eq!(world.balance("processor_receivable").await, 1_00);
    let again = reopen(&pool, world.shop, seen.id, 2, why).await.unwrap_err();
    assert!(matches!(again, ReopenError::NotClosed(MismatchState::Open)));
    world.resolve(&now, Resolution::ChargeSeller, &world.analyst).await.unwrap();
    assert_eq!(world.balance("processor_receivable").await, 0);
    let found = mismatches::find(&pool, world.shop, seen.id).await.unwrap().unwrap();
    let states: Vec<_> = found.adjustments.iter().map(|it| it.state.as_str()).collect();
    assert_eq!(states, ["undone", "applied"]);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_was_written_off_and_then_settles_after_all_is_a_duplicate(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    world.take(&file("set_1", &[])).await;
    let missing = world.mismatch().await;
    world.resolve(&missing, Resolution::WriteOff, &world.analyst).await.unwrap();

    let late = file("set_2", &[payment_line(payment, eur(49_99))]).on("2026-11-21");
    world.take(&late).await;

    let duplicate = world.mismatch_of(MismatchKind::Duplicate).await;
    assert_eq!(duplicate.held, eur(-49_04));
    world.resolve(&duplicate, Resolution::WriteOff, &world.analyst).await.unwrap();
    assert_eq!(world.balance("suspense").await, 0);
    assert_eq!(world.balance("processor_receivable").await, 0);
    assert_eq!(world.balance("write_offs").await, 95, "only the processor's fee is lost");
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn ignoring_books_nothing_and_leaves_the_queue(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let seen = world.with_wrong_amount().await;

    let resolved = world.resolve(&seen, Resolution::Ignore, &world.analyst).await.unwrap();

    assert_eq!(resolved, Resolved::Applied { posting: None });
    assert_eq!(world.mismatch().await.state, MismatchState::Ignored);
    assert_eq!(world.balance("processor_receivable").await, 1_00);
    let why = (&world.analyst, "it was not nothing");
    reopen(&pool, world.shop, seen.id, 1, why).await.unwrap();
    assert_eq!(world.mismatch().await.state, MismatchState::Open);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_a_procedure_fixed_is_not_reopened(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.authorized(eur(49_99)).await;
    world.take(&file("set_1", &[payment_line(payment, eur(49_99))])).await;
    let id: MismatchId = world.mismatch().await.id;

    let why = (&world.approver, "let me see it again");
    let error = reopen(&pool, world.shop, id, 0, why).await.unwrap_err();

    assert!(matches!(error, ReopenError::ByProcedure));
}
