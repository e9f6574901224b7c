//! What must be true after any crash, once the faults have stopped.
//!
//! Whatever breaks a law is counted by the harm that it is, so that a run can print its figures
//! before it fails.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{AlertId, EventId, PaymentId, RefundId};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::payouts;
use super::world::World;

/// What breaking a law does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    /// Money was taken twice, or something was done twice.
    DoubleCharge,
    /// What was promised is not there, or was not told.
    Lost,
    /// Something does not come to its end.
    Stuck,
    /// Sums that must be equal are not.
    Imbalance,
    /// Anything else.
    Other,
}

/// Why a basket gives back what was taken, though nobody asked for it.
const GIVEN_BACK: &str = "all or nothing: another payment of the basket was not made";

/// Queries that return a row for everything that breaks a law.
const LAWS: &[(Harm, &str, &str)] = &[
    (
        Harm::Imbalance,
        "every posting balances in every currency",
        "select posting_id::text from entry group by posting_id, currency
         having sum(amount_minor) <> 0",
    ),
    (
        Harm::Imbalance,
        "what the processor owes for a payment is what was taken less what was given back",
        "select payment.payment_id::text from payment
         left join posting on posting.bucket = payment.bucket
             and posting.object_id = payment.payment_id
         left join entry on entry.bucket = posting.bucket and entry.posting_id = posting.posting_id
         left join account on account.bucket = entry.bucket
             and account.account_id = entry.account_id and account.kind = 'processor_receivable'
         group by payment.payment_id, payment.captured_minor, payment.refunded_minor,
             payment.charged_back_minor
         having payment.captured_minor - payment.refunded_minor - payment.charged_back_minor
             <> coalesce(sum(entry.amount_minor) filter (where account.account_id is not null), 0)",
    ),
    (
        Harm::Imbalance,
        "balances are the sums of entries",
        "select account_id::text from (
             select account_id, amount_minor from entry
             union all select account_id, -amount_minor from balance_delta
             union all select account_id, -balance_minor from account_balance
         ) as part group by account_id having sum(amount_minor) <> 0",
    ),
    (
        Harm::Other,
        "the history of each payment has no gap",
        "select payment.payment_id::text from payment
         join transition on transition.bucket = payment.bucket
             and transition.payment_id = payment.payment_id
         group by payment.payment_id, payment.version
         having count(*) <> payment.version + 1 or max(transition.version) <> payment.version",
    ),
    (
        Harm::Imbalance,
        "no more was given back than taken, nor taken than authorised",
        "select payment_id::text from payment
         where refunded_minor + charged_back_minor > captured_minor
            or captured_minor > authorized_minor or authorized_minor > amount_minor",
    ),
    (
        Harm::Stuck,
        "every payment that was asked for, with a method or on a page, has come to an end",
        "select payment_id::text || ': ' || phase from payment
         where phase not in ('captured', 'failed', 'cancelled', 'expired')
           and (payment_method is not null or exists (
               select 1 from registration
               where registration.bucket = payment.bucket
                 and registration.checkout_id = payment.checkout_id))
            or in_doubt",
    ),
    (
        Harm::Stuck,
        "every refund has come to an end",
        "select refund_id::text || ': ' || state from refund
         where state not in ('succeeded', 'failed', 'returned')",
    ),
    (
        Harm::Stuck,
        "nothing is reserved for what has ended",
        "select payment_id::text from payment
         where capture_reserved_minor <> 0 or refund_reserved_minor <> 0",
    ),
    (
        Harm::Stuck,
        "no attempt is open or in doubt",
        "select attempt_id::text || ': ' || operation || ' ' || state from attempt
         where state in ('started', 'unknown')",
    ),
    (
        Harm::Stuck,
        "every pay-out that somebody has approved has come to an end",
        "select payout_id::text || ': ' || phase from payout
         where phase in ('approved', 'submitted', 'in_transit') or in_doubt",
    ),
    (Harm::Stuck, "no work is dead", "select kind || ': ' || last_error from dead_letter"),
    (
        Harm::Stuck,
        "no lease is left",
        "select kind || ' ' || job_id::text from job where leased_by is not null",
    ),
    (
        // One that was late may be arriving at this very moment.
        Harm::Stuck,
        "every notification was handled, or somebody is about to",
        "select inbound_webhook_id::text from inbound_webhook
         where state = 'stored' and not exists (
             select 1 from job where job.subject_id = inbound_webhook.inbound_webhook_id)",
    ),
    (
        Harm::Imbalance,
        "a basket of all or nothing that has ended keeps all or nothing",
        "select payment.checkout_id::text from payment where policy = 'all_or_nothing'
         group by bucket, checkout_id
         having bool_and(phase in ('captured', 'failed', 'cancelled', 'expired'))
            and bool_or(captured_minor - refunded_minor - charged_back_minor > 0)
            and bool_or(captured_minor - refunded_minor - charged_back_minor < amount_minor)",
    ),
];

