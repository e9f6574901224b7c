//! One day of rates, put together cell by cell.

use domain::currency::Currency;
use rust_decimal::Decimal;
use time::Date;
use time::macros::format_description;

use super::{BASE, DayRates, ReferenceRates, RefusedDay, RefusedReason};
use crate::field::shown;

/// How many digits a rate has before and after the point, at most: what can be computed with. The
/// bank gives six.
pub(super) const DIGITS_MAX: u32 = 12;
/// What stands where a currency has no rate that day.
const NONE: &str = "N/A";
/// How many names that are not taken are kept.
const NOT_TAKEN_MAX: usize = 100;

/// The day of `text`, in digits or in words.
pub(super) fn date(text: &str) -> Result<Date, RefusedReason> {
    let in_digits = format_description!("[year]-[month]-[day]");
    let in_words = format_description!("[day padding:none] [month repr:long] [year]");
    Date::parse(text, in_digits)
        .or_else(|_| Date::parse(text, in_words))
        .map_err(|_| RefusedReason::NotADate)
}

/// The rate of a cell; none if the currency has none that day.
pub(super) fn rate(currency: Currency, text: &str) -> Result<Option<Decimal>, RefusedReason> {
    if text.is_empty() || text == NONE {
        return Ok(None);
    }
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte));
    let units = Decimal::from_str_exact(text).ok().filter(|_| is_plain);
    let units = units.ok_or(RefusedReason::NotANumber(currency))?.normalize();
    if units <= Decimal::ZERO {
        return Err(RefusedReason::NotPositive(currency));
    }
    if units.mantissa() >= 10_i128.pow(DIGITS_MAX) || units.scale() > DIGITS_MAX {
        return Err(RefusedReason::TooManyDigits(currency));
    }
    Ok(Some(units))
}

impl ReferenceRates {
    /// Takes a day, or keeps why it was refused.
    pub(super) fn take(
        &mut self,
        line: u32,
        read: Result<(Date, Vec<(Currency, Decimal)>), RefusedReason>,
    ) {
        match read.and_then(unrepeated) {
            Ok((day, rates)) => self.days.push(DayRates { line, day, rates }),
            Err(reason) => self.refused.push(RefusedDay { line, reason }),
        }
    }

    /// The currency of this name, unless it is none of today, which is kept.
    pub(super) fn currency(&mut self, name: &str) -> Option<Currency> {
        let found = name.parse().ok().filter(|&currency| currency != BASE);
        let is_new = found.is_none() && !self.not_taken.iter().any(|known| *known == shown(name));
        if is_new && self.not_taken.len() < NOT_TAKEN_MAX {
            self.not_taken.push(shown(name));
        }
        found
    }
}

type Day = (Date, Vec<(Currency, Decimal)>);

fn unrepeated((day, rates): Day) -> Result<Day, RefusedReason> {
    let repeated = rates.iter().enumerate().find(|(index, (currency, _))| {
        rates[..*index].iter().any(|(before, _)| before == currency)
    });
    match repeated {
        Some((_, &(currency, _))) => Err(RefusedReason::Repeated(currency)),
        None => Ok((day, rates)),
    }
}
