//! A payment as it is stored, and as it is shown.

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{cards, clock, ids, money::format_amount};

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
    Cancelled,
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
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::PartiallyRefunded => "partially_refunded",
        }
    }
}

/// One payment: `0 <= refunded <= captured <= authorized <= amount`, all in minor units.
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
    pub(crate) refunded_minor: i64,
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
}

impl Payment {
    /// The id as the outside knows it.
    pub(crate) fn shown_id(&self) -> String {
        ids::show("sp_", self.payment_id)
    }

    /// Shows the payment to its merchant.
    pub(crate) fn view(&self, public_url: &str) -> Value {
        let amount = |minor| format_amount(minor, &self.currency);
        let next_action = (self.status == Status::RequiresAction).then(
            || json!({"redirect_url": format!("{public_url}/challenge/{}", self.shown_id())}),
        );
        json!({
            "id": self.shown_id(),
            "reference": self.reference,
            "status": self.status,
            "amount": amount(self.amount_minor),
            "currency": self.currency,
            "authorized": amount(self.authorized_minor),
            "captured": amount(self.captured_minor),
            "refunded": amount(self.refunded_minor),
            "decline_code": self.decline_code,
            "decline_message": self.decline_code.as_deref().map(cards::decline_message),
            "next_action": next_action,
            "payment_method": {"type": "card", "brand": self.brand, "last4": self.last4},
            "created_at": clock::rfc3339(self.created_at),
            "updated_at": clock::rfc3339(self.updated_at),
            "version": self.version,
        })
    }
}

/// One refund.
#[derive(Debug, Clone, FromRow)]
#[expect(clippy::struct_field_names, reason = "keys are named after their table")]
pub(crate) struct Refund {
    pub(crate) refund_id: Uuid,
    pub(crate) account_id: i64,
    pub(crate) payment_id: Uuid,
    pub(crate) reference: String,
    pub(crate) amount_minor: i64,
    pub(crate) status: String,
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
