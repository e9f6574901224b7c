//! Sample settlement files.

use app::view::files::{
    FileCounts, FileLine, FileListView, FileReportView, FileRow, FileState, FileTotal, LineOutcome,
    ProcessorAccountChoice, RefusedRow,
};
use domain::id::SettlementFileId;

use crate::samples::{at, eur, id, mismatches, number};

const COUNTS: FileCounts = FileCounts { matched: 38, mismatched: 2, missing: 1, refused: 1 };

/// Two files.
pub(crate) fn list() -> FileListView {
    let row = |index, name: &str, state, counts| FileRow {
        id: id(index),
        name: name.to_owned(),
        processor_account: "Sandbox (EUR)".to_owned(),
        state,
        counts,
        received_at: at(3_900),
    };
    FileListView {
        files: vec![
            row(0, "settlement-2026-11-20.csv", FileState::Matched, COUNTS),
            row(1, "settlement-2026-11-19.csv", FileState::Refused, FileCounts::default()),
        ],
        processor_accounts: vec![ProcessorAccountChoice {
            id: id(1),
            name: "Sandbox (EUR)".to_owned(),
        }],
        max_bytes: 16_000_000,
        may_upload: true,
        as_of: at(4_000),
    }
}

/// File 0 was compared, file 1 refused.
pub(crate) fn one(file: SettlementFileId) -> Option<FileReportView> {
    let is_refused = number(file) == 1;
    (number(file) <= 1).then(|| FileReportView {
        id: file,
        name: "settlement-2026-11-20.csv".to_owned(),
        processor_account: "Sandbox (EUR)".to_owned(),
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        received_from: "Ada Lindqvist, by upload".to_owned(),
        state: if is_refused { FileState::Refused } else { FileState::Matched },
        refusal: is_refused.then(|| "line 12: the file ends in the middle of a row".to_owned()),
        counts: COUNTS,
        totals: vec![FileTotal { gross: eur(1_203_410), fee: eur(34_899), net: eur(1_168_511) }],
        lines: if is_refused { Vec::new() } else { lines() },
        lines_total: 41,
        mismatches: mismatches::rows(),
        refused: vec![RefusedRow {
            number: 17,
            reason: "net is not gross less fee".to_owned(),
            content: "capture,psp_77aQ,12.00,0.35,11.85,EUR".to_owned(),
        }],
        received_at: at(3_900),
        as_of: at(4_000),
    })
}

fn lines() -> Vec<FileLine> {
    let line = |line_number, minor, outcome, payment| FileLine {
        number: line_number,
        operation: "capture".to_owned(),
        reference: format!("psp_8fK{line_number}mQ"),
        payment,
        gross: eur(minor),
        fee: eur(minor / 35),
        net: eur(minor - minor / 35),
        outcome,
    };
    vec![
        line(1, 5_490, LineOutcome::Matched, Some(id(1))),
        line(2, 118_999, LineOutcome::Mismatched, Some(id(0))),
        line(3, 4_200, LineOutcome::Mismatched, None),
    ]
}
