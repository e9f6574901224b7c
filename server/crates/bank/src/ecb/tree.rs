//! The form of XML: `Cube` within `Cube`, of which one names a day and those in it a currency each.

use super::ReferenceRates;
use super::day::{date, rate};
use crate::file::{Place, Unreadable, UnreadableReason, Warnings};
use crate::xml::{Element, Step, Walk};

/// The element that everything is.
const CUBE: &str = "Cube";

pub(super) fn read(
    text: &str,
    into: &mut ReferenceRates,
    warnings: &mut Warnings,
) -> Result<(), Unreadable> {
    let mut walk = Walk::of(text);
    let mut is_found = false;
    while let Some(step) = walk.next(warnings, |name| name == "Envelope")? {
        let Step::Whole(element) = step else { continue };
        for day in element.all(CUBE) {
            is_found = true;
            take(day, into);
        }
    }
    if is_found {
        return Ok(());
    }
    let place = Place { line: 1, column: 1 };
    Err(Unreadable { place, reason: UnreadableReason::NoRates })
}

fn take(cube: &Element, into: &mut ReferenceRates) {
    let mut rates = Vec::new();
    let day = date(cube.attribute("time").unwrap_or_default());
    let mut refused = day.as_ref().err().cloned();
    for cell in cube.all(CUBE) {
        let Some(currency) = into.currency(cell.attribute("currency").unwrap_or_default()) else {
            continue;
        };
        match rate(currency, cell.attribute("rate").unwrap_or_default()) {
            Ok(units) => rates.extend(units.map(|units| (currency, units))),
            Err(reason) => refused = refused.or(Some(reason)),
        }
    }
    let read = refused.map_or_else(|| day.map(|day| (day, rates)), Err);
    into.take(cube.place.line, read);
}
