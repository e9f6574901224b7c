//! Handling a processor's notification: a reason to look, never a fact.
//!
//! If the notification says nothing that we do not know, it is done. Otherwise the processor is
//! asked, and its answer is what counts.

use domain::decide::{Outcome, decide};
use domain::event::Event;
use domain::id::{InboundWebhookId, PaymentId, ProcessorAccountId, ShopId};
use jobs::{Claimed, Failure, Handled, Handler};
use psp::PaymentReport;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::checkouts;
use crate::inbound;
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

#[derive(Deserialize)]
struct About {
    account: ProcessorAccountId,
    payment: Option<PaymentId>,
    registration_token: Option<String>,
}

impl Handler for News {
    async fn handle(&self, job: Claimed) -> Result<Handled, Failure> {
        let id = InboundWebhookId::from_uuid(job.subject_id);
        let about: About = serde_json::from_value(job.payload.clone()).map_err(Failure::lasting)?;
        let mut unit = match (about.payment, &about.registration_token) {
            (Some(payment), _) => self.of_payment(id, about.account, payment).await?,
            (None, Some(token)) => self.of_registration(id, about.account, token).await?,
            (None, None) => unmatched(id, "it names neither a payment nor a registration"),
        };
        unit.finish = Some(job);
        self.engine.committer().commit(unit).await.map_err(Failure::passing)?;
        Ok(Handled::InItsTransaction)
    }
}

impl News {
    async fn of_payment(
        &self,
        id: InboundWebhookId,
        account: ProcessorAccountId,
        payment: PaymentId,
    ) -> Result<Unit, Failure> {
        let known = self.engine.reads().payment(payment).await.map_err(Failure::passing)?;
        let Some(row) = known else {
            return Ok(unmatched(id, "no payment of ours at this processor account"));
        };
        if row.processor_account_id != Some(account.uuid()) {
            let shop = ShopId::from_uuid(row.shop_id);
            return self.of_left(id, account, (shop, payment)).await;
        }
        let record = row.into_record(Belongings::default()).map_err(Failure::passing)?;
        let outcome = matched(id, payment.uuid());
        if let Some(report) = self.reported(id, account).await?
            && says_nothing_new(&record, &report)
        {
            return Ok(Unit { inbound: Some(outcome), ..Unit::default() });
        }
        if record.state.attempts == 0 {
            return Ok(unmatched(id, "we never tried to authorise this payment"));
        }
        let told = refresh::ask(&self.engine, payment, Source::Webhook).await?;
        Ok(Unit { inbound: Some(outcome), ..told.unwrap_or_default() })
    }

    /// What an account says of a payment that went on elsewhere: nothing may have happened there.
    async fn of_left(
        &self,
        id: InboundWebhookId,
        account: ProcessorAccountId,
        (shop, payment): (ShopId, PaymentId),
    ) -> Result<Unit, Failure> {
        let was_there = failover::was_tried_at(self.engine.pool(), payment, account).await;
        if !was_there.map_err(Failure::passing)? {
            return Ok(unmatched(id, "no payment of ours at this processor account"));
        }
        let has_money = |report: &PaymentReport| {
            report.authorized.is_positive() || report.captured.is_positive()
        };
        Ok(match self.reported(id, account).await? {
            Some(report) if has_money(&report) => {
                let alert = money_elsewhere((shop, payment), (id, account), &report);
                watch::raise_now(&self.engine, &alert).await.map_err(Failure::passing)?;
                unmatched(id, "money at a processor account that the payment has left")
            }
            _ => Unit { inbound: Some(matched(id, payment.uuid())), ..Unit::default() },
        })
    }

    async fn of_registration(
        &self,
        id: InboundWebhookId,
        account: ProcessorAccountId,
        token: &str,
    ) -> Result<Unit, Failure> {
        let checkout = checkouts::of_registration(self.engine.pool(), account, token)
            .await
            .map_err(Failure::passing)?;
        Ok(match checkout {
            None => unmatched(id, "no registration of ours at this processor account"),
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

    async fn reported(
        &self,
        id: InboundWebhookId,
        account: ProcessorAccountId,
    ) -> Result<Option<PaymentReport>, Failure> {
        let stored = self.engine.reads().notification(id).await.map_err(Failure::passing)?;
        let processor = self.engine.processor(account).await.map_err(Failure::passing)?;
        Ok(stored.and_then(|stored| processor.reported(&stored.body)))
    }
}

/// Whether believing the report would change nothing. What it says of refunds and disputes is
/// looked at by whoever asks the processor.
fn says_nothing_new(record: &PaymentRecord, report: &PaymentReport) -> bool {
    if !report.refunds.is_empty() || !report.disputes.is_empty() {
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

fn unmatched(id: InboundWebhookId, why: &str) -> Unit {
    let outcome = inbound::Outcome { id, subject: None, problem: Some(why.to_owned()) };
    Unit { inbound: Some(outcome), ..Unit::default() }
}
