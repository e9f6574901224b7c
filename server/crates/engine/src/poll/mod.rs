//! Asking processors about what waits, where no notification comes.
//!
//! Notifications get lost, and some processors send none. So whatever waits for longer than is
//! expected is asked about: payments under way or in doubt, refunds that are not answered, and
//! hosted pages that the shopper may have finished. The longer something waits, the rarer it is
//! asked about; each round asks each processor account only so often, spread over the round.

mod store;

use std::time::Duration;

use domain::id::{Bucket, JobId, PaymentId};
use jobs::{Claimed, Failure, Handled, Handler, NewJob};
use serde_json::Value;

use crate::checkouts;
use crate::db::{Fault, Tx, new_id};
use crate::payments::Source;
use crate::payments::refresh;
use crate::service::Engine;
use crate::watch::store::plan_for_sets;

/// The kind of job that asks about one payment; its subject is the payment.
pub const POLL_PAYMENT: &str = "poll_payment";
/// How often it is looked for what to ask about.
pub const ROUND: Duration = Duration::from_secs(10);
/// How many questions one round asks of each processor account.
const PER_ACCOUNT_MAX: i64 = 100;

/// Looks for what is due, if no other process has done so within [`ROUND`]; returns how many
/// questions it has queued.
///
/// # Errors
/// [`Fault`].
pub async fn round(engine: &Engine) -> Result<usize, Fault> {
    if store::begin(engine.pool(), ROUND).await? { look(engine).await } else { Ok(0) }
}

/// Queues a question about everything that is due, and returns how many there are.
///
/// # Errors
/// [`Fault`].
pub async fn look(engine: &Engine) -> Result<usize, Fault> {
    let mut tx = Tx::begin(engine.pool()).await?;
    plan_for_sets(&mut tx).await?;
    store::forget(&mut tx).await?;
    let payments = store::due_payments(&mut tx, PER_ACCOUNT_MAX).await?;
    let refunds = store::due_refunds(&mut tx, PER_ACCOUNT_MAX).await?;
    let pages = store::due_pages(&mut tx, PER_ACCOUNT_MAX).await?;
    let mut jobs: Vec<NewJob> = payments.into_iter().chain(refunds).map(payment_job).collect();
    jobs.extend(pages.into_iter().map(checkouts::advance_job));
    spread(&mut jobs);
    jobs::enqueue(tx.conn(), &jobs).await?;
    tx.commit().await?;
    engine.waker().hint(POLL_PAYMENT);
    engine.waker().hint(checkouts::ADVANCE);
    Ok(jobs.len())
}

/// Spreads the questions of a round evenly over it, so that no processor gets them all at once.
fn spread(jobs: &mut [NewJob]) {
    let count = u32::try_from(jobs.len()).unwrap_or(u32::MAX).max(1);
    let pause = ROUND / count;
    for (number, job) in (0_u32..).zip(jobs) {
        job.delay = pause * number;
    }
}

/// The job that asks about `payment`.
pub(crate) fn payment_job(payment: PaymentId) -> NewJob {
    let id: JobId = new_id(Bucket(payment.uuid().as_bytes()[15]));
    NewJob {
        job_id: id.uuid(),
        kind: POLL_PAYMENT,
        subject_id: payment.uuid(),
        payload: Value::Null,
        // Never while an attempt of the payment is under way.
        ordering_key: Some(payment.uuid()),
        delay: Duration::ZERO,
    }
}

/// Does the work of [`POLL_PAYMENT`] jobs.
#[derive(Debug, Clone)]
pub struct Poller {
    /// The engine it works with.
    pub engine: Engine,
}

impl Handler for Poller {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        let payment = PaymentId::from_uuid(job.subject_id);
        let told = match refresh::ask(&self.engine, payment, Source::Poll).await {
            Ok(told) => told,
            // Rounds leave alone what a job waits for.
            Err(Failure { retry_after: Some(wait), error, .. }) => {
                let rest = Failure::waiting(error, Duration::ZERO);
                return Err(Failure { retry_after: Some(wait), ..rest });
            }
            Err(failure) => {
                // It stays due, and the next question comes by itself.
                tracing::debug!(payment.id = %payment, error = failure.error, "not answered");
                return Ok(Handled::NowFinish);
            }
        };
        // The processor has never heard of it: the watch tells if that lasts.
        let Some(mut unit) = told else { return Ok(Handled::NowFinish) };
        unit.finish = Some(job);
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        Ok(Handled::InItsTransaction)
    }
}
