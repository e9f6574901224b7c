//! Everything that the decisions of one transaction lead to, written set by set.

use domain::decide::{Decision, Follow};
use domain::event::Event;
use domain::id::{
    AttemptId, Bucket, EventId, Id, PaymentId, PostingId, ProcessorAccountId, SellerId,
};
use domain::money::Money;
use domain::operation::{Operation, Order, Try};
use domain::payment::Phase;
use domain::posting::Parties;
use jobs::NewJob;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::checkouts::basket;
use crate::db::{Fault, Tx, new_id};
use crate::ledger::{self, Draft};
use crate::payments::attempt::{self, Closed, NewAttempt};
use crate::payments::row::Row;
use crate::payments::{Applied, DisputeNews, Input, Locked, announce, hold, operate, store};
use crate::wallets::claw_back::{self, TakenBack};
use crate::watch::{self, Alert, Kind, Severity};

/// The kind of job that carries a capture, a cancellation or a refund to the processor.
pub(crate) const OPERATE: &str = "operate_payment";

#[derive(Debug, Default)]
pub(super) struct Changes {
    transitions: Vec<TransitionRow>,
    refunds: Vec<RefundRow>,
    disputes: Vec<DisputeRow>,
    attempts: Vec<NewAttempt>,
    closed: Vec<Closed>,
    postings: Vec<Draft>,
    taken_back: Vec<TakenBack>,
    events: Vec<EventRow>,
    jobs: Vec<NewJob>,
    alerts: Vec<Alert>,
}

