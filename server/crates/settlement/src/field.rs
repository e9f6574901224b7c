//! Reads single fields of a row, and says by the field's name what is wrong with one.

use domain::card_number;
use domain::currency::Currency;
use domain::money::{Money, MoneyError};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::file::RefusedReason;

/// How long a reference or a name may be, in bytes.
const TEXT_MAX: usize = 255;
/// How large an amount may be, in minor units: five hundred trillion yen fit, and a file's lines
/// can be summed.
const MINOR_MAX: u64 = 1_000_000_000_000_000;

/// A text that may be empty, safe to store and to show.
pub(crate) fn text<'a>(name: &'static str, value: &'a str) -> Result<&'a str, RefusedReason> {
    if card_number::is_in(value) {
        return Err(RefusedReason::CardNumber(name));
    }
    if value.len() > TEXT_MAX {
        return Err(RefusedReason::TooLong(name));
    }
    if value.chars().any(char::is_control) {
        return Err(RefusedReason::ControlCharacter(name));
    }
    Ok(value)
}

/// A text that must be there.
pub(crate) fn required<'a>(name: &'static str, value: &'a str) -> Result<&'a str, RefusedReason> {
    match text(name, value)? {
        "" => Err(RefusedReason::Missing(name)),
        value => Ok(value),
    }
}

/// A currency code.
pub(crate) fn currency(name: &'static str, value: &str) -> Result<Currency, RefusedReason> {
    required(name, value)?.parse().map_err(|_| RefusedReason::UnknownCurrency(name))
}

/// An amount with exactly the currency's decimals.
///
/// Fewer are refused too: a file that suddenly counts in another unit must not be read as a
/// hundred times as much.
pub(crate) fn money(
    name: &'static str,
    value: &str,
    currency: Currency,
) -> Result<Money, RefusedReason> {
    let value = required(name, value)?;
    let expected = currency.exponent();
    let money = Money::parse(value, currency).map_err(|error| match error {
        MoneyError::NotANumber => RefusedReason::NotANumber(name),
        MoneyError::TooManyDecimals { .. } => RefusedReason::Decimals { field: name, expected },
        MoneyError::OutOfRange | MoneyError::CurrencyMismatch { .. } => {
            RefusedReason::OutOfRange(name)
        }
    })?;
    if money.minor().unsigned_abs() > MINOR_MAX {
        return Err(RefusedReason::OutOfRange(name));
    }
    let decimals = value.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if u32::try_from(decimals) == Ok(expected) {
        Ok(money)
    } else {
        Err(RefusedReason::Decimals { field: name, expected })
    }
}

/// An instant of RFC 3339.
pub(crate) fn instant(name: &'static str, value: &str) -> Result<OffsetDateTime, RefusedReason> {
    OffsetDateTime::parse(required(name, value)?, &Rfc3339)
        .map_err(|_| RefusedReason::NotATime(name))
}
