//! What the judgement of a file's lines leads to, collected before anything is written.

use std::collections::BTreeMap;

use domain::currency::Currency;
use domain::event::Fact;
use domain::id::{Id, PaymentId, SettlementLineId};
use domain::matching::MismatchKind;
use domain::money::{Money, MoneyError};
use domain::posting::{self, PostingError};
use serde_json::json;
use uuid::Uuid;

use crate::db::{Fault, new_id};
use crate::ledger::{self, Draft};
use crate::payments::{Input, Source};
use crate::reconciliation::matching::judge::Running;
use crate::reconciliation::matching::store::MatchRow;
use crate::reconciliation::mismatches::opening::{NewMismatch, Procedure};
use crate::reconciliation::take_in::Intake;

/// Everything that has to be written for the lines judged so far.
pub(super) struct Findings<'a> {
    pub(super) intake: &'a Intake,
    /// What happens to payments.
    pub(super) inputs: Vec<Input>,
    /// What is posted beside payments: to suspense.
    pub(super) drafts: Vec<Draft>,
    pub(super) matches: Vec<MatchRow>,
    pub(super) mismatches: Vec<NewMismatch>,
    /// Each payment that a line has named, with what the lines so far make of it.
    pub(super) running: BTreeMap<PaymentId, Running>,
    /// Each judged line, and whether it differs from our books.
    lines: BTreeMap<Uuid, bool>,
}

/// The figures of a line, and what names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) id: Uuid,
    pub(super) number: i32,
    pub(super) processor_reference: &'a str,
    pub(super) gross: Money,
    pub(super) fee: Money,
    pub(super) net: Money,
}

impl<'a> Line<'a> {
    pub(super) fn new(
        (id, number): (Uuid, i32),
        processor_reference: &'a str,
        currency: &str,
        [gross, fee, net]: [i64; 3],
    ) -> Result<Self, Fault> {
        let currency: Currency =
            currency.parse().map_err(|_| Fault::CorruptRow(format!("settlement line {id}")))?;
        let [gross, fee, net] = [gross, fee, net].map(|minor| Money::from_minor(minor, currency));
        Ok(Self { id, number, processor_reference, gross, fee, net })
    }
}

/// What a line differs in.
pub(super) struct Difference {
    pub(super) kind: MismatchKind,
    pub(super) payment: Option<PaymentId>,
    pub(super) ours: Option<Money>,
    pub(super) theirs: Money,
    /// What stands on suspense, or is left on the receivable: debit positive.
    pub(super) held: Money,
    pub(super) detail: String,
}

impl<'a> Findings<'a> {
    pub(super) fn new(intake: &'a Intake) -> Self {
        Self {
            intake,
            inputs: Vec::new(),
            drafts: Vec::new(),
            matches: Vec::new(),
            mismatches: Vec::new(),
            running: BTreeMap::new(),
            lines: BTreeMap::new(),
        }
    }

    /// How many lines agree, and how many differ.
    pub(super) fn line_counts(&self) -> (usize, usize) {
        let mismatched = self.lines.values().filter(|&&differs| differs).count();
        (self.lines.len() - mismatched, mismatched)
    }

    /// The judged lines that differ (`true`), or agree (`false`).
    pub(super) fn lines_that_differ(&self, differ: bool) -> Vec<Uuid> {
        self.lines.iter().filter(|line| *line.1 == differ).map(|line| *line.0).collect()
    }

    /// Counts a line, as agreeing until it turns out to differ.
    pub(super) fn see(&mut self, line: Uuid) {
        self.lines.entry(line).or_insert(false);
    }

    /// Hands a fact that the line reports to the payment.
    pub(super) fn learn(&mut self, line: Line<'_>, payment: PaymentId, fact: Fact) {
        let evidence = json!({
            "settlement_file": self.intake.id,
            "settlement_line": SettlementLineId::from_uuid(line.id),
            "line": line.number,
            "processor_reference": line.processor_reference,
            "gross": line.gross,
            "fee": line.fee,
        });
        self.inputs.push(Input::fact(payment, fact, Source::File, evidence));
    }

    /// Notes what the line settles.
    pub(super) fn matched(&mut self, line: Line<'_>, object: Uuid, rule: &'static str) {
        self.matches.push(MatchRow {
            settlement_line_id: line.id,
            object_id: object,
            amount_minor: line.gross.minor(),
            rule,
        });
    }

    /// Opens a mismatch for the line; with a procedure it is resolved at once.
    pub(super) fn differs(
        &mut self,
        line: Uuid,
        difference: Difference,
        procedure: Option<Procedure>,
    ) {
        self.lines.insert(line, true);
        let line = SettlementLineId::from_uuid(line);
        let bucket = difference.payment.map_or(line.bucket(), Id::bucket);
        self.mismatches.push(NewMismatch {
            id: new_id(bucket),
            kind: difference.kind,
            line: Some(line),
            payment: difference.payment,
            currency: difference.theirs.currency(),
            ours_minor: difference.ours.map(Money::minor),
            theirs_minor: Some(difference.theirs.minor()),
            held_minor: difference.held.minor(),
            detail: difference.detail,
            procedure,
        });
    }

    /// Books `net` of a line that nothing of ours explains to suspense, and opens a mismatch.
    pub(super) fn unexplained(
        &mut self,
        line: Line<'_>,
        kind: MismatchKind,
        payment: Option<PaymentId>,
        (ours, detail): (Option<Money>, String),
    ) -> Result<(), Fault> {
        let held = self.suspend(line, kind, line.net)?;
        let theirs = line.gross;
        self.differs(line.id, Difference { kind, payment, ours, theirs, held, detail }, None);
        Ok(())
    }

    /// Books `net` to the processor's balance against suspense; returns what then stands there.
    pub(super) fn suspend(
        &mut self,
        line: Line<'_>,
        kind: MismatchKind,
        net: Money,
    ) -> Result<Money, Fault> {
        let cause = format!("unexplained/{}", kind.as_str());
        match posting::unexplained(cause, self.intake.account.id, net) {
            Ok(posting) => {
                let bucket = SettlementLineId::from_uuid(line.id).bucket();
                self.drafts.push(ledger::draft(self.intake.shop, bucket, line.id, posting));
            }
            // A fee as large as the amount leaves nothing to book.
            Err(PostingError::Empty) => {}
            Err(error) => return Err(Fault::Broken(format!("line {}: {error}", line.number))),
        }
        net.checked_neg().map_err(broken)
    }
}

/// Amounts of one line and one payment always fit together: both were checked.
pub(super) fn broken(error: MoneyError) -> Fault {
    Fault::Broken(format!("reconciliation: {error}"))
}
