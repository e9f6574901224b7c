//! Sample alerts: 0 open, 1 resolved.

use app::view::alerts::{AlertFact, AlertFilter, AlertListView, AlertRow, AlertState, AlertView};
use domain::id::{AlertId, PaymentId};

use crate::samples::{at, id, number};

const STATES: [AlertState; 2] = [AlertState::Open, AlertState::Resolved];

/// All of them that fit.
pub(crate) fn list(filter: &AlertFilter) -> AlertListView {
    let rows: Vec<AlertRow> = (0..2)
        .map(row)
        .filter(|row| match filter.state {
            None => row.state != AlertState::Resolved,
            Some(state) => row.state == state,
        })
        .filter(|row| filter.kind.as_ref().is_none_or(|kind| *kind == row.kind))
        .collect();
    AlertListView {
        total: rows.len() as u64,
        rows,
        kinds: vec!["payments_stuck".to_owned(), "dead_letters".to_owned()],
        as_of: at(4_000),
    }
}

/// One of them.
pub(crate) fn one(id: AlertId) -> Option<AlertView> {
    let number = number(id);
    let state = *STATES.get(usize::try_from(number).ok()?)?;
    let payment: PaymentId = crate::samples::id(0);
    Some(AlertView {
        row: row(number),
        subject: "north:unknown".to_owned(),
        facts: vec![AlertFact {
            label: "Payments".to_owned(),
            values: vec![(payment.to_string(), Some(format!("/console/payments/{payment}")))],
        }],
        is_watched: true,
        acknowledged_by: None,
        resolved_at: (state == AlertState::Resolved).then(|| at(3_900)),
        resolved_by: None,
        version: 0,
        may_acknowledge: state == AlertState::Open,
        may_resolve: state == AlertState::Open,
        as_of: at(4_000),
    })
}

fn row(number: u128) -> AlertRow {
    AlertRow {
        id: id(number),
        kind: "payments_stuck".to_owned(),
        is_critical: true,
        state: STATES[usize::try_from(number).unwrap()],
        message: "3 payments at north are unknown for longer than 10 minutes.".to_owned(),
        raised_at: at(3_000),
        seen_at: at(3_940),
    }
}
