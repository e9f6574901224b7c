//! Taking a checkout in: stored, with its payments and their first jobs, before anything else
//! happens anywhere.
//!
//! Checkouts that arrive at the same time are written by one transaction.

mod lookup;

use std::collections::HashSet;
use std::time::Duration;

use domain::checkout::Policy;
use domain::decide::{Outcome, decide};
use domain::event::{Command, Event};
use domain::id::{Bucket, CheckoutId, JobId, PaymentId, ProcessorAccountId, SellerId, ShopId};
use domain::money::Money;
use domain::payment::{CaptureMode, Payment};
use jobs::{NewJob, Waker};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::sync::watch;
use uuid::Uuid;

use crate::batch::{Batcher, Gone};
use crate::checkouts::store::{self, CheckoutRow, ClaimRow, PaymentRow};
use crate::checkouts::{self, CheckoutRecord};
use crate::db::{Fault, Tx, new_id};
use crate::idempotency::{self, Slot};
use crate::payments::attempt::{self, NewAttempt};
use crate::payments::changes::TransitionRow;
use crate::payments::{Source, execute};
use crate::routing::{Route, Router};
use crate::service::{Changes, Engine};
use lookup::{Lookup, routes};

/// How often a hosted payment may be declined before it has failed.
const HOSTED_ATTEMPTS_MAX: i16 = 5;
/// How many transactions take checkouts in at the same time.
const WRITERS: usize = 1;

/// A checkout as the shop asks for it, parsed and within its limits.
#[derive(Debug, Clone)]
pub struct NewCheckout {
    /// Who asks.
    pub shop: ShopId,
    /// The shop's name for it.
    pub reference: String,
    /// Who buys.
    pub buyer: Value,
    /// What is bought.
    pub description: Option<String>,
    /// Where the shop wants the shopper back.
    pub return_url: Option<String>,
    /// Whether authorisations take the money at once.
    pub capture_mode: CaptureMode,
    /// Whether its payments are taken all or not at all.
    pub policy: Policy,
    /// What the shop wants to find again: an object of texts.
    pub metadata: Value,
    /// A processor's token to charge at once; without it the shopper pays on a hosted page.
    pub payment_method: Option<String>,
    /// For how long it can be paid.
    pub expires_in: Duration,
    /// The payments, at least one, all in one currency.
    pub orders: Vec<NewOrder>,
    /// The idempotency key under which this happens.
    pub slot: Option<Slot>,
}

/// One payment of a [`NewCheckout`].
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// The shop's name for it.
    pub reference: String,
    /// The shop's name for the seller.
    pub seller_account: String,
    /// How much, above zero.
    pub amount: Money,
    /// What is bought.
    pub description: Option<String>,
    /// What the shop wants to find again: an object of texts.
    pub metadata: Value,
}

/// Takes the checkout in; with a token, executes it at once and waits up to `patience`.
///
/// # Errors
/// [`AcceptError`]: nothing was written.
pub async fn accept(
    engine: &Engine,
    new: NewCheckout,
    patience: Duration,
) -> Result<CheckoutRecord, AcceptError> {
    let accepted = engine.acceptor().0.write(new).await??;
    let id = accepted.id;
    let found =
        checkouts::wait(engine, id, accepted.outcomes, patience, checkouts::is_under_way).await?;
    found.ok_or_else(|| Fault::Broken(format!("{id} vanished")).into())
}

/// A checkout that was taken in, and what tells of the first outcomes of its payments.
#[derive(Debug)]
pub(crate) struct Accepted {
    id: CheckoutId,
    outcomes: Vec<watch::Receiver<u64>>,
}

/// Why a checkout was not taken in. Nothing has been written, or, after a fault that passes, it is
/// unknown whether it was.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The shop has used this `checkout_id` before.
    #[error("this checkout_id was used before")]
    KnownCheckout,
    /// The shop has used this `payment_order_id` before.
    #[error("this payment_order_id was used before")]
    KnownOrder {
        /// Which of the orders, from 0.
        index: usize,
    },
    /// The shop has no such seller.
    #[error("there is no such seller")]
    UnknownSeller {
        /// Which of the orders, from 0.
        index: usize,
    },
    /// The sum of the orders is out of range.
    #[error("the total is out of range")]
    TotalOutOfRange,
    /// The shop has no processor account to charge the payments at.
    #[error("the shop has no processor account")]
    NoProcessor,
    /// Another request has taken the idempotency key over.
    #[error("the idempotency key was taken over by another request")]
    KeyLost,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Gone> for AcceptError {
    fn from(_: Gone) -> Self {
        Fault::Passing("the writer broke before it answered").into()
    }
}

