//! A transfer as it is stored, and as it is shown.

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    clock,
    faults::rules::Facts,
    ids,
    money::format_amount,
    transfers::{
        request::NewTransfer,
        scenarios::{self, Scenario},
    },
};

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub(crate) enum State {
    Accepted,
    InTransit,
    Paid,
    Failed,
    Returned,
}

impl State {
    /// The name by which the API and the database know it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::InTransit => "in_transit",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Returned => "returned",
        }
    }

    /// The name of the webhook that tells of it.
    pub(crate) fn event(self) -> &'static str {
        match self {
            Self::Accepted => "transfer.accepted",
            Self::InTransit => "transfer.in_transit",
            Self::Paid => "transfer.paid",
            Self::Failed => "transfer.failed",
            Self::Returned => "transfer.returned",
        }
    }
}

/// One transfer. It has a reason exactly if it failed or was returned.
#[derive(Debug, Clone, FromRow)]
#[expect(clippy::struct_field_names, reason = "keys are named after their table")]
pub(crate) struct Transfer {
    pub(crate) transfer_id: Uuid,
    pub(crate) account_id: i64,
    pub(crate) reference: String,
    pub(crate) currency: String,
    pub(crate) amount_minor: i64,
    pub(crate) iban: String,
    pub(crate) name: String,
    pub(crate) remittance: String,
    /// The slug of what becomes of it.
    pub(crate) scenario: String,
    pub(crate) state: State,
    /// Why it failed or came back, by ISO 20022.
    pub(crate) reason: Option<String>,
    pub(crate) accepted_at: OffsetDateTime,
    pub(crate) in_transit_at: Option<OffsetDateTime>,
    pub(crate) paid_at: Option<OffsetDateTime>,
    pub(crate) failed_at: Option<OffsetDateTime>,
    pub(crate) returned_at: Option<OffsetDateTime>,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) version: i32,
}

impl Transfer {
    /// Accepts what is asked for.
    pub(crate) fn accept(
        transfer_id: Uuid,
        account_id: i64,
        request: NewTransfer,
        at: OffsetDateTime,
    ) -> Self {
        let scenario = scenarios::choose(&request.iban, request.amount_minor);
        Self {
            transfer_id,
            account_id,
            reference: request.reference,
            currency: request.currency,
            amount_minor: request.amount_minor,
            iban: request.iban,
            name: request.name,
            remittance: request.remittance,
            scenario: scenario.slug.to_owned(),
            state: State::Accepted,
            reason: None,
            accepted_at: at,
            in_transit_at: None,
            paid_at: None,
            failed_at: None,
            returned_at: None,
            updated_at: at,
            version: 1,
        }
    }

    /// The id as the outside knows it.
    pub(crate) fn shown_id(&self) -> String {
        ids::show("trf_", self.transfer_id)
    }

    pub(crate) fn scenario(&self) -> &'static Scenario {
        scenarios::recall(&self.scenario)
    }

    /// Says whether exactly this was asked for.
    pub(crate) fn is_what(&self, request: &NewTransfer) -> bool {
        // Taken apart, so that a new field cannot be forgotten here.
        let NewTransfer { reference, amount_minor, currency, iban, name, remittance } = request;
        (&self.reference, self.amount_minor, &self.currency) == (reference, *amount_minor, currency)
            && (&self.iban, &self.name, &self.remittance) == (iban, name, remittance)
    }

    /// What the rules of faults may ask.
    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts {
            reference: Some(&self.reference),
            amount: Some((self.amount_minor, &self.currency)),
            card: None,
        }
    }

    /// Shows the transfer to its merchant.
    pub(crate) fn view(&self) -> Value {
        json!({
            "id": self.shown_id(),
            "reference": self.reference,
            "amount": format_amount(self.amount_minor, &self.currency),
            "currency": self.currency,
            "iban": self.iban,
            "name": self.name,
            "remittance": self.remittance,
            "state": self.state,
            "reason": self.reason,
            "reason_message": self.reason.as_deref().map(scenarios::reason_message),
            "accepted_at": clock::rfc3339(self.accepted_at),
            "in_transit_at": self.in_transit_at.map(clock::rfc3339),
            "paid_at": self.paid_at.map(clock::rfc3339),
            "failed_at": self.failed_at.map(clock::rfc3339),
            "returned_at": self.returned_at.map(clock::rfc3339),
            "updated_at": clock::rfc3339(self.updated_at),
            "version": self.version,
        })
    }
}
