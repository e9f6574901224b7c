//! A payment as it is stored, and as it is shown.

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    cards::{self, TestCard},
    clock,
    faults::rules::Facts,
    ids,
    money::format_amount,
};

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub(crate) enum Status {
    Authorized,
    Captured,
    Declined,
    RequiresAction,
    InReview,
    AwaitingFunds,
    Cancelled,
    /// The hold lapsed before anything was captured.
    Expired,
    Refunded,
    PartiallyRefunded,
}

impl Status {
    /// The name by which the API and the database know it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Authorized => "authorized",
            Self::Captured => "captured",
            Self::Declined => "declined",
            Self::RequiresAction => "requires_action",
            Self::InReview => "in_review",
            Self::AwaitingFunds => "awaiting_funds",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Refunded => "refunded",
            Self::PartiallyRefunded => "partially_refunded",
        }
    }
}

/// One payment, all amounts in minor units: `captured <= authorized <= amount`, and what was
/// refunded, is being refunded and was charged back is together at most what was captured.
#[derive(Debug, Clone, FromRow)]
#[expect(clippy::struct_field_names, reason = "keys are named after their table")]
pub(crate) struct Payment {
    pub(crate) payment_id: Uuid,
    pub(crate) account_id: i64,
    pub(crate) reference: String,
    pub(crate) registration: Option<String>,
    pub(crate) status: Status,
    pub(crate) currency: String,
    pub(crate) amount_minor: i64,
    pub(crate) authorized_minor: i64,
    pub(crate) captured_minor: i64,
    /// What refunds that succeeded gave back.
    pub(crate) refunded_minor: i64,
    /// What pending refunds will give back.
    pub(crate) refunding_minor: i64,
    /// What disputes that are open or lost took back.
    pub(crate) charged_back_minor: i64,
    /// When what is authorised and not captured lapses.
    pub(crate) hold_expires_at: Option<OffsetDateTime>,
    /// Whether the merchant wants the money at once, and not by a capture of its own.
    pub(crate) capture: bool,
    pub(crate) decline_code: Option<String>,
    pub(crate) brand: String,
    pub(crate) last4: String,
    /// The slug of the practice card.
    pub(crate) behaviour: String,
    pub(crate) return_url: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i32,
    pub(crate) has_refunds: bool,
    pub(crate) has_disputes: bool,
    #[sqlx(skip)]
    pub(crate) refunds: Vec<Refund>,
    #[sqlx(skip)]
    pub(crate) disputes: Vec<Dispute>,
}

impl Payment {
    /// The id as the outside knows it.
    pub(crate) fn shown_id(&self) -> String {
        ids::show("sp_", self.payment_id)
    }

    pub(crate) fn card(&self) -> &'static TestCard {
        cards::recall(&self.behaviour)
    }

    /// What is captured and was not given, or taken, back.
    pub(crate) fn left_minor(&self) -> i64 {
        self.captured_minor - self.refunded_minor - self.refunding_minor - self.charged_back_minor
    }

    /// What the rules of faults may ask.
    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts {
            reference: Some(&self.reference),
            amount: Some((self.amount_minor, &self.currency)),
            card: Some(&self.behaviour),
        }
    }

    /// Shows the payment to its merchant, as JSON that is written once for answer and webhook.
    pub(crate) fn json(&self, public_url: &str) -> String {
        serde_json::to_string(&self.view(public_url)).expect("what is shown has only string keys")
    }

    /// Shows the payment to its merchant.
    pub(crate) fn view(&self, public_url: &str) -> Value {
        let amount = |minor| format_amount(minor, &self.currency);
        let next_action = (self.status == Status::RequiresAction).then(
            || json!({"redirect_url": format!("{public_url}/challenge/{}", self.shown_id())}),
        );
        let refunds: Vec<_> = self.refunds.iter().map(|one| one.view(&self.currency)).collect();
        let disputes: Vec<_> = self.disputes.iter().map(|one| one.view(&self.currency)).collect();
        json!({
            "id": self.shown_id(),
            "reference": self.reference,
            "status": self.status,
            "amount": amount(self.amount_minor),
            "currency": self.currency,
            "authorized": amount(self.authorized_minor),
            "captured": amount(self.captured_minor),
            "refunded": amount(self.refunded_minor),
            "charged_back": amount(self.charged_back_minor),
            "hold_expires_at": self.hold_expires_at.map(clock::rfc3339),
            "refunds": refunds,
            "disputes": disputes,
            "decline_code": self.decline_code,
            "decline_message": self.decline_code.as_deref().map(cards::decline_message),
            "next_action": next_action,
            "payment_method": {
                "type": self.card().method, "brand": self.brand, "last4": self.last4,
            },
            "created_at": clock::rfc3339(self.created_at),
            "updated_at": clock::rfc3339(self.updated_at),
            "version": self.version,
        })
    }
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub(crate) enum RefundStatus {
    Pending,
    Succeeded,
    /// Also one that succeeded and came back.
    Failed,
}

/// One refund.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(clippy::struct_field_names, reason = "keys are named after their table")]
pub(crate) struct Refund {
    pub(crate) refund_id: Uuid,
    pub(crate) account_id: i64,
    pub(crate) payment_id: Uuid,
    pub(crate) reference: String,
    pub(crate) amount_minor: i64,
    pub(crate) status: RefundStatus,
    pub(crate) created_at: OffsetDateTime,
}

impl Refund {
    /// Shows the refund to its merchant; the currency is the payment's.
    pub(crate) fn view(&self, currency: &str) -> Value {
        json!({
            "id": ids::show("sr_", self.refund_id),
            "payment": ids::show("sp_", self.payment_id),
            "reference": self.reference,
            "amount": format_amount(self.amount_minor, currency),
            "currency": currency,
            "status": self.status,
            "created_at": clock::rfc3339(self.created_at),
        })
    }
}

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub(crate) enum DisputeStatus {
    Opened,
    Won,
    Lost,
}

/// A shopper who took the money back through the bank.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(clippy::struct_field_names, reason = "keys are named after their table")]
pub(crate) struct Dispute {
    pub(crate) dispute_id: Uuid,
    pub(crate) account_id: i64,
    pub(crate) payment_id: Uuid,
    pub(crate) amount_minor: i64,
    pub(crate) reason: String,
    pub(crate) status: DisputeStatus,
    pub(crate) opened_at: OffsetDateTime,
    pub(crate) respond_by: OffsetDateTime,
}

impl Dispute {
    /// Shows the dispute to its merchant; the currency is the payment's.
    pub(crate) fn view(&self, currency: &str) -> Value {
        json!({
            "id": ids::show("sd_", self.dispute_id),
            "payment": ids::show("sp_", self.payment_id),
            "amount": format_amount(self.amount_minor, currency),
            "currency": currency,
            "reason": self.reason,
            "status": self.status,
            "opened_at": clock::rfc3339(self.opened_at),
            "respond_by": clock::rfc3339(self.respond_by),
        })
    }
}
