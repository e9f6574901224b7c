//! Captures, cancellations and refunds that were asked for after the authorisation.
//!
//! Each was recorded, with its attempt and its key at the processor, before its job existed. After a
//! lost answer the processor is asked first: only if it says that nothing was done, the very same try
//! is repeated under the very same key instead of making a second one.

use domain::currency::Currency;
use domain::event::{Event, Fact};
use domain::id::{AttemptId, Bucket, Id, PaymentId, kind};
use domain::money::Money;
use domain::operation::{Operation, Order, Try};
use domain::payment::Phase;
use domain::refund::RefundState;
use jobs::{Claimed, Failure, Handled, Handler, NewJob};
use psp::{Answer, PaymentReport, RefundReportState, ReportedState};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

use crate::db::new_id;
use crate::payments::attempt::{self, AttemptEnd};
use crate::payments::changes::OPERATE;
use crate::payments::commit::Unit;
use crate::payments::operations::StoredOrder;
use crate::payments::setback::{not_asked, put_off};
use crate::payments::told::{Told, must_wait, refund_in, told, told_of_refused};
use crate::payments::{Details, Input, PaymentRecord, Source, store};
use crate::service::Engine;

/// How long a capture waits for one before it, until it looks again.
const TURN_WAIT: Duration = Duration::from_secs(2);
/// Why a try stays in doubt of which a report says neither that it was made nor that it was not.
const UNCLEAR: &str = "the total that was taken fits neither to the capture nor to none";

/// Does the work of the jobs that follow from commands.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The engine it works with.
    pub engine: Engine,
}

/// What a job carries.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Load {
    attempt: AttemptId,
    number: u16,
    #[serde(flatten)]
    order: StoredOrder,
}

/// The job that carries an operation of `payment` to its processor.
pub(crate) fn job(payment: PaymentId, attempt: AttemptId, operation: Operation) -> NewJob {
    let id: Id<kind::Job> = new_id(Bucket(payment.uuid().as_bytes()[15]));
    let load = Load { attempt, number: operation.number, order: operation.order.into() };
    NewJob {
        job_id: id.uuid(),
        kind: OPERATE,
        subject_id: payment.uuid(),
        payload: json!(load),
        ordering_key: Some(payment.uuid()),
        delay: Duration::ZERO,
    }
}

impl Handler for Operator {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        let load: Load = serde_json::from_value(job.payload.clone()).map_err(Failure::lasting)?;
        let id = PaymentId::from_uuid(job.subject_id);
        let row = store::find_any(self.engine.pool(), id).await.map_err(Failure::passing)?;
        let row = row.ok_or_else(|| Failure::lasting("there is no such payment"))?;
        let mut found = crate::payments::with_refunds(self.engine.pool(), vec![row])
            .await
            .map_err(Failure::passing)?;
        let payment = found.remove(0);
        let Some(task) = Task::new(&payment, load) else {
            return self.close(&payment, load, job).await;
        };
        if must_wait(&payment.state, task.operation) {
            return Err(Failure::waiting("an earlier capture has no answer yet", TURN_WAIT));
        }
        let is_repeat = job.attempt > 1 || task.operation.is_unknown;
        let known = if is_repeat { self.ask(&payment, &task).await? } else { None };
        let answer = match known {
            Some(answer) => answer,
            None => match self.call(&payment, &task).await? {
                Answer::Conflict(decline, raw) if is_repeat => {
                    self.ask_why_refused(&payment, &task, (decline, raw)).await?
                }
                answer => answer,
            },
        };
        self.conclude(&payment, &task, answer, job).await
    }
}

/// An operation that is still open, with everything parsed.
struct Task {
    operation: Operation,
    attempt: AttemptId,
    key: String,
    /// How much it is about.
    amount: Money,
}

impl Task {
    fn new(payment: &PaymentRecord, load: Load) -> Option<Self> {
        let operation = payment.state.operations.find(load.number)?;
        let currency: Currency = payment.state.amount.currency();
        let key = attempt::key(load.order.order(currency), load.attempt);
        let amount = match operation.order {
            Order::Capture(amount) => amount,
            Order::Cancel(_) => payment.state.authorized,
            Order::Refund(id) => {
                payment.state.refunds.iter().find(|refund| refund.id == id)?.amount
            }
        };
        Some(Self { operation, attempt: load.attempt, key, amount })
    }
}

