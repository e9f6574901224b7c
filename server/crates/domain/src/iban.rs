//! International bank account numbers (ISO 13616), checked against the registry of the standard.
//!
//! An [`Iban`] has a country that has IBANs, that country's length, letters and digits where its
//! registered structure has them, and right check digits (ISO 7064, MOD 97-10). Whether the account
//! exists, only its bank knows; check digits that some countries have inside the number are not
//! looked at.

mod countries;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::iban::countries::Country;

/// How many characters of country and check digits stand before the national number.
const HEAD: usize = 4;
/// How many characters at the end are shown of a masked number.
const SHOWN: usize = 4;

/// An account number that can be paid to.
///
/// `Display` prints it in full, in groups of four; `Debug` prints it masked, since it says whose
/// money it is and should not end up in a log.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Iban(String);

impl Iban {
    /// The electronic form: capital letters and digits without spaces, as it stands in files.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The two letters of the country, by ISO 3166 (and `XK` for Kosovo).
    pub fn country(&self) -> &str {
        &self.0[..2]
    }

    /// Whether the country takes part in the Single Euro Payments Area.
    ///
    /// Source: EPC409-09, the list of SEPA scheme countries, as of 2026.
    pub fn is_sepa(&self) -> bool {
        countries::find(self.country()).is_some_and(|country| country.is_sepa)
    }

    /// The number for lists, such as `DE89 **** **** **** **30 00`: country, check digits, the
    /// length, and the last four characters.
    pub fn masked(&self) -> String {
        let hidden = HEAD..self.0.len() - SHOWN;
        let shown = self.0.char_indices().map(|(index, character)| match character {
            _ if hidden.contains(&index) => '*',
            character => character,
        });
        grouped(shown)
    }
}

/// The characters in groups of four, with spaces between them.
fn grouped(characters: impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    for (index, character) in characters.enumerate() {
        if index > 0 && index % 4 == 0 {
            text.push(' ');
        }
        text.push(character);
    }
    text
}

impl fmt::Display for Iban {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&grouped(self.0.chars()))
    }
}

impl fmt::Debug for Iban {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.masked())
    }
}

impl FromStr for Iban {
    type Err = IbanError;

    /// Reads a number in either case, with spaces anywhere.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let compact: String = text
            .chars()
            .filter(|character| !character.is_whitespace())
            .map(|character| character.to_ascii_uppercase())
            .collect();
        if let Some(index) =
            compact.chars().position(|character| !character.is_ascii_alphanumeric())
        {
            return Err(IbanError::Character { place: index + 1 });
        }
        let code = compact
            .get(..2)
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_uppercase()))
            .ok_or(IbanError::NoCountry)?;
        let country =
            countries::find(code).ok_or_else(|| IbanError::UnknownCountry(code.to_owned()))?;
        check_shape(&compact, country)?;
        if has_right_check_digits(&compact) {
            Ok(Self(compact))
        } else {
            Err(IbanError::CheckDigits)
        }
    }
}

/// Length first, then each character by the country's structure; check digits are digits.
fn check_shape(compact: &str, country: &'static Country) -> Result<(), IbanError> {
    let expected = HEAD + country.places().count();
    let found = compact.len();
    if found != expected {
        return Err(IbanError::Length { country: country.code, expected, found });
    }
    let places = ['n', 'n'].into_iter().chain(country.places());
    for ((index, byte), kind) in compact.bytes().enumerate().skip(2).zip(places) {
        match kind {
            'n' if !byte.is_ascii_digit() => return Err(IbanError::Digit { place: index + 1 }),
            'a' if !byte.is_ascii_uppercase() => {
                return Err(IbanError::Letter { place: index + 1 });
            }
            _ => {}
        }
    }
    Ok(())
}

/// MOD 97-10: the number with its head moved to the end and letters as 10 to 35 leaves 1.
///
/// 00, 01 and 99 leave it too where 97, 98 and 02 do, but the standard gives out 02 to 98 only.
fn has_right_check_digits(compact: &str) -> bool {
    let (head, national) = compact.split_at(HEAD);
    let remainder = national.bytes().chain(head.bytes()).fold(0_u32, |remainder, byte| {
        let value = char::from(byte).to_digit(36).unwrap_or(0);
        let shifted = remainder * if value < 10 { 10 } else { 100 };
        (shifted + value) % 97
    });
    remainder == 1 && !matches!(&head[2..], "00" | "01" | "99")
}

impl TryFrom<String> for Iban {
    type Error = IbanError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Why a text is no account number. Places count from 1 and leave spaces out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IbanError {
    /// Something other than letters, digits and spaces.
    #[error("an account number has only letters and digits, and character {place} is neither")]
    Character {
        /// Which.
        place: usize,
    },
    /// It does not begin with two letters.
    #[error("an account number begins with the two letters of its country, such as DE")]
    NoCountry,
    /// The registry has no such country.
    #[error("{0} is not a country that has IBANs")]
    UnknownCountry(String),
    /// Too short or too long for its country.
    #[error("an account number of {country} has {expected} characters, this one has {found}")]
    Length {
        /// The two letters of the country.
        country: &'static str,
        /// How many characters its numbers have.
        expected: usize,
        /// How many this one has.
        found: usize,
    },
    /// A letter where the country has digits.
    #[error("character {place} must be a digit")]
    Digit {
        /// Which.
        place: usize,
    },
    /// A digit where the country has letters.
    #[error("character {place} must be a letter")]
    Letter {
        /// Which.
        place: usize,
    },
    /// The check digits are not those of the number, or are none that exist (00, 01, 99).
    #[error("the check digits are wrong: some character is mistyped")]
    CheckDigits,
}
