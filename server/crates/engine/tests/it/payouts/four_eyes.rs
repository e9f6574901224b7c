//! Who makes a pay-out does not approve it, where a second person is needed.

use domain::four_eyes::{Objection, Reason};
use domain::id::ApiKeyId;
use domain::payout::Phase;
use domain::payout::decide::Refused;
use domain::permission::Role;
use engine::db::new_plain_id;
use engine::payouts::actor::By;
use engine::payouts::commands::{self, AskError};
use sqlx::PgPool;

use super::{Counter, OTHER_IBAN};
use crate::world::eur;

#[sqlx::test(migrations = "../../../migrations")]
async fn whoever_made_a_pay_out_cannot_approve_it_and_a_program_neither(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let made = counter.make(eur(57_00), counter.approver()).await.unwrap();

    let maker = counter.approve(made.id, counter.approver()).await;
    let program = counter.approve(made.id, By::Shop(new_plain_id() as ApiKeyId)).await;
    let analyst = counter.approve(made.id, counter.analyst()).await;
    let other = By::Person(counter.desk.world.person("Cleo", Role::Approver).await);
    let approved = counter.approve(made.id, other).await.unwrap();

    let is = |answer: &Result<_, AskError>, wanted: Objection| matches!(answer, Err(AskError::Refused(Refused::FourEyes(why))) if *why == wanted);
    assert!(is(&maker, Objection::MakerIsChecker), "{maker:?}");
    assert!(is(&program, Objection::NotAPerson), "{program:?}");
    assert!(matches!(analyst, Err(AskError::NotAllowed)), "{analyst:?}");
    assert_eq!(approved.state.phase, Phase::Approved);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn whoever_verified_the_bank_account_cannot_approve_the_first_pay_out_to_it(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    counter.verified_by(OTHER_IBAN, &counter.desk.world.approver).await;
    let first = counter.make(eur(57_00), counter.analyst()).await.unwrap();

    let verifier = counter.approve(first.id, counter.approver()).await.unwrap_err();
    let other = By::Person(counter.desk.world.person("Cleo", Role::Approver).await);
    counter.approve(first.id, other).await.unwrap();
    counter.submit().await;
    counter.provider.becomes(&first.id.to_string(), "paid", None);
    counter.inquire().await;
    sqlx::query("update payout_limit set limit_minor = 0")
        .execute(counter.desk.pool())
        .await
        .unwrap();
    let second = counter.make(eur(1_00), counter.analyst()).await.unwrap();

    let AskError::Refused(refused) = verifier else { panic!("{verifier}") };
    assert_eq!(refused, Refused::FourEyes(Objection::VerifierIsChecker));
    assert_eq!(second.reasons, [Reason::AboveLimit]);
    counter.approve(second.id, counter.approver()).await.unwrap();
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_a_failure_held_is_let_go_by_somebody_else_than_its_maker(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    counter.paid(eur(1_00)).await;
    let fails = counter.approved(eur(10_00)).await;
    counter.submit().await;
    let held = counter.make(eur(20_00), counter.approver()).await.unwrap();
    assert_eq!(held.state.phase, Phase::Approved, "one person is enough");
    counter.provider.becomes(&fails.to_string(), "failed", Some("account_closed"));
    counter.inquire().await;
    assert_eq!(counter.phase(held.id).await, Phase::Held);

    let resume = async |by| commands::resume(&counter.desk.engine, &counter.ask(held.id, by)).await;
    let maker = resume(counter.approver()).await.unwrap_err();
    let analyst = resume(counter.analyst()).await.unwrap_err();
    let program = resume(By::Shop(new_plain_id() as ApiKeyId)).await.unwrap_err();
    let other = By::Person(counter.desk.world.person("Cleo", Role::Approver).await);
    let resumed = resume(other).await.unwrap();

    let AskError::Refused(refused) = maker else { panic!("{maker}") };
    assert_eq!(refused, Refused::FourEyes(Objection::MakerIsChecker));
    assert!(matches!(analyst, AskError::NotAllowed), "{analyst}");
    let AskError::Refused(refused) = program else { panic!("{program}") };
    assert_eq!(refused, Refused::FourEyes(Objection::NotAPerson));
    assert_eq!(resumed.state.phase, Phase::Approved);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_database_itself_refuses_an_approval_by_the_maker_or_by_a_program(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    counter.make(eur(57_00), counter.analyst()).await.unwrap();

    for by in [
        "approver_kind = maker_kind, approver_id = maker_id",
        "approver_kind = 'shop', approver_id = gen_random_uuid()",
        "approver_kind = 'schedule', approver_id = null",
    ] {
        let query = sqlx::AssertSqlSafe(format!("update payout set phase = 'approved', {by}"));
        let refused = sqlx::query(query).execute(counter.desk.pool()).await.unwrap_err();
        let constraint = refused.as_database_error().and_then(|error| error.constraint());
        assert_eq!(constraint, Some("payout_second_check"), "{by}");
    }
    let nobody = sqlx::query("update payout set phase = 'approved'");
    let refused = nobody.execute(counter.desk.pool()).await.unwrap_err();
    let constraint = refused.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("payout_approved_check"));
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_second_person_is_needed_the_first_time_above_the_limit_and_for_a_new_account(
    pool: PgPool,
) {
    let counter = Counter::open(pool, eur(5_000_00)).await;
    let first = counter.make(eur(1_00), counter.analyst()).await.unwrap();
    counter.approve(first.id, counter.approver()).await.unwrap();
    counter.submit().await;
    counter.provider.becomes(&first.id.to_string(), "paid", None);
    counter.inquire().await;

    let small = counter.make(eur(1_000_00), counter.analyst()).await.unwrap();
    let large = counter.make(eur(1_000_01), counter.analyst()).await.unwrap();
    counter.verified(OTHER_IBAN).await;
    let elsewhere = counter.make(eur(1_00), counter.analyst()).await.unwrap();

    assert_eq!(first.reasons, [Reason::FirstPayout]);
    assert_eq!((small.reasons, small.state.phase), (vec![], Phase::Approved));
    assert_eq!((large.reasons, large.state.phase), (vec![Reason::AboveLimit], Phase::Draft));
    assert_eq!(elsewhere.reasons, [Reason::AccountChanged]);
    counter.close().await;
}
