//! Sample dead letters: 0 waits with two like it, 1 was discarded, 2 may only be read.

use app::view::dead_letters::{
    DeadLetterCount, DeadLetterDecision, DeadLetterFilter, DeadLetterListView, DeadLetterRow,
    DeadLetterSubject, DeadLetterView, FailedTry,
};
use domain::id::JobId;

use crate::samples::{at, id, number};

/// All of them that fit.
pub(crate) fn list(filter: &DeadLetterFilter) -> DeadLetterListView {
    let rows: Vec<DeadLetterRow> = (0..3)
        .filter(|number| filter.is_discarded == (*number == 1))
        .map(row)
        .filter(|row| filter.kind.as_ref().is_none_or(|kind| *kind == row.kind))
        .collect();
    DeadLetterListView {
        counts: vec![DeadLetterCount {
            kind: "execute_payment".to_owned(),
            error: "the outcome is unknown".to_owned(),
            count: 3,
            since: at(2_000),
        }],
        total: rows.len() as u64,
        rows,
        as_of: at(4_000),
    }
}

/// One of them.
pub(crate) fn one(id: JobId) -> Option<DeadLetterView> {
    let number = number(id);
    let is_discarded = number == 1;
    (number < 3).then(|| DeadLetterView {
        row: row(number),
        error_class: "the outcome is unknown".to_owned(),
        created_at: at(1_000),
        payload: Some(r#"{"operation":"cancel"}"#.to_owned()),
        tries: vec![FailedTry {
            number: 1,
            error: "the outcome is unknown: cut off".to_owned(),
            at: at(1_500),
        }],
        decisions: is_discarded
            .then(|| DeadLetterDecision {
                actor: "Ana Kovač".to_owned(),
                action: "dead_letter.discarded".to_owned(),
                reason: Some("Refunded by hand".to_owned()),
                at: at(3_000),
            })
            .into_iter()
            .collect(),
        alike: 3,
        discarded: is_discarded.then(|| "by Ana Kovač: Refunded by hand".to_owned()),
        may_act: number != 2,
        as_of: at(4_000),
    })
}

fn row(number: u128) -> DeadLetterRow {
    DeadLetterRow {
        id: id(number),
        kind: "execute_payment".to_owned(),
        subject: DeadLetterSubject::Payment(id(0)),
        attempts: 2_000,
        error: "the outcome is unknown: cut off".to_owned(),
        died_at: at(2_000),
    }
}
