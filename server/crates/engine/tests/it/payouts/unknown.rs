//! Lost answers, lost workers and lost calls: whatever crashes, a pay-out is paid once.

use domain::payout::Phase;
use engine::dead_letters::{self, ActError, Filter};
use engine::reconciliation::actor::Actor;
use jobs::Step;
use sqlx::PgPool;

use super::Counter;
use crate::fake_provider::Behaviour;
use crate::world::eur;

#[sqlx::test(migrations = "../../../migrations")]
async fn a_lost_answer_leaves_the_outcome_unknown_until_an_inquiry_finds_it(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.provider.will(&[Behaviour::LoseAnswer]);

    counter.submit().await;
    let unknown = counter.read(id).await;
    assert!(unknown.state.in_doubt && unknown.state.phase == Phase::Submitted, "{unknown:?}");
    counter.inquire().await;

    let known = counter.read(id).await;
    assert!(!known.state.in_doubt && known.state.is_accepted, "{known:?}");
    assert_eq!(counter.provider.calls().len(), 1, "it was asked, and not told again");
    assert_eq!(counter.books().await, [43_00, 57_00, 0]);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn that_nothing_was_found_is_believed_only_once_the_call_cannot_arrive_any_more(
    pool: PgPool,
) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.provider.will(&[Behaviour::ServerError]);
    counter.submit().await;

    counter.inquire().await;
    let early = counter.read(id).await;
    assert!(early.state.in_doubt, "the call may still arrive");
    assert_eq!(counter.books().await, [43_00, 57_00, 0]);
    counter.let_calls_expire().await;
    counter.inquire().await;
    let back = counter.read(id).await;
    assert_eq!((back.state.phase, back.state.in_doubt), (Phase::Approved, false));
    assert_eq!(counter.books().await, [100_00, 0, 0], "the money is the seller's meanwhile");
    counter.desk.make_due().await;
    counter.submit().await;

    let again = counter.read(id).await;
    assert_eq!((again.state.phase, again.state.submissions), (Phase::Submitted, 2));
    assert_eq!(counter.provider.transfers().len(), 1);
    assert_eq!(counter.books().await, [43_00, 57_00, 0]);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_provider_that_is_too_busy_is_told_again_under_the_same_name(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.provider.will(&[Behaviour::NotProcessed, Behaviour::NotProcessed]);

    assert_eq!(counter.submit().await, Step { claimed: 1, failed: 1 });
    counter.desk.make_due().await;
    assert_eq!(counter.submit().await, Step { claimed: 1, failed: 1 });
    counter.desk.make_due().await;
    assert_eq!(counter.submit().await, Step { claimed: 1, failed: 0 });

    let state = counter.read(id).await.state;
    assert_eq!((state.phase, state.submissions, state.begun), (Phase::Submitted, 1, 1));
    let reference = id.to_string();
    assert_eq!(counter.provider.calls(), [reference.clone(), reference.clone(), reference]);
    assert_eq!(counter.provider.transfers().len(), 1);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_worker_that_is_lost_after_it_has_called_is_followed_by_one_that_asks(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    // All that the lost worker wrote is the submission; its answer is taken back here.
    let keep = "create table kept as select * from job where kind = 'submit_payout'";
    sqlx::query(keep).execute(counter.desk.pool()).await.unwrap();
    counter.submit().await;
    for forget in [
        "update payout set is_accepted = false, version = 3, provider_reference = null",
        "alter table payout_history disable trigger payout_history_append_only",
        "delete from payout_history where version > 3",
        "delete from job where kind = 'inquire_payout'",
        "insert into job (bucket, job_id, kind, subject_id, payload, ordering_key)
         select bucket, job_id, kind, subject_id, payload, ordering_key from kept",
    ] {
        sqlx::query(forget).execute(counter.desk.pool()).await.unwrap();
    }

    counter.submit().await;

    assert!(counter.read(id).await.state.is_accepted);
    assert_eq!(counter.provider.calls().len(), 1, "asked first, and not told twice");
    assert_eq!(counter.books().await, [43_00, 57_00, 0]);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_provider_that_reports_another_amount_is_never_believed(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.provider.will(&[Behaviour::WrongAmount]);

    counter.submit().await;
    counter.provider.becomes(&id.to_string(), "paid", None);
    counter.inquire().await;

    let state = counter.read(id).await.state;
    assert_eq!((state.phase, state.in_doubt), (Phase::Submitted, true));
    assert_eq!(counter.books().await, [43_00, 57_00, 0]);
    let alerts = "select count(*) from alert where kind = 'irregular_fact'";
    assert_eq!(counter.desk.world.count(alerts).await, 1);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_provider_that_forgets_what_it_had_taken_on_moves_nothing(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.submit().await;

    counter.provider.forgets();
    counter.inquire().await;

    let state = counter.read(id).await.state;
    assert_eq!((state.phase, state.in_doubt), (Phase::Submitted, true));
    assert_eq!(counter.books().await, [43_00, 57_00, 0]);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn work_that_a_pay_out_waits_for_is_not_discarded_but_tried_again(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.provider.will(&[Behaviour::NotProcessed]);
    counter.submit().await;
    for die in [
        "insert into dead_letter (bucket, job_id, kind, subject_id, payload, ordering_key, attempts,
                                  last_error, error_class, created_at)
         select bucket, job_id, kind, subject_id, payload, ordering_key, 2000, 'too busy',
                'too busy', created_at
         from job where kind = 'submit_payout'",
        "delete from job where kind = 'submit_payout'",
    ] {
        sqlx::query(die).execute(counter.desk.pool()).await.unwrap();
    }
    let job = dead_letters::list(counter.desk.pool(), &Filter::default(), 1).await.unwrap();
    let (job, shop) = (job.rows[0].id, Some(counter.desk.world.shop));
    let by = Actor::Person(counter.desk.world.analyst.clone());
    let engine = &counter.desk.engine;

    let discarded = dead_letters::discard(engine, shop, job, "it is too old", &by).await;
    dead_letters::retry(engine, shop, job, &by).await.unwrap();
    counter.submit().await;

    assert!(matches!(discarded, Err(ActError::WaitedFor)), "{discarded:?}");
    assert!(counter.read(id).await.state.is_accepted);
    assert_eq!(counter.provider.transfers().len(), 1);
    counter.close().await;
}