/// Takes checkouts in, in groups.
#[derive(Debug, Clone)]
pub(crate) struct Acceptor(Batcher<NewCheckout, Result<Accepted, AcceptError>>);

impl Acceptor {
    pub(crate) fn start(pool: PgPool, router: Router, changes: Changes, waker: Waker) -> Self {
        let inlet = Inlet { pool, router, changes, waker };
        Self(Batcher::start(WRITERS, move |batch| {
            let inlet = inlet.clone();
            async move { take_in(&inlet, &batch).await }
        }))
    }
}

/// What taking checkouts in works with.
#[derive(Debug, Clone)]
struct Inlet {
    pool: PgPool,
    router: Router,
    changes: Changes,
    waker: Waker,
}

async fn take_in(inlet: &Inlet, batch: &[NewCheckout]) -> Vec<Result<Accepted, AcceptError>> {
    let mut answers = match take_in_together(inlet, batch).await {
        Ok(answers) => answers,
        Err(error) if batch.len() == 1 => vec![Err(error)],
        // It may be there: trying again would find our own references taken. Who repeats the call
        // with its key finds out.
        Err(AcceptError::Fault(fault @ Fault::CommitUnknown(_))) => {
            tracing::error!(error = ?fault, "a group of checkouts may or may not be committed");
            let unknown = || {
                if fault.is_passing() {
                    Fault::Passing("the commit was not confirmed")
                } else {
                    Fault::Broken("the commit was refused".into())
                }
            };
            batch.iter().map(|_| Err(unknown().into())).collect()
        }
        Err(error) => {
            tracing::warn!(%error, checkouts = batch.len(), "a group falls apart");
            let mut answers = Vec::with_capacity(batch.len());
            for one in batch {
                let alone = take_in_together(inlet, std::slice::from_ref(one)).await;
                answers.push(alone.and_then(|mut one| one.remove(0)));
            }
            answers
        }
    };
    for (index, new) in batch.iter().enumerate() {
        // Who lost a reference to another of the group may have lost it to one that was refused.
        let is_known = matches!(
            answers[index],
            Err(AcceptError::KnownCheckout | AcceptError::KnownOrder { .. })
        );
        if is_known && shares_reference(batch, index) {
            let alone = take_in_together(inlet, std::slice::from_ref(new)).await;
            answers[index] = alone.and_then(|mut one| one.remove(0));
        }
    }
    answers
}

/// Whether another checkout of the batch asks for a reference that this one asks for.
fn shares_reference(batch: &[NewCheckout], index: usize) -> bool {
    let new = &batch[index];
    let overlaps = |other: &NewCheckout| {
        other.shop == new.shop
            && (other.reference == new.reference
                || other
                    .orders
                    .iter()
                    .any(|theirs| new.orders.iter().any(|ours| ours.reference == theirs.reference)))
    };
    batch.iter().enumerate().any(|(at, other)| at != index && overlaps(other))
}

async fn take_in_together(
    inlet: &Inlet,
    batch: &[NewCheckout],
) -> Result<Vec<Result<Accepted, AcceptError>>, AcceptError> {
    // Read before the transaction, which must not wait for another connection.
    let routes = routes(&inlet.router, batch).await?;
    let mut tx = Tx::begin(&inlet.pool).await?.handing_over(&inlet.waker);
    let lookup = Lookup::load(&mut tx, batch, routes).await?;
    let mut plans = Vec::with_capacity(batch.len());
    for new in batch {
        plans.push(Plan::make(new, &lookup));
    }
    let claims: Vec<ClaimRow> = plans.iter().flatten().flat_map(Plan::claims).collect();
    let won = store::claim(&mut tx, &claims).await?;
    let mut answers = Vec::with_capacity(plans.len());
    let mut accepted = Vec::with_capacity(plans.len());
    for plan in plans {
        match plan.and_then(|plan| plan.check(&won)) {
            Ok(plan) => {
                answers.push(Ok(plan.accepted(&inlet.changes)));
                accepted.push(plan);
            }
            Err(error) => answers.push(Err(error)),
        }
    }
    if accepted.len() < batch.len() {
        // What lost one of its references must not keep the others.
        let kept: HashSet<Uuid> = accepted.iter().flat_map(Plan::objects).collect();
        let lost: Vec<&ClaimRow> = claims
            .iter()
            .filter(|claim| won.contains(&claim.object_id) && !kept.contains(&claim.object_id))
            .collect();
        store::release(&mut tx, &lost).await?;
    }
    write(&mut tx, &accepted).await?;
    tx.commit().await?;
    Ok(answers)
}

