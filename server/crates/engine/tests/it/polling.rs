//! Asking about what waits: everything ends although no notification ever comes.

use engine::poll;
use engine::workers;
use jobs::Step;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_processor::Behaviour;

impl Desk {
    /// The processor account sends no notifications.
    async fn without_webhooks(&self) {
        sqlx::query("update processor_account set sends_webhooks = false")
            .execute(self.pool())
            .await
            .unwrap();
    }

    /// Lets so many seconds pass, for whatever waits.
    pub(crate) async fn pass(&self, seconds: i32) {
        for statement in [
            "update payment set updated_at = updated_at - make_interval(secs => $1)",
            "update registration set created_at = created_at - make_interval(secs => $1)",
            "update refund set created_at = created_at - make_interval(secs => $1)",
            "update poll set due_at = due_at - make_interval(secs => $1)",
        ] {
            sqlx::query(statement).bind(seconds).execute(self.pool()).await.unwrap();
        }
    }

    /// Asks about everything that is due, and works until nothing of it is left.
    async fn ask(&self) -> usize {
        let asked = poll::look(&self.engine).await.unwrap();
        self.make_due().await;
        self.step(&workers::advancer(&self.engine)).await;
        self.step(&workers::poller(&self.engine)).await;
        self.carry().await;
        asked
    }

