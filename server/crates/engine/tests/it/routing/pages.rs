//! Hosted pages: when one processor is down, the shopper sees the other's page.

use domain::checkout::CheckoutState;
use domain::payment::{Phase, Status};
use domain::why::Reason;
use engine::checkouts::pay::{PayError, pay};
use engine::checkouts::{self, advance};
use engine::workers;
use sqlx::PgPool;

use super::Pair;
use crate::fake_processor::Behaviour;

#[sqlx::test(migrations = "../../../migrations")]
async fn a_shopper_is_led_to_the_other_processor_when_the_first_does_not_answer(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let checkout = pair.desk.accept(pair.desk.hosted("order")).await.unwrap();
    pair.north.go_down();

    let page = pay(&pair.desk.engine, checkout.id).await.unwrap();
    let again = pay(&pair.desk.engine, checkout.id).await.unwrap();

    assert!(page.starts_with(&pair.south.base_url), "{page}");
    assert_eq!(page, again, "a second click finds the same page");
    assert_eq!(pair.south.registrations(), 1);
    let rows: Vec<(String, String)> =
        sqlx::query_as("select state, routing_reason from registration order by number")
            .fetch_all(pair.desk.pool())
            .await
            .unwrap();
    assert_eq!(rows[0].0, "abandoned");
    assert_eq!(rows[1].0, "open");
    assert!(rows[1].1.contains("passed over: alpine (it could not be reached)"), "{rows:?}");
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_page_whose_processor_went_down_is_left_for_the_others(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let desk = &pair.desk;
    let checkout = desk.accept(desk.hosted("order")).await.unwrap();
    let first = pay(&desk.engine, checkout.id).await.unwrap();
    open_circuit(&pair).await;

    let second = pay(&desk.engine, checkout.id).await.unwrap();

    assert!(first.starts_with(&pair.north.base_url), "{first}");
    assert!(second.starts_with(&pair.south.base_url), "{second}");
    // What was entered on the page that was left moves nothing.
    pair.north.complete_registrations();
    advance::look(&desk.engine, checkout.id).await.unwrap();
    desk.step(&workers::advancer(&desk.engine)).await;
    let found = checkouts::find_any(desk.pool(), checkout.id).await.unwrap().unwrap();
    assert_eq!(found.state(), CheckoutState::Open);
    // On the new one it counts, once.
    pair.south.complete_registrations();
    advance::look(&desk.engine, checkout.id).await.unwrap();
    desk.step(&workers::advancer(&desk.engine)).await;
    desk.carry().await;
    let found = checkouts::find_any(desk.pool(), checkout.id).await.unwrap().unwrap();
    assert_eq!(found.state(), CheckoutState::Paid);
    assert_eq!((pair.north.taken_minor(), pair.south.taken_minor()), (0, 8_499));
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_basket_goes_to_an_account_that_takes_each_of_its_payments_whatever_their_sum(
    pool: PgPool,
) {
    for (least, most, account) in
        [(3_500, 4_999, "alpine"), (3_501, 90_000, "south"), (1, 4_998, "south")]
    {
        let pair = Pair::open(pool.clone()).await;
        sqlx::query("insert into processor_limit values ($1, 'EUR', $2, $3)")
            .bind(pair.north_id.uuid())
            .bind(least)
            .bind(most)
            .execute(&pool)
            .await
            .unwrap();
        let checkout = pair.desk.accept(pair.desk.hosted("order")).await.unwrap();

        let page = pay(&pair.desk.engine, checkout.id).await.unwrap();

        let (north, south) = (&pair.north.base_url, &pair.south.base_url);
        let expected = if account == "alpine" { north } else { south };
        assert!(page.starts_with(expected), "{least} to {most}: {page}");
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn if_every_processor_is_down_the_shopper_is_told_and_nothing_is_left_behind(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let checkout = pair.desk.accept(pair.desk.hosted("order")).await.unwrap();
    pair.north.go_down();
    pair.south.go_down();

    let answer = pay(&pair.desk.engine, checkout.id).await;

    assert!(matches!(answer, Err(PayError::Unavailable)), "{answer:?}");
    pair.north.come_back();
    let page = pay(&pair.desk.engine, checkout.id).await.unwrap();
    assert!(page.starts_with(&pair.north.base_url), "{page}");
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn after_a_processors_own_trouble_paying_again_leads_to_the_other(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let desk = &pair.desk;
    let checkout = desk.accept(desk.hosted("order")).await.unwrap();
    pay(&desk.engine, checkout.id).await.unwrap();
    pair.north.will(&[Behaviour::DeclineWith("try_again_later"); 2]);
    pair.north.complete_registrations();
    advance::look(&desk.engine, checkout.id).await.unwrap();
    desk.step(&workers::advancer(&desk.engine)).await;
    desk.carry().await;
    assert_eq!(pair.only_payment().await.state.phase, Phase::Created);

    let page = pay(&desk.engine, checkout.id).await.unwrap();

    assert!(page.starts_with(&pair.south.base_url), "{page}");
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_payment_of_a_page_is_given_back_to_the_shopper_when_its_processor_is_down(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let desk = &pair.desk;
    let checkout = desk.accept(desk.hosted("order")).await.unwrap();
    pay(&desk.engine, checkout.id).await.unwrap();
    pair.north.complete_registrations();
    advance::look(&desk.engine, checkout.id).await.unwrap();
    desk.step(&workers::advancer(&desk.engine)).await;
    open_circuit(&pair).await;

    desk.carry().await;

    let payment = pair.only_payment().await;
    assert_eq!(payment.state.phase, Phase::Created);
    assert_eq!(payment.state.status(), Status::Pending);
    assert_eq!(pair.reason().await, Reason::GivenBack, "nobody declined it");
    let page = pay(&desk.engine, checkout.id).await.unwrap();
    assert!(page.starts_with(&pair.south.base_url), "{page}");
    assert!(pair.north.calls().is_empty());
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_page_that_another_tab_has_left_is_not_shown(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let desk = &pair.desk;
    let checkout = desk.accept(desk.hosted("order")).await.unwrap();
    pair.north.hold_registration(false);

    let (slow, other) = tokio::join!(pay(&desk.engine, checkout.id), async {
        pair.north.holds_registration().await;
        pair.north.go_down();
        let other = pay(&desk.engine, checkout.id).await.unwrap();
        pair.north.lose_now();
        other
    });

    assert!(other.starts_with(&pair.south.base_url), "{other}");
    assert_eq!(slow.unwrap(), other, "what is entered on any other page has no effect");
    pair.desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_tab_that_waits_in_vain_leaves_the_page_that_another_has_opened(pool: PgPool) {
    let pair = Pair::open(pool).await;
    let desk = &pair.desk;
    let checkout = desk.accept(desk.hosted("order")).await.unwrap();
    pair.north.hold_registration(true);

    let (slow, other) = tokio::join!(pay(&desk.engine, checkout.id), async {
        pair.north.holds_registration().await;
        let other = pay(&desk.engine, checkout.id).await.unwrap();
        pair.north.lose_now();
        other
    });

    assert!(other.starts_with(&pair.north.base_url), "{other}");
    assert_eq!(slow.unwrap(), other);
    let left = "select count(*) from registration where state = 'abandoned'";
    assert_eq!((desk.world.count(left).await, pair.south.registrations()), (0, 0));
    pair.desk.close().await;
}

/// The first account's circuit opens, for a while.
async fn open_circuit(pair: &Pair) {
    sqlx::query(
        "insert into circuit (processor_account_id, state, why, retry_at)
         values ($1, 'open', 'it is down', now() + interval '1 hour')",
    )
    .bind(pair.north_id.uuid())
    .execute(pair.desk.pool())
    .await
    .unwrap();
    // The account may not be known to this process yet.
    pair.desk.engine.processor(pair.north_id).await.unwrap();
    pair.desk.engine.health().refresh().await.unwrap();
}
