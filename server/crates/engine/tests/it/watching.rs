//! The watch: what it finds, that it says so once, and that it takes it back.

use domain::id::PaymentId;
use domain::permission::Role;
use engine::db::{Tx, new_plain_id};
use engine::watch::{self, Alert, Filter, HandleError, Handling, Kind, Severity, State, look};
use serde_json::json;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_processor::Behaviour;
use crate::world::World;

fn alert(subject: &str) -> Alert {
    Alert {
        shop: None,
        kind: Kind::CircuitOpened,
        subject: subject.into(),
        severity: Severity::Critical,
        message: "north is not called.".into(),
        facts: json!({ "calls": 5 }),
    }
}

impl Desk {
    /// What is not resolved: kind, subject and state.
    pub(crate) async fn alerts(&self) -> Vec<(String, String, String)> {
        sqlx::query_as(
            "select kind, subject, state from alert where state <> 'resolved' order by kind, subject",
        )
        .fetch_all(self.pool())
        .await
        .unwrap()
    }

    pub(crate) async fn kinds(&self) -> Vec<String> {
        self.alerts().await.into_iter().map(|(kind, ..)| kind).collect()
    }

    pub(crate) async fn sql(&self, statement: &'static str) {
        sqlx::raw_sql(statement).execute(self.pool()).await.unwrap();
    }

    /// A payment that waits for the shopper.
    async fn challenged(&self, reference: &str) -> PaymentId {
        self.fake.will(&[Behaviour::Challenge]);
        self.accept(self.single(reference)).await.unwrap();
        self.carry().await;
        self.payment(&format!("{reference}-1")).await.id
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn an_alert_is_raised_once_for_as_long_as_its_condition_lasts(pool: PgPool) {
    let desk = Desk::open(pool).await;

    let engine = &desk.engine;
    let raise = |subject| async move { watch::raise_now(engine, &alert(subject)).await.unwrap() };
    let racing = futures::future::join_all((0..8).map(|_| raise("north"))).await;
    let other = raise("south").await;
    let was_there = watch::resolve_now(&desk.engine, Kind::CircuitOpened, "north").await.unwrap();
    let again = raise("north").await;
    let nothing = watch::resolve_now(&desk.engine, Kind::QueueLate, "north").await.unwrap();

    assert_eq!(racing.iter().filter(|is_new| **is_new).count(), 1);
    assert_eq!((other, was_there, again, nothing), (true, true, true, false));
    assert_eq!(desk.world.count("select count(*) from alert").await, 3);
    let told = desk.world.count("select count(*) from job where kind = 'tell_operator'").await;
    assert_eq!(told, 4, "three raised, one resolved");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_raised_is_gone_with_the_transaction_that_fails(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let mut tx = Tx::begin(desk.pool()).await.unwrap();
    assert!(watch::raise(&mut tx, &alert("north")).await.unwrap());
    drop(tx);
    assert!(desk.alerts().await.is_empty());
    assert_eq!(desk.world.count("select count(*) from job").await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_payment_that_waits_beyond_its_limit_is_alerted_until_it_goes_on(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let payment = desk.challenged("order").await;
    desk.challenged("fresh").await;

    desk.sql("update payment set updated_at = now() - interval '119 minutes' where reference = 'order-1'")
        .await;
    look::look(&desk.engine).await.unwrap();
    let before = desk.alerts().await;
    desk.sql("update payment set updated_at = now() - interval '121 minutes' where reference = 'order-1'")
        .await;
    let new = look::look(&desk.engine).await.unwrap();
    let again = look::look(&desk.engine).await.unwrap();
    let page = watch::list(desk.pool(), desk.world.shop, Filter::default(), 10).await.unwrap();
    let found = watch::find(desk.pool(), desk.world.shop, page.rows[0].id).await.unwrap().unwrap();
    desk.fake.complete_challenges();
    desk.make_due().await;
    desk.learn(payment, domain::event::Fact::Cancelled).await;
    look::look(&desk.engine).await.unwrap();

    assert!(before.is_empty(), "{before:?}");
    assert_eq!((new, again, page.total), (1, 0, 1));
    assert_eq!(found.alert.kind, Kind::PaymentsStuck);
    assert_eq!(found.facts["rows"], json!([payment]), "it names the payment");
    assert!(found.alert.message.contains("action_required"), "{}", found.alert.message);
    assert!(desk.alerts().await.is_empty(), "it has passed by itself");
    let after = watch::find(desk.pool(), desk.world.shop, page.rows[0].id).await.unwrap().unwrap();
    assert_eq!(after.alert.state, State::Resolved);
    assert_eq!(after.resolved.unwrap().1, None, "nobody resolved it");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_shop_and_a_method_have_limits_of_their_own(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.challenged("order").await;
    desk.sql("update payment set updated_at = now() - interval '1 hour'").await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "two hours are allowed by default");

    desk.sql(
        "insert into state_limit (state, method, expected_seconds, limit_seconds)
             values ('action_required', 'card', 60, 1800);
         update attempt set answer = '{\"payment_method\": {\"type\": \"card\"}}'",
    )
    .await;
    look::look(&desk.engine).await.unwrap();
    assert_eq!(desk.kinds().await, ["payments_stuck"]);

    desk.sql(
        "insert into state_limit (shop_id, state, method, expected_seconds, limit_seconds)
             select shop_id, 'action_required', null, 60, 36000 from shop",
    )
    .await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "the shop's limit counts before the method's");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_source_of_webhooks_that_falls_silent_is_noticed(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let arrived = "insert into inbound_webhook (inbound_webhook_id, processor_account_id,
             message_id, headers, body, state, received_at)
         select gen_random_uuid(), processor_account_id, gen_random_uuid()::text, '{}', '', 'handled',
                now() - interval '40 minutes' from processor_account";
    desk.sql(arrived).await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "nothing waits");

    desk.challenged("order").await;
    desk.sql("update payment set updated_at = now() - interval '35 minutes'").await;
    look::look(&desk.engine).await.unwrap();
    assert_eq!(desk.kinds().await, ["webhooks_silent"]);

    desk.sql("update processor_account set sends_webhooks = false").await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "it sends none, so none are missing");

    desk.sql("update processor_account set sends_webhooks = true").await;
    look::look(&desk.engine).await.unwrap();
    assert_eq!(desk.kinds().await, ["webhooks_silent"]);
    desk.sql("update inbound_webhook set received_at = now()").await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "it speaks again");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_payment_that_waits_since_the_last_webhook_shows_no_silence(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.challenged("order").await;
    desk.sql(
        "insert into inbound_webhook (inbound_webhook_id, processor_account_id, message_id, headers,
             body, state, received_at)
         select gen_random_uuid(), processor_account_id, 'm', '{}', '', 'handled',
                now() - interval '40 minutes' from processor_account;
         update payment set updated_at = now() - interval '39 minutes 30 seconds'",
    )
    .await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "that webhook is why it was written");

