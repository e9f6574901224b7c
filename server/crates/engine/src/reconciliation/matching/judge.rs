//! The judgement of a line of a payment, beside what our books expect.

use domain::event::Fact;
use domain::fee::ProcessorTariff;
use domain::id::PaymentId;
use domain::matching::MismatchKind;
use domain::money::Money;
use uuid::Uuid;

use crate::db::Fault;
use crate::reconciliation::matching::findings::{Difference, Findings, Line, broken};
use crate::reconciliation::matching::store::PaymentRow;
use crate::reconciliation::mismatches::opening::Procedure;

/// A payment's figures as the lines of the file so far leave them, in its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Running {
    /// What the shopper agreed to pay.
    amount: Money,
    captured: Money,
    /// Settled before this file and by its lines so far.
    settled: Money,
    /// What was left and has been adjusted away.
    adjusted: Money,
    /// The last line that settled something, and what it said.
    last: Option<(Uuid, Money)>,
}

/// What a line is for a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It settles a capture, perhaps at another amount.
    Settles,
    /// It reports a capture that we have not heard of and that fits the payment.
    Unheard {
        /// Captured in total, with this.
        total: Money,
    },
    /// It reports again what was settled.
    Duplicate,
    /// It reports more than the payment was ever for.
    TooMuch,
}

impl Running {
    /// Whether a line of the file has settled something.
    pub(super) fn has_settled(&self) -> bool {
        self.last.is_some()
    }

    /// What the processor still owes of the captures.
    fn left(&self) -> Result<Money, Fault> {
        let left = self.captured.checked_sub(self.settled).map_err(broken)?;
        left.checked_sub(self.adjusted).map_err(broken)
    }

    /// What a line of `gross` is. `repeated` says that a line of the same capture stands before it.
    fn verdict(&self, gross: Money, repeated: bool) -> Result<Verdict, Fault> {
        let left = self.left()?;
        if gross.minor() <= left.minor() {
            return Ok(Verdict::Settles);
        }
        if repeated {
            return Ok(Verdict::Duplicate);
        }
        if left.is_positive() {
            return Ok(Verdict::Settles);
        }
        let total = self.settled.checked_add(gross).map_err(broken)?;
        if self.adjusted.is_zero() && total.minor() <= self.amount.minor() {
            Ok(Verdict::Unheard { total })
        } else if self.captured.is_positive() {
            Ok(Verdict::Duplicate)
        } else {
            Ok(Verdict::TooMuch)
        }
    }
}

/// Judges one line and notes what follows.
pub(super) fn payment(findings: &mut Findings<'_>, row: &PaymentRow) -> Result<(), Fault> {
    let figures = [row.gross_minor, row.fee_minor, row.net_minor];
    let place = (row.settlement_line_id, row.line);
    let line = Line::new(place, &row.processor_reference, &row.currency, figures)?;
    findings.see(line.id);
    let Some((id, running)) = ours(row)? else {
        let detail = format!("no payment of this account has the reference {}", row.reference);
        return findings.unexplained(line, MismatchKind::MissingInOurBooks, None, (None, detail));
    };
    if running.amount.currency() != line.gross.currency() {
        let detail = format!("the payment is of {}, the line of {}", running.amount, line.gross);
        return findings.unexplained(line, MismatchKind::Currency, Some(id), (None, detail));
    }
    let running = *findings.running.entry(id).or_insert(running);
    match running.verdict(line.gross, row.repeated)? {
        Verdict::Settles => settle(findings, line, id, running),
        Verdict::Unheard { total } => {
            unheard(findings, line, id, running);
            findings.learn(line, id, Fact::Captured { total });
            settle(findings, line, id, Running { captured: total, ..running })
        }
        Verdict::Duplicate => {
            let left = Some(running.left()?);
            let detail = format!(
                "the line reports {} again: {} of {} is settled",
                line.gross, running.settled, running.captured
            );
            findings.unexplained(line, MismatchKind::Duplicate, Some(id), (left, detail))
        }
        Verdict::TooMuch => {
            let detail = format!(
                "the processor captured {}, the payment was for {} and is not captured",
                line.gross, running.amount
            );
            let kind = MismatchKind::MissingInOurBooks;
            findings.unexplained(line, kind, Some(id), (Some(running.captured), detail))
        }
    }
}

/// Compares what the lines have settled with what was captured, payment by payment.
pub(super) fn close(findings: &mut Findings<'_>) -> Result<(), Fault> {
    for (id, running) in findings.running.clone() {
        let left = running.left()?;
        let Some((line, theirs)) = running.last.filter(|_| !left.is_zero()) else { continue };
        let ours = theirs.checked_add(left).map_err(broken)?;
        let difference = Difference {
            kind: MismatchKind::Amount,
            payment: Some(id),
            ours: Some(ours),
            theirs,
            held: left,
            detail: format!("the line says {theirs}, our books say {ours}"),
        };
        findings.differs(line, difference, None);
    }
    Ok(())
}

/// The payment's side of a joined row.
fn ours(row: &PaymentRow) -> Result<Option<(PaymentId, Running)>, Fault> {
    let (Some(id), Some(currency), Some(amount), Some(captured), Some(settled)) = (
        row.payment_id,
        &row.our_currency,
        row.amount_minor,
        row.captured_minor,
        row.settled_minor,
    ) else {
        return Ok(None);
    };
    let currency = currency.parse().map_err(|_| Fault::CorruptRow(format!("payment {id}")))?;
    let money = |minor| Money::from_minor(minor, currency);
    let running = Running {
        amount: money(amount),
        captured: money(captured),
        settled: money(settled),
        adjusted: money(row.adjusted_minor),
        last: None,
    };
    Ok(Some((PaymentId::from_uuid(id), running)))
}

