//! Work that failed for good: nobody else sees it, and what people decide about it stays known.

use std::time::Duration;

use domain::event::{Command, Fact};
use domain::id::{JobId, ShopId};
use domain::payment::Phase;
use domain::permission::Role;
use engine::db::new_plain_id;
use engine::dead_letters::{
    self, ActError, Filter, Subject, discard, find, list, retry, retry_like,
};
use engine::reconciliation::actor::Actor;
use engine::reconciliation::mismatches::ReasonError;
use engine::workers;
use jobs::Step;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_processor::Behaviour;

/// A job about a payment that was given up after two tries, with its history.
async fn dead(desk: &Desk, reference: &str, error: &str) -> JobId {
    desk.accept(desk.single(reference)).await.unwrap();
    let payment = desk.payment(&format!("{reference}-1")).await.id;
    let job: uuid::Uuid = sqlx::query_scalar(
        "with dead as (delete from job where subject_id = $1 returning *)
         insert into dead_letter (bucket, job_id, kind, subject_id, payload, ordering_key, attempts,
                                  last_error, error_class, created_at)
         select bucket, job_id, kind, subject_id, payload, ordering_key, 2, $2, $3, created_at
         from dead returning job_id",
    )
    .bind(payment.uuid())
    .bind(error)
    .bind(jobs::error_class(error))
    .fetch_one(desk.pool())
    .await
    .unwrap();
    sqlx::query(
        "insert into job_failure (bucket, job_id, attempt, error)
         select bucket_of($1), $1, attempt, 'refused ' || attempt from generate_series(1, 2) as attempt",
    )
    .bind(job)
    .execute(desk.pool())
    .await
    .unwrap();
    JobId::from_uuid(job)
}

/// The payment has its outcome: nobody waits for its work any more.
async fn end(desk: &Desk, reference: &str) {
    let payment = desk.payment(&format!("{reference}-1")).await.id;
    desk.learn(payment, Fact::Declined { last: true }).await;
}