#[derive(Debug)]
pub(crate) struct TransitionRow {
    pub(crate) bucket: i16,
    pub(crate) payment_id: Uuid,
    pub(crate) version: i32,
    pub(crate) event: &'static str,
    pub(crate) from_phase: String,
    pub(crate) to_phase: String,
    pub(crate) amount_minor: Option<i64>,
    pub(crate) source: &'static str,
    pub(crate) attempt_id: Option<Uuid>,
    pub(crate) evidence: Value,
    pub(crate) irregular: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct RefundRow {
    pub(crate) bucket: i16,
    pub(crate) refund_id: Uuid,
    pub(crate) payment_id: Uuid,
    pub(crate) amount_minor: i64,
    pub(crate) state: &'static str,
    pub(crate) reason: Option<String>,
    pub(crate) processor_reference: Option<String>,
    pub(crate) failure: Option<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct DisputeRow {
    pub(crate) bucket: i16,
    pub(crate) dispute_id: Uuid,
    pub(crate) payment_id: Uuid,
    pub(crate) amount_minor: i64,
    pub(crate) state: &'static str,
    pub(crate) told: DisputeNews,
}

#[derive(Debug)]
pub(crate) struct EventRow {
    pub(crate) bucket: i16,
    pub(crate) object_id: Uuid,
    pub(crate) sequence: i32,
    pub(crate) event_id: Uuid,
    pub(crate) shop_id: Uuid,
    pub(crate) kind: &'static str,
    pub(crate) payload: Value,
}

impl Changes {
    /// Takes a decision over into `payment` and notes what has to be written for it.
    pub(super) fn record(
        &mut self,
        payment: &mut Locked,
        input: &Input,
        decision: Decision,
    ) -> Result<Applied, Fault> {
        let bucket = Bucket(payment.row.payment_id.as_bytes()[15]);
        let from_phase = payment.row.phase.clone();
        learn(&mut payment.row, input, &decision);
        payment.row.take(&decision.next);
        payment.row.version += 1;
        payment.changed = true;
        self.note_refunds(payment, input, &decision);
        self.note_disputes(payment, input, &decision);
        self.note_closed(payment, input, &decision);
        let settle = basket::follow_up(&payment.row, &payment.state, &decision.next);
        payment.state = decision.next;

        let settles = settle.is_some();
        self.jobs.extend(settle);
        self.jobs.extend(hold::look_when_it_lapses(&payment.row, &from_phase));
        let asked = match decision.follow {
            Some(Follow::Operate(operation)) => Some(self.note_operation(&payment.row, operation)?),
            // Whoever asked for the execution enqueues it with its attempt.
            Some(Follow::Authorize) | None => None,
        };
        self.transitions.push(TransitionRow {
            bucket: payment.row.bucket,
            payment_id: payment.row.payment_id,
            version: payment.row.version,
            event: input.event.name(),
            from_phase,
            to_phase: payment.row.phase.clone(),
            amount_minor: decision.amount.map(Money::minor),
            source: input.source.as_str(),
            attempt_id: asked.or(input.details.attempt).map(AttemptId::uuid),
            evidence: input.evidence.clone(),
            irregular: decision.irregular,
        });
        let posting = match &decision.movement {
            None => None,
            Some(movement) => Some(self.note_posting(&payment.row, input, movement)?),
        };
        self.alerts
            .extend(decision.irregular.map(|why| irregular(&payment.row, &input.event, why)));
        if let Some(announcement) = decision.announcement {
            self.note_event(payment, bucket, announcement.as_str());
        }
        Ok(Applied::Changed {
            version: payment.row.version,
            posting,
            irregular: decision.irregular,
            settles,
        })
    }

    fn note_refunds(&mut self, payment: &Locked, input: &Input, decision: &Decision) {
        for refund in &decision.next.refunds {
            if !payment.state.refunds.contains(refund) {
                self.refunds.push(RefundRow {
                    bucket: payment.row.bucket,
                    refund_id: refund.id.uuid(),
                    payment_id: payment.row.payment_id,
                    amount_minor: refund.amount.minor(),
                    state: refund.state.as_str(),
                    reason: input.details.refund_reason.clone(),
                    processor_reference: input.details.refund_reference.clone(),
                    failure: input.details.refund_failure.clone(),
                });
            }
        }
    }

    fn note_disputes(&mut self, payment: &mut Locked, input: &Input, decision: &Decision) {
        let told = input.details.dispute.clone().unwrap_or_default();
        for dispute in &decision.next.disputes {
            if payment.state.disputes.contains(dispute) {
                continue;
            }
            payment.dispute_names.push((told.processor_reference.clone(), dispute.id));
            self.disputes.push(DisputeRow {
                bucket: payment.row.bucket,
                dispute_id: dispute.id.uuid(),
                payment_id: payment.row.payment_id,
                amount_minor: dispute.amount.minor(),
                state: dispute.state.as_str(),
                told: told.clone(),
            });
        }
    }

    /// Notes the attempts whose outcome was learnt otherwise than by their own answer, so that none
    /// stays open whose operation is over.
    fn note_closed(&mut self, payment: &Locked, input: &Input, decision: &Decision) {
        let (Event::Fact(fact) | Event::Answer(_, fact)) = input.event else { return };
        for operation in &payment.state.operations.open {
            let number = operation.number;
            let is_answer = matches!(
                input.event, Event::Answer(Try::Operation(answered), _) if answered == number
            );
            if !is_answer && decision.next.operations.find(number).is_none() {
                let id = PaymentId::from_uuid(payment.row.payment_id);
                self.closed.push(Closed::new(id, *operation, fact, input.evidence.clone()));
            }
        }
    }

    fn note_posting(
        &mut self,
        row: &Row,
        input: &Input,
        movement: &domain::posting::Movement,
    ) -> Result<PostingId, Fault> {
        let bucket = Bucket(row.payment_id.as_bytes()[15]);
        // Another try than the one where the payment is carried may have taken it.
        let carried_at = row.processor_account_id.map(ProcessorAccountId::from_uuid);
        let processor = input.details.processor_account.or(carried_at).ok_or_else(|| {
            Fault::Broken(format!("money moved for {} at no processor account", row.payment_id))
        })?;
        let parties = Parties { processor, seller: SellerId::from_uuid(row.seller_id) };
        let posting = movement
            .posting(parties)
            .map_err(|error| Fault::Broken(format!("posting of {}: {error}", row.payment_id)))?;
        let draft = ledger::draft(Id::from_uuid(row.shop_id), bucket, row.payment_id, posting);
        let id = draft.id;
        self.postings.push(draft);
        let part = movement
            .taken_back()
            .map_err(|error| Fault::Broken(format!("posting of {}: {error}", row.payment_id)))?;
        self.taken_back.extend(part.map(|part| TakenBack {
            payment: PaymentId::from_uuid(row.payment_id),
            shop: Id::from_uuid(row.shop_id),
            seller: parties.seller,
            of: movement.cause(),
            part,
        }));
        Ok(id)
    }

    fn note_event(&mut self, payment: &Locked, bucket: Bucket, kind: &'static str) {
        let row = &payment.row;
        let event_id: EventId = new_id(bucket);
        self.events.push(EventRow {
            bucket: row.bucket,
            object_id: row.payment_id,
            sequence: row.version,
            event_id: event_id.uuid(),
            shop_id: row.shop_id,
            kind,
            payload: announce::payment_data(row, &payment.state),
        });
        let receivers = row.receivers.iter().filter(|receiver| receiver.wants(kind));
        self.jobs.extend(receivers.map(|receiver| announce::job(row, event_id, receiver)));
    }

    /// Notes the attempt and the job of what has to be done at the processor.
    fn note_operation(&mut self, row: &Row, operation: Operation) -> Result<AttemptId, Fault> {
        let account = row.processor_account_id.map(ProcessorAccountId::from_uuid);
        let account = account
            .ok_or_else(|| Fault::Broken(format!("{} is at no processor", row.payment_id)))?;
        let payment = PaymentId::from_uuid(row.payment_id);
        let amount = match operation.order {
            Order::Capture(amount) => amount.minor(),
            Order::Cancel(_) => row.amount_minor,
            Order::Refund(id) => self
                .refunds
                .iter()
                .find(|refund| refund.refund_id == id.uuid())
                .map_or(0, |refund| refund.amount_minor),
        };
        let attempt = NewAttempt::operate(payment, account, operation, amount);
        let id = AttemptId::from_uuid(attempt.attempt_id);
        self.jobs.push(operate::job(payment, id, operation));
        self.attempts.push(attempt);
        Ok(id)
    }

    pub(super) async fn write(
        self,
        tx: &mut Tx,
        payments: impl Iterator<Item = Locked>,
    ) -> Result<(), Fault> {
        let rows: Vec<Row> =
            payments.filter(|payment| payment.changed).map(|payment| payment.row).collect();
        if rows.is_empty() {
            return Ok(());
        }
        store::save(tx, &rows).await?;
        store::append_transitions(tx, &self.transitions).await?;
        if !self.refunds.is_empty() {
            store::save_refunds(tx, &self.refunds).await?;
        }
        if !self.disputes.is_empty() {
            store::objects::save_disputes(tx, &self.disputes).await?;
        }
        attempt::start(tx, &self.attempts).await?;
        attempt::close(tx, &self.closed).await?;
        ledger::write(tx, &self.postings).await?;
        claw_back::make_good(tx, self.taken_back).await?;
        if !self.events.is_empty() {
            store::append_events(tx, &self.events).await?;
        }
        tx.enqueue(self.jobs, false).await?;
        watch::raise_each(tx, &self.alerts).await?;
        Ok(())
    }
}

/// What a person has to look at: one alert for each payment, until somebody has.
fn irregular(row: &Row, event: &Event, why: &str) -> Alert {
    let payment = PaymentId::from_uuid(row.payment_id);
    Alert {
        shop: Some(Id::from_uuid(row.shop_id)),
        kind: Kind::IrregularFact,
        subject: payment.to_string(),
        severity: Severity::Critical,
        message: format!("A payment went against our rules: {why}. It is booked."),
        facts: json!({
            "detail": why,
            "event": event.name(),
            "version": row.version,
            "rows": [payment],
        }),
    }
}

fn learn(row: &mut Row, input: &Input, decision: &Decision) {
    let details = &input.details;
    // Once one try has the money, the payment is carried there, whatever others turn out to have:
    // an operation under way must not go on elsewhere.
    if decision.next.operations.takings.len() <= 1 {
        if let Some(account) = details.processor_account {
            row.processor_account_id = Some(account.uuid());
        }
        if let Some(reference) = &details.processor_reference {
            row.processor_reference = Some(reference.clone());
        }
    }
    if let Some(registration) = details.registration {
        row.registration_id = Some(registration.uuid());
    }
    if let Some((code, message)) = &details.failure {
        row.failure_code = Some(code.clone());
        row.failure_message = Some(message.clone());
    }
    if details.hold_expires_at.is_some() {
        row.hold_expires_at = details.hold_expires_at;
    }
    let next = decision.next.phase;
    let is_asked_anew = matches!(input.event, Event::Answer(Try::Authorization(_), _));
    if !matches!(next, Phase::ActionRequired | Phase::InReview | Phase::AwaitingFunds) {
        row.action_url = None;
    } else if is_asked_anew || row.phase != next.as_str() {
        // What becomes of a cancellation, say, has no word about where the shopper has to act.
        row.action_url.clone_from(&details.action_url);
    }
}