    desk.sql("update payment set updated_at = now() - interval '38 minutes'").await;
    look::look(&desk.engine).await.unwrap();
    assert_eq!(desk.kinds().await, ["webhooks_silent"]);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_challenge_that_nobody_passed_is_no_accepted_payment(pool: PgPool) {
    let desk = Desk::open(pool).await;
    for number in 0..20 {
        desk.challenged(&format!("order-{number}")).await;
    }
    let slots = || async {
        look::look(&desk.engine).await.unwrap();
        let sums: (i64, i64) = sqlx::query_as(
            "select coalesce(sum(done), 0)::bigint, coalesce(sum(declined), 0)::bigint
             from acceptance where slot > now() - interval '2 hours'",
        )
        .fetch_one(desk.pool())
        .await
        .unwrap();
        sums
    };
    desk.sql(
        "insert into acceptance (processor_account_id, slot, done, declined)
         select processor_account_id, date_bin('10 minutes', now() - interval '1 day', 'epoch'), 90, 10
         from processor_account;
         update attempt set started_at = now() - interval '50 minutes'",
    )
    .await;

    assert_eq!(slots().await, (0, 0), "nobody knows yet");
    desk.sql(
        "update payment set phase = 'authorized', authorized_minor = amount_minor
         where reference in ('order-0-1', 'order-1-1')",
    )
    .await;
    assert_eq!(slots().await, (2, 0));
    desk.sql("update payment set phase = 'expired' where phase = 'action_required'").await;
    assert_eq!(slots().await, (2, 18), "what became known later is counted in its slot");
    assert_eq!(desk.kinds().await, ["acceptance_dropped"]);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn each_shop_that_takes_no_webhooks_is_noticed_and_waiting_for_a_turn_is_no_failure(
    pool: PgPool,
) {
    let desk = Desk::open(pool.clone()).await;
    let (one, other) = (desk.world.shop, World::new(pool).await.shop);
    desk.sql(
        "insert into webhook_endpoint (webhook_endpoint_id, shop_id, name, url, secret)
         select gen_random_uuid(), shop_id, 'default', 'https://a.example/', 'whsec_' from shop;
         create function pg_temp.deliveries(shop uuid, count integer, attempt integer, uncounted integer)
             returns void language sql as $$
             with event as (
                 insert into outbox (bucket, object_id, sequence, event_id, shop_id, type, payload)
                 select bucket_of(id), id, 1, gen_random_uuid(), shop, 'payment.captured', '{}'
                 from (select gen_random_uuid() as id from generate_series(1, count)) as new
                 returning bucket, object_id, event_id
             )
             insert into job (bucket, job_id, kind, subject_id, payload, attempt, uncounted,
                              last_error, created_at, due_at)
             select bucket, object_id, 'deliver_webhook', event_id,
                    jsonb_build_object('object', object_id, 'sequence', 1, 'endpoint', (
                        select webhook_endpoint_id from webhook_endpoint
                        where webhook_endpoint.shop_id = shop)),
                    attempt, uncounted, 'answered 500', now() - interval '11 minutes', now() + interval '1 hour'
             from event
         $$;
         select pg_temp.deliveries(shop_id, 5001, 9, 5) from shop",
    )
    .await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "four tries each, and five turns that others had");

    desk.sql("update job set uncounted = 4 where kind = 'deliver_webhook'").await;
    look::look(&desk.engine).await.unwrap();
    let found: Vec<(uuid::Uuid, i64)> = sqlx::query_as(
        "select shop_id, (facts ->> 'count')::bigint from alert where kind = 'deliveries_failing'",
    )
    .fetch_all(desk.pool())
    .await
    .unwrap();
    let counted = |shop: domain::id::ShopId| {
        found.iter().find(|(its, _)| *its == shop.uuid()).map(|one| one.1)
    };
    assert_eq!((counted(one), counted(other)), (Some(5_001), Some(5_001)));
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_processor_that_accepts_less_than_before_is_noticed(pool: PgPool) {
    let desk = Desk::open(pool).await;
    for number in 0..20 {
        if number >= 14 {
            desk.fake.will(&[Behaviour::Decline]);
        }
        desk.accept(desk.single(&format!("order-{number}"))).await.unwrap();
        desk.carry().await;
    }
    let before = "insert into acceptance (processor_account_id, slot, done, declined)
         select processor_account_id, date_bin('10 minutes', now() - interval '1 day', 'epoch'), 89, 11
         from processor_account";
    desk.sql(before).await;

    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "from 89 to 70 percent is less than twenty points");

    desk.sql("update acceptance set done = 90, declined = 10 where done = 89").await;
    look::look(&desk.engine).await.unwrap();
    assert_eq!(desk.kinds().await, ["acceptance_dropped"]);

    desk.sql("update acceptance set done = 60, declined = 39 where done = 90").await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "99 payments are too few to compare with");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn work_that_fails_or_stands_still_is_noticed(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let sale = desk.sold("order").await;
    desk.command(
        sale.id,
        domain::event::Command::Refund {
            refund: engine::db::new_id(sale.id.bucket()),
            amount: crate::world::eur(100),
        },
    )
    .await;
    desk.hears("default", "http://127.0.0.1:9", &[]).await;
    desk.sql(
        "delete from job;
         update refund set created_at = now() - interval '25 hours';
         insert into dead_letter (bucket, job_id, kind, subject_id, payload, attempts, last_error, created_at)
             select 0, gen_random_uuid(), 'expire_checkout', gen_random_uuid(), '{}', 3, 'why', now();
         insert into job (bucket, job_id, kind, subject_id, payload, attempt, last_error, created_at, due_at)
             select outbox.bucket, event_id, 'deliver_webhook', event_id,
                    jsonb_build_object('object', object_id, 'sequence', sequence,
                                       'endpoint', webhook_endpoint_id), 5, 'answered 500',
                    now() - interval '11 minutes', now() + interval '1 minute'
             from outbox join webhook_endpoint using (shop_id) limit 1;
         insert into job (bucket, job_id, kind, subject_id, payload, due_at)
             select outbox.bucket, object_id, 'advance_checkout', object_id, '{}',
                    now() - interval '6 minutes'
             from outbox limit 1",
    )
    .await;
    look::look(&desk.engine).await.unwrap();
    let expected = ["dead_letters", "deliveries_failing", "queue_late", "refunds_stuck"];
    assert_eq!(desk.kinds().await, expected);

    desk.sql(
        "delete from job where kind <> 'tell_operator'; update refund set state = 'succeeded';
         update dead_letter set discarded_at = now(), discarded_by = 'Ana', discard_reason = 'old'",
    )
    .await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "{:?}", desk.alerts().await);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn webhooks_that_are_refused_or_match_nothing_are_noticed(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let refused = "insert into inbound_webhook (inbound_webhook_id, processor_account_id,
             message_id, headers, body, state, problem)
         select gen_random_uuid(), processor_account_id, '', '{}', '', 'refused', 'forged'
         from processor_account, generate_series(1, 19)";
    desk.sql(refused).await;
    look::look(&desk.engine).await.unwrap();
    assert!(desk.alerts().await.is_empty(), "a few happen");

