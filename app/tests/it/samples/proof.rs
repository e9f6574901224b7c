//! A sample of the proof.

use app::view::proof::{BreachRow, ChainView, CloseRow, ProofView, RuleView};
use time::macros::date;

use crate::samples::at;

/// Two rules that hold, one that was never checked, one that nobody looks at any more and one that is
/// broken; a chain, and two days of
/// which one was signed with another key.
pub(crate) fn proof() -> ProofView {
    let rule = |sentence: &str, breaches, checked: Option<i64>| RuleView {
        sentence: sentence.to_owned(),
        breaches,
        has_more: breaches >= 100,
        checked_at: checked.map(at),
        stands_still: checked == Some(-200_000),
    };
    ProofView {
        rules: vec![
            rule("Every posting sums to zero in each currency", 0, Some(3_940)),
            rule("Every balance, and so every wallet, is the sum of its entries", 0, Some(3_820)),
            rule("No work is held long after its lease", 0, None),
            rule("Every posting has entries", 0, Some(-200_000)),
            rule("Captures never exceed what was authorised", 120, Some(3_700)),
        ],
        breaches: vec![BreachRow {
            rule: "Captures never exceed what was authorised".to_owned(),
            row: "pay_01k0example".to_owned(),
            detail: "captured 51.00 of <50.00>".to_owned(),
            found_at: at(3_600),
        }],
        chain: Some(ChainView {
            sealed: 1_842,
            hash: "5b12".repeat(16),
            unsealed: 2,
            unsigned: 41,
            open_on: date!(2026 - 11 - 21),
        }),
        closes: vec![
            close(date!(2026 - 11 - 20), 1_801, true),
            close(date!(2026 - 11 - 19), 922, false),
        ],
        public_key: "9c0f".repeat(16),
        as_of: at(4_000),
    }
}

fn close(date: time::Date, sequence: u64, is_of_this_key: bool) -> CloseRow {
    CloseRow {
        date,
        sequence,
        hash: "a7e3".repeat(16),
        postings: 214,
        entries: 642,
        audits: 17,
        is_of_this_key,
        closed_at: at(-32_400),
    }
}
