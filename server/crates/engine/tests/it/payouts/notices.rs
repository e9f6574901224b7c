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
    let draft = counter.make(eur(57_00), counter.analyst()).await.unwrap();

    counter.receives("msg-1", Verdict::Refused(Problem::SignatureInvalid)).await;
    counter.receives("msg-2", Verdict::Verified(None)).await;
    counter.is_told("msg-3", "pyo_nothing").await;
    counter.is_told("msg-4", &draft.id.to_string()).await;

    let expected = [
        ("refused", "signature_invalid"),
        ("unmatched", "unreadable"),
        ("unmatched", "payout_unknown"),
        ("unmatched", "payout_unknown"),
    ];
    let expected = expected.map(|(state, code)| (state.to_owned(), Some(code.to_owned())));
    assert_eq!(counter.stored().await, expected);
    let jobs = "select count(*) from job where kind = 'inquire_payout'";
    assert_eq!(counter.desk.world.count(jobs).await, 0);
    counter.close().await;
}