fn ana(desk: &Desk) -> Actor {
    Actor::Person(desk.world.analyst.clone())
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_dead_letter_shows_what_it_is_about_and_its_whole_history(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let job = dead(&desk, "order", "the outcome is unknown: cut off").await;

    let found = find(desk.pool(), Some(desk.world.shop), job).await.unwrap().unwrap();

    let payment = desk.payment("order-1").await.id;
    assert_eq!(found.letter.subject, Subject::Payment(payment));
    assert_eq!(found.ordering_key, Some(payment.uuid()));
    assert_eq!(
        (found.letter.attempts, found.letter.error_class.as_str()),
        (2, "the outcome is unknown")
    );
    let errors: Vec<&str> = found.history.iter().map(|failed| failed.error.as_str()).collect();
    assert_eq!(errors, ["refused 1", "refused 2"]);
    assert_eq!((found.decisions, found.alike), (vec![], 1));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn another_shop_neither_sees_nor_touches_a_dead_letter(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let job = dead(&desk, "order", "refused").await;
    let other: ShopId = new_plain_id();
    let mine = Filter { shop: Some(desk.world.shop), ..Filter::default() };
    let theirs = Filter { shop: Some(other), ..Filter::default() };

    assert_eq!(list(desk.pool(), &mine, 10).await.unwrap().total, 1);
    assert_eq!(list(desk.pool(), &theirs, 10).await.unwrap().total, 0);
    assert!(dead_letters::counts(desk.pool(), Some(other)).await.unwrap().is_empty());
    assert!(find(desk.pool(), Some(other), job).await.unwrap().is_none());
    let tried = retry(&desk.engine, Some(other), job, &ana(&desk)).await;
    assert!(matches!(tried, Err(ActError::NotFound)), "{tried:?}");
    let tried = discard(&desk.engine, Some(other), job, "not mine", &ana(&desk)).await;
    assert!(matches!(tried, Err(ActError::NotFound)), "{tried:?}");

    assert_eq!(list(desk.pool(), &mine, 10).await.unwrap().total, 1);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_list_is_narrowed_by_kind_cause_and_age(pool: PgPool) {
    let desk = Desk::open(pool).await;
    dead(&desk, "one", "the outcome is unknown: cut off").await;
    dead(&desk, "two", "the outcome is unknown: timed out").await;
    dead(&desk, "three", "refused").await;
    let total = async |filter: Filter| list(desk.pool(), &filter, 10).await.unwrap().total;
    let of_class = |class: &str| Filter { error_class: Some(class.into()), ..Filter::default() };

    assert_eq!(total(Filter::default()).await, 3);
    assert_eq!(total(of_class("the outcome is unknown")).await, 2);
    assert_eq!(
        total(Filter { kind: Some("deliver_webhook".into()), ..Filter::default() }).await,
        0
    );
    let yesterday = time::OffsetDateTime::now_utc() - time::Duration::DAY;
    assert_eq!(total(Filter { before: Some(yesterday), ..Filter::default() }).await, 0);
    let counts = dead_letters::counts(desk.pool(), None).await.unwrap();
    let counts: Vec<(&str, u64)> =
        counts.iter().map(|count| (count.error_class.as_str(), count.count)).collect();
    assert_eq!(counts, [("the outcome is unknown", 2), ("refused", 1)]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_job_that_is_tried_again_keeps_its_history_and_gets_all_its_tries(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let job = dead(&desk, "order", "refused").await;

    retry(&desk.engine, Some(desk.world.shop), job, &ana(&desk)).await.unwrap();

    let row: (i32, i32) = sqlx::query_as("select attempt, attempt - uncounted from job")
        .fetch_one(desk.pool())
        .await
        .unwrap();
    assert_eq!(row, (2, 0), "its number goes on as a fence, and its tries are counted anew");
    assert_eq!(desk.world.count("select count(*) from job_failure").await, 2);
    let line: (String, String, Option<uuid::Uuid>) =
        sqlx::query_as("select actor, action, staff_id from audit_log where object_id = $1")
            .bind(job.to_string())
            .fetch_one(desk.pool())
            .await
            .unwrap();
    let staff = Some(desk.world.analyst.id.uuid());
    assert_eq!(line, ("Ana".into(), "dead_letter.retried".into(), staff));
    assert_eq!(desk.carry().await, Step { claimed: 1, failed: 0 });
    let again = retry(&desk.engine, None, job, &ana(&desk)).await;
    assert!(matches!(again, Err(ActError::NotFound)), "a second click does nothing: {again:?}");
    assert_eq!(desk.books().await, [4_999, -4_749, -250]);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn all_of_one_cause_are_tried_again_and_no_other(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let one = dead(&desk, "one", "the outcome is unknown: cut off").await;
    dead(&desk, "two", "the outcome is unknown: timed out").await;
    dead(&desk, "three", "refused").await;
    let thrown = dead(&desk, "four", "the outcome is unknown: cut off").await;
    end(&desk, "four").await;
    discard(&desk.engine, None, thrown, "paid otherwise", &ana(&desk)).await.unwrap();

    assert_eq!(retry_like(&desk.engine, None, one, &ana(&desk)).await.unwrap(), 2);

    assert_eq!(
        desk.world.count("select count(*) from job where kind = 'execute_payment'").await,
        2
    );
    let left = list(desk.pool(), &Filter::default(), 10).await.unwrap();
    assert_eq!((left.total, left.rows[0].error_class.as_str()), (1, "refused"));
    let lines = "select count(*) from audit_log where action = 'dead_letter.retried'";
    assert_eq!(desk.world.count(lines).await, 2);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_discarded_stays_readable_with_who_and_why_and_is_not_tried_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let job = dead(&desk, "order", "refused").await;
    end(&desk, "order").await;
    let short = discard(&desk.engine, None, job, " ", &ana(&desk)).await;
    assert!(matches!(short, Err(ActError::Reason(ReasonError::TooShort))), "{short:?}");

    discard(&desk.engine, None, job, "the shop refunded by hand", &ana(&desk)).await.unwrap();

    let waiting = list(desk.pool(), &Filter::default(), 10).await.unwrap();
    let thrown = Filter { is_discarded: true, ..Filter::default() };
    let thrown = list(desk.pool(), &thrown, 10).await.unwrap();
    assert_eq!((waiting.total, thrown.total), (0, 1));
    let why = thrown.rows[0].discarded.clone().unwrap();
    assert_eq!((why.by.as_str(), why.reason.as_str()), ("Ana", "the shop refunded by hand"));
    let found = find(desk.pool(), None, job).await.unwrap().unwrap();
    assert_eq!(found.decisions[0].reason.as_deref(), Some("the shop refunded by hand"));
    let again = retry(&desk.engine, None, job, &ana(&desk)).await;
    assert!(matches!(again, Err(ActError::Discarded)), "{again:?}");
    assert_eq!(
        desk.world.count("select count(*) from job where kind = 'execute_payment'").await,
        0
    );
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn who_only_reads_decides_nothing_about_dead_letters(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let job = dead(&desk, "order", "refused").await;
    let reader = Actor::Person(desk.world.person("Rea", Role::Operator).await);

    for tried in [
        retry(&desk.engine, None, job, &reader).await,
        retry_like(&desk.engine, None, job, &reader).await.map(|_| ()),
        discard(&desk.engine, None, job, "because", &reader).await,
    ] {
        assert!(matches!(tried, Err(ActError::NotAllowed)), "{tried:?}");
    }

    assert_eq!(list(desk.pool(), &Filter::default(), 10).await.unwrap().total, 1);
    assert_eq!(desk.world.count("select count(*) from audit_log").await, 0);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_delivery_that_failed_for_good_is_about_its_payment_and_its_shop(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.hears("default", "http://127.0.0.1:9", &[]).await;
    let payment = desk.sold("order").await.id;
    let mut lane = engine::webhooks::lane(engine::webhooks::Deliver::start(desk.pool(), true));
    lane.policy = "cancel".parse().unwrap();

    assert_eq!(desk.step(&lane).await, Step { claimed: 1, failed: 1 });

    let mine = Filter { shop: Some(desk.world.shop), ..Filter::default() };
    let found = list(desk.pool(), &mine, 10).await.unwrap();
    assert_eq!((found.total, found.rows[0].subject), (1, Subject::Payment(payment)));
    let other: ShopId = new_plain_id();
    let theirs = Filter { shop: Some(other), ..Filter::default() };
    assert_eq!(list(desk.pool(), &theirs, 10).await.unwrap().total, 0);
    assert!(workers::KINDS.iter().any(|kind| kind.kind == found.rows[0].kind));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn work_that_a_payment_waits_for_is_not_discarded_but_tried_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let authorization = dead(&desk, "order", "the outcome is unknown: cut off").await;
    let held = desk.held("held").await;
    desk.command(held.id, Command::Cancel).await;
    desk.fake.will(&[Behaviour::LoseAnswer]);
    let mut lane = workers::operator(&desk.engine);
    lane.policy = "cancel".parse().unwrap();
    assert_eq!(desk.step(&lane).await, Step { claimed: 1, failed: 1 });
    let operation: uuid::Uuid =
        sqlx::query_scalar("select job_id from dead_letter where kind = 'operate_payment'")
            .fetch_one(desk.pool())
            .await
            .unwrap();

    for job in [authorization, JobId::from_uuid(operation)] {
        let thrown = discard(&desk.engine, None, job, "we give up", &ana(&desk)).await;
        assert!(matches!(thrown, Err(ActError::WaitedFor)), "{thrown:?}");
        retry(&desk.engine, None, job, &ana(&desk)).await.unwrap();
    }

    assert_eq!(desk.carry().await, Step { claimed: 1, failed: 0 });
    assert_eq!(desk.operate().await, Step { claimed: 1, failed: 0 });
    assert_eq!(desk.payment("order-1").await.state.phase, Phase::Captured);
    assert_eq!(desk.payment("held-1").await.state.phase, Phase::Cancelled);
    let lines = "select count(*) from audit_log where action = 'dead_letter.discarded'";
    assert_eq!(desk.world.count(lines).await, 0);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_dies_again_at_once_is_tried_again_once_by_one_click(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let job = dead(&desk, "one", "refused").await;
    dead(&desk, "two", "refused").await;
    // A worker that gives up whatever it is given, in no time.
    let worker = "
        create function give_up() returns trigger language plpgsql as $$
        begin
            delete from job where job_id = new.job_id;
            insert into dead_letter (bucket, job_id, kind, subject_id, payload, attempts, last_error,
                                     error_class, created_at)
            values (new.bucket, new.job_id, new.kind, new.subject_id, new.payload, 3, 'refused',
                    'refused', new.created_at);
            return null;
        end $$;
        create trigger give_up after insert on job for each row
            when (new.kind = 'execute_payment') execute function give_up();
    ";
    sqlx::raw_sql(worker).execute(desk.pool()).await.unwrap();

    let by = ana(&desk);
    let click = retry_like(&desk.engine, Some(desk.world.shop), job, &by);
    let given_back = tokio::time::timeout(Duration::from_secs(20), click).await;

    assert_eq!(given_back.expect("it comes to an end").unwrap(), 2);
    assert_eq!(desk.world.count("select count(*) from dead_letter").await, 2);
    assert_eq!(desk.world.count("select count(*) from audit_log").await, 2);
    desk.close().await;
}