/// Everything that breaks a law.
#[derive(Debug, Default)]
pub(crate) struct Broken(Vec<(Harm, String)>);

impl Broken {
    /// How many there are of this harm.
    pub(crate) fn count(&self, harm: Harm) -> usize {
        self.0.iter().filter(|(done, _)| *done == harm).count()
    }

    /// Panics with every law that is broken, and what breaks it.
    pub(crate) fn assert_none(&self) {
        let broken: Vec<String> =
            self.0.iter().map(|(harm, what)| format!("{harm:?}: {what}")).collect();
        assert!(broken.is_empty(), "broken:\n  {}", broken.join("\n  "));
    }

    fn add(&mut self, harm: Harm, found: impl IntoIterator<Item = String>) {
        self.0.extend(found.into_iter().map(|what| (harm, what)));
    }
}

/// Looks whether every law holds; `unsettled` is what did not come to its end in time.
pub(crate) async fn look(pool: &PgPool, world: &World, unsettled: Vec<String>) -> Broken {
    let mut broken = Broken::default();
    broken.add(Harm::Stuck, unsettled);
    for &(harm, law, offenders) in LAWS {
        let found: Vec<String> =
            sqlx::query_scalar(offenders).fetch_all(pool).await.expect("the law is valid SQL");
        broken.add(harm, found.into_iter().map(|one| format!("{law}: {one}")));
    }
    let book = world.processors_books().await;
    broken.add(Harm::Imbalance, books_differ(pool, &book).await);
    broken.add(Harm::DoubleCharge, charged_twice(&book).map(|one| format!("charged twice: {one}")));
    broken.add(Harm::Lost, taken_and_not_charged(&book, world));
    let book = world.payers_book().await;
    broken.add(Harm::Imbalance, payouts::books_differ(pool, &book).await);
    broken.add(Harm::DoubleCharge, payouts::paid_twice(pool, &book).await);
    let (lost, twice) = lost_and_twice(pool, world).await;
    broken.add(Harm::Lost, lost);
    broken.add(Harm::DoubleCharge, twice);
    broken.add(Harm::Lost, untold(pool, world).await);
    broken.add(Harm::Lost, unalarmed(pool, world).await);
    let ends = world.supervisor.unexpected_ends();
    broken
        .add(Harm::Other, ends.into_iter().map(|end| format!("a process ended by itself: {end}")));
    broken
}

/// References whose captured or refunded sums differ between the processor's book and ours.
async fn books_differ(pool: &PgPool, book: &[Value]) -> Vec<String> {
    let rows: Vec<(Uuid, i64, i64)> = sqlx::query_as(
        "select payment_id, captured_minor, refunded_minor from payment where captured_minor > 0",
    )
    .fetch_all(pool)
    .await
    .expect("our book");
    let ours: BTreeMap<String, (i64, i64)> = rows
        .into_iter()
        .map(|(id, captured, refunded)| {
            (PaymentId::from_uuid(id).to_string(), (captured, refunded))
        })
        .collect();
    let mut theirs: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for payment in book.iter().filter(|payment| minor(payment, "captured") > 0) {
        let sums = theirs.entry(text(payment, "reference")).or_default();
        sums.0 += minor(payment, "captured");
        sums.1 += minor(payment, "refunded");
    }
    let references: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let mut differences: Vec<String> = references
        .into_iter()
        .filter(|reference| ours.get(*reference) != theirs.get(*reference))
        .map(|reference| {
            let (ours, theirs) = (ours.get(reference), theirs.get(reference));
            format!("books differ: {reference}: ours {ours:?}, the processor's {theirs:?}")
        })
        .collect();
    // Everything that was authorised here was taken or released.
    let held = book.iter().filter(|payment| payment["status"] == "authorized");
    differences.extend(held.map(|payment| format!("still held: {}", text(payment, "reference"))));
    differences
}

