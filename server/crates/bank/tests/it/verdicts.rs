//! What each status of a report says of a pay-out. Entries are judged beside their reader's tests.

use bank::file::Reason;
use bank::status::Status;
use bank::verdict::{Doubt, Evidence, Verdict};

fn verdict(code: &str, reason: Option<&str>) -> Verdict {
    let reasons: Vec<Reason> = reason
        .map(|code| Reason { code: Some(code.to_owned()), details: vec![] })
        .into_iter()
        .collect();
    Verdict::of(Evidence::Status { status: &Status::from_code(code), reasons: &reasons })
}

#[test]
fn each_code_has_its_word() {
    for (codes, expected) in [
        ("RCVD PDNG PATC PART RCVC RVMC RVNM RVNA", Verdict::Pending),
        ("ACTC ACCP ACFC ACWC", Verdict::Accepted),
        ("ACSP ACPD ACWP ACIS PRES", Verdict::InTransit),
        ("ACSC ACCC CPUC", Verdict::Paid),
        ("RJCT", Verdict::Rejected(vec![])),
        ("CANC", Verdict::Cancelled(vec![])),
        ("BLCK", Verdict::Unclear(Doubt::Blocked, vec![])),
        ("rjct NEW1", Verdict::Unclear(Doubt::UnknownStatus, vec![])),
    ] {
        for code in codes.split(' ') {
            assert_eq!(verdict(code, None), expected, "{code}");
        }
    }
}

#[test]
fn a_refusal_as_a_duplicate_does_not_say_that_nothing_was_paid() {
    for code in ["AM05", "DUPL", "DU01", "DU04"] {
        let verdict = verdict("RJCT", Some(code));
        assert!(matches!(verdict, Verdict::Unclear(Doubt::Duplicate, _)), "{code}: {verdict:?}");
    }
    assert!(matches!(verdict("RJCT", Some("AC01")), Verdict::Rejected(_)));
}
