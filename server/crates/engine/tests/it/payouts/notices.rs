//! Notifications of the provider: a reason to ask.

use domain::payout::Phase;
use engine::inbound::Problem;
use engine::payouts::notices::{Notice, Verdict, receive};
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
        let notice = Notice {
            account: self.account,
            message_id: message.into(),
            headers: json!({}),
            body: b"{}".to_vec(),
            verdict,
        };
        receive(&self.desk.engine, &notice).await.unwrap();
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
