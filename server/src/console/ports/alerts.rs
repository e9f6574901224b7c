//! What the pages about alerts ask.

use app::error::AppError;
use app::ports::alerts::AlertsPort;
use app::view::alerts::{
    AlertFact, AlertFilter, AlertListView, AlertRow, AlertState as ViewState, AlertView,
};
use app::view::staff::Operator;
use async_trait::async_trait;
use domain::id::{AlertId, InboundWebhookId, PaymentId, PayoutFileId, PayoutId};
use domain::permission::Action;
use engine::watch::{self, Details, Filter, Kind, Listed, Severity, State};
use serde_json::Value;
use time::OffsetDateTime;

use super::unavailable;
use crate::console::session::role;
use crate::wiring::Services;

/// How many alerts the page shows.
const PAGE: u32 = 200;

/// Answers the pages about alerts.
pub struct Alerts(pub Services);

#[async_trait]
impl AlertsPort for Alerts {
    async fn list(
        &self,
        operator: &Operator,
        filter: AlertFilter,
    ) -> Result<AlertListView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let filter = Filter {
            kind: filter.kind.as_deref().and_then(Kind::from_word),
            state: filter.state.and_then(|state| State::from_word(state.as_str())),
        };
        let page = watch::list(self.0.pool(), operator.shop, filter, PAGE).await;
        let page = page.map_err(unavailable)?;
        Ok(AlertListView {
            rows: page.rows.into_iter().map(row).collect(),
            kinds: Kind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect(),
            total: page.total,
            as_of,
        })
    }

    async fn alert(&self, operator: &Operator, id: AlertId) -> Result<AlertView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let found = watch::find(self.0.pool(), operator.shop, id).await.map_err(unavailable)?;
        let details = found.ok_or(AppError::NotFound)?;
        Ok(view(details, role(operator).may(Action::HandleAlert), as_of))
    }
}

fn row(listed: Listed) -> AlertRow {
    AlertRow {
        id: listed.id,
        kind: listed.kind.as_str().to_owned(),
        is_critical: listed.severity == Severity::Critical,
        state: match listed.state {
            State::Open => ViewState::Open,
            State::Acknowledged => ViewState::Acknowledged,
            State::Resolved => ViewState::Resolved,
        },
        message: listed.message,
        raised_at: listed.raised_at,
        seen_at: listed.seen_at,
    }
}

fn view(details: Details, may_handle: bool, as_of: OffsetDateTime) -> AlertView {
    let state = details.alert.state;
    let (resolved_at, resolved_by) = details.resolved.unzip();
    AlertView {
        subject: details.subject,
        facts: facts(&details.facts),
        is_watched: details.is_watched,
        acknowledged_by: details.acknowledged.map(|(name, _)| name),
        resolved_at,
        resolved_by: resolved_by.flatten(),
        version: details.version,
        may_acknowledge: may_handle && state == State::Open,
        may_resolve: may_handle && state != State::Resolved,
        as_of,
        row: row(details.alert),
    }
}

/// The figures and rows behind an alert, each row with its page.
fn facts(facts: &Value) -> Vec<AlertFact> {
    let labelled = |(name, value): (&String, &Value)| {
        let values = match value {
            Value::Array(values) => values.iter().map(shown).collect(),
            one => vec![shown(one)],
        };
        AlertFact { label: label(name), values }
    };
    facts.as_object().into_iter().flatten().map(labelled).collect()
}

fn shown(value: &Value) -> (String, Option<String>) {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let address = if text.parse::<PaymentId>().is_ok() {
        Some(format!("/console/payments/{text}"))
    } else if text.parse::<InboundWebhookId>().is_ok() {
        Some(format!("/console/webhooks/{text}"))
    } else if text.parse::<PayoutId>().is_ok() {
        Some(format!("/console/payouts/{text}"))
    } else if text.parse::<PayoutFileId>().is_ok() {
        Some("/console/bank-files".to_owned())
    } else {
        None
    };
    (text, address)
}

/// `waiting_for` as people read it: `Waiting for`.
fn label(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
