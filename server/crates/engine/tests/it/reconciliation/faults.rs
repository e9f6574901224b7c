//! Each planted fault is found and classed, and nothing else is touched.

use domain::matching::{MismatchClass, MismatchKind, MismatchState};
use engine::reconciliation::mismatches;
use sqlx::PgPool;

use super::counts;
use crate::invariants::assert_hold;
use crate::settlement_file::{file, payment_line};
use crate::world::{World, eur};

#[sqlx::test(migrations = "../../../migrations")]
async fn all_faults_of_a_file_are_found_and_the_rest_settles(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let mut payments = Vec::new();
    for _ in 0..6 {
        payments.push(world.captured(eur(49_99)).await);
    }
    let mut lines: Vec<_> = payments.iter().map(|id| payment_line(*id, eur(49_99))).collect();
    lines[1].gross = eur(48_99);
    lines[3].fee_minor += 1_00;
    let twice = lines[2].clone();
    lines.insert(3, twice);
    lines.pop();

    let (_, found) = world.take(&file("set_1", &lines)).await;

    assert_eq!(found, counts(3, 3, 1, 0));
    let all = world.mismatches().await;
    let found: Vec<_> = all
        .iter()
        .map(|it| (it.kind.as_str(), it.payment, it.line, it.held.minor(), it.at_stake.minor()))
        .collect();
    assert_eq!(
        found,
        [
            ("amount", Some(payments[1]), Some(4), 1_00, 1_00),
            ("duplicate", Some(payments[2]), Some(6), -49_04, 49_04),
            ("fee", Some(payments[3]), Some(7), 1_00, 1_00),
            ("missing_at_processor", Some(payments[5]), None, 49_99, 49_99),
        ]
    );
    assert!(all.iter().all(|it| it.class == MismatchClass::Manual));
    assert!(all.iter().all(|it| it.state == MismatchState::Open));
    for (index, settled) in [49_99, 48_99, 49_99, 49_99, 49_99, 0].into_iter().enumerate() {
        assert_eq!(world.settled_minor(payments[index]).await, settled, "payment {index}");
    }
    assert_eq!(world.balance("processor_receivable").await, 1_00 + 49_99);
    assert_eq!(world.balance("suspense").await, 1_00 - 49_04);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_line_that_names_nothing_of_ours_goes_to_suspense(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let other = World::new(pool.clone()).await;
    let theirs = other.captured(eur(10_00)).await;
    let mut unknown = payment_line(theirs, eur(20_00));
    "invoice 17".clone_into(&mut unknown.reference);
    unknown.processor_reference = "sp_unknown".into();

    let lines = [payment_line(theirs, eur(10_00)), unknown];
    let (_, found) = world.take(&file("set_1", &lines)).await;

    assert_eq!(found, counts(0, 2, 0, 0));
    for mismatch in world.mismatches().await {
        assert_eq!(mismatch.kind, MismatchKind::MissingInOurBooks);
        assert_eq!(mismatch.class, MismatchClass::Investigate);
        assert_eq!((mismatch.payment, mismatch.ours), (None, None));
    }
    assert_eq!(other.settled_minor(theirs).await, 0, "another shop's payment is never touched");
    assert_eq!(world.balance("suspense").await, -(10_00 - 39 + 20_00 - 53));
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_payment_is_found_by_the_processors_reference_where_ours_is_wrong(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    let mut line = payment_line(payment, eur(49_99));
    "order 1001".clone_into(&mut line.reference);

    let (_, found) = world.take(&file("set_1", &[line])).await;

    assert_eq!(found, counts(1, 0, 0, 0));
    assert_eq!(world.settled_minor(payment).await, 49_99);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_capture_that_we_did_not_hear_of_is_applied_from_the_file(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.authorized(eur(49_99)).await;

    let (_, found) = world.take(&file("set_1", &[payment_line(payment, eur(49_99))])).await;

    assert_eq!(found, counts(0, 1, 0, 0));
    let mismatch = world.mismatch().await;
    assert_eq!(mismatch.kind, MismatchKind::Status);
    assert_eq!(mismatch.class, MismatchClass::Automatic);
    assert_eq!(mismatch.state, MismatchState::Resolved);
    assert_eq!((mismatch.ours, mismatch.theirs), (Some(eur(0)), Some(eur(49_99))));
    let details = mismatches::find(&pool, world.shop, mismatch.id).await.unwrap().unwrap();
    let [adjustment] = details.adjustments.as_slice() else { panic!("one adjustment") };
    assert_eq!(adjustment.procedure.as_deref(), Some("apply_capture_from_file"));
    assert_eq!((adjustment.maker.as_deref(), adjustment.state.as_str()), (None, "applied"));
    assert_eq!(details.history.len(), 1);
    let ours = details.ours.unwrap().state;
    assert_eq!((ours.captured, ours.settled), (eur(49_99), eur(49_99)));
    assert_eq!(details.theirs.unwrap().gross, eur(49_99));
    assert_eq!(world.balance("seller_pending").await, -(49_99 - 2_50));
    let by_file = "select count(*) from transition where source = 'file'";
    assert_eq!(world.count(by_file).await, 2);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_capture_above_the_payment_is_never_applied_by_itself(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.authorized(eur(49_99)).await;

    world.take(&file("set_1", &[payment_line(payment, eur(59_99))])).await;

    let mismatch = world.mismatch().await;
    assert_eq!(mismatch.kind, MismatchKind::MissingInOurBooks);
    assert_eq!((mismatch.payment, mismatch.state), (Some(payment), MismatchState::Open));
    assert_eq!(world.balance("seller_pending").await, 0);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn partial_captures_settle_line_by_line(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.authorized(eur(100_00)).await;
    world.capture(payment, eur(60_00)).await;
    world.capture(payment, eur(100_00)).await;
    let lines = [payment_line(payment, eur(60_00)), payment_line(payment, eur(40_00))];

    let (_, found) = world.take(&file("set_1", &lines)).await;

    assert_eq!(found, counts(2, 0, 0, 0));
    assert_eq!(world.settled_minor(payment).await, 100_00);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_later_file_with_the_missing_line_settles_it_and_resolves_the_mismatch(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let first = world.captured(eur(49_99)).await;
    let second = world.captured(eur(34_99)).await;
    let (_, found) = world.take(&file("set_1", &[payment_line(first, eur(49_99))])).await;
    assert_eq!(found, counts(1, 0, 1, 0));
    let missing = world.mismatch_of(MismatchKind::MissingAtProcessor).await;
    assert_eq!(missing.payment, Some(second));

    // The processor corrects its file: the row that was right stands there again.
    let lines = [payment_line(first, eur(49_99)), payment_line(second, eur(34_99))];
    let (_, found) = world.take(&file("set_1b", &lines)).await;

    assert_eq!(found, counts(2, 0, 0, 0));
    let missing = world.mismatch().await;
    assert_eq!(missing.state, MismatchState::Resolved);
    let details = mismatches::find(&pool, world.shop, missing.id).await.unwrap().unwrap();
    assert_eq!(details.adjustments[0].procedure.as_deref(), Some("settled_by_later_file"));
    assert_eq!(world.settled_minor(first).await, 49_99);
    assert_eq!(world.settled_minor(second).await, 34_99);
    assert_eq!(world.balance("processor_receivable").await, 0);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_line_on_the_next_day_settles_what_was_missing(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    world.take(&file("set_1", &[])).await;
    assert_eq!(world.mismatch().await.kind, MismatchKind::MissingAtProcessor);

    let next = file("set_2", &[payment_line(payment, eur(49_99))]).on("2026-11-21");
    let (_, found) = world.take(&next).await;

    assert_eq!(found, counts(1, 0, 0, 0));
    assert_eq!(world.mismatch().await.state, MismatchState::Resolved);
    assert_hold(&pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_line_that_an_earlier_day_had_is_a_duplicate(pool: PgPool) {
    let world = World::new(pool.clone()).await;
    let payment = world.captured(eur(49_99)).await;
    let line = payment_line(payment, eur(49_99));
    world.take(&file("set_1", std::slice::from_ref(&line))).await;

    let (_, found) = world.take(&file("set_2", &[line]).on("2026-11-21").opening(49_04)).await;

    assert_eq!(found, counts(0, 1, 0, 0));
    let mismatch = world.mismatch().await;
    assert_eq!((mismatch.kind, mismatch.held), (MismatchKind::Duplicate, eur(-49_04)));
    assert_eq!(world.settled_minor(payment).await, 49_99);
    assert_hold(&pool).await;
}
