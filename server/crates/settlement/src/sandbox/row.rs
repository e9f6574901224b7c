//! Single rows of the sandbox's file: LINE and BALANCE.

use domain::money::Money;

use super::{COLUMNS, Row};
use crate::field;
use crate::file::{Balance, Line, LineKind, RefusedReason};

/// Reads a LINE row. Every text is looked through for card numbers before anything else.
pub(super) fn line(row: &Row<'_>) -> Result<Line, RefusedReason> {
    for (name, value) in COLUMNS.iter().zip(row.fields.iter()) {
        field::text(name, value)?;
    }
    row.has_fields(COLUMNS.len())?;
    field::required("line", row.field(1))?;
    let kind = LineKind::from_word(field::required("type", row.field(2))?)
        .ok_or(RefusedReason::UnknownType("type"))?;
    let reference = field::required("reference", row.field(3))?;
    let processor_reference = field::required("psp_reference", row.field(4))?;
    let refund_reference = refund_reference(kind, row.field(5))?;
    let currency = field::currency("currency", row.field(6))?;
    let gross = field::money("gross", row.field(7), currency)?;
    let fee = field::money("fee", row.field(8), currency)?;
    let net = field::money("net", row.field(9), currency)?;
    check_amounts(kind, gross, fee, net)?;
    Ok(Line {
        line: row.line,
        kind,
        reference: reference.to_owned(),
        processor_reference: processor_reference.to_owned(),
        refund_reference,
        gross,
        fee,
        net,
        occurred_at: field::instant("occurred_at", row.field(10))?,
    })
}

fn refund_reference(kind: LineKind, value: &str) -> Result<Option<String>, RefusedReason> {
    const NAME: &str = "refund_reference";
    match (kind, value) {
        (LineKind::Payment, "") => Ok(None),
        (LineKind::Payment, _) => Err(RefusedReason::Unexpected(NAME)),
        (LineKind::Refund, value) => field::required(NAME, value).map(|value| Some(value.into())),
    }
}

fn check_amounts(
    kind: LineKind,
    gross: Money,
    fee: Money,
    net: Money,
) -> Result<(), RefusedReason> {
    match kind {
        LineKind::Payment if gross.minor() <= 0 => return Err(RefusedReason::NotPositive("gross")),
        LineKind::Refund if gross.minor() >= 0 => return Err(RefusedReason::NotNegative("gross")),
        LineKind::Payment | LineKind::Refund => {}
    }
    if fee.minor() < 0 {
        return Err(RefusedReason::Negative("fee"));
    }
    let expected = gross.checked_sub(fee).map_err(|_| RefusedReason::OutOfRange("net"))?;
    if net == expected { Ok(()) } else { Err(RefusedReason::Net { expected }) }
}

/// Reads a BALANCE row; a currency has one at most.
pub(super) fn balance(row: &Row<'_>, before: &[Balance]) -> Result<Balance, RefusedReason> {
    row.has_fields(5)?;
    let currency = field::currency("currency", row.field(1))?;
    if before.iter().any(|balance| balance.currency == currency) {
        return Err(RefusedReason::RepeatedBalance(currency));
    }
    Ok(Balance {
        line: row.line,
        currency,
        opening: field::money("opening", row.field(2), currency)?,
        movements: field::money("movements", row.field(3), currency)?,
        closing: field::money("closing", row.field(4), currency)?,
    })
}