impl Operator {
    /// Ends the attempt whose outcome became known in another way, as by a notification: asking
    /// once more could only do it twice.
    async fn close(
        &self,
        payment: &PaymentRecord,
        load: Load,
        job: Claimed,
    ) -> Result<Handled, Failure> {
        let order = load.order.order(payment.state.amount.currency());
        let state = if was_done(payment, order) { "done" } else { "declined" };
        let evidence = json!({ "known_from": "another answer of the processor" });
        let unit = Unit {
            attempts: vec![AttemptEnd::new(load.attempt, state, evidence)],
            finish: Some(job),
            ..Unit::default()
        };
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        Ok(Handled::InItsTransaction)
    }

    /// The answer to a try that may have been lost, if the processor's report tells it; `None` if the
    /// report says that nothing was done.
    async fn ask(&self, payment: &PaymentRecord, task: &Task) -> Result<Option<Answer>, Failure> {
        let Some(report) = self.report(payment).await? else { return Ok(None) };
        Ok(match told(&payment.state, task.operation.order, &task.key, &report) {
            Told::Done => Some(Answer::Done(Box::new(report))),
            Told::NotDone => None,
            Told::Unclear => Some(Answer::Unknown(UNCLEAR.into())),
        })
    }

    /// What a refusal means to repeat a try as the payment stands: that it was done before, that it
    /// was not and cannot be any more, or nothing yet.
    async fn ask_why_refused(
        &self,
        payment: &PaymentRecord,
        task: &Task,
        (decline, raw): (psp::Decline, Value),
    ) -> Result<Answer, Failure> {
        let Some(report) = self.report(payment).await? else {
            return Ok(Answer::Unknown(decline.message));
        };
        let what = (task.operation.order, task.amount);
        Ok(match told_of_refused(&payment.state, what, &task.key, &report) {
            Told::Done => Answer::Done(Box::new(report)),
            Told::NotDone => Answer::Declined(decline, raw),
            Told::Unclear => Answer::Unknown(decline.message),
        })
    }

    /// How the payment stands at its processor, if that knows it.
    async fn report(&self, payment: &PaymentRecord) -> Result<Option<PaymentReport>, Failure> {
        let (account, reference) = at(payment)?;
        let processor = self.engine.processor(account).await.map_err(Failure::passing)?;
        let ours = payment.id.to_string();
        let reports = crate::failpoint!("F5 ask", processor.inquire(&ours)).await;
        let reports = reports.map_err(not_asked)?;
        Ok(reports.into_iter().find(|report| report.processor_reference == reference))
    }

    async fn call(&self, payment: &PaymentRecord, task: &Task) -> Result<Answer, Failure> {
        let (account, reference) = at(payment)?;
        let processor = self.engine.processor(account).await.map_err(Failure::passing)?;
        let (key, amount) = (&task.key, task.amount);
        let answer = match task.operation.order {
            Order::Capture(_) => {
                crate::failpoint!("F5 capture", processor.capture(reference, key, amount)).await
            }
            Order::Cancel(_) => {
                crate::failpoint!("F5 cancel", processor.cancel(reference, key)).await
            }
            Order::Refund(_) => {
                crate::failpoint!("F13", processor.refund(reference, key, amount)).await
            }
        };
        crate::failpoint!("F6 operate");
        Ok(answer)
    }

    async fn conclude(
        &self,
        payment: &PaymentRecord,
        task: &Task,
        answer: Answer,
        job: Claimed,
    ) -> Result<Handled, Failure> {
        let learnt = match answer {
            Answer::Done(report) => Learnt::done(task, &report),
            Answer::Declined(decline, raw) | Answer::Conflict(decline, raw) => {
                tracing::warn!(payment.id = %payment.id, why = decline.message, "refused");
                Learnt::refused(task, &decline, raw)
            }
            Answer::Retryable(setback) => return Err(put_off(setback)),
            Answer::Unknown(why) => Learnt::unknown(&why),
        };
        let is_unknown = learnt.state == "unknown";
        let evidence = learnt.evidence.clone();
        let mut unit = learnt.unit(payment.id, task);
        if !is_unknown {
            unit.finish = Some(job);
        }
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        if is_unknown {
            Err(Failure::passing(problem(&evidence)))
        } else {
            Ok(Handled::InItsTransaction)
        }
    }
}

