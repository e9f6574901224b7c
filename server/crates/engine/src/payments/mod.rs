//! Payments, and the one place where they change.
//!
//! Whatever happens to a payment (a command, a processor's answer, a webhook, a settlement line, a
//! person's decision) becomes an [`Input`] of [`apply`], which writes the new state, its history
//! row, the ledger postings and the outgoing events, in the caller's transaction.

pub mod announce;
pub mod attempt;
pub(crate) mod beside;
pub(crate) mod changes;
pub mod commands;
pub mod commit;
pub mod execute;
mod history;
pub mod hold;
pub mod news;
pub mod operate;
pub(crate) mod operations;
pub(crate) mod refresh;
pub mod refunds;
pub(crate) mod row;
pub(crate) mod setback;
pub(crate) mod store;
mod told;
pub(crate) mod withdraw;

use std::collections::BTreeMap;

use domain::decide::{self, Outcome, Refused, Why};
use domain::dispute::Dispute;
use domain::event::{Event, Fact};
use domain::id::{
    AttemptId, DisputeId, PaymentId, PostingId, ProcessorAccountId, RegistrationId, ShopId,
};
use domain::payment::Payment;
use domain::refund::Refund;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::db::{Fault, Tx};
use changes::Changes;
pub use history::{TransitionRecord, history};
pub use row::PaymentRecord;

/// Something that happens to a payment, and how we know.
#[derive(Debug, Clone)]
pub struct Input {
    /// Which payment.
    pub payment: PaymentId,
    /// What happens.
    pub event: Event,
    /// Where it comes from.
    pub source: Source,
    /// What proves it, as it came; kept in the history.
    pub evidence: Value,
    /// What else was learnt on the way.
    pub details: Details,
}

impl Input {
    /// A fact without further details.
    pub fn fact(payment: PaymentId, fact: Fact, source: Source, evidence: Value) -> Self {
        let event = Event::Fact(fact);
        Self { payment, event, source, evidence, details: Details::default() }
    }
}

/// What is learnt beside an event; `None` leaves what is stored.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Where the payment is carried.
    pub processor_account: Option<ProcessorAccountId>,
    /// The registration it is charged to.
    pub registration: Option<RegistrationId>,
    /// The processor's id of it.
    pub processor_reference: Option<String>,
    /// Why it was declined: our word, and the processor's text for staff.
    pub failure: Option<(String, String)>,
    /// Where the shopper has to act.
    pub action_url: Option<String>,
    /// The try at the processor that it was learnt from.
    pub attempt: Option<AttemptId>,
    /// Until when the processor holds what is not captured.
    pub hold_expires_at: Option<OffsetDateTime>,
    /// Why a refund is asked for, in the shop's words.
    pub refund_reason: Option<String>,
    /// The processor's id of the refund.
    pub refund_reference: Option<String>,
    /// Why the refund was not made: our word, and the processor's text for staff.
    pub refund_failure: Option<(String, String)>,
    /// What the processor says of the dispute.
    pub dispute: Option<DisputeNews>,
}

/// What is learnt about a dispute beside what happened to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DisputeNews {
    /// The processor's id of it: what is known under this name is the same dispute.
    pub processor_reference: String,
    /// Why, in the processor's words.
    pub reason: String,
    /// Since when.
    pub opened_at: Option<OffsetDateTime>,
    /// Until when evidence can be handed in.
    pub respond_by: Option<OffsetDateTime>,
}

/// Where an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The shop, through the API.
    Api,
    /// The shopper, through the checkout.
    Shopper,
    /// The processor's answer to a worker.
    Worker,
    /// A notification of the processor.
    Webhook,
    /// An inquiry at the processor.
    Poll,
    /// A settlement file, or a bank's.
    File,
    /// A person in the console.
    Staff,
    /// A limit in time.
    Clock,
}

impl Source {
    /// The word that stands in the history.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Shopper => "shopper",
            Self::Worker => "worker",
            Self::Webhook => "webhook",
            Self::Poll => "poll",
            Self::File => "file",
            Self::Staff => "staff",
            Self::Clock => "clock",
        }
    }
}

/// What became of an [`Input`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The payment changed.
    Changed {
        /// How many changes it has seen now.
        version: i32,
        /// What was posted, if money moved.
        posting: Option<PostingId>,
        /// How the fact breaks our rules, if it does.
        irregular: Option<&'static str>,
        /// Whether the other payments of its basket may have to follow.
        settles: bool,
    },
    /// Nothing changed, for this reason.
    Nothing(Why),
    /// The command was refused.
    Refused(Refused),
    /// There is no such payment.
    NotFound,
}

/// Locks the payments, decides each event and writes everything that follows, in `tx`.
///
/// Several inputs for one payment are decided in the order given. The answers are in that order.
///
/// # Errors
/// [`Fault`]; then nothing of it may be committed.
pub async fn apply(tx: &mut Tx, inputs: &[Input]) -> Result<Vec<Applied>, Fault> {
    let ids: Vec<PaymentId> = inputs.iter().map(|input| input.payment).collect();
    let mut payments = lock(tx, &ids).await?;
    let mut changes = Changes::default();
    let mut answers = Vec::with_capacity(inputs.len());
    for input in inputs {
        let answer = match payments.get_mut(&input.payment) {
            None => Applied::NotFound,
            Some(payment) => match decide::decide(&payment.state, &known(payment, input)) {
                Err(refused) => Applied::Refused(refused),
                Ok(Outcome::Nothing(why)) => Applied::Nothing(why),
                Ok(Outcome::Changed(decision)) => changes.record(payment, input, *decision)?,
            },
        };
        answers.push(answer);
    }
    changes.write(tx, payments.into_values()).await?;
    Ok(answers)
}

