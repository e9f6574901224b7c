//! From what a processor says to facts, and asking it when we do not know.

use domain::event::{Event, Fact};
use domain::id::{AttemptId, PaymentId, ProcessorAccountId};
use domain::money::Money;
use domain::operation::Try;
use jobs::Failure;
use psp::{Answer, Decline, PaymentReport, ReportedState};
use serde_json::{Value, json};

use crate::payments::attempt::AttemptEnd;
use crate::payments::commit::Unit;
use crate::payments::setback::not_asked;
use crate::payments::{Details, Input, Source, beside, store};
use crate::routing::failover;
use crate::service::Engine;

/// What a processor's answer to an authorisation means for a payment, and for its attempt.
pub(crate) struct Reading {
    pub(crate) fact: Fact,
    pub(crate) details: Details,
    pub(crate) attempt_state: &'static str,
    pub(crate) evidence: Value,
    /// Which authorisation it is about.
    number: u16,
    /// What the report says beside: of refunds and disputes.
    beside: Vec<(Fact, Details)>,
}

impl Reading {
    /// Reads an answer to an authorisation; `None` if certainly nothing happened.
    pub(crate) fn of_answer(answer: Answer, about: Asked) -> Option<Self> {
        match answer {
            Answer::Done(report) => Some(Self::of_report(&report, about)),
            Answer::Declined(decline, raw) => Some(Self::declined(&decline, raw, about)),
            Answer::Conflict(decline, _) => Some(Self::in_doubt(&decline.message, about)),
            Answer::Unknown(why) => Some(Self::in_doubt(&why, about)),
            Answer::Retryable(_) => None,
        }
    }

    /// Reads a report about what was asked for.
    pub(crate) fn of_report(report: &PaymentReport, about: Asked) -> Self {
        if report.amount != about.amount {
            // Somebody else's payment, or another currency: never book it, let a person look.
            let problem = format!("the processor reports {} for {}", report.amount, about.amount);
            return Self::in_doubt(&problem, about);
        }
        let is_empty = match report.state {
            ReportedState::Authorized => !report.authorized.is_positive(),
            ReportedState::Captured => !report.captured.is_positive(),
            _ => false,
        };
        if is_empty {
            return Self::in_doubt("the processor reports success without money", about);
        }
        let fact = match report.state {
            ReportedState::ActionRequired => Fact::ActionRequired,
            ReportedState::InReview => Fact::InReview,
            ReportedState::AwaitingFunds => Fact::AwaitingFunds,
            ReportedState::Authorized => Fact::Authorized { total: report.authorized },
            ReportedState::Captured => Fact::Captured { total: report.captured },
            ReportedState::Cancelled => Fact::Cancelled,
            ReportedState::Expired => Fact::HoldExpired,
            ReportedState::Declined => {
                let decline = report.decline.clone().unwrap_or_else(|| Decline {
                    code: psp::DeclineCode::Declined,
                    message: "declined without a reason".into(),
                    processor_reference: Some(report.processor_reference.clone()),
                });
                return Self::declined(&decline, report.raw.clone(), about);
            }
        };
        Self {
            fact,
            details: Details {
                processor_reference: Some(report.processor_reference.clone()),
                action_url: report.action_url.clone(),
                hold_expires_at: report.hold_expires_at,
                ..Details::default()
            },
            attempt_state: "done",
            evidence: report.raw.clone(),
            number: about.number,
            beside: Vec::new(),
        }
    }

    fn declined(decline: &Decline, evidence: Value, about: Asked) -> Self {
        let processor_reference = decline.processor_reference.clone();
        let failure = Some((decline.code.as_str().to_owned(), decline.message.clone()));
        let details = Details { processor_reference, failure, ..Details::default() };
        Self {
            fact: Fact::Declined { last: about.last },
            details,
            attempt_state: "declined",
            evidence,
            number: about.number,
            beside: Vec::new(),
        }
    }

    fn in_doubt(why: &str, about: Asked) -> Self {
        Self {
            fact: Fact::InDoubt,
            details: Details::default(),
            attempt_state: "unknown",
            evidence: json!({ "problem": why }),
            number: about.number,
            beside: Vec::new(),
        }
    }

    /// Whether the payment now waits for somebody else.
    pub(crate) fn leaves_waiting(&self) -> bool {
        matches!(self.fact, Fact::ActionRequired | Fact::InReview | Fact::AwaitingFunds)
    }

    /// The unit that writes the reading down.
    pub(crate) fn unit(self, work: &Work, source: Source) -> Unit {
        let (payment, attempt) = (work.payment, work.attempt);
        let mut end = AttemptEnd::new(attempt, self.attempt_state, self.evidence.clone());
        end.processor_reference.clone_from(&self.details.processor_reference);
        end.code = self.details.failure.as_ref().map(|(code, _)| code.clone());
        let event = Event::Answer(Try::Authorization(self.number), self.fact);
        // Where this try was made: the payment may have gone on elsewhere meanwhile.
        let account = ProcessorAccountId::from_uuid(work.row.processor_account_id);
        let details =
            Details { attempt: Some(attempt), processor_account: Some(account), ..self.details };
        let evidence = self.evidence;
        let mut inputs =
            vec![Input { payment, event, source, evidence: evidence.clone(), details }];
        inputs.extend(self.beside.into_iter().map(|(fact, details)| Input {
            details,
            ..Input::fact(payment, fact, source, evidence.clone())
        }));
        Unit { inputs, attempts: vec![end], ..Unit::default() }
    }
}