    async fn phase(&self, reference: &str) -> &'static str {
        self.payment(reference).await.state.phase.as_str()
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn without_webhooks_everything_still_ends(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.without_webhooks().await;
    // A challenge that the shopper passes, without coming back.
    desk.fake.will(&[Behaviour::Challenge]);
    desk.accept(desk.single("challenged")).await.unwrap();
    desk.carry().await;
    desk.fake.complete_challenges();
    // A lost answer, and then the job that would have asked is lost as well.
    desk.fake.will(&[Behaviour::LoseAnswer]);
    desk.accept(desk.single("lost")).await.unwrap();
    desk.carry().await;
    sqlx::query("delete from job where kind = 'execute_payment'")
        .execute(desk.pool())
        .await
        .unwrap();
    assert!(desk.payment("lost-1").await.state.in_doubt);
    // A page that the shopper finishes, and closes.
    let page = desk.accept(desk.hosted("page")).await.unwrap();
    engine::checkouts::pay::pay(&desk.engine, page.id).await.unwrap();
    desk.fake.complete_registrations();

    for _ in 0..3 {
        desk.pass(10).await;
        desk.ask().await;
    }

    for reference in ["challenged-1", "lost-1", "page-1", "page-2"] {
        assert_eq!(desk.phase(reference).await, "captured", "{reference}");
    }
    assert_eq!(desk.fake.taken_minor(), 4_999 * 3 + 3_500);
    let sources: Vec<String> =
        sqlx::query_scalar("select distinct source from transition where to_phase = 'captured'")
            .fetch_all(desk.pool())
            .await
            .unwrap();
    assert!(!sources.contains(&"webhook".to_owned()), "{sources:?}");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn with_webhooks_it_is_asked_only_when_they_take_too_long(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.fake.will(&[Behaviour::Challenge]);
    desk.accept(desk.single("order")).await.unwrap();
    desk.carry().await;

    desk.pass(170).await;
    assert_eq!(poll::look(&desk.engine).await.unwrap(), 0);
    desk.pass(20).await;
    assert_eq!(poll::look(&desk.engine).await.unwrap(), 1);
    // While the question is queued, it is not asked again.
    desk.pass(10_000).await;
    assert_eq!(poll::look(&desk.engine).await.unwrap(), 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_longer_something_waits_the_rarer_it_is_asked_about(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.without_webhooks().await;
    desk.fake.will(&[Behaviour::Challenge]);
    desk.accept(desk.single("order")).await.unwrap();
    desk.carry().await;
    desk.pass(6).await;

    let mut waits = Vec::new();
    for _ in 0..12 {
        assert_eq!(desk.ask().await, 1);
        let wait: i64 = sqlx::query_scalar(
            "select round(extract(epoch from due_at - now()))::bigint from poll",
        )
        .fetch_one(desk.pool())
        .await
        .unwrap();
        waits.push(wait);
        desk.pass(i32::try_from(wait).unwrap() + 1).await;
    }

    // Five seconds at first, doubled each time, varied by a quarter, a quarter of an hour at most.
    let expected = [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900];
    for (wait, expected) in waits.iter().zip(expected) {
        let allowed = expected * 3 / 4 - 1..=expected * 5 / 4 + 1;
        assert!(allowed.contains(wait), "{waits:?}");
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_page_whose_checkout_has_expired_is_ended_and_nobody_looks_at_it_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let left = desk.accept(desk.hosted("left")).await.unwrap();
    engine::checkouts::pay::pay(&desk.engine, left.id).await.unwrap();
    desk.run_out_of_time().await;
    let young = desk.accept(desk.hosted("young")).await.unwrap();
    engine::checkouts::pay::pay(&desk.engine, young.id).await.unwrap();

    desk.step(&workers::expirer(&desk.engine)).await;

    let states: Vec<String> = sqlx::query_scalar(
        "select registration.state from registration join checkout using (bucket, checkout_id)
         order by checkout.reference",
    )
    .fetch_all(desk.pool())
    .await
    .unwrap();
    assert_eq!(states, ["expired", "open"]);
    // Whatever the processor says of the page now, it is too late.
    desk.fake.complete_registrations();
    engine::checkouts::advance::look(&desk.engine, left.id).await.unwrap();
    desk.step(&workers::advancer(&desk.engine)).await;
    assert_eq!(desk.phase("left-1").await, "expired");
    assert_eq!(desk.fake.taken_minor(), 0);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_round_asks_an_account_only_so_often_and_spreads_its_questions(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.without_webhooks().await;
    for number in 0..75 {
        desk.fake.will(&[Behaviour::Challenge, Behaviour::Challenge]);
        desk.accept(desk.checkout(&format!("order-{number}"))).await.unwrap();
    }
    while desk.carry().await.claimed > 0 {}
    desk.pass(10).await;

    let first = poll::look(&desk.engine).await.unwrap();
    let (soon, late): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where due_at <= now() + interval '5 seconds'),
                count(*) filter (where due_at > now() + interval '5 seconds')
         from job where kind = 'poll_payment'",
    )
    .fetch_one(desk.pool())
    .await
    .unwrap();
    let second = poll::look(&desk.engine).await.unwrap();

    assert_eq!((first, second), (100, 50));
    assert!(soon >= 40 && late >= 40, "{soon} soon, {late} late");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn one_process_at_a_time_makes_a_round(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.without_webhooks().await;
    desk.fake.will(&[Behaviour::Challenge]);
    desk.accept(desk.single("order")).await.unwrap();
    desk.carry().await;
    desk.pass(10).await;

    let rounds = futures::future::join_all((0..8).map(|_| poll::round(&desk.engine))).await;

    let asked: usize = rounds.into_iter().map(Result::unwrap).sum();
    assert_eq!(asked, 1);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_processor_that_does_not_answer_is_asked_again_and_nothing_dies(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.without_webhooks().await;
    desk.fake.will(&[Behaviour::Challenge]);
    desk.accept(desk.single("order")).await.unwrap();
    desk.carry().await;
    desk.pass(10).await;

    desk.fake.go_down();
    assert_eq!(desk.ask().await, 1);
    assert_eq!(desk.phase("order-1").await, "action_required");
    desk.fake.come_back();
    desk.fake.complete_challenges();
    desk.pass(60).await;
    assert_eq!(desk.ask().await, 1);

    assert_eq!(desk.phase("order-1").await, "captured");
    let dead = desk.world.count("select count(*) from dead_letter").await;
    let poller = desk.step(&workers::poller(&desk.engine)).await;
    assert_eq!((dead, poller), (0, Step { claimed: 0, failed: 0 }));
    desk.close().await;
}