/// What an answer to an operation means.
struct Learnt {
    state: &'static str,
    fact: Fact,
    details: Details,
    evidence: Value,
}

impl Learnt {
    fn done(task: &Task, report: &PaymentReport) -> Self {
        let evidence = report.raw.clone();
        let done = |fact| {
            let evidence = report.raw.clone();
            Self { state: "done", fact, details: Details::default(), evidence }
        };
        match task.operation.order {
            Order::Capture(_) => done(Fact::Captured { total: report.captured }),
            Order::Cancel(_) => match report.state {
                ReportedState::Cancelled => done(Fact::Cancelled),
                ReportedState::Expired => done(Fact::HoldExpired),
                _ => Self::unknown("the processor agreed to cancel, and did not"),
            },
            Order::Refund(refund) => match refund_in(report, &task.key) {
                None => Self::unknown("the processor agreed to refund, and shows none"),
                Some(known) => {
                    let (state, fact) = match known.state {
                        RefundReportState::Pending => ("done", Fact::RefundPending { refund }),
                        RefundReportState::Succeeded => ("done", Fact::RefundSucceeded { refund }),
                        RefundReportState::Failed => ("declined", Fact::RefundFailed { refund }),
                    };
                    let refund_reference = Some(known.processor_reference.clone());
                    let details = Details { refund_reference, ..Details::default() };
                    Self { state, fact, details, evidence }
                }
            },
        }
    }

    fn refused(task: &Task, decline: &psp::Decline, evidence: Value) -> Self {
        let failure = Some((decline.code.as_str().to_owned(), decline.message.clone()));
        let (fact, details) = match task.operation.order {
            Order::Capture(_) => (Fact::CaptureFailed, Details { failure, ..Details::default() }),
            Order::Cancel(_) => (Fact::CancelFailed, Details { failure, ..Details::default() }),
            Order::Refund(refund) => {
                let details = Details { refund_failure: failure, ..Details::default() };
                (Fact::RefundFailed { refund }, details)
            }
        };
        Self { state: "declined", fact, details, evidence }
    }

    fn unknown(why: &str) -> Self {
        let (fact, details) = (Fact::InDoubt, Details::default());
        Self { state: "unknown", fact, details, evidence: json!({ "problem": why }) }
    }

    fn unit(self, payment: PaymentId, task: &Task) -> Unit {
        let mut end = AttemptEnd::new(task.attempt, self.state, self.evidence.clone());
        let failure = self.details.failure.as_ref().or(self.details.refund_failure.as_ref());
        end.code = failure.map(|(code, _)| code.clone());
        end.processor_reference.clone_from(&self.details.refund_reference);
        let input = Input {
            payment,
            event: Event::Answer(Try::Operation(task.operation.number), self.fact),
            source: Source::Worker,
            evidence: self.evidence,
            details: Details { attempt: Some(task.attempt), ..self.details },
        };
        Unit { inputs: vec![input], attempts: vec![end], ..Unit::default() }
    }
}

/// Whether an operation that is no longer open was carried out.
fn was_done(payment: &PaymentRecord, order: Order) -> bool {
    let state = &payment.state;
    match order {
        Order::Capture(_) => state.captured.is_positive(),
        Order::Cancel(_) => matches!(state.phase, Phase::Cancelled | Phase::Expired),
        Order::Refund(id) => state
            .refunds
            .iter()
            .any(|refund| refund.id == id && refund.state != RefundState::Failed),
    }
}

/// Where the payment is carried, and what the processor calls it.
fn at(payment: &PaymentRecord) -> Result<(domain::id::ProcessorAccountId, &str), Failure> {
    let account = payment.processor_account.zip(payment.processor_reference.as_deref());
    account.ok_or_else(|| Failure::lasting("the payment is at no processor"))
}

fn problem(evidence: &Value) -> String {
    format!("the outcome is unknown: {}", evidence["problem"].as_str().unwrap_or("no reason"))
}
