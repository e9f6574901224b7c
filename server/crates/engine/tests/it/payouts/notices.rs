//! Notifications of the provider: a reason to ask.

use domain::id::{InboundWebhookId, PayoutId};
use domain::payout::Phase;
use engine::inbound::{self, Filter, Problem, ReplayError, Sender, State};
use engine::payouts::notices::{Notice, Verdict, receive};
use engine::reconciliation::actor::Actor;
use psp::TransferNotification;
use serde_json::json;
use sqlx::PgPool;

use super::Counter;
use crate::world::eur;

impl Counter {
    async fn is_told(&self, message: &str, reference: &str) {
        let read =
            TransferNotification { kind: "transfer.paid".into(), reference: reference.into() };
        self.receives(message, Verdict::Verified(Some(read))).await;
    }

    async fn receives(&self, message: &str, verdict: Verdict) {
        self.arrives(message, b"{}", verdict).await;
    }

    async fn arrives(&self, message: &str, body: &[u8], verdict: Verdict) {
        let notice = Notice {
            account: self.account,
            message_id: message.into(),
            headers: json!({}),
            body: body.to_vec(),
            verdict,
        };
        receive(&self.desk.engine, &notice).await.unwrap();
    }

    /// Arrives with a body that the adapter reads again, about the reference.
    async fn tells(&self, message: &str, reference: &str) {
        let read =
            TransferNotification { kind: "transfer.paid".into(), reference: reference.into() };
        let body = json!({
            "type": "transfer.paid",
            "timestamp": "2026-11-21T04:00:00Z",
            "data": { "transfer": { "reference": reference, "state": "paid" } },
        });
        self.arrives(message, body.to_string().as_bytes(), Verdict::Verified(Some(read))).await;
    }

    async fn listed(&self, filter: Filter) -> Vec<inbound::Listed> {
        let filter = Filter { shop: Some(self.desk.world.shop), ..filter };
        inbound::list(self.desk.pool(), &filter, 10).await.unwrap().rows
    }

    async fn replay(&self, id: InboundWebhookId, replays: i32) -> Result<(), ReplayError> {
        let by = Actor::Person(self.desk.world.analyst.clone());
        inbound::replay(&self.desk.engine, self.desk.world.shop, (id, replays), &by).await
    }

    /// How many questions wait that a notification of the pay-out led to.
    async fn asking(&self, payout: PayoutId) -> i64 {
        let query = "select count(*) from job where kind = 'inquire_payout' and subject_id = $1
                     and payload ->> 'because' = 'told'";
        let count = sqlx::query_scalar(query).bind(payout.uuid());
        count.fetch_one(self.desk.pool()).await.unwrap()
    }

