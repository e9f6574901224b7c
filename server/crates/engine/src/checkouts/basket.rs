//! All-or-nothing baskets: what has to be done with the other payments when one of them changes.
//!
//! Whatever changes a payment of such a basket enqueues [`SETTLE`] in the same transaction. The job
//! locks the checkout and its payments, asks [`checkout::settle`] and writes the commands that
//! follow, so that repeating it after a crash, or running it late, moves no money twice.

use domain::checkout::{self, Policy, Step};
use domain::event::{Command, Event};
use domain::id::{CheckoutId, PaymentId, RefundId};
use domain::payment::Payment;
use jobs::{Claimed, Failure, Handled, Handler, NewJob};
use serde_json::json;

use crate::checkouts::{self, store};
use crate::db::{Fault, Tx, new_id};
use crate::payments::changes::OPERATE;
use crate::payments::row::Row;
use crate::payments::{self, Applied, Details, Input, Source, apply};
use crate::service::Engine;

/// The kind of job that decides what an all-or-nothing basket does next; its subject is the
/// checkout.
pub const SETTLE: &str = "settle_basket";

/// Why a refund is made that nobody asked for by name.
const GIVEN_BACK: &str = "all or nothing: another payment of the basket was not made";

/// The job that follows when a payment of `row` changes from `before` to `next`, if it belongs to an
/// all-or-nothing basket and the others may have to follow.
pub(crate) fn follow_up(row: &Row, before: &Payment, next: &Payment) -> Option<NewJob> {
    let is_news = row.policy == Policy::AllOrNothing.as_str() && checkout::is_news(before, next);
    is_news.then(|| checkouts::job(SETTLE, CheckoutId::from_uuid(row.checkout_id)))
}

/// Does the work of [`SETTLE`] jobs.
#[derive(Debug, Clone)]
pub struct Settler {
    /// The engine it works with.
    pub engine: Engine,
}

impl Handler for Settler {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        let changed = self.settle(&job).await.map_err(Failure::passing)?;
        if !changed.is_empty() {
            self.engine.changes().tell(changed.into_iter());
            self.engine.waker().hint(OPERATE);
            self.engine.waker().hint(payments::announce::DELIVER);
        }
        Ok(Handled::InItsTransaction)
    }
}

impl Settler {
    async fn settle(&self, job: &Claimed) -> Result<Vec<PaymentId>, Fault> {
        let id = CheckoutId::from_uuid(job.subject_id);
        let mut tx = Tx::begin(self.engine.pool()).await?;
        store::lock(&mut tx, id).await?;
        let ids = store::payments_of(&mut tx, id).await?;
        let locked = payments::lock(&mut tx, &ids).await?;
        let was_refused = store::was_capture_refused(&mut tx, id).await?;
        let states: Vec<Payment> = locked.values().map(|payment| payment.state.clone()).collect();
        let steps = checkout::settle(&states, was_refused)
            .map_err(|error| Fault::Broken(format!("{id}: {error}")))?;
        let inputs: Vec<Input> =
            locked.keys().zip(steps).filter_map(|(&payment, step)| input(payment, step)).collect();
        let answers = apply(&mut tx, &inputs).await?;
        if let Some((input, answer)) =
            inputs.iter().zip(&answers).find(|(_, answer)| spoils(answer))
        {
            // Half of the steps would be worse than none: it is tried again, and people hear of it.
            return Err(Fault::Broken(format!("{}: {:?}: {answer:?}", input.payment, input.event)));
        }
        if !jobs::finish(tx.conn(), std::slice::from_ref(job)).await? {
            return Err(Fault::Broken("another worker has taken the job over".into()));
        }
        crate::failpoint!("F7 basket");
        tx.commit().await?;
        crate::failpoint!("F8 basket");
        Ok(inputs.into_iter().map(|input| input.payment).collect())
    }
}

/// Whether a step was not taken that has to be, now that it was decided with the payments locked.
///
/// What is given up already needs no second word; the end of that asks again.
const fn spoils(answer: &Applied) -> bool {
    !matches!(answer, Applied::Changed { .. } | Applied::Nothing(_))
}

fn input(payment: PaymentId, step: Step) -> Option<Input> {
    let mut details = Details::default();
    let command = match step {
        Step::Nothing => return None,
        Step::Capture(amount) => Command::Capture(amount),
        Step::Release => Command::Cancel,
        Step::GiveBack(amount) => {
            details.refund_reason = Some(GIVEN_BACK.into());
            let refund: RefundId = new_id(payment.bucket());
            Command::Refund { refund, amount }
        }
    };
    Some(Input {
        payment,
        event: Event::Command(command),
        source: Source::Worker,
        evidence: json!({ "policy": Policy::AllOrNothing }),
        details,
    })
}
