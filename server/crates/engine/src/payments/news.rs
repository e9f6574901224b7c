//! Handling a processor's notification: a reason to look, never a fact.
//!
//! Its body is read here, from what was stored: arriving, it had only to be signed. If it says
//! nothing that we do not know, it is done. Otherwise the processor is asked, and its answer is what
//! counts.

use domain::decide::{Outcome, decide};
use domain::event::Event;
use domain::id::{InboundWebhookId, PaymentId, ProcessorAccountId, ShopId};
use jobs::{Claimed, Failure, Handled, Handler};
use psp::PaymentReport;
use serde_json::json;
use uuid::Uuid;

use crate::checkouts;
use crate::inbound::{self, Problem, Stored};
use crate::payments::commit::Unit;
use crate::payments::refresh::{self, Asked, Reading};
use crate::payments::row::Belongings;
use crate::payments::{PaymentRecord, Source};
use crate::routing::failover;
use crate::service::Engine;
use crate::watch::{self, Alert, Severity};

/// Handles stored notifications.
#[derive(Debug, Clone)]
pub struct News {
    /// The engine it works with.
    pub engine: Engine,
}

impl Handler for News {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        let id = InboundWebhookId::from_uuid(job.subject_id);
        let found = self.engine.reads().notification(id).await.map_err(Failure::passing)?;
        let stored = found.ok_or_else(|| Failure::lasting("the notification is gone"))?;
        let mut unit = self.follow(&stored).await?;
        unit.finish = Some(job);
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        Ok(Handled::InItsTransaction)
    }
}

impl News {
    /// Reads what was stored, and looks where it points.
    async fn follow(&self, stored: &Stored) -> Result<Unit, Failure> {
        let processor = self.engine.processor(stored.account).await.map_err(Failure::passing)?;
        let Some(read) = processor.read_notification(&stored.body) else {
            return Ok(unmatched(stored.id, Problem::Unreadable));
        };
        let report = processor.reported(&stored.body);
        match (inbound::payment_named(&read), &read.payment_reference, &read.registration_token) {
            (Some(payment), _, _) => self.of_payment(stored, payment, report).await,
            (None, Some(_), _) => Ok(unmatched(stored.id, Problem::PaymentUnknown)),
            (None, None, Some(token)) => self.of_registration(stored, token).await,
            (None, None, None) => Ok(unmatched(stored.id, Problem::NamesNothing)),
        }
    }

    async fn of_payment(
        &self,
        stored: &Stored,
        payment: PaymentId,
        report: Option<PaymentReport>,
    ) -> Result<Unit, Failure> {
        let id = stored.id;
        let known = self.engine.reads().payment(payment).await.map_err(Failure::passing)?;
        let Some(row) = known else {
            return Ok(unmatched(id, Problem::PaymentUnknown));
        };
        if row.processor_account_id != Some(stored.account.uuid()) {
            let shop = ShopId::from_uuid(row.shop_id);
            return self.of_left(stored, (shop, payment), report).await;
        }
        let record = row.into_record(Belongings::default()).map_err(Failure::passing)?;
        let is_unread = report.as_ref().is_some_and(|report| !report.unread.is_empty());
        let outcome = inbound::Outcome {
            id,
            subject: Some(payment.uuid()),
            // What can be read is believed all the same.
            problem: is_unread.then_some(Problem::PartlyUnreadable),
        };
        if report.is_some_and(|report| says_nothing_new(&record, &report)) {
            return Ok(Unit { inbound: Some(outcome), ..Unit::default() });
        }
        if record.state.attempts == 0 {
            return Ok(unmatched(id, Problem::PaymentNotSent));
        }
        let told = refresh::ask(&self.engine, payment, Source::Webhook).await?;
        Ok(Unit { inbound: Some(outcome), ..told.unwrap_or_default() })
    }

    /// What an account says of a payment that went on elsewhere: nothing may have happened there.
    async fn of_left(
        &self,
        stored: &Stored,
        (shop, payment): (ShopId, PaymentId),
        report: Option<PaymentReport>,
    ) -> Result<Unit, Failure> {
        let id = stored.id;
        let was_there = failover::was_tried_at(self.engine.pool(), payment, stored.account).await;
        if !was_there.map_err(Failure::passing)? {
            return Ok(unmatched(id, Problem::PaymentUnknown));
        }
        let has_money = |report: &PaymentReport| {
            report.authorized.is_positive() || report.captured.is_positive()
        };
        Ok(match report {
            Some(report) if has_money(&report) => {
                let alert = money_elsewhere((shop, payment), (id, stored.account), &report);
                watch::raise_now(&self.engine, &alert).await.map_err(Failure::passing)?;
                unmatched(id, Problem::AccountLeft)
            }
            _ => Unit { inbound: Some(matched(id, payment.uuid())), ..Unit::default() },
        })
    }

    async fn of_registration(&self, stored: &Stored, token: &str) -> Result<Unit, Failure> {
        let id = stored.id;
        let checkout = checkouts::of_registration(self.engine.pool(), stored.account, token)
            .await
            .map_err(Failure::passing)?;
        Ok(match checkout {
            None => unmatched(id, Problem::RegistrationUnknown),
            Some(checkout) => {
                self.engine.waker().hint(checkouts::ADVANCE);
                Unit {
                    enqueue: vec![checkouts::advance_job(checkout)],
                    inbound: Some(matched(id, checkout.uuid())),
                    ..Unit::default()
                }
            }
        })
    }
}

/// Whether believing the report would change nothing. What it says of refunds and disputes is
/// looked at by whoever asks the processor.
fn says_nothing_new(record: &PaymentRecord, report: &PaymentReport) -> bool {
    let is_more =
        !report.refunds.is_empty() || !report.disputes.is_empty() || !report.unread.is_empty();
    if is_more {
        return false;
    }
    let asked = Asked { amount: record.state.amount, number: record.state.attempts, last: false };
    let reading = Reading::of_report(report, asked);
    matches!(decide(&record.state, &Event::Fact(reading.fact)), Ok(Outcome::Nothing(_)))
}

/// Perhaps a second charge. Of each payment somebody is told, whatever else waits unmatched.
fn money_elsewhere(
    (shop, payment): (ShopId, PaymentId),
    (webhook, account): (InboundWebhookId, ProcessorAccountId),
    report: &PaymentReport,
) -> Alert {
    Alert {
        shop: Some(shop),
        kind: watch::Kind::MoneyElsewhere,
        subject: payment.to_string(),
        severity: Severity::Critical,
        message: "A processor account has money of a payment that was carried to another one."
            .to_owned(),
        facts: json!({
            "payment": payment,
            "processor_account": account,
            "processor_reference": report.processor_reference,
            "authorized": report.authorized.to_decimal_string(),
            "captured": report.captured.to_decimal_string(),
            "currency": report.captured.currency().code(),
            "rows": [webhook],
        }),
    }
}

fn matched(id: InboundWebhookId, subject: Uuid) -> inbound::Outcome {
    inbound::Outcome { id, subject: Some(subject), problem: None }
}

fn unmatched(id: InboundWebhookId, why: Problem) -> Unit {
    let outcome = inbound::Outcome { id, subject: None, problem: Some(why) };
    Unit { inbound: Some(outcome), ..Unit::default() }
}
