//! What the pages about webhooks in ask.

use app::error::AppError;
use app::ports::webhooks::WebhooksPort;
use app::view::staff::Operator;
use app::view::webhooks::{
    WebhookDiscarded, WebhookFilter, WebhookListView, WebhookRow, WebhookSender,
    WebhookState as ViewState, WebhookView,
};
use async_trait::async_trait;
use domain::id::InboundWebhookId;
use domain::permission::{Action, Role};
use engine::inbound::{self, Details, Discarded, Filter, Listed, Sender, State};
use engine::payouts;
use serde_json::Value;
use time::OffsetDateTime;

use super::unavailable;
use crate::console::session::role;
use crate::wiring::Services;

/// How many webhooks one page shows.
const PAGE: u16 = 50;

/// Answers the pages about webhooks in.
pub struct Webhooks(pub Services);

#[async_trait]
impl WebhooksPort for Webhooks {
    async fn list(
        &self,
        operator: &Operator,
        filter: WebhookFilter,
    ) -> Result<WebhookListView, AppError> {
        let (pool, shop) = (self.0.pool(), operator.shop);
        let as_of = OffsetDateTime::now_utc();
        let accounts = engine::shops::processor_accounts(pool, shop).await.map_err(unavailable)?;
        let providers = payouts::accounts::list(pool, shop).await.map_err(unavailable)?;
        let processor = accounts
            .into_iter()
            .map(|account| (WebhookSender::Processor(account.id), account.name));
        let provider =
            providers.into_iter().map(|account| (WebhookSender::Payouts(account.id), account.name));
        let filter = Filter {
            shop: Some(shop),
            state: filter.state.and_then(|state| State::from_word(state.as_str())),
            account: filter.account.map(sender),
            query: filter.query,
            after: filter.after,
        };
        let page = inbound::list(pool, &filter, PAGE).await.map_err(unavailable)?;
        Ok(WebhookListView {
            rows: page.rows.into_iter().map(row).collect(),
            accounts: processor.chain(provider).collect(),
            next: page.next,
            as_of,
        })
    }

    async fn webhook(
        &self,
        operator: &Operator,
        id: InboundWebhookId,
    ) -> Result<WebhookView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let found = inbound::details(self.0.pool(), Some(operator.shop), id).await;
        let details = found.map_err(unavailable)?.ok_or(AppError::NotFound)?;
        Ok(view(details, role(operator), as_of))
    }
}

const fn sender(account: WebhookSender) -> Sender {
    match account {
        WebhookSender::Processor(id) => Sender::Processor(id),
        WebhookSender::Payouts(id) => Sender::Payouts(id),
    }
}

fn row(listed: Listed) -> WebhookRow {
    WebhookRow {
        id: listed.id,
        account: listed.account_name,
        kind: listed.kind,
        message_id: listed.message_id,
        state: state(listed.state),
        problem: listed.problem,
        problem_code: listed.problem_code,
        payment: listed.payment,
        checkout: listed.checkout,
        payout: listed.payout,
        received_at: listed.received_at,
    }
}

fn view(details: Details, role: Role, as_of: OffsetDateTime) -> WebhookView {
    let work = work(&details);
    let effects = details
        .effects
        .iter()
        .map(|effect| format!("{}: {} to {}", effect.event, effect.from_phase, effect.to_phase))
        .collect();
    let is_refused = details.webhook.state == State::Refused;
    let is_unmatched = details.webhook.state == State::Unmatched;
    let discarded = |of: Discarded| WebhookDiscarded { by: of.by, reason: of.reason, at: of.at };
    WebhookView {
        handled_at: details.webhook.handled_at,
        headers: headers(&details.headers),
        is_cut: is_refused && details.body.len() < details.body_bytes as usize,
        body: details.body,
        body_bytes: details.body_bytes,
        effects,
        work,
        replays: details.replays,
        may_replay: role.may(Action::ReplayWebhook) && !is_refused,
        may_discard: role.may(Action::DiscardWebhook) && is_unmatched,
        discarded: details.discarded.map(discarded),
        as_of,
        row: row(details.webhook),
    }
}

/// How the work on a webhook stands, as `details` has found it.
pub(crate) fn work(details: &Details) -> Option<String> {
    match (&details.waiting, &details.dead) {
        (Some(Some(error)), _) => {
            Some(format!("It is tried again; the last try ended with: {error}"))
        }
        (Some(None), _) => Some("It waits for a worker.".to_owned()),
        (None, Some(error)) => {
            Some(format!("Work on it failed for good: {error} It can be replayed."))
        }
        (None, None) => None,
    }
}

/// The kept headers, name by name, with whatever looks like a card number masked.
pub(crate) fn headers(kept: &Value) -> Vec<(String, String)> {
    let shown = |value: &Value| domain::card_number::masked(value.as_str().unwrap_or_default());
    kept.as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), shown(value)))
        .collect()
}

fn state(state: State) -> ViewState {
    match state {
        State::Stored => ViewState::Stored,
        State::Handled => ViewState::Handled,
        State::Unmatched => ViewState::Unmatched,
        State::Refused => ViewState::Refused,
        State::Discarded => ViewState::Discarded,
    }
}