/// The event, about the dispute that the processor's name for it means.
fn known(payment: &Locked, input: &Input) -> Event {
    let Some(told) = &input.details.dispute else { return input.event };
    let names = &payment.dispute_names;
    let known = names.iter().find(|(name, _)| *name == told.processor_reference);
    let Some(&(_, dispute)) = known else { return input.event };
    match input.event {
        Event::Fact(Fact::DisputeOpened { amount, .. }) => {
            Event::Fact(Fact::DisputeOpened { dispute, amount })
        }
        Event::Fact(Fact::DisputeWon { amount, .. }) => {
            Event::Fact(Fact::DisputeWon { dispute, amount })
        }
        Event::Fact(Fact::DisputeLost { amount, .. }) => {
            Event::Fact(Fact::DisputeLost { dispute, amount })
        }
        event => event,
    }
}

/// A payment whose row is locked, with its state.
pub(crate) struct Locked {
    pub(crate) row: row::Row,
    pub(crate) state: Payment,
    /// What the processor calls the disputes.
    pub(crate) dispute_names: Vec<(String, DisputeId)>,
    pub(crate) changed: bool,
}

pub(crate) async fn lock(
    tx: &mut Tx,
    ids: &[PaymentId],
) -> Result<BTreeMap<PaymentId, Locked>, Fault> {
    let rows = store::lock(tx, ids).await?;
    let mut owned = Owned::load(tx.conn(), &rows).await?;
    rows.into_iter()
        .map(|row| {
            let id = PaymentId::from_uuid(row.payment_id);
            let (belongings, dispute_names) = owned.take(id);
            let state = row.state(belongings)?;
            Ok((id, Locked { row, state, dispute_names, changed: false }))
        })
        .collect()
}

/// What belongs to some payments; nothing is read for those that have nothing.
#[derive(Default)]
struct Owned {
    refunds: BTreeMap<PaymentId, Vec<Refund>>,
    disputes: BTreeMap<PaymentId, Vec<(Dispute, String)>>,
}

impl Owned {
    async fn load(conn: &mut PgConnection, rows: &[row::Row]) -> Result<Self, Fault> {
        let having = |has: fn(&row::Row) -> bool| -> Vec<PaymentId> {
            let rows = rows.iter().filter(|row| has(row));
            rows.map(|row| PaymentId::from_uuid(row.payment_id)).collect()
        };
        let mut owned = Self::default();
        // A refund that failed counts in neither amount, and stands in the operations that were made.
        let with_refunds = having(|row| row.operations.is_some() || row.refunded_minor > 0);
        if !with_refunds.is_empty() {
            owned.refunds = store::refunds(conn, &with_refunds).await?;
        }
        let with_disputes = having(|row| row.disputes > 0);
        if !with_disputes.is_empty() {
            owned.disputes = store::objects::disputes(conn, &with_disputes).await?;
        }
        Ok(owned)
    }

    fn take(&mut self, id: PaymentId) -> (row::Belongings, Vec<(String, DisputeId)>) {
        let disputes = self.disputes.remove(&id).unwrap_or_default();
        let names = disputes.iter().map(|(dispute, name)| (name.clone(), dispute.id)).collect();
        let belongings = row::Belongings {
            refunds: self.refunds.remove(&id).unwrap_or_default(),
            disputes: disputes.into_iter().map(|(dispute, _)| dispute).collect(),
        };
        (belongings, names)
    }
}

/// The payment, if it is the shop's.
///
/// # Errors
/// [`Fault`].
pub async fn find(
    pool: &PgPool,
    shop: ShopId,
    id: PaymentId,
) -> Result<Option<PaymentRecord>, Fault> {
    let row = store::find_any(pool, id).await?.filter(|row| row.shop_id == shop.uuid());
    let Some(row) = row else { return Ok(None) };
    Ok(Some(with_refunds(pool, vec![row]).await?.remove(0)))
}

/// The payment that the shop calls `reference`.
///
/// # Errors
/// [`Fault`].
pub async fn find_by_reference(
    pool: &PgPool,
    shop: ShopId,
    reference: &str,
) -> Result<Option<PaymentRecord>, Fault> {
    let claimed = crate::checkouts::claimed(pool, shop, "payment", reference).await?;
    match claimed {
        Some(uuid) => find(pool, shop, PaymentId::from_uuid(uuid)).await,
        None => Ok(None),
    }
}

/// The rows as records, each with what belongs to it.
pub(crate) async fn with_refunds(
    pool: &PgPool,
    rows: Vec<row::Row>,
) -> Result<Vec<PaymentRecord>, Fault> {
    let has_some =
        |row: &row::Row| row.operations.is_some() || row.refunded_minor > 0 || row.disputes > 0;
    let mut owned = if rows.iter().any(has_some) {
        let mut conn = pool.acquire().await?;
        Owned::load(&mut conn, &rows).await?
    } else {
        Owned::default()
    };
    rows.into_iter()
        .map(|row| {
            let (belongings, _) = owned.take(PaymentId::from_uuid(row.payment_id));
            row.into_record(belongings)
        })
        .collect()
}
