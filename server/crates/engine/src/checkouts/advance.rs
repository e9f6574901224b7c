//! After the hosted page: asks the processor how the registration stands, and executes.
//!
//! The shopper's return and the processor's notification both lead here; neither is believed.

use domain::event::{Command, Event};
use domain::id::{CheckoutId, ProcessorAccountId, RegistrationId};
use domain::payment::Phase;
use jobs::{Claimed, Failure, Handled, Handler, NewJob};
use psp::RegistrationState;
use serde_json::json;

use crate::checkouts::{self, CheckoutRecord, store};
use crate::db::{Fault, Tx};
use crate::payments::attempt::{self, NewAttempt};
use crate::payments::setback::not_asked;
use crate::payments::{Applied, Details, Input, Source, apply, execute};
use crate::poll;
use crate::service::Engine;

/// Enqueues a look at the processor, because the shopper came back; none if one is waiting already.
///
/// # Errors
/// [`Fault`].
pub async fn look(engine: &Engine, checkout: CheckoutId) -> Result<(), Fault> {
    if store::is_waiting(engine.pool(), checkouts::ADVANCE, checkout).await? {
        return Ok(());
    }
    let found = checkouts::find_any(engine.pool(), checkout).await?;
    let waiting = found
        .iter()
        .flat_map(|checkout| &checkout.payments)
        .filter(|payment| matches!(payment.state.phase, Phase::ActionRequired | Phase::InReview));
    // Only asked about: the job that carries a payment to its processor exists once.
    let mut jobs: Vec<NewJob> = waiting.map(|payment| poll::payment_job(payment.id)).collect();
    jobs.push(checkouts::advance_job(checkout));
    let mut tx = Tx::begin(engine.pool()).await?;
    jobs::enqueue(tx.conn(), &jobs).await?;
    crate::failpoint!("F7 return");
    tx.commit().await?;
    crate::failpoint!("F8 return");
    engine.waker().hint(checkouts::ADVANCE);
    engine.waker().hint(poll::POLL_PAYMENT);
    Ok(())
}

/// Does the work of [`checkouts::ADVANCE`] jobs.
#[derive(Debug, Clone)]
pub struct Advancer {
    /// The engine it works with.
    pub engine: Engine,
}

impl Handler for Advancer {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        let id = CheckoutId::from_uuid(job.subject_id);
        let pool = self.engine.pool();
        let mut tx = Tx::begin(pool).await.map_err(Failure::passing)?;
        let row = store::newest_registration(&mut tx, id).await.map_err(Failure::passing)?;
        drop(tx);
        let Some(row) = row.filter(|row| row.state == "open") else {
            return Ok(Handled::NowFinish);
        };
        let Some(token) = row.token else { return Ok(Handled::NowFinish) };
        let account = ProcessorAccountId::from_uuid(row.processor_account_id);
        let processor = self.engine.processor(account).await.map_err(Failure::passing)?;
        let answer = crate::failpoint!("F5 advance", processor.find_registration(&token)).await;
        crate::failpoint!("F6 advance");
        let report = answer.map_err(not_asked)?;
        let registration = RegistrationId::from_uuid(row.registration_id);
        let end = match report.state {
            RegistrationState::Open => return Ok(Handled::NowFinish),
            RegistrationState::Completed => "completed",
            RegistrationState::Failed => "failed",
            RegistrationState::Expired => "expired",
        };
        self.conclude(id, (registration, account, row.routing_reason), end, job)
            .await
            .map_err(Failure::passing)?;
        self.engine.waker().hint(execute::EXECUTE);
        Ok(Handled::InItsTransaction)
    }
}

impl Advancer {
    /// Ends the registration and, if a method was entered, begins to execute what is open.
    async fn conclude(
        &self,
        id: CheckoutId,
        (registration, account, reason): (RegistrationId, ProcessorAccountId, Option<String>),
        end: &'static str,
        job: Claimed,
    ) -> Result<(), Fault> {
        let found = checkouts::find_any(self.engine.pool(), id).await?;
        let checkout = found.ok_or_else(|| Fault::Broken(format!("{id} vanished")))?;
        let mut tx = Tx::begin(self.engine.pool()).await?;
        store::lock(&mut tx, id).await?;
        // Once the shopper was led to another processor, only what they enter there counts.
        let is_current = store::end_registration(&mut tx, registration, end).await?;
        if is_current && end == "completed" {
            execute_all(&mut tx, &checkout, registration, (account, reason)).await?;
        }
        if !jobs::finish(tx.conn(), std::slice::from_ref(&job)).await? {
            return Err(Fault::Broken("another worker has taken the job over".into()));
        }
        crate::failpoint!("F7 advance");
        tx.commit().await?;
        crate::failpoint!("F8 advance");
        self.engine.changes().tell(checkout.payments.iter().map(|payment| payment.id));
        Ok(())
    }
}

async fn execute_all(
    tx: &mut Tx,
    checkout: &CheckoutRecord,
    registration: RegistrationId,
    (account, reason): (ProcessorAccountId, Option<String>),
) -> Result<(), Fault> {
    let details = Details {
        processor_account: Some(account),
        registration: Some(registration),
        ..Details::default()
    };
    let open: Vec<_> =
        checkout.payments.iter().filter(|payment| payment.state.phase == Phase::Created).collect();
    let inputs: Vec<Input> = open
        .iter()
        .map(|payment| Input {
            payment: payment.id,
            event: Event::Command(Command::Execute),
            source: Source::Shopper,
            evidence: json!({ "registration": registration }),
            details: details.clone(),
        })
        .collect();
    let applied = apply(tx, &inputs).await?;
    let begun = || {
        open.iter().zip(&applied).filter(|(_, applied)| matches!(applied, Applied::Changed { .. }))
    };
    let attempts: Vec<NewAttempt> = begun()
        .map(|(payment, _)| {
            let number = payment.state.attempts + 1;
            NewAttempt {
                routing_reason: reason.clone(),
                ..NewAttempt::authorize(payment.id, account, number, payment.state.amount)
            }
        })
        .collect();
    let jobs: Vec<NewJob> =
        begun().map(|(payment, _)| execute::job(payment.id, payment.state.attempts + 1)).collect();
    attempt::start(tx, &attempts).await?;
    Ok(jobs::enqueue(tx.conn(), &jobs).await?)
}
