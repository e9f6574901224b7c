//! Another processor takes a payment over only if it is certain that nothing happened at the first.

use std::time::Duration;

use domain::decide::Refused;
use domain::event::{Command, Event, Fact};
use domain::id::PaymentId;
use domain::operation::Try;
use domain::payment::{Phase, Status};
use domain::why::Reason;
use engine::checkouts::accept::AcceptError;
use engine::checkouts::advance;
use engine::checkouts::pay::{PayError, pay};
use engine::inbound::Inbox;
use engine::payments::commit::Unit;
use engine::payments::{self, Applied, Details, Input, PaymentRecord, Source};
use engine::processors::circuits::{self, Wish};
use engine::watch::look;
use engine::workers;
use jobs::Step;
use serde_json::json;
use sqlx::PgPool;

use super::{Pair, a_try};
use crate::fake_processor::Behaviour;
use crate::queue::notification;
use crate::world::eur;

const DONE: Step = Step { claimed: 1, failed: 0 };
const FAILED: Step = Step { claimed: 1, failed: 1 };

#[sqlx::test(migrations = "../../../migrations")]
async fn a_payment_that_certainly_did_not_happen_is_carried_to_another_processor(pool: PgPool) {
    let pair = Pair::open(pool).await;
    pair.north.will(&[Behaviour::NotProcessed]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();

    assert_eq!(pair.desk.carry().await, DONE);
    assert_eq!(pair.desk.carry().await, DONE);

    let payment = pair.only_payment().await;
    assert_eq!(payment.state.status(), Status::Captured);
    assert_eq!(payment.processor_account, Some(pair.south_id));
    assert_eq!((pair.north.taken_minor(), pair.south.taken_minor()), (0, 4_999));
    let expected = [a_try("alpine", "retryable", "first"), a_try("south", "done", "failover")];
    assert_eq!(pair.tries().await, expected);
    let keys: Vec<String> =
        sqlx::query_scalar("select idempotency_key from attempt order by number")
            .fetch_all(pair.desk.pool())
            .await
            .unwrap();
    assert_ne!(keys[0], keys[1], "the second try is not a repeat of the first");
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_history_and_the_attempt_say_why_the_payment_went_elsewhere(pool: PgPool) {
    let pair = Pair::open(pool).await;
    pair.north.will(&[Behaviour::NotProcessed]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();
    pair.desk.carry().await;

    let (event, reason): (String, String) = sqlx::query_as(
        "select event, evidence ->> 'reason' from transition order by version desc limit 1",
    )
    .fetch_one(pair.desk.pool())
    .await
    .unwrap();
    let stored: String = sqlx::query_scalar("select routing_reason from attempt where number = 2")
        .fetch_one(pair.desk.pool())
        .await
        .unwrap();

    assert_eq!(event, "try_again");
    assert_eq!(reason, stored);
    let expected = "south because no other account can take it now; \
                    passed over: alpine (it could not be reached)";
    assert_eq!(stored, expected);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn an_unknown_outcome_is_never_tried_on_another_processor_by_any_path(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let desk = &pair.desk;
    pair.north.will(&[Behaviour::LoseAnswer]);
    let checkout = desk.accept(desk.single("order")).await.unwrap();
    assert_eq!(desk.carry().await, FAILED);
    pair.north.go_down();

    // The executor, again and again, also while the circuit is open.
    for _ in 0..7 {
        desk.make_due().await;
        assert_eq!(desk.carry().await, FAILED);
    }
    let wish = Wish::Open(Duration::from_hours(1));
    let by = &desk.world.analyst;
    let version = pair.standing().await.version;
    circuits::force(&desk.engine, desk.world.shop, (pair.north_id, version), wish, "down", by)
        .await
        .unwrap();
    desk.make_due().await;
    assert_eq!(desk.carry().await, FAILED);
    // The shopper, the return from the page, the end of time, the shop, and a person.
    assert!(matches!(pay(&desk.engine, checkout.id).await, Err(PayError::UnderWay)));
    advance::look(&desk.engine, checkout.id).await.unwrap();
    desk.step(&workers::advancer(&desk.engine)).await;
    desk.run_out_of_time().await;
    desk.step(&workers::expirer(&desk.engine)).await;
    let again = desk.accept(desk.single("order")).await;
    assert!(matches!(again, Err(AcceptError::KnownCheckout)));
    let payment = pair.only_payment().await.id;
    for command in [Command::Execute, Command::TryAgain, Command::LetGo, Command::Expire] {
        let answer = desk.command(payment, command).await;
        assert_eq!(answer, Applied::Refused(Refused::InDoubt), "{command:?}");
    }

    assert!(pair.south.calls().is_empty());
    assert_eq!(pair.south.registrations(), 0);
    assert_eq!(pair.only_payment().await.state.status(), Status::Unknown);
    pair.north.come_back();
    desk.make_due().await;
    desk.carry().await;
    let payment = pair.only_payment().await;
    assert_eq!(payment.state.status(), Status::Captured);
    assert_eq!(payment.processor_account, Some(pair.north_id));
    assert_eq!((pair.north.taken_minor(), pair.south.taken_minor()), (4_999, 0));
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_a_lost_worker_may_have_called_stays_with_its_processor(pool: PgPool) {
    let pair = Pair::open(pool).await;
    pair.desk.accept(pair.desk.single("order")).await.unwrap();
    // A worker had the job and was lost; nobody knows whether it called.
    sqlx::query("update job set attempt = 1").execute(pair.desk.pool()).await.unwrap();
    pair.north.go_down();

    assert_eq!(pair.desk.carry().await, FAILED);

    assert!(pair.south.calls().is_empty());
    assert_eq!(pair.tries().await, [a_try("alpine", "started", "first")]);
    let unknown = Reason::OutcomeUnknown { operation: "authorize".into() };
    assert_eq!(pair.reason().await, unknown, "nobody says that nothing happened");
    pair.north.come_back();
    pair.desk.make_due().await;
    assert_eq!(pair.desk.carry().await, DONE);
    assert_eq!(pair.only_payment().await.processor_account, Some(pair.north_id));
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn an_attempt_that_was_ever_unknown_stays_where_it_is_though_nothing_is_found(pool: PgPool) {
    let pair = Pair::open(pool).await;
    // It fails in a way that leaves everything open, and nothing of it is found afterwards.
    pair.north.will(&[Behaviour::ServerError, Behaviour::NotProcessed]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();
    assert_eq!(pair.desk.carry().await, FAILED);
    assert_eq!(pair.only_payment().await.state.status(), Status::Unknown);
    pair.desk.make_due().await;
    assert_eq!(pair.desk.carry().await, FAILED);

    assert!(pair.south.calls().is_empty());
    pair.desk.make_due().await;
    assert_eq!(pair.desk.carry().await, DONE);
    assert_eq!(pair.only_payment().await.processor_account, Some(pair.north_id));
    assert_eq!(pair.north.taken_minor(), 4_999);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_stored_method_is_never_taken_to_an_account_that_does_not_know_it(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let separate = "update processor_account set vault = null where name = 'south'";
    sqlx::query(separate).execute(pair.desk.pool()).await.unwrap();
    pair.north.will(&[Behaviour::NotProcessed]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();

    assert_eq!(pair.desk.carry().await, FAILED);

    assert_eq!(pair.tries().await, [a_try("alpine", "retryable", "first")]);
    assert_eq!(pair.only_payment().await.state.phase, Phase::Executing);
    assert!(matches!(pair.reason().await, Reason::Retrying { .. }), "nothing happened there");
    pair.desk.make_due().await;
    assert_eq!(pair.desk.carry().await, DONE);
    assert_eq!(pair.tries().await, [a_try("alpine", "done", "first")]);
    assert!(pair.south.calls().is_empty());
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_stored_method_that_nobody_knows_goes_only_where_every_method_is_taken(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let takes = async |methods: &'static str, account: &'static str| {
        sqlx::query("update processor_account set methods = $1::text[] where name = $2")
            .bind(methods)
            .bind(account)
            .execute(pair.desk.pool())
            .await
            .unwrap();
        pair.desk.engine.router().read(pair.desk.world.shop).await.unwrap();
    };
    takes("{card,wallet}", "alpine").await;
    takes("{card,voucher}", "south").await;
    pair.north.will(&[Behaviour::NotProcessed]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();

    assert_eq!(pair.desk.carry().await, FAILED, "it may be a wallet, which the other has not");
    assert!(pair.south.calls().is_empty());

    takes("{voucher,wallet,card}", "south").await;
    pair.north.will(&[Behaviour::NotProcessed]);
    pair.desk.make_due().await;
    assert_eq!(pair.desk.carry().await, DONE);
    assert_eq!(pair.desk.carry().await, DONE);
    assert_eq!(pair.south.taken_minor(), 4_999);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_stored_method_that_an_answer_named_goes_only_where_it_is_taken(pool: PgPool) {
    for (methods, account) in [("{card}", "south"), ("{wallet,voucher}", "alpine")] {
        let pair = Pair::open(pool.clone()).await;
        sqlx::query(
            "update processor_account set methods = $1::text[] where processor_account_id = $2",
        )
        .bind(methods)
        .bind(pair.south_id.uuid())
        .execute(&pool)
        .await
        .unwrap();
        pair.north.will(&[Behaviour::DeclineWith("try_again_later")]);
        pair.desk.accept(pair.desk.single("order")).await.unwrap();

        while pair.desk.carry().await.claimed > 0 {}

        let carried_by: String = sqlx::query_scalar(
            "select name from payment join processor_account using (processor_account_id)
             where payment.shop_id = $1",
        )
        .bind(pair.desk.world.shop.uuid())
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(carried_by, account, "a card was declined, and the other takes {methods}");
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn each_account_is_tried_once_and_then_the_payment_waits(pool: PgPool) {
    let pair = Pair::open(pool).await;
    pair.north.go_down();
    pair.south.go_down();
    pair.desk.accept(pair.desk.single("order")).await.unwrap();

    assert_eq!(pair.desk.carry().await, DONE);
    for _ in 0..3 {
        assert_eq!(pair.desk.carry().await, FAILED);
        pair.desk.make_due().await;
    }

    let expected = [a_try("alpine", "retryable", "first"), a_try("south", "retryable", "failover")];
    assert_eq!(pair.tries().await, expected);
    pair.south.come_back();
    assert_eq!(pair.desk.carry().await, DONE);
    assert_eq!(pair.south.taken_minor(), 4_999);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_payment_that_was_taken_meanwhile_is_not_tried_again(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let payment = pair.desk.sold("order").await;

    let answer = pair.desk.command(payment.id, Command::TryAgain).await;

    assert_eq!(answer, Applied::Refused(Refused::AlreadyPaid));
    assert_eq!(pair.tries().await, [a_try("alpine", "done", "first")]);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn late_news_of_a_processor_that_was_left_changes_nothing_unless_it_speaks_of_money(
    pool: PgPool,
) {
    let pair = Pair::open(pool).await;
    pair.north.will(&[Behaviour::NotProcessed]);
    pair.desk.accept(pair.desk.single("order")).await.unwrap();
    pair.desk.carry().await;
    pair.desk.carry().await;
    let payment = pair.only_payment().await;
    let inbox = Inbox::start(pair.desk.pool(), pair.desk.engine.waker());
    let taken = notification(&pair.desk, "taken", payment.id, "captured");
    let mut declined = notification(&pair.desk, "declined", payment.id, "declined");
    let without = String::from_utf8(declined.body)
        .unwrap()
        .replace("\"authorized\":\"49.99\"", "\"authorized\":\"0.00\"");
    declined.body = without.replace("\"captured\":\"49.99\"", "\"captured\":\"0.00\"").into_bytes();

    inbox.store(declined).await.unwrap();
    inbox.store(taken).await.unwrap();
    pair.desk.step(&workers::news(&pair.desk.engine)).await;
    pair.desk.step(&workers::news(&pair.desk.engine)).await;

    let rows: Vec<(String, Option<String>)> =
        sqlx::query_as("select state, problem_code from inbound_webhook order by message_id")
            .fetch_all(pair.desk.pool())
            .await
            .unwrap();
    assert_eq!(rows[0], ("handled".to_owned(), None));
    assert_eq!(rows[1], ("unmatched".to_owned(), Some("account_left".to_owned())));
    assert_eq!(pair.only_payment().await.version, payment.version);
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn money_where_a_payment_has_left_is_alerted_by_itself_whatever_else_is_unmatched(
    pool: PgPool,
) {
    let pair = Pair::open(pool).await;
    let desk = &pair.desk;
    pair.north.will(&[Behaviour::NotProcessed, Behaviour::NotProcessed]);
    for order in ["order", "other"] {
        desk.accept(desk.single(order)).await.unwrap();
        desk.carry().await;
        desk.carry().await;
    }
    let inbox = Inbox::start(desk.pool(), desk.engine.waker());
    let stranger = engine::db::new_plain_id();
    inbox.store(notification(desk, "stranger", stranger, "captured")).await.unwrap();
    desk.step(&workers::news(&desk.engine)).await;
    look::look(&desk.engine).await.unwrap();
    let one = pair.only_payment().await.id;
    let two = desk.payment("other-1").await.id;

    for (message, payment) in [("first", one), ("repeated", one), ("second", two)] {
        inbox.store(notification(desk, message, payment, "captured")).await.unwrap();
        desk.step(&workers::news(&desk.engine)).await;
    }
    look::look(&desk.engine).await.unwrap();

    let alerts: Vec<(String, String)> = sqlx::query_as(
        "select subject, severity from alert
         where kind = 'money_elsewhere' and state = 'open' order by raised_at",
    )
    .fetch_all(desk.pool())
    .await
    .unwrap();
    let critical = |payment: PaymentId| (payment.to_string(), "critical".to_owned());
    assert_eq!(alerts, [critical(one), critical(two)]);
    pair.desk.close().await;
}

/// How often a job has run says how often its attempt may have been called, and nothing of others.
#[sqlx::test(migrations = "../../../migrations")]
async fn a_job_that_is_left_of_an_earlier_attempt_calls_nobody(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let desk = &pair.desk;
    pair.north.will(&[Behaviour::NotProcessed]);
    desk.accept(desk.single("order")).await.unwrap();
    sqlx::query(
        "insert into job (bucket, job_id, kind, subject_id, payload, due_at)
         select bucket_of(id), id, kind, subject_id, payload, now() + interval '1 hour'
         from job cross join gen_random_uuid() as id where kind = 'execute_payment'",
    )
    .execute(desk.pool())
    .await
    .unwrap();
    assert_eq!(desk.carry().await, DONE);
    pair.south.will(&[Behaviour::ServerError]);
    assert_eq!(desk.carry().await, FAILED, "called, and not answered");
    let calls = pair.south.calls().len();

    let left = "update job set due_at = now() + case when ordering_key is null then interval '0'
                else interval '1 hour' end";
    sqlx::query(left).execute(desk.pool()).await.unwrap();
    assert_eq!(desk.carry().await, DONE);

    assert_eq!(pair.south.calls().len(), calls);
    let jobs = "select count(*) from job where kind = 'execute_payment'";
    assert_eq!(desk.world.count(jobs).await, 1);
    pair.desk.close().await;
}

/// Nobody knows how it came to it: both have the money, and a person has to give one back.
#[sqlx::test(migrations = "../../../migrations")]
async fn a_second_charge_is_booked_where_it_was_made_and_the_payment_stays_where_it_is(
    pool: PgPool,
) {
    let pair = Pair::open(pool).await;
    let desk = &pair.desk;
    pair.north.will(&[Behaviour::AnswerLate]);
    desk.accept(desk.single("order")).await.unwrap();
    let payment = pair.only_payment().await.id;
    let (step, ()) = tokio::join!(desk.carry(), async {
        pair.north.has_charged().await;
        let details = Details { processor_account: Some(pair.south_id), ..Details::default() };
        tell(&pair, payment, Event::Command(Command::TryAgain), details).await;
        pair.north.lose_now();
    });
    assert_eq!(step, DONE);
    let first = pair.only_payment().await;
    assert_eq!(first.state.status(), Status::Captured);
    assert_eq!(first.processor_account, Some(pair.north_id), "where the money is");

    let charged = Event::Answer(Try::Authorization(2), Fact::Captured { total: eur(4_999) });
    let details = Details {
        processor_account: Some(pair.south_id),
        processor_reference: Some("sp_south".into()),
        ..Details::default()
    };
    tell(&pair, payment, charged, details).await;

    let second = pair.only_payment().await;
    assert_eq!(second.state.captured, eur(9_998));
    let place = |of: &PaymentRecord| (of.processor_account, of.processor_reference.clone());
    assert_eq!(place(&second), place(&first));
    let booked: Vec<(uuid::Uuid, i64)> = sqlx::query_as(
        "select owner_id, balance_minor from balance where kind = 'processor_receivable'",
    )
    .fetch_all(desk.pool())
    .await
    .unwrap();
    for account in [pair.north_id, pair.south_id] {
        assert!(booked.contains(&(account.uuid(), 4_999)), "{booked:?}");
    }
    let history = payments::history(desk.pool(), second.shop, payment).await.unwrap();
    let last = history.last().unwrap().irregular.as_deref();
    assert_eq!(last, Some("more than one try has the money"));
    pair.desk.close().await;
}

async fn tell(pair: &Pair, payment: PaymentId, event: Event, details: Details) {
    let (source, evidence) = (Source::Worker, json!({}));
    let input = Input { payment, event, source, evidence, details };
    let unit = Unit { inputs: vec![input], ..Unit::default() };
    let answers = pair.desk.engine.committer().commit(unit).await.unwrap();
    assert!(matches!(answers[..], [Applied::Changed { .. }]), "{answers:?}");
}
