//! Payments, and the one place where they change.
//!
//! Whatever happens to a payment (a command, a processor's answer, a webhook, a settlement line, a
//! person's decision) becomes an [`Input`] of [`apply`], which writes the new state, its history
//! row, the ledger postings and the outgoing events, in the caller's transaction.

pub mod announce;
pub mod attempt;
pub(crate) mod changes;
pub mod commands;
pub mod commit;
pub mod execute;
mod history;
pub mod news;
pub mod operate;
pub(crate) mod refresh;
pub mod refunds;
pub(crate) mod row;
pub(crate) mod setback;
pub(crate) mod store;

use std::collections::BTreeMap;

use domain::decide::{self, Outcome, Refused, Why};
use domain::event::{Event, Fact};
use domain::id::{PaymentId, PostingId, ProcessorAccountId, RegistrationId, ShopId};
use domain::payment::Payment;
use serde_json::Value;
use sqlx::PgPool;

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
    /// Why a refund is asked for, in the shop's words.
    pub refund_reason: Option<String>,
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
    /// A settlement file.
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
            Some(payment) => match decide::decide(&payment.state, &input.event) {
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

/// A payment whose row is locked, with its state.
pub(crate) struct Locked {
    pub(crate) row: row::Row,
    pub(crate) state: Payment,
    pub(crate) changed: bool,
}

pub(crate) async fn lock(
    tx: &mut Tx,
    ids: &[PaymentId],
) -> Result<BTreeMap<PaymentId, Locked>, Fault> {
    let rows = store::lock(tx, ids).await?;
    let with_refunds: Vec<PaymentId> = rows
        .iter()
        .filter(|row| row.refund_requested_minor > 0 || row.refunded_minor > 0)
        .map(|row| PaymentId::from_uuid(row.payment_id))
        .collect();
    let mut refunds = if with_refunds.is_empty() {
        BTreeMap::new()
    } else {
        store::refunds(tx.conn(), &with_refunds).await?
    };
    rows.into_iter()
        .map(|row| {
            let id = PaymentId::from_uuid(row.payment_id);
            let state = row.state(refunds.remove(&id).unwrap_or_default())?;
            Ok((id, Locked { row, state, changed: false }))
        })
        .collect()
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

/// The rows as records, each with its refunds.
pub(crate) async fn with_refunds(
    pool: &PgPool,
    rows: Vec<row::Row>,
) -> Result<Vec<PaymentRecord>, Fault> {
    let ids: Vec<PaymentId> = rows
        .iter()
        .filter(|row| row.refund_requested_minor > 0 || row.refunded_minor > 0)
        .map(|row| PaymentId::from_uuid(row.payment_id))
        .collect();
    let mut refunds = if ids.is_empty() {
        BTreeMap::new()
    } else {
        let mut conn = pool.acquire().await?;
        store::refunds(&mut conn, &ids).await?
    };
    rows.into_iter()
        .map(|row| {
            let id = PaymentId::from_uuid(row.payment_id);
            row.into_record(refunds.remove(&id).unwrap_or_default())
        })
        .collect()
}