/// Opens the mismatch that the procedure fixes at once.
fn unheard(findings: &mut Findings<'_>, line: Line<'_>, id: PaymentId, running: Running) {
    let captured = running.captured;
    let difference = Difference {
        kind: MismatchKind::Status,
        payment: Some(id),
        ours: Some(captured),
        theirs: line.gross,
        held: Money::zero(line.gross.currency()),
        detail: format!(
            "the processor captured {}, and we had not heard of it: our books said {captured}",
            line.gross
        ),
    };
    let procedure = Procedure {
        name: "apply_capture_from_file",
        reason: "the capture was applied as the file reports it",
        amount: line.gross,
    };
    findings.differs(line.id, difference, Some(procedure));
}

fn settle(
    findings: &mut Findings<'_>,
    line: Line<'_>,
    id: PaymentId,
    running: Running,
) -> Result<(), Fault> {
    let expected_fee =
        expected_fee(findings.intake.account.tariff, line, running.left()?).map_err(broken)?;
    let fact = Fact::Settled { gross: line.gross, fee: line.fee, expected_fee };
    findings.learn(line, id, fact);
    findings.matched(line, id.uuid(), "reference");
    let settled = running.settled.checked_add(line.gross).map_err(broken)?;
    let running = Running { settled, last: Some((line.id, line.gross)), ..running };
    findings.running.insert(id, running);
    if line.fee == expected_fee {
        return Ok(());
    }
    let difference = Difference {
        kind: MismatchKind::Fee,
        payment: Some(id),
        ours: Some(expected_fee),
        theirs: line.fee,
        held: line.fee.checked_sub(expected_fee).map_err(broken)?,
        detail: format!("the processor kept {}, the tariff gives {expected_fee}", line.fee),
    };
    findings.differs(line.id, difference, None);
    Ok(())
}

/// The fee that the tariff gives. Where the line's amount is wrong, the fee may be right for it or
/// for the amount that we expected; the one that is nearer to what was kept counts.
fn expected_fee(
    tariff: ProcessorTariff,
    line: Line<'_>,
    expected: Money,
) -> Result<Money, domain::money::MoneyError> {
    let [of_line, of_ours] = [line.gross, expected].map(|amount| tariff.fee(amount));
    let distance = |fee: Money| line.fee.checked_sub(fee).map(|gap| gap.minor().unsigned_abs());
    Ok(if distance(of_ours)? < distance(of_line)? { of_ours } else { of_line })
}

#[cfg(test)]
mod tests {
    use super::{Running, Verdict};
    use domain::currency::Currency;
    use domain::money::Money;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn running(captured: i64, settled: i64, adjusted: i64) -> Running {
        let (captured, settled, adjusted) = (eur(captured), eur(settled), eur(adjusted));
        Running { amount: eur(10_000), captured, settled, adjusted, last: None }
    }

    fn verdict(running: Running, gross: i64, repeated: bool) -> Verdict {
        running.verdict(eur(gross), repeated).unwrap()
    }

    #[test]
    fn a_line_settles_what_is_left_or_part_of_it() {
        assert_eq!(verdict(running(10_000, 0, 0), 10_000, false), Verdict::Settles);
        assert_eq!(verdict(running(10_000, 0, 0), 6_000, false), Verdict::Settles);
        assert_eq!(verdict(running(10_000, 6_000, 0), 4_000, false), Verdict::Settles);
    }

    #[test]
    fn two_equal_captures_of_one_second_are_no_duplicate() {
        assert_eq!(verdict(running(10_000, 5_000, 0), 5_000, true), Verdict::Settles);
    }

    #[test]
    fn a_line_above_what_is_left_settles_at_its_own_amount() {
        assert_eq!(verdict(running(6_000, 0, 0), 6_100, false), Verdict::Settles);
    }

    #[test]
    fn a_line_for_what_was_settled_is_a_duplicate() {
        assert_eq!(verdict(running(10_000, 10_000, 0), 10_000, false), Verdict::Duplicate);
        assert_eq!(verdict(running(10_000, 9_900, 0), 9_900, true), Verdict::Duplicate);
    }

    #[test]
    fn a_line_for_what_was_written_off_is_a_duplicate() {
        assert_eq!(verdict(running(10_000, 0, 10_000), 10_000, false), Verdict::Duplicate);
        assert_eq!(verdict(running(5_000, 0, 5_000), 5_000, false), Verdict::Duplicate);
    }

    #[test]
    fn a_capture_that_we_did_not_hear_of_is_unheard_within_the_payment() {
        let total = eur(10_000);
        assert_eq!(verdict(running(0, 0, 0), 10_000, false), Verdict::Unheard { total });
        assert_eq!(verdict(running(6_000, 6_000, 0), 4_000, false), Verdict::Unheard { total });
        assert_eq!(verdict(running(0, 0, 0), 10_001, false), Verdict::TooMuch);
        assert_eq!(verdict(running(6_000, 6_000, 0), 4_001, false), Verdict::Duplicate);
    }
}
