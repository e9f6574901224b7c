//! Sample processor accounts: 0 is called, 1 is not.

use app::view::processors::{
    CircuitState, ErrorRow, ForcedView, ProcessorRow, ProcessorView, ProcessorsView, RouteRow,
};
use domain::id::ProcessorAccountId;

use crate::samples::{at, id, number};

/// Both of them, and one rule.
pub(crate) fn list() -> ProcessorsView {
    ProcessorsView {
        rows: (0..2).map(row).collect(),
        routes: vec![RouteRow {
            priority: 10,
            conditions: "EUR, from 100.00".to_owned(),
            target: "north".to_owned(),
            weight: 100,
        }],
        as_of: at(4_000),
    }
}

/// One of them.
pub(crate) fn one(id: ProcessorAccountId) -> Option<ProcessorView> {
    let number = number(id);
    (number < 2).then(|| ProcessorView {
        row: row(number),
        processor: "sandbox".to_owned(),
        takes: vec![("Currencies".to_owned(), "EUR".to_owned())],
        thresholds: "Not called after 5 failures in a row.".to_owned(),
        retry_at: (number == 1).then(|| at(4_010)),
        forced: (number == 1).then(|| ForcedView {
            why: "the processor told us".to_owned(),
            by: "Ana Analyst".to_owned(),
            until: at(7_600),
        }),
        errors: (0..number)
            .map(|_| ErrorRow { at: at(3_990), text: "too busy".to_owned() })
            .collect(),
        version: 3,
        may_force: true,
        as_of: at(4_000),
    })
}

fn row(number: u128) -> ProcessorRow {
    let is_down = number == 1;
    ProcessorRow {
        id: id(number),
        name: if is_down { "south" } else { "north" }.to_owned(),
        state: if is_down { CircuitState::Open } else { CircuitState::Closed },
        is_forced: is_down,
        why: "5 calls failed one after the other".to_owned(),
        since: Some(at(3_000)),
        calls: 200,
        failures: if is_down { 5 } else { 0 },
        latency_median_ms: 12,
        latency_high_ms: 40,
        waiting: u64::from(is_down) * 8,
    }
}