/// What a report is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// How much was asked for.
    pub(crate) amount: Money,
    /// Which authorisation it is.
    pub(crate) number: u16,
    /// Whether it is the last that the payment has.
    pub(crate) last: bool,
}

/// Asks the processor about the payment, and says everything that it told: how the payment stands,
/// and its refunds and disputes. `None` if it was never tried, or the processor has never heard of
/// it.
pub(crate) async fn ask(
    engine: &Engine,
    payment: PaymentId,
    source: Source,
) -> Result<Option<Unit>, Failure> {
    let Some(work) = Work::load(engine, payment).await? else { return Ok(None) };
    let Some(reading) = work.inquire(engine).await? else { return Ok(None) };
    if let Some(next) = failover::after_decline(engine, &work, &reading).await? {
        // Another attempt follows. The executor begins it itself, as long as it has the payment.
        let is_carried =
            store::is_carried(engine.pool(), payment).await.map_err(Failure::passing)?;
        return Ok(Some(if is_carried { Unit::default() } else { next }));
    }
    Ok(Some(reading.unit(&work, source)))
}

/// A payment as a worker needs it, with everything parsed.
pub(crate) struct Work {
    pub(crate) payment: PaymentId,
    pub(crate) attempt: AttemptId,
    pub(crate) amount: Money,
    /// Whether the newest attempt is the last that the payment has.
    pub(crate) last: bool,
    pub(crate) row: store::WorkRow,
}

impl Work {
    pub(crate) async fn load(engine: &Engine, payment: PaymentId) -> Result<Option<Self>, Failure> {
        let row = engine.reads().work(payment).await.map_err(Failure::passing)?;
        let Some(row) = row else { return Ok(None) };
        let currency = row.currency.parse().map_err(Failure::lasting)?;
        Ok(Some(Self {
            payment,
            attempt: AttemptId::from_uuid(row.attempt_id),
            amount: Money::from_minor(row.amount_minor, currency),
            last: row.attempt_number >= row.attempts_max,
            row,
        }))
    }

    /// What its newest attempt asked for.
    pub(crate) fn asked(&self) -> Asked {
        let number = u16::try_from(self.row.attempt_number).unwrap_or(u16::MAX);
        Asked { amount: self.amount, number, last: self.last }
    }

    /// The checkout that the payment belongs to.
    pub(crate) fn checkout(&self) -> domain::id::CheckoutId {
        domain::id::CheckoutId::from_uuid(self.row.checkout_id)
    }

    /// Whether the processor may know more than we do.
    pub(crate) fn is_open(&self) -> bool {
        self.row.in_doubt
            || self.row.attempt_state == "unknown"
            || matches!(self.row.phase.as_str(), "action_required" | "in_review" | "awaiting_funds")
    }

    /// What the processor says about the newest attempt; `None` if it has never heard of it.
    pub(crate) async fn inquire(&self, engine: &Engine) -> Result<Option<Reading>, Failure> {
        let account = ProcessorAccountId::from_uuid(self.row.processor_account_id);
        let processor = engine.processor(account).await.map_err(Failure::passing)?;
        let ours = self.payment.to_string();
        let answer = crate::failpoint!("F5 inquire", processor.inquire(&ours)).await;
        crate::failpoint!("F6 inquire");
        let reports = answer.map_err(not_asked)?;
        let earlier = store::known_references(engine.pool(), self.payment, self.row.attempt_number)
            .await
            .map_err(Failure::passing)?;
        let mut reports = reports.iter().filter(|report| report.reference == ours);
        let report = reports.find(|report| !earlier.contains(&report.processor_reference));
        let Some(report) = report else { return Ok(None) };
        let mut reading = Reading::of_report(report, self.asked());
        if report.amount == self.amount {
            reading.beside = self.beside(engine, report).await?;
        }
        Ok(Some(reading))
    }

    /// What the report says of refunds and disputes.
    async fn beside(
        &self,
        engine: &Engine,
        report: &PaymentReport,
    ) -> Result<Vec<(Fact, Details)>, Failure> {
        let mut learnt = Vec::new();
        for what in &report.unread {
            tracing::warn!(payment.id = %self.payment, what, "a person has to look at the processor");
        }
        if !report.refunds.is_empty() {
            let ours = store::objects::refund_ids(engine.pool(), self.payment).await;
            learnt.extend(beside::refunds(report, &ours.map_err(Failure::passing)?));
        }
        learnt.extend(beside::disputes(report, self.payment.bucket()));
        Ok(learnt)
    }
}
