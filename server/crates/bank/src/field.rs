//! Reads single fields of an element, and says by the element's name what is wrong with one.

use domain::card_number;
use domain::currency::Currency;
use domain::money::Money;
use time::Date;
use time::macros::format_description;

use crate::file::{Reason, WarningReason};
use crate::xml::Element;

/// How long a text may be that is kept, in characters.
const TEXT_MAX: usize = 500;
/// How many lines of further information are kept of one reason.
const DETAILS_MAX: usize = 20;
/// What stands where a bank was given no reference (EPC115-06).
const NOT_PROVIDED: &str = "NOTPROVIDED";

/// A text as it can be shown and stored: without control characters, cut, and with what looks like
/// a card number masked.
pub(crate) fn shown(text: &str) -> String {
    card_number::masked(&plain(text))
}

/// A reference at the end of `path`. It is not masked: it would find nothing any more.
pub(crate) fn reference(element: &Element, path: &[&str]) -> Option<String> {
    element.text_at(path).filter(|text| *text != NOT_PROVIDED).map(plain)
}

fn plain(text: &str) -> String {
    let visible = |character: char| if character.is_control() { '\u{fffd}' } else { character };
    text.chars().take(TEXT_MAX).map(visible).collect()
}

/// An amount with its currency, never below zero: the side says the direction.
pub(crate) fn money(name: &'static str, element: &Element) -> Result<Money, WarningReason> {
    let code = element.attribute("Ccy").unwrap_or_default().trim();
    let currency: Currency = code
        .parse()
        .map_err(|_| WarningReason::UnknownCurrency { element: name, code: shown(code) })?;
    Money::parse(element.text(), currency)
        .ok()
        .filter(|money| money.minor() >= 0)
        .ok_or_else(|| WarningReason::NotAnAmount { element: name, text: shown(element.text()) })
}

/// The day of a date, or of a time as it stands there, without moving it to another zone.
pub(crate) fn date(name: &'static str, element: &Element) -> Result<Date, WarningReason> {
    let inner = element.at(&["Dt"]).or_else(|| element.at(&["DtTm"])).unwrap_or(element);
    let day = inner.text().get(..10).unwrap_or(inner.text());
    Date::parse(day, format_description!("[year]-[month]-[day]"))
        .map_err(|_| WarningReason::NotADate { element: name, text: shown(inner.text()) })
}

/// A reason: its code, standard or the bank's own, and what is said beside it.
///
/// The names are those of all versions: `Rsn` and `AddtlInf`, or `StsRsn` and `AddtlStsRsnInf`.
pub(crate) fn reason(element: &Element) -> Reason {
    let code = ["Rsn", "StsRsn"].into_iter().find_map(|name| {
        element.text_at(&[name, "Cd"]).or_else(|| element.text_at(&[name, "Prtry"]))
    });
    let details = element
        .children()
        .iter()
        .filter(|child| matches!(child.name.as_str(), "AddtlInf" | "AddtlStsRsnInf"))
        .filter(|child| !child.text().is_empty())
        .map(|child| shown(child.text()));
    Reason { code: code.map(shown), details: details.take(DETAILS_MAX).collect() }
}
