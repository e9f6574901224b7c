//! What must be true after any crash.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::PaymentId;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

/// Queries that return a row for everything that breaks a law.
const LAWS: &[(&str, &str)] = &[
    (
        "every posting balances in every currency",
        "select posting_id::text from entry group by posting_id, currency
         having sum(amount_minor) <> 0",
    ),
    (
        "what was captured is what the receivable says",
        "select payment.payment_id::text from payment
         left join posting on posting.bucket = payment.bucket
             and posting.object_id = payment.payment_id and posting.cause like 'captured/%'
         left join entry on entry.bucket = posting.bucket and entry.posting_id = posting.posting_id
         left join account on account.bucket = entry.bucket
             and account.account_id = entry.account_id and account.kind = 'processor_receivable'
         group by payment.payment_id, payment.captured_minor
         having payment.captured_minor
             <> coalesce(sum(entry.amount_minor) filter (where account.account_id is not null), 0)",
    ),
    (
        "balances are the sums of entries",
        "select account_id::text from (
             select account_id, amount_minor from entry
             union all select account_id, -amount_minor from balance_delta
             union all select account_id, -balance_minor from account_balance
         ) as part group by account_id having sum(amount_minor) <> 0",
    ),
    (
        "the history of each payment has no gap",
        "select payment.payment_id::text from payment
         join transition on transition.bucket = payment.bucket
             and transition.payment_id = payment.payment_id
         group by payment.payment_id, payment.version
         having count(*) <> payment.version + 1 or max(transition.version) <> payment.version",
    ),
    (
        "every payment has come to an end",
        "select payment_id::text from payment where phase not in ('captured', 'failed') or in_doubt",
    ),
    ("no work is dead", "select kind || ': ' || last_error from dead_letter"),
];

/// Panics with the first law that is broken, and what breaks it.
pub(super) async fn hold(pool: &PgPool) {
    for &(law, offenders) in LAWS {
        let broken: Vec<String> =
            sqlx::query_scalar(offenders).fetch_all(pool).await.expect("the law is valid SQL");
        assert!(broken.is_empty(), "broken: {law}: {broken:?}");
    }
}

/// The processor's book and ours show the same captures, payment by payment.
pub(super) async fn processors_book_is_ours(pool: &PgPool, book: &[Value]) {
    let ours: Vec<(Uuid, i64)> =
        sqlx::query_as("select payment_id, captured_minor from payment where captured_minor > 0")
            .fetch_all(pool)
            .await
            .expect("our book");
    let ours: BTreeMap<String, String> = ours
        .into_iter()
        .map(|(id, minor)| {
            let euros = format!("{}.{:02}", minor / 100, minor % 100);
            (PaymentId::from_uuid(id).to_string(), euros)
        })
        .collect();
    let theirs: BTreeMap<String, String> = captured(book)
        .map(|payment| (text(payment, "reference"), text(payment, "captured")))
        .collect();
    assert_eq!(ours, theirs);
}

/// No reference was captured twice, and as many as should be were.
pub(super) fn each_reference_was_charged_once(book: &[Value], expected: usize) {
    let references: Vec<String> =
        captured(book).map(|payment| text(payment, "reference")).collect();
    let distinct: BTreeSet<&String> = references.iter().collect();
    assert_eq!(references.len(), distinct.len(), "a reference was charged twice");
    assert_eq!(references.len(), expected);
}

/// The shop heard of each capture, always under one event id, however often.
pub(super) async fn shop_heard_of_each(pool: &PgPool, heard: &BTreeMap<String, BTreeSet<String>>) {
    let captured: Vec<Uuid> =
        sqlx::query_scalar("select payment_id from payment where captured_minor > 0")
            .fetch_all(pool)
            .await
            .expect("our book");
    let captured: BTreeSet<String> =
        captured.into_iter().map(|id| PaymentId::from_uuid(id).to_string()).collect();
    assert_eq!(captured, heard.keys().cloned().collect());
    let under_several: Vec<_> = heard.iter().filter(|(_, events)| events.len() != 1).collect();
    assert!(under_several.is_empty(), "announced under several ids: {under_several:?}");
}

fn captured(book: &[Value]) -> impl Iterator<Item = &Value> {
    book.iter().filter(|payment| payment["status"] == "captured")
}

fn text(payment: &Value, field: &str) -> String {
    payment[field].as_str().expect("a text").to_owned()
}