    async fn stored(&self) -> Vec<(String, Option<String>)> {
        sqlx::query_as("select state, problem_code from inbound_webhook order by received_at")
            .fetch_all(self.desk.pool())
            .await
            .unwrap()
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_notification_is_a_reason_to_ask_and_a_repeat_is_nothing_new(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.submit().await;
    let jobs = "select count(*) from job where kind = 'inquire_payout'";
    let before = counter.desk.world.count(jobs).await;

    counter.is_told("msg-1", &id.to_string()).await;
    counter.is_told("msg-1", &id.to_string()).await;
    assert_eq!(counter.desk.world.count(jobs).await, before + 1);
    counter.inquire().await;
    assert_eq!(counter.phase(id).await, Phase::Submitted, "what it says is not believed");
    counter.provider.becomes(&id.to_string(), "paid", None);
    counter.is_told("msg-2", &id.to_string()).await;
    counter.inquire().await;

    assert_eq!(counter.phase(id).await, Phase::Paid);
    assert_eq!(counter.books().await, [43_00, 0, 57_00]);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_refused_or_about_nothing_of_ours_is_kept_with_the_reason(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    counter.receives("msg-1", Verdict::Refused(Problem::SignatureInvalid)).await;
    counter.receives("msg-2", Verdict::Verified(None)).await;
    counter.is_told("msg-3", "pyo_nothing").await;

    let expected = [
        ("refused", "signature_invalid"),
        ("unmatched", "unreadable"),
        ("unmatched", "payout_unknown"),
    ];
    let expected = expected.map(|(state, code)| (state.to_owned(), Some(code.to_owned())));
    assert_eq!(counter.stored().await, expected);
    let jobs = "select count(*) from job where kind = 'inquire_payout'";
    assert_eq!(counter.desk.world.count(jobs).await, 0);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_comes_back_after_nobody_asks_any_more_is_booked_when_the_provider_says_so(
    pool: PgPool,
) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.paid(eur(57_00)).await;
    sqlx::query("update payout set ended_at = now() - interval '16 days'")
        .execute(counter.desk.pool())
        .await
        .unwrap();
    counter.inquire().await;
    let asking = "select count(*) from job where kind = 'inquire_payout'";
    assert_eq!(counter.desk.world.count(asking).await, 0, "it is not watched any more");

    counter.provider.becomes(&id.to_string(), "returned", Some("account_closed"));
    counter.is_told("msg-1", &id.to_string()).await;
    counter.inquire().await;

    assert_eq!(counter.phase(id).await, Phase::Returned);
    assert_eq!(counter.books().await, [100_00, 0, 0]);
    assert_eq!(counter.desk.world.count(asking).await, 0);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_paid_though_it_had_failed_is_booked_when_the_provider_says_so(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.submit().await;
    counter.provider.becomes(&id.to_string(), "failed", Some("account_closed"));
    counter.inquire().await;
    assert_eq!(counter.phase(id).await, Phase::Failed);

    counter.provider.becomes(&id.to_string(), "paid", None);
    counter.is_told("msg-1", &id.to_string()).await;
    counter.inquire().await;

    assert_eq!(counter.phase(id).await, Phase::Paid);
    assert_eq!(counter.books().await, [43_00, 0, 57_00]);
    let alerts = "select count(*) from alert where kind = 'irregular_fact'";
    assert_eq!(counter.desk.world.count(alerts).await, 1);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_the_provider_has_of_a_pay_out_that_was_never_given_to_it_is_found_out(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let made = counter.make(eur(57_00), counter.analyst()).await.unwrap();

    counter.is_told("msg-1", &made.id.to_string()).await;
    counter.inquire().await;

    assert_eq!(counter.phase(made.id).await, Phase::Draft, "the provider does not know it");
    assert_eq!(counter.books().await, [100_00, 0, 0]);
    assert_eq!(counter.desk.world.count("select count(*) from alert").await, 0);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn staff_see_notifications_of_the_provider_with_its_account_and_the_pay_out(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.submit().await;
    counter.tells("msg-1", &id.to_string()).await;
    counter.tells("msg-2", "pyo_nothing").await;
    let other = engine::shops::save_shop(counter.desk.pool(), "Another", None).await.unwrap();

    let of_account = Some(Sender::Payouts(counter.account));
    let all = counter.listed(Filter { account: of_account, ..Filter::default() }).await;
    let about = counter.listed(Filter { query: id.to_string(), ..Filter::default() }).await;
    let unmatched = Filter { state: Some(State::Unmatched), ..Filter::default() };
    let unmatched = counter.listed(unmatched).await;
    let processor = Some(Sender::Processor(counter.desk.world.account));
    let others = counter.listed(Filter { account: processor, ..Filter::default() }).await;
    let theirs = Filter { shop: Some(other), ..Filter::default() };
    let theirs = inbound::list(counter.desk.pool(), &theirs, 10).await.unwrap();

    let names: Vec<_> = all.iter().map(|row| row.account_name.as_str()).collect();
    assert_eq!(names, ["house bank", "house bank"]);
    let [about] = about.as_slice() else { panic!("{about:?}") };
    assert_eq!((about.payout, about.checkout, about.state), (Some(id), None, State::Handled));
    let [unmatched] = unmatched.as_slice() else { panic!("{unmatched:?}") };
    assert_eq!(unmatched.problem_code.as_deref(), Some("payout_unknown"));
    assert!(others.is_empty() && theirs.rows.is_empty());
    let shop = counter.desk.world.shop;
    assert_eq!(inbound::count_unmatched(counter.desk.pool(), shop).await.unwrap(), 1);
    let details = inbound::details(counter.desk.pool(), Some(shop), about.id).await.unwrap();
    assert_eq!(details.unwrap().waiting, Some(None), "the provider is about to be asked");
    let hidden = inbound::details(counter.desk.pool(), Some(other), about.id).await.unwrap();
    assert_eq!(hidden, None);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_notification_that_is_replayed_asks_the_provider_again(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.submit().await;
    // The provider is watched anyway, which would come first.
    counter.desk.sql("delete from job where kind = 'inquire_payout'").await;
    counter.tells("msg-1", &id.to_string()).await;
    counter.inquire().await;
    let webhook = counter.listed(Filter::default()).await[0].id;
    assert_eq!((counter.phase(id).await, counter.asking(id).await), (Phase::Submitted, 0));

    counter.provider.becomes(&id.to_string(), "paid", None);
    counter.replay(webhook, 0).await.unwrap();
    let stale = counter.replay(webhook, 0).await;
    assert_eq!(counter.asking(id).await, 1);
    counter.inquire().await;

    assert!(matches!(stale, Err(ReplayError::Stale)), "{stale:?}");
    assert_eq!(counter.phase(id).await, Phase::Paid);
    let audited = "select count(*) from audit_log where action = 'inbound_webhook.replayed'";
    assert_eq!(counter.desk.world.count(audited).await, 1);
    let handling = "select count(*) from job where kind = 'handle_webhook'";
    assert_eq!(counter.desk.world.count(handling).await, 0, "no processor is asked");
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn one_that_matched_nothing_is_matched_again_and_a_refused_one_never(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    counter.receives("msg-0", Verdict::Refused(Problem::SignatureInvalid)).await;
    counter.receives("msg-1", Verdict::Verified(None)).await;
    let rows = counter.listed(Filter::default()).await;
    let [unread, refused] = rows.as_slice() else { panic!("{rows:?}") };
    let id = counter.approved(eur(57_00)).await;
    // It could not be read when it arrived; by now its body can.
    let body = json!({
        "type": "transfer.paid",
        "timestamp": "2026-11-21T04:00:00Z",
        "data": { "transfer": { "reference": id, "state": "paid" } },
    });
    sqlx::query("update inbound_webhook set body = $1 where message_id = 'msg-1'")
        .bind(body.to_string().as_bytes())
        .execute(counter.desk.pool())
        .await
        .unwrap();

    counter.replay(unread.id, 0).await.unwrap();
    let never = counter.replay(refused.id, 0).await;

    let rows = counter.listed(Filter { query: id.to_string(), ..Filter::default() }).await;
    assert_eq!((rows.len(), rows[0].state, rows[0].problem.clone()), (1, State::Handled, None));
    assert_eq!(counter.asking(id).await, 1);
    assert!(matches!(never, Err(ReplayError::Refused)), "{never:?}");
    counter.close().await;
}
