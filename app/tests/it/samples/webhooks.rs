//! Sample webhooks in: 0 unmatched, 1 refused, 2 handled, 3 of a pay-out provider and handled.

use app::view::webhooks::{
    WebhookFilter, WebhookListView, WebhookRow, WebhookSender, WebhookState, WebhookView,
};
use domain::id::InboundWebhookId;

use crate::samples::{at, id, number};

const STATES: [WebhookState; 4] =
    [WebhookState::Unmatched, WebhookState::Refused, WebhookState::Handled, WebhookState::Handled];
/// The one of a pay-out provider.
const OF_PAYOUT: u128 = 3;

/// All of them that fit.
pub(crate) fn list(filter: &WebhookFilter) -> WebhookListView {
    let rows = (0..4).map(row).filter(|row| filter.state.is_none_or(|state| state == row.state));
    WebhookListView {
        rows: rows.collect(),
        accounts: vec![
            (WebhookSender::Processor(id(7)), "north".to_owned()),
            (WebhookSender::Payouts(id(8)), "house bank".to_owned()),
        ],
        next: filter.after.is_none().then(|| id(2)),
        as_of: at(4_000),
    }
}

/// One of them.
pub(crate) fn one(id: InboundWebhookId) -> Option<WebhookView> {
    let number = number(id);
    let state = *STATES.get(usize::try_from(number).ok()?)?;
    Some(WebhookView {
        row: row(number),
        headers: vec![("webhook-id".to_owned(), format!("msg_{number}"))],
        body: r#"{"type":"payment.captured","card":"**** **** **** ****"}"#.to_owned(),
        is_cut: state == WebhookState::Refused,
        body_bytes: 57,
        effects: match state {
            WebhookState::Handled if number != OF_PAYOUT => {
                vec!["captured: executing to captured".to_owned()]
            }
            _ => vec![],
        },
        work: None,
        handled_at: (state == WebhookState::Handled).then(|| at(3_001)),
        replays: 0,
        may_replay: state != WebhookState::Refused,
        may_discard: state == WebhookState::Unmatched,
        discarded: None,
        as_of: at(4_000),
    })
}

fn row(number: u128) -> WebhookRow {
    let state = STATES[usize::try_from(number).unwrap()];
    let is_handled = state == WebhookState::Handled;
    let of_payout = number == OF_PAYOUT;
    WebhookRow {
        id: id(number),
        account: if of_payout { "house bank" } else { "north" }.to_owned(),
        kind: (state != WebhookState::Refused).then(|| "payment.captured".to_owned()),
        message_id: format!("msg_{number}"),
        state,
        problem: (!is_handled).then(|| "no payment of ours at this processor account".to_owned()),
        problem_code: (!is_handled).then(|| "payment_unknown".to_owned()),
        payment: (is_handled && !of_payout).then(|| (id(0), "FF-2026-1187-A".to_owned())),
        checkout: None,
        payout: of_payout.then(|| id(4)),
        received_at: at(3_000),
    }
}