/// References under which money was taken more than once.
fn charged_twice(book: &[Value]) -> impl Iterator<Item = String> {
    charges(book).into_iter().filter(|(_, times)| *times > 1).map(|(reference, _)| reference)
}

/// How often money was taken under each reference.
fn charges(book: &[Value]) -> BTreeMap<String, usize> {
    let mut charges: BTreeMap<String, usize> = BTreeMap::new();
    for payment in book.iter().filter(|payment| minor(payment, "captured") > 0) {
        *charges.entry(text(payment, "reference")).or_default() += 1;
    }
    charges
}

/// What the shop or a shopper was told is taken, and is not in the processor's book.
fn taken_and_not_charged(book: &[Value], world: &World) -> Vec<String> {
    let charges = charges(book);
    let taken = world.shop.acknowledged().taken.clone();
    let missing = taken.into_iter().filter(|payment| !charges.contains_key(payment));
    missing.map(|payment| format!("said to be taken, and never charged: {payment}")).collect()
}

/// What the shop was told exists and does not, and what exists and it was never told.
async fn lost_and_twice(pool: &PgPool, world: &World) -> (Vec<String>, Vec<String>) {
    let payments: Vec<Uuid> =
        sqlx::query_scalar("select payment_id from payment").fetch_all(pool).await.expect("ours");
    // What a basket gives back by itself nobody asked for.
    let refunds: Vec<Uuid> =
        sqlx::query_scalar("select refund_id from refund where reason is distinct from $1")
            .bind(GIVEN_BACK)
            .fetch_all(pool)
            .await
            .expect("ours");
    let here: BTreeSet<String> = payments
        .into_iter()
        .map(|id| PaymentId::from_uuid(id).to_string())
        .chain(refunds.into_iter().map(|id| RefundId::from_uuid(id).to_string()))
        .collect();
    let acknowledged = world.shop.acknowledged();
    let told: BTreeSet<String> =
        acknowledged.payments.iter().chain(&acknowledged.refunds).cloned().collect();
    let lost = told.difference(&here).map(|id| format!("lost: {id}"));
    // Each call was repeated until it was answered: what nobody was told of was done twice.
    let twice = here.difference(&told).map(|id| format!("done twice: {id}"));
    (lost.collect(), twice.collect())
}

/// Events that the shop never heard of, or under several ids.
async fn untold(pool: &PgPool, world: &World) -> Vec<String> {
    let written: Vec<Uuid> =
        sqlx::query_scalar("select event_id from outbox").fetch_all(pool).await.expect("ours");
    let heard = &world.heard.so_far().events;
    let several = heard.iter().filter(|(_, ids)| ids.len() != 1);
    let mut wrong: Vec<String> =
        several.map(|(about, ids)| format!("told wrongly: {about:?} under {ids:?}")).collect();
    let known: BTreeSet<&String> = heard.values().flatten().collect();
    let events = written.into_iter().map(|id| EventId::from_uuid(id).to_string());
    wrong.extend(
        events.filter(|event| !known.contains(event)).map(|event| format!("never told: {event}")),
    );
    wrong
}

/// Alerts that the operator never heard of.
async fn unalarmed(pool: &PgPool, world: &World) -> Vec<String> {
    let raised: Vec<Uuid> =
        sqlx::query_scalar("select alert_id from alert").fetch_all(pool).await.expect("ours");
    let raised = raised.into_iter().map(|id| AlertId::from_uuid(id).to_string());
    let heard = &world.heard.so_far().alerts;
    let untold = raised.filter(|alert| !heard.contains(alert));
    untold.map(|alert| format!("the operator was never told of {alert}")).collect()
}

/// An amount such as `49.99` in minor units.
fn minor(payment: &Value, field: &str) -> i64 {
    text(payment, field).replace('.', "").parse().expect("an amount with two decimals")
}

fn text(payment: &Value, field: &str) -> String {
    payment[field].as_str().expect("a text").to_owned()
}