async fn write(tx: &mut Tx, plans: &[Plan<'_>]) -> Result<(), AcceptError> {
    if plans.is_empty() {
        return Ok(());
    }
    let checkouts: Vec<&CheckoutRow> = plans.iter().map(|plan| &plan.row).collect();
    let payments: Vec<&PaymentRow> = plans.iter().flat_map(|plan| &plan.payments).collect();
    let transitions: Vec<TransitionRow> = plans.iter().flat_map(Plan::transitions).collect();
    let attempts: Vec<NewAttempt> = plans.iter().flat_map(|plan| plan.attempts.clone()).collect();
    let jobs: Vec<NewJob> = plans.iter().flat_map(Plan::jobs).collect();
    store::insert_checkouts(tx, &checkouts).await?;
    store::insert_payments(tx, &payments).await?;
    crate::payments::store::append_transitions(tx, &transitions).await?;
    attempt::start(tx, &attempts).await?;
    // Nothing else can hold the key of a payment that was not there before.
    tx.enqueue(jobs, true).await?;
    let slots: Vec<(&Slot, Uuid)> =
        plans.iter().filter_map(|plan| Some((plan.new.slot.as_ref()?, plan.id.uuid()))).collect();
    if !idempotency::attach(tx, &slots).await? {
        return Err(AcceptError::KeyLost);
    }
    Ok(())
}

/// Everything that one checkout adds.
struct Plan<'a> {
    new: &'a NewCheckout,
    id: CheckoutId,
    row: CheckoutRow,
    payments: Vec<PaymentRow>,
    attempts: Vec<NewAttempt>,
}

impl<'a> Plan<'a> {
    fn make(new: &'a NewCheckout, lookup: &Lookup) -> Result<Self, AcceptError> {
        let bucket = Bucket::of_reference(new.shop, &new.reference);
        let id: CheckoutId = new_id(bucket);
        let currency = new.orders[0].amount.currency();
        let total = Money::sum(currency, new.orders.iter().map(|order| order.amount))
            .map_err(|_| AcceptError::TotalOutOfRange)?;
        let mut plan = Self {
            new,
            id,
            row: CheckoutRow {
                bucket: bucket.as_i16(),
                checkout_id: id.uuid(),
                shop_id: new.shop.uuid(),
                reference: new.reference.clone(),
                currency: currency.code(),
                total_minor: total.minor(),
                buyer: new.buyer.clone(),
                description: new.description.clone(),
                return_url: new.return_url.clone(),
                expires_in_seconds: new.expires_in.as_secs(),
                policy: new.policy.as_str(),
                metadata: new.metadata.clone(),
            },
            payments: Vec::new(),
            attempts: Vec::new(),
        };
        for (index, order) in new.orders.iter().enumerate() {
            let key = (new.shop, order.seller_account.clone());
            let &(seller, fee) =
                lookup.sellers.get(&key).ok_or(AcceptError::UnknownSeller { index })?;
            let route = lookup.route(new, id, order.amount)?;
            plan.add(index, order, (seller, fee), route)?;
        }
        Ok(plan)
    }

