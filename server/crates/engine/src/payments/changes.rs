//! Everything that the decisions of one transaction lead to, written set by set.

use domain::decide::{Decision, Follow};
use domain::event::Event;
use domain::id::{Bucket, EventId, Id, JobId, PostingId, ProcessorAccountId, SellerId, kind};
use domain::money::Money;
use domain::posting::Parties;
use jobs::NewJob;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

use crate::db::{Fault, Tx, new_id};
use crate::ledger::{self, Draft};
use crate::payments::announce;
use crate::payments::row::Row;
use crate::payments::store;
use crate::payments::{Applied, Input, Locked};

/// The kind of job that carries a capture, a cancellation or a refund to the processor.
pub(crate) const OPERATE: &str = "operate_payment";

#[derive(Debug, Default)]
pub(super) struct Changes {
    transitions: Vec<TransitionRow>,
    refunds: Vec<RefundRow>,
    postings: Vec<Draft>,
    events: Vec<EventRow>,
    jobs: Vec<NewJob>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TransitionRow {
    pub(crate) bucket: i16,
    pub(crate) payment_id: Uuid,
    pub(crate) version: i32,
    pub(crate) event: &'static str,
    pub(crate) from_phase: String,
    pub(crate) to_phase: String,
    pub(crate) amount_minor: Option<i64>,
    pub(crate) source: &'static str,
    pub(crate) evidence: Value,
    pub(crate) irregular: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RefundRow {
    pub(crate) bucket: i16,
    pub(crate) refund_id: Uuid,
    pub(crate) payment_id: Uuid,
    pub(crate) amount_minor: i64,
    pub(crate) state: &'static str,
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct EventRow {
    pub(crate) bucket: i16,
    pub(crate) object_id: Uuid,
    pub(crate) sequence: i32,
    pub(crate) event_id: Uuid,
    pub(crate) shop_id: Uuid,
    #[serde(rename = "type")]
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
        learn(&mut payment.row, input);
        payment.row.take(&decision.next);
        payment.row.version += 1;
        payment.changed = true;
        self.note_refunds(payment, input, &decision);
        payment.state = decision.next;

        let amount = decision.movement.as_ref().map(domain::posting::Movement::amount);
        self.transitions.push(TransitionRow {
            bucket: payment.row.bucket,
            payment_id: payment.row.payment_id,
            version: payment.row.version,
            event: input.event.name(),
            from_phase,
            to_phase: payment.row.phase.clone(),
            amount_minor: amount.map(Money::minor),
            source: input.source.as_str(),
            evidence: input.evidence.clone(),
            irregular: decision.irregular,
        });
        let posting = match &decision.movement {
            None => None,
            Some(movement) => Some(self.note_posting(&payment.row, bucket, movement)?),
        };
        if let Some(announcement) = decision.announcement {
            self.note_event(payment, bucket, announcement.as_str());
        }
        if let Some(follow) = decision.follow {
            self.note_follow(&payment.row, bucket, follow);
        }
        Ok(Applied::Changed {
            version: payment.row.version,
            posting,
            irregular: decision.irregular,
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
                });
            }
        }
    }

    fn note_posting(
        &mut self,
        row: &Row,
        bucket: Bucket,
        movement: &domain::posting::Movement,
    ) -> Result<PostingId, Fault> {
        let processor = row.processor_account_id.ok_or_else(|| {
            Fault::Broken(format!("money moved for {} at no processor account", row.payment_id))
        })?;
        let parties = Parties {
            processor: ProcessorAccountId::from_uuid(processor),
            seller: SellerId::from_uuid(row.seller_id),
        };
        let posting = movement
            .posting(parties)
            .map_err(|error| Fault::Broken(format!("posting of {}: {error}", row.payment_id)))?;
        let draft = ledger::draft(Id::from_uuid(row.shop_id), bucket, row.payment_id, posting);
        let id = draft.id;
        self.postings.push(draft);
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
        if row.has_webhook {
            let job_id: JobId = new_id(bucket);
            self.jobs.push(NewJob {
                job_id: job_id.uuid(),
                kind: announce::DELIVER,
                subject_id: event_id.uuid(),
                payload: json!({ "object": row.payment_id, "sequence": row.version }),
                ordering_key: None,
                delay: Duration::ZERO,
            });
        }
    }

    fn note_follow(&mut self, row: &Row, bucket: Bucket, follow: Follow) {
        let payload = match follow {
            // Whoever asked for the execution enqueues it with its attempt.
            Follow::Authorize => return,
            Follow::Capture(amount) => {
                json!({ "operation": "capture", "amount_minor": amount.minor() })
            }
            Follow::Cancel => json!({ "operation": "cancel" }),
            Follow::Refund(refund) => json!({ "operation": "refund", "refund": refund.uuid() }),
        };
        let job_id: Id<kind::Job> = new_id(bucket);
        self.jobs.push(NewJob {
            job_id: job_id.uuid(),
            kind: OPERATE,
            subject_id: row.payment_id,
            payload,
            ordering_key: Some(row.payment_id),
            delay: Duration::ZERO,
        });
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
        ledger::write(tx, &self.postings).await?;
        if !self.events.is_empty() {
            store::append_events(tx, &self.events).await?;
        }
        jobs::enqueue(tx.conn(), &self.jobs).await?;
        Ok(())
    }
}

fn learn(row: &mut Row, input: &Input) {
    let details = &input.details;
    if let Some(account) = details.processor_account {
        row.processor_account_id = Some(account.uuid());
    }
    if let Some(registration) = details.registration {
        row.registration_id = Some(registration.uuid());
    }
    if let Some(reference) = &details.processor_reference {
        row.processor_reference = Some(reference.clone());
    }
    if let Some((code, message)) = &details.failure {
        row.failure_code = Some(code.clone());
        row.failure_message = Some(message.clone());
    }
    if matches!(input.event, Event::Fact(_)) {
        row.action_url.clone_from(&details.action_url);
    }
}
