//! Checkouts: taken in whole or not at all, paid on one page, given up in time.

use std::time::Duration;

use domain::checkout::CheckoutState;
use domain::payment::{ExecutionStatus, Phase};
use engine::checkouts::accept::{AcceptError, NewCheckout};
use engine::checkouts::pay::{PayError, pay};
use engine::checkouts::{self, advance};
use engine::workers;
use jobs::Step;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::world::eur;

#[sqlx::test(migrations = "../../../migrations")]
async fn everything_is_stored_before_anybody_is_called(pool: PgPool) {
    let desk = Desk::open(pool).await;

    let checkout = desk.accept(desk.checkout("order")).await.unwrap();

    assert_eq!(desk.fake.calls(), []);
    assert_eq!(checkout.state(), CheckoutState::Processing);
    assert_eq!(checkout.total, eur(8_499));
    for payment in &checkout.payments {
        assert_eq!(payment.state.execution_status(), ExecutionStatus::Executing);
    }
    let rows = desk.rows().await;
    let expected = [
        ("checkout", 1),
        ("payment", 2),
        ("reference_claim", 3),
        ("attempt", 2),
        ("transition", 4),
        ("posting", 0),
        ("job", 2),
        ("outbox", 0),
    ];
    assert_eq!(rows, expected.map(|(table, count)| (table.to_owned(), count)));
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_sale_to_two_sellers_is_done_when_both_payments_are(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let accepted = desk.accept(desk.checkout("order")).await.unwrap();

    assert_eq!(desk.carry().await, Step { claimed: 2, failed: 0 });

    let checkout = checkouts::find_any(desk.pool(), accepted.id).await.unwrap().unwrap();
    assert!(checkout.is_payment_done());
    assert_eq!(checkout.state(), CheckoutState::Paid);
    assert_eq!(desk.fake.taken_minor(), 8_499);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_refused_writes_nothing(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.accept(desk.checkout("known")).await.unwrap();
    let before = desk.rows().await;

    let mut seller = desk.checkout("a");
    seller.orders[1].seller_account = "nobody".into();
    let answer = desk.accept(seller).await;
    assert!(matches!(answer, Err(AcceptError::UnknownSeller { index: 1 })), "{answer:?}");

    let answer = desk.accept(desk.checkout("known")).await;
    assert!(matches!(answer, Err(AcceptError::KnownCheckout)), "{answer:?}");

    let mut order = desk.checkout("b");
    order.orders[1].reference = "known-2".into();
    let answer = desk.accept(order).await;
    assert!(matches!(answer, Err(AcceptError::KnownOrder { index: 1 })), "{answer:?}");

    let mut twice = desk.checkout("c");
    twice.orders[1].reference = "c-1".into();
    let answer = desk.accept(twice).await;
    assert!(matches!(answer, Err(AcceptError::KnownOrder { index: 1 })), "{answer:?}");

    let mut large = desk.checkout("d");
    large.orders[0].amount = eur(i64::MAX);
    let answer = desk.accept(large).await;
    assert!(matches!(answer, Err(AcceptError::TotalOutOfRange)), "{answer:?}");

    assert_eq!(desk.rows().await, before);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_reference_that_was_refused_can_be_used_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.accept(desk.single("known")).await.unwrap();
    let mut order = desk.single("new");
    order.orders[0].reference = "known-1".into();
    desk.accept(order).await.unwrap_err();

    desk.accept(desk.single("new")).await.unwrap();

    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn good_and_bad_checkouts_that_arrive_together_do_not_touch_each_other(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.accept(desk.single("known")).await.unwrap();
    let news = (0..40).map(|number| {
        let mut new = desk.single(&format!("order-{number}"));
        match number % 4 {
            1 => new.orders[0].seller_account = "nobody".into(),
            2 => new.reference = "known".into(),
            3 => new.orders[0].reference = "known-1".into(),
            _ => {}
        }
        desk.accept(new)
    });

    let answers = futures::future::join_all(news).await;

    for (number, answer) in answers.iter().enumerate() {
        let as_expected = match number % 4 {
            0 => answer.is_ok(),
            1 => matches!(answer, Err(AcceptError::UnknownSeller { index: 0 })),
            2 => matches!(answer, Err(AcceptError::KnownCheckout)),
            _ => matches!(answer, Err(AcceptError::KnownOrder { index: 0 })),
        };
        assert!(as_expected, "{number}: {answer:?}");
    }
    assert_eq!(desk.world.count("select count(*) from checkout").await, 11);
    assert_eq!(desk.world.count("select count(*) from reference_claim").await, 22);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn of_many_with_the_same_reference_at_the_same_time_one_is_taken_in(pool: PgPool) {
    let desk = Desk::open(pool).await;

    let answers = futures::future::join_all((0..30).map(|_| desk.accept(desk.checkout("order"))));

    let (taken, refused): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
    assert_eq!((taken.len(), refused.len()), (1, 29));
    for refusal in refused {
        assert!(matches!(refusal, Err(AcceptError::KnownCheckout)), "{refusal:?}");
    }
    assert_eq!(desk.world.count("select count(*) from payment").await, 2);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nothing_is_taken_in_that_no_processor_can_carry(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let close = "update processor_account set takes_new = false";
    sqlx::query(close).execute(desk.pool()).await.unwrap();

    let answer = desk.accept(desk.single("order")).await;

    assert!(matches!(answer, Err(AcceptError::NoProcessor)), "{answer:?}");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn whoever_pays_twice_is_led_to_the_same_page(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let checkout = desk.accept(desk.hosted("order")).await.unwrap();

    let (first, second) =
        tokio::join!(pay(&desk.engine, checkout.id), pay(&desk.engine, checkout.id));
    let third = pay(&desk.engine, checkout.id).await.unwrap();

    assert_eq!((first.unwrap(), second.unwrap()), (third.clone(), third));
    assert_eq!(desk.fake.registrations(), 1);
    assert_eq!(desk.world.count("select count(*) from registration").await, 1);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_method_on_the_page_executes_every_payment_once(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let checkout = desk.accept(desk.hosted("order")).await.unwrap();
    pay(&desk.engine, checkout.id).await.unwrap();
    let advancer = workers::advancer(&desk.engine);

    // The shopper came back without having entered anything.
    advance::look(&desk.engine, checkout.id).await.unwrap();
    assert_eq!(desk.step(&advancer).await, Step { claimed: 1, failed: 0 });
    assert_eq!(desk.carry().await, Step::default());

    desk.fake.complete_registrations();
    for _ in 0..3 {
        advance::look(&desk.engine, checkout.id).await.unwrap();
    }
    // However often the page is loaded again, one look is enough.
    assert_eq!(desk.step(&advancer).await, Step { claimed: 1, failed: 0 });
    assert_eq!(desk.step(&advancer).await, Step::default());
    assert_eq!(desk.carry().await, Step { claimed: 2, failed: 0 });

    let checkout = checkouts::find_any(desk.pool(), checkout.id).await.unwrap().unwrap();
    assert!(checkout.is_payment_done());
    assert_eq!(desk.fake.calls().len(), 2);
    assert_eq!(desk.fake.taken_minor(), 8_499);
    let again = pay(&desk.engine, checkout.id).await;
    assert!(matches!(again, Err(PayError::Ended)), "{again:?}");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_checkout_that_nobody_pays_expires(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let new = NewCheckout { expires_in: Duration::from_mins(1), ..desk.hosted("order") };
    let checkout = desk.accept(new).await.unwrap();
    let expirer = workers::expirer(&desk.engine);
    assert_eq!(desk.step(&expirer).await, Step::default());

    desk.run_out_of_time().await;
    assert_eq!(desk.step(&expirer).await, Step { claimed: 1, failed: 0 });

    let checkout = checkouts::find_any(desk.pool(), checkout.id).await.unwrap().unwrap();
    assert_eq!(checkout.state(), CheckoutState::Expired);
    for payment in &checkout.payments {
        assert_eq!(payment.state.phase, Phase::Expired);
    }
    let heard = "select count(*) from outbox where type = 'payment.expired'";
    assert_eq!(desk.world.count(heard).await, 2);
    let late = pay(&desk.engine, checkout.id).await;
    assert!(matches!(late, Err(PayError::Expired)), "{late:?}");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_under_way_when_time_is_over_expires_once_it_is_known(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let checkout = desk.accept(desk.hosted("order")).await.unwrap();
    pay(&desk.engine, checkout.id).await.unwrap();
    desk.fake.complete_registrations();
    advance::look(&desk.engine, checkout.id).await.unwrap();
    desk.step(&workers::advancer(&desk.engine)).await;
    let expirer = workers::expirer(&desk.engine);

    desk.run_out_of_time().await;
    assert_eq!(desk.step(&expirer).await, Step { claimed: 1, failed: 0 });
    desk.fake.will(&[crate::fake_processor::Behaviour::Decline; 2]);
    assert_eq!(desk.carry().await, Step { claimed: 2, failed: 0 });
    desk.run_out_of_time().await;
    assert_eq!(desk.step(&expirer).await, Step { claimed: 1, failed: 0 });

    let checkout = checkouts::find_any(desk.pool(), checkout.id).await.unwrap().unwrap();
    assert_eq!(checkout.state(), CheckoutState::Expired);
    assert_eq!(desk.world.count("select count(*) from job").await, 0);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nobody_sees_the_checkout_of_another_shop(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let checkout = desk.accept(desk.checkout("order")).await.unwrap();
    let other = engine::db::new_plain_id();

    let by_id = checkouts::find(desk.pool(), other, checkout.id).await.unwrap();
    let by_reference = checkouts::find_by_reference(desk.pool(), other, "order").await.unwrap();

    assert!(by_id.is_none() && by_reference.is_none());
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_group_whose_commit_is_not_confirmed_may_be_asked_for_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    // The server is shut down in the middle of the commit.
    let trigger = "
        create function shut_down() returns trigger language plpgsql as $$
        begin
            raise exception 'terminating connection' using errcode = '57P01';
        end $$;
        create constraint trigger shut_down after insert on checkout
            deferrable initially deferred for each row execute function shut_down();
    ";
    sqlx::raw_sql(trigger).execute(desk.pool()).await.unwrap();

    let (one, two) = tokio::join!(desk.accept(desk.single("one")), desk.accept(desk.single("two")));

    for answer in [one, two] {
        let Err(AcceptError::Fault(fault)) = answer else { panic!("{answer:?}") };
        assert!(fault.is_passing(), "{fault:?}");
    }
    sqlx::query("drop trigger shut_down on checkout").execute(desk.pool()).await.unwrap();
    desk.accept(desk.single("one")).await.unwrap();
    desk.accept(desk.single("two")).await.unwrap();
    desk.close().await;
}