    desk.sql(
        "insert into inbound_webhook (inbound_webhook_id, processor_account_id, message_id,
             headers, body, state, problem)
         select gen_random_uuid(), processor_account_id, state, '{}', '', state, 'why'
         from processor_account, unnest(array['refused', 'unmatched']) as state",
    )
    .await;
    look::look(&desk.engine).await.unwrap();
    assert_eq!(desk.kinds().await, ["webhooks_refused", "webhooks_unmatched"]);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_person_acknowledges_and_resolves_an_alert_once(pool: PgPool) {
    let desk = Desk::open(pool).await;
    watch::raise_now(&desk.engine, &alert("north")).await.unwrap();
    let shop = desk.world.shop;
    let page = watch::list(desk.pool(), shop, Filter::default(), 10).await.unwrap();
    let id = page.rows[0].id;
    let reader = desk.world.person("Olga", Role::Operator).await;
    let act = |version, handling, by| watch::handle(desk.pool(), shop, (id, version), handling, by);
    let ana = &desk.world.analyst;

    let forbidden = act(0, Handling::Acknowledge, &reader).await;
    act(0, Handling::Acknowledge, ana).await.unwrap();
    let twice = act(0, Handling::Acknowledge, ana).await;
    act(1, Handling::Resolve, ana).await.unwrap();
    let late = act(2, Handling::Resolve, ana).await;

    assert!(matches!(forbidden, Err(HandleError::NotAllowed)));
    assert!(matches!(twice, Err(HandleError::Stale)));
    assert!(matches!(late, Err(HandleError::Stale)));
    let found = watch::find(desk.pool(), shop, id).await.unwrap().unwrap();
    assert_eq!(found.acknowledged.unwrap().0, "Ana");
    assert_eq!(found.resolved.unwrap().1.as_deref(), Some("Ana"));
    let logged = desk.world.count("select count(*) from audit_log where object_type = 'alert'");
    assert_eq!(logged.await, 2);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nobody_sees_or_handles_the_alert_of_another_shop(pool: PgPool) {
    let desk = Desk::open(pool.clone()).await;
    let other = World::new(pool).await;
    let own = Alert { shop: Some(desk.world.shop), ..alert("north") };
    watch::raise_now(&desk.engine, &own).await.unwrap();
    let page = watch::list(desk.pool(), desk.world.shop, Filter::default(), 10).await.unwrap();
    let id = page.rows[0].id;

    let seen = watch::list(desk.pool(), other.shop, Filter::default(), 10).await.unwrap();
    let found = watch::find(desk.pool(), other.shop, id).await.unwrap();
    let handled =
        watch::handle(desk.pool(), other.shop, (id, 0), Handling::Resolve, &other.approver).await;

    assert_eq!((seen.total, found), (0, None));
    assert!(matches!(handled, Err(HandleError::NotFound)));
    let nothing = watch::find(desk.pool(), desk.world.shop, new_plain_id()).await.unwrap();
    assert_eq!(nothing, None);
}