    fn add(
        &mut self,
        index: usize,
        order: &NewOrder,
        (seller, fee): (SellerId, i32),
        route: Option<Route>,
    ) -> Result<(), AcceptError> {
        let account = route.as_ref().map(|route| route.account);
        let id: PaymentId = new_id(self.id.bucket());
        let fee_basis_points = u32::try_from(fee).unwrap_or(0);
        let created = Payment::new(order.amount, self.new.capture_mode, fee_basis_points);
        let state = match route {
            None => created,
            Some(Route { account, reason, .. }) => {
                let executing = execute_now(&created)?;
                let number = executing.attempts;
                let attempt = NewAttempt::authorize(id, account, number, order.amount);
                self.attempts.push(attempt.routed(reason, "first"));
                executing
            }
        };
        self.payments.push(PaymentRow {
            bucket: id.bucket().as_i16(),
            payment_id: id.uuid(),
            checkout_id: self.id.uuid(),
            shop_id: self.new.shop.uuid(),
            seller_id: seller.uuid(),
            position: i16::try_from(index).unwrap_or(i16::MAX),
            reference: order.reference.clone(),
            description: order.description.clone(),
            phase: state.phase.as_str(),
            currency: order.amount.currency().code(),
            amount_minor: order.amount.minor(),
            capture_mode: self.new.capture_mode.as_str(),
            fee_basis_points: fee,
            attempts: i16::try_from(state.attempts).unwrap_or(1),
            attempts_max: if account.is_some() { 1 } else { HOSTED_ATTEMPTS_MAX },
            payment_method: self.new.payment_method.clone(),
            processor_account_id: account.map(ProcessorAccountId::uuid),
            version: i32::from(account.is_some()),
            policy: self.new.policy.as_str(),
            metadata: order.metadata.clone(),
        });
        Ok(())
    }

    fn claims(&self) -> Vec<ClaimRow> {
        let claim = |kind, reference: &str, object_id| ClaimRow {
            bucket: Bucket::of_reference(self.new.shop, reference).as_i16(),
            shop_id: self.new.shop.uuid(),
            kind,
            reference: reference.to_owned(),
            object_id,
        };
        let payments =
            self.payments.iter().map(|row| claim("payment", &row.reference, row.payment_id));
        std::iter::once(claim("checkout", &self.new.reference, self.id.uuid()))
            .chain(payments)
            .collect()
    }

    fn check(self, won: &HashSet<Uuid>) -> Result<Self, AcceptError> {
        if !won.contains(&self.id.uuid()) {
            return Err(AcceptError::KnownCheckout);
        }
        match self.payments.iter().position(|payment| !won.contains(&payment.payment_id)) {
            Some(index) => Err(AcceptError::KnownOrder { index }),
            None => Ok(self),
        }
    }

    /// Watches before the jobs can be seen, so that no outcome is missed.
    fn accepted(&self, changes: &Changes) -> Accepted {
        let outcomes = if self.attempts.is_empty() {
            Vec::new()
        } else {
            let watch = |row: &PaymentRow| changes.watch(PaymentId::from_uuid(row.payment_id));
            self.payments.iter().map(watch).collect()
        };
        Accepted { id: self.id, outcomes }
    }

    fn objects(&self) -> Vec<Uuid> {
        let payments = self.payments.iter().map(|payment| payment.payment_id);
        std::iter::once(self.id.uuid()).chain(payments).collect()
    }

    fn transitions(&self) -> Vec<TransitionRow> {
        self.payments.iter().flat_map(history).collect()
    }

    fn jobs(&self) -> Vec<NewJob> {
        if self.attempts.is_empty() {
            return vec![self.expiry()];
        }
        self.payments
            .iter()
            .map(|payment| {
                let number = u16::try_from(payment.attempts).unwrap_or(1);
                execute::job(PaymentId::from_uuid(payment.payment_id), number)
            })
            .collect()
    }

    fn expiry(&self) -> NewJob {
        let job_id: JobId = new_id(self.id.bucket());
        NewJob {
            job_id: job_id.uuid(),
            kind: checkouts::EXPIRE,
            subject_id: self.id.uuid(),
            payload: Value::Null,
            ordering_key: Some(self.id.uuid()),
            delay: self.new.expires_in,
        }
    }
}

/// A payment's first rows of history.
fn history(payment: &PaymentRow) -> Vec<TransitionRow> {
    let row = |version, event, from_phase: &str, to_phase: &str| TransitionRow {
        bucket: payment.bucket,
        payment_id: payment.payment_id,
        version,
        event,
        from_phase: from_phase.to_owned(),
        to_phase: to_phase.to_owned(),
        amount_minor: None,
        source: Source::Api.as_str(),
        attempt_id: None,
        evidence: json!({}),
        irregular: None,
    };
    let created = row(0, "created", "created", "created");
    if payment.version == 0 {
        return vec![created];
    }
    vec![created, row(payment.version, "execute", "created", payment.phase)]
}

fn execute_now(created: &Payment) -> Result<Payment, AcceptError> {
    match decide(created, &Event::Command(Command::Execute)) {
        Ok(Outcome::Changed(decision)) => Ok(decision.next),
        answer => Err(Fault::Broken(format!("a new payment cannot execute: {answer:?}")).into()),
    }
}
