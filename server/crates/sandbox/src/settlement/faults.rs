//! Faults of a settlement file: what it says that the PSP's own book does not.

use crate::{money, settlement::file::FileLine};

/// One way in which a file lies. The order is the order in which victims are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// One line is left out.
    MissingLine,
    /// One line's gross is one unit of its currency too small.
    WrongAmount,
    /// One line stands there twice.
    Duplicate,
    /// One line's fee is one unit of its currency too high.
    SurpriseFee,
    /// One line is in another currency.
    WrongCurrency,
    /// One line's gross is one minor unit too small, as if it had been exchanged and rounded.
    FxRounding,
    /// One line is missing, and the one that was missing the day before is there.
    Late,
}

/// Every fault, with its name and what people are told of it.
pub(crate) const FAULTS: &[(Fault, &str, &str)] = &[
    (Fault::MissingLine, "missing_line", "One line is missing"),
    (Fault::WrongAmount, "wrong_amount", "One amount is 1.00 too small"),
    (Fault::Duplicate, "duplicate", "One line appears twice"),
    (Fault::SurpriseFee, "surprise_fee", "One fee is 1.00 too high"),
    (Fault::WrongCurrency, "wrong_currency", "One line is in another currency"),
    (Fault::FxRounding, "fx_rounding", "One amount is 0.01 too small"),
    (Fault::Late, "late", "One line comes a day later"),
];

/// Reads a list like `missing_line,duplicate`; `None` if a name is unknown.
pub(crate) fn parse(list: &str) -> Option<Vec<Fault>> {
    let mut faults = list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| FAULTS.iter().find(|(_, known, _)| *known == name).map(|(fault, ..)| *fault))
        .collect::<Option<Vec<_>>>()?;
    faults.sort_unstable();
    faults.dedup();
    Some(faults)
}

/// Names the faults as [`parse`] reads them.
pub(crate) fn names(faults: &[Fault]) -> String {
    let names: Vec<&str> = FAULTS
        .iter()
        .filter(|(fault, ..)| faults.contains(fault))
        .map(|(_, name, _)| *name)
        .collect();
    names.join(",")
}

/// Makes the faults, each on a line of its own as long as there are enough.
///
/// Victims are payments with the largest references first, and refunds only where no payment is
/// left, so the same lines always get the same faults.
pub(crate) fn apply(lines: Vec<FileLine>, faults: &[Fault]) -> Vec<FileLine> {
    if lines.is_empty() {
        return lines;
    }
    let victims = victims(&lines);
    let mut copies: Vec<Vec<FileLine>> = lines.into_iter().map(|line| vec![line]).collect();
    for (index, fault) in faults.iter().enumerate() {
        strike(&mut copies[victims[index % victims.len()]], *fault);
    }
    copies.into_iter().flatten().collect()
}

/// Finds the line that a file with these faults leaves for the next day's.
pub(crate) fn left_for_later(lines: &[FileLine], faults: &[Fault]) -> Option<FileLine> {
    let index = faults.iter().position(|fault| *fault == Fault::Late)?;
    let victims = victims(lines);
    let victim = *victims.get(index % victims.len().max(1))?;
    Some(lines[victim].clone())
}

/// Puts the lines in the order in which faults strike them.
fn victims(lines: &[FileLine]) -> Vec<usize> {
    let mut victims: Vec<usize> = (0..lines.len()).collect();
    victims.sort_by(|&one, &other| {
        let key = |index: usize| {
            let line = &lines[index];
            (line.kind == "payment", &line.reference, &line.refund_reference)
        };
        key(other).cmp(&key(one)).then(one.cmp(&other))
    });
    victims
}

/// Makes one fault on one line, which other faults may have struck before.
fn strike(copies: &mut Vec<FileLine>, fault: Fault) {
    match fault {
        Fault::MissingLine | Fault::Late => copies.clear(),
        Fault::WrongAmount => {
            for line in copies {
                line.gross_minor -= money::one(&line.currency);
            }
        }
        Fault::WrongCurrency => {
            for line in copies {
                let other = if line.currency == "USD" { "EUR" } else { "USD" };
                other.clone_into(&mut line.currency);
            }
        }
        Fault::FxRounding => {
            for line in copies {
                line.gross_minor -= 1;
            }
        }
        Fault::Duplicate => copies.extend_from_within(..),
        Fault::SurpriseFee => {
            for line in copies {
                line.fee_minor += money::one(&line.currency);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, apply, names, parse};
    use crate::{clock, settlement::file::FileLine};

    fn lines(references: &[&str]) -> Vec<FileLine> {
        references
            .iter()
            .map(|reference| FileLine {
                kind: "payment".into(),
                reference: (*reference).to_owned(),
                psp_reference: "sp_1".into(),
                refund_reference: None,
                currency: "EUR".into(),
                gross_minor: 4999,
                fee_minor: 95,
                occurred_at: clock::parse("2026-11-20T10:12:13Z").unwrap(),
            })
            .collect()
    }

    #[test]
    fn names_are_read_in_any_order_and_written_in_one() {
        let faults = parse("surprise_fee, missing_line,surprise_fee").unwrap();
        assert_eq!(faults, [Fault::MissingLine, Fault::SurpriseFee]);
        assert_eq!(names(&faults), "missing_line,surprise_fee");
        assert_eq!(parse(""), Some(vec![]));
        assert_eq!(parse("arson"), None);
    }

    #[test]
    fn each_fault_strikes_another_line() {
        let all = parse("missing_line,wrong_amount,duplicate,surprise_fee").unwrap();

        let struck = apply(lines(&["pay_1", "pay_4", "pay_2", "pay_3", "pay_5"]), &all);

        let seen: Vec<_> = struck
            .iter()
            .map(|line| (line.reference.as_str(), line.gross_minor, line.fee_minor))
            .collect();
        let expected = [
            ("pay_1", 4999, 95),
            ("pay_4", 4899, 95),
            ("pay_2", 4999, 195),
            ("pay_3", 4999, 95),
            ("pay_3", 4999, 95),
        ];
        assert_eq!(seen, expected, "pay_5 is missing");
    }

    #[test]
    fn few_lines_share_the_faults() {
        assert!(apply(lines(&["pay_1"]), &parse("missing_line,duplicate").unwrap()).is_empty());
        assert!(apply(lines(&[]), &parse("duplicate").unwrap()).is_empty());
    }
}
