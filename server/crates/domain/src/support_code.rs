//! Support codes: what a shopper reads out on the phone, so that staff find the checkout.
//!
//! A code is eleven letters of Crockford's base 32, as `7GK2-M9QX-4TB`. Ten of them hold what the
//! checkout's id begins and ends with, its millisecond and its bucket, so that the primary key finds
//! it without an index of its own; the last one notices a slip of the tongue. A code opens nothing:
//! who only knows it sees nothing of the checkout.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::id::{Bucket, CheckoutId};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 2024-01-01T00:00:00Z in milliseconds: no checkout is older, and the codes last until 2163.
const EPOCH_MS: u64 = 1_704_067_200_000;
const DIGITS: usize = 10;
const MS_BITS: u32 = 42;

/// The code of one checkout; two of one millisecond and one bucket share theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SupportCode {
    ms: u64,
    bucket: Bucket,
}

impl SupportCode {
    /// The code of `checkout`.
    pub fn of(checkout: CheckoutId) -> Self {
        let ms = u64::try_from(checkout.uuid().as_u128() >> 80).unwrap_or(u64::MAX);
        let ms = ms.saturating_sub(EPOCH_MS) & ((1 << MS_BITS) - 1);
        Self { ms, bucket: checkout.bucket() }
    }

    /// The bucket of the checkouts that have this code.
    pub fn bucket(self) -> Bucket {
        self.bucket
    }

    /// The smallest and the largest id that a checkout with this code can have.
    pub fn ids(self) -> (CheckoutId, CheckoutId) {
        let first = u128::from(self.ms + EPOCH_MS) << 80;
        let last = first | ((1_u128 << 80) - 1);
        let id = |value| CheckoutId::from_uuid(self.bucket.stamp(Uuid::from_u128(value)));
        (id(first), id(last))
    }

    fn digits(self) -> [u8; DIGITS] {
        let mut rest = (self.ms << 8) | u64::from(self.bucket.0);
        let mut digits = [0_u8; DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit = (rest & 31) as u8;
            rest >>= 5;
        }
        digits
    }
}

/// Sees every wrong letter but `0` for `Z`, and every two neighbours that changed places.
fn check_digit(digits: &[u8; DIGITS]) -> u8 {
    let sum: u32 = digits.iter().zip(1_u32..).map(|(&digit, place)| u32::from(digit) * place).sum();
    (sum % 31) as u8
}

impl fmt::Display for SupportCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        for (index, digit) in digits.into_iter().chain([check_digit(&digits)]).enumerate() {
            if index == 4 || index == 8 {
                formatter.write_str("-")?;
            }
            write!(formatter, "{}", char::from(ALPHABET[usize::from(digit)]))?;
        }
        Ok(())
    }
}

/// The text is no support code, or was misread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a support code such as 7GK2-M9QX-4TB")]
pub struct BadSupportCode;

impl FromStr for SupportCode {
    type Err = BadSupportCode;

    /// Reads a code in any case, with or without its hyphens; `O`, `I` and `L` count as `0` and `1`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut digits = Vec::with_capacity(DIGITS + 1);
        for letter in text.chars().filter(|letter| !matches!(letter, '-' | ' ')) {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                letter => letter,
            };
            let digit = ALPHABET.iter().position(|&known| char::from(known) == letter);
            digits.push(digit.and_then(|digit| u8::try_from(digit).ok()).ok_or(BadSupportCode)?);
        }
        let (check, digits) = digits.split_last().ok_or(BadSupportCode)?;
        let digits: [u8; DIGITS] = digits.try_into().map_err(|_| BadSupportCode)?;
        if check_digit(&digits) != *check {
            return Err(BadSupportCode);
        }
        let value = digits.iter().fold(0_u64, |value, &digit| (value << 5) | u64::from(digit));
        Ok(Self { ms: value >> 8, bucket: Bucket((value & 0xff) as u8) })
    }
}
