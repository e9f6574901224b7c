//! The card form: what was typed, and what is wrong with it.

use serde::Deserialize;
use time::OffsetDateTime;

use crate::cards::{NumberError, TestCard, by_number};

/// What the shopper typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Entry {
    pub(crate) number: String,
    pub(crate) expiry: String,
    pub(crate) cvc: String,
    pub(crate) name: String,
    /// A practice card that was chosen by its outcome instead.
    pub(crate) scenario: String,
}

/// A sentence per field that has to be mended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct EntryErrors {
    pub(crate) number: Option<&'static str>,
    pub(crate) expiry: Option<&'static str>,
    pub(crate) cvc: Option<&'static str>,
    pub(crate) name: Option<&'static str>,
}

impl EntryErrors {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Entry {
    /// Fills the form for a practice card.
    pub(crate) fn of(card: &TestCard) -> Self {
        Self {
            number: card.grouped(),
            expiry: "12/34".to_owned(),
            cvc: if card.brand == "amex" { "1234" } else { "123" }.to_owned(),
            name: "Alex Tester".to_owned(),
            scenario: String::new(),
        }
    }

    /// Finds the card, and the expiry as `MM/YY`.
    pub(crate) fn check(
        &self,
        now: OffsetDateTime,
    ) -> Result<(&'static TestCard, String), EntryErrors> {
        let mut errors = EntryErrors::default();
        let card = by_number(&self.number)
            .map_err(|error| errors.number = Some(number_sentence(error)))
            .ok();
        let expiry = read_expiry(&self.expiry);
        errors.expiry = match expiry {
            None => Some("Enter the expiry as month and year, like 12/34."),
            Some((month, year)) if (2000 + year, month) < (now.year(), now.month().into()) => {
                Some("This card has expired. Try another card.")
            }
            Some(_) => None,
        };
        let cvc = self.cvc.trim();
        let cvc_length = if card.is_some_and(|card| card.brand == "amex") { 4 } else { 3 };
        if cvc.len() != cvc_length || !cvc.bytes().all(|byte| byte.is_ascii_digit()) {
            errors.cvc = Some(if cvc_length == 4 {
                "Enter the 4 digits on the front of the card."
            } else {
                "Enter the 3 digits on the back of the card."
            });
        }
        if self.name.trim().is_empty() || self.name.chars().count() > 100 {
            errors.name = Some("Enter the name as it stands on the card.");
        }
        match (card, expiry) {
            (Some(card), Some((month, year))) if errors.is_empty() => {
                Ok((card, format!("{month:02}/{year:02}")))
            }
            _ => Err(errors),
        }
    }
}

fn number_sentence(error: NumberError) -> &'static str {
    match error {
        NumberError::Missing => "Enter a card number.",
        NumberError::Mistyped => "This card number is not valid. Check the digits.",
        NumberError::NotForPractice => "Only practice cards work here. Choose one from the list.",
    }
}

/// Reads `MM/YY`, `MM / YY`, `MMYY` or `MM/YYYY` as month and two-digit year.
fn read_expiry(typed: &str) -> Option<(u8, i32)> {
    let digits: String =
        typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '/').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year = match digits.len() {
        4 => &digits[2..],
        6 if digits[2..].starts_with("20") => &digits[4..],
        _ => return None,
    };
    let month: u8 = digits[..2].parse().ok()?;
    (1..=12).contains(&month).then(|| year.parse().ok().map(|year| (month, year))).flatten()
}

#[cfg(test)]
mod tests {
    use time::{OffsetDateTime, macros::datetime};

    use super::{Entry, read_expiry};
    use crate::cards::{TEST_CARDS, by_slug};

    const NOW: OffsetDateTime = datetime!(2026-11-20 0:00 UTC);

    #[test]
    fn every_practice_card_can_be_entered() {
        for card in TEST_CARDS.iter().filter(|card| card.is_card()) {
            let (found, expiry) = Entry::of(card).check(NOW).unwrap();
            assert_eq!((found.slug, expiry.as_str()), (card.slug, "12/34"));
        }
    }

    #[test]
    fn each_field_has_a_reason_of_its_own() {
        let errors = Entry::default().check(NOW).unwrap_err();
        assert!(
            [errors.number, errors.expiry, errors.cvc, errors.name].iter().all(Option::is_some)
        );

        let visa = by_slug("visa").unwrap();
        let errors = Entry { expiry: "01/20".into(), ..Entry::of(visa) }.check(NOW).unwrap_err();
        assert_eq!(errors.expiry, Some("This card has expired. Try another card."));
        assert!(errors.number.is_none());
    }

    #[test]
    fn an_expiry_is_read_as_people_write_it() {
        for typed in ["12/34", "12 / 34", "1234", "12/2034"] {
            assert_eq!(read_expiry(typed), Some((12, 34)), "{typed}");
        }
        for typed in ["", "13/34", "1/34", "12/1934", "ab/cd", "00/34", "१२/३४"] {
            assert_eq!(read_expiry(typed), None, "{typed}");
        }
    }
}
