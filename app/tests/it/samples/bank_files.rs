//! Sample files for banks: two files, and two reports, of which the second was not read to its end.

use app::view::bank_files::{
    BankAccountRow, BankFileRow, BankFilesView, BankReportRow, BankReportView, BankSaid, FilePlace,
};
use domain::id::{BankReportId, PayoutFileId};
use domain::payout::Phase;

use crate::samples::{at, eur, id, number};

/// All of them; nothing is older than the last file.
pub(crate) fn list(after: Option<PayoutFileId>) -> BankFilesView {
    let is_first = after.is_none();
    BankFilesView {
        accounts: vec![BankAccountRow {
            name: "our <bank>".to_owned(),
            iban: "NL91 **** **** **43 00".to_owned(),
            payouts: 2,
            total: eur(11_400),
        }],
        files: if is_first { vec![file(0), file(1)] } else { Vec::new() },
        next: is_first.then(|| id(1)),
        reports: vec![row(0), row(1)],
        max_bytes: 32 * 1024 * 1024,
        may_make: true,
        may_read: true,
        as_of: at(4_000),
    }
}

/// What one of them said.
pub(crate) fn report(id: BankReportId) -> Option<BankReportView> {
    let number = number(id);
    let said = BankSaid {
        changed: vec![(crate::samples::id(4), Phase::Paid)],
        changed_total: 120,
        known: 3,
        odd: vec![(
            Some(FilePlace { line: 1, column: 812 }),
            crate::samples::id(5),
            "the bank\u{2019}s file speaks of <less>".to_owned(),
        )],
        odd_total: 1,
        unknown: vec![(None, "no pay-out in a file has this end-to-end id".to_owned())],
        unknown_total: 1,
        ..BankSaid::default()
    };
    (number < 2).then(|| BankReportView {
        row: row(number),
        said: (number == 0).then_some(said),
        as_of: at(4_000),
    })
}

fn file(number: u128) -> BankFileRow {
    BankFileRow {
        id: id(number),
        account: "our <bank>".to_owned(),
        made_by: "Cleo Marin".to_owned(),
        payouts: 3,
        total: eur(17_100),
        execution_on: at(0).date(),
        answered: 2,
        accepted: 1,
        rejected: 1,
        booked: 1,
        created_at: at(2_000),
    }
}

fn row(number: u128) -> BankReportRow {
    BankReportRow {
        id: id(number),
        name: format!("statement-{number}.xml"),
        format: "camt.053".to_owned(),
        read_by: "Cleo Marin".to_owned(),
        changed: 120,
        finished_at: (number == 0).then(|| at(3_000)),
        created_at: at(2_900),
    }
}
