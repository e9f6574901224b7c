//! The card-data tripwire: finds what looks like a card number in any text.
//!
//! Card data must never enter. 13 to 19 digits, also with single spaces or hyphens between them and
//! other numbers beside them, that begin like a card of the large brands and pass Luhn's check
//! (ISO/IEC 7812-1) are taken for a card number. The digits of UUIDs and of ids like them are not:
//! one in a thousand would look like a card by chance.

use std::ops::Range;

const SHORTEST: usize = 13;
const LONGEST: usize = 19;

/// Whether `text` holds something that looks like a card number.
pub fn is_in(text: &str) -> bool {
    is_among(text.as_bytes()) && is_among(&without_ids(text.as_bytes()))
}

/// `text` with the digits of whatever looks like a card number masked.
pub fn masked(text: &str) -> String {
    let bytes = without_ids(text.as_bytes());
    let mut shown = text.as_bytes().to_vec();
    for run in runs(&bytes).filter(|run| hold_card_number(&digit_groups(&bytes, run.start).0)) {
        for byte in &mut shown[run] {
            if byte.is_ascii_digit() {
                *byte = b'*';
            }
        }
    }
    String::from_utf8_lossy(&shown).into_owned()
}

fn is_among(bytes: &[u8]) -> bool {
    runs(bytes).any(|run| hold_card_number(&digit_groups(bytes, run.start).0))
}

/// Where digits stand, with single spaces or hyphens between them.
fn runs(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + bytes.get(from..)?.iter().position(u8::is_ascii_digit)?;
        from = digit_groups(bytes, start).1;
        Some(start..from)
    })
}

/// `bytes` with ids blanked out.
fn without_ids(bytes: &[u8]) -> Vec<u8> {
    let mut rest = bytes.to_vec();
    let mut start = 0;
    while start < rest.len() {
        let length = id_length(&rest, start);
        rest[start..start + length].fill(b'_');
        start += length.max(1);
    }
    rest
}

/// How long the id is that begins at `start`: a UUID, 32 or 64 hexadecimal digits, or the 26
/// characters of one of our ids; zero if none does. One without any letter is no id.
fn id_length(bytes: &[u8], start: usize) -> usize {
    let is_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    if start > 0 && is_word(start - 1) {
        return 0;
    }
    let fits = |length: usize, is_part: &dyn Fn(usize, u8) -> bool| {
        bytes.get(start..start + length).is_some_and(|id| {
            !is_word(start + length)
                && id.iter().any(u8::is_ascii_alphabetic)
                && id.iter().enumerate().all(|(index, &byte)| is_part(index, byte))
        })
    };
    let is_hex = |_: usize, byte: u8| byte.is_ascii_hexdigit();
    let is_uuid = |index: usize, byte: u8| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    let is_suffix = |_: usize, byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let has_prefix = start > 1 && bytes[start - 1] == b'_' && bytes[start - 2].is_ascii_lowercase();
    if fits(36, &is_uuid) {
        36
    } else if fits(32, &is_hex) {
        32
    } else if fits(64, &is_hex) {
        64
    } else if has_prefix && fits(26, &is_suffix) {
        26
    } else {
        0
    }
}

/// The groups of digits from `start` on that single spaces or hyphens divide, and where they end.
fn digit_groups(bytes: &[u8], start: usize) -> (Vec<&[u8]>, usize) {
    let mut groups = Vec::new();
    let mut from = start;
    let mut at = start;
    while at < bytes.len() {
        let is_divider =
            matches!(bytes[at], b' ' | b'-') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if is_divider {
            groups.push(&bytes[from..at]);
            from = at + 1;
        } else if !bytes[at].is_ascii_digit() {
            break;
        }
        at += 1;
    }
    groups.push(&bytes[from..at]);
    (groups, at)
}

/// Whether neighbouring groups make a card number: people write other numbers right beside it, such
/// as its expiry.
fn hold_card_number(groups: &[&[u8]]) -> bool {
    (0..groups.len()).any(|first| {
        let mut digits = Vec::with_capacity(LONGEST);
        for group in &groups[first..] {
            if digits.len() + group.len() > LONGEST {
                return false;
            }
            digits.extend(group.iter().map(|byte| byte - b'0'));
            if is_card_number(&digits) {
                return true;
            }
        }
        false
    })
}

fn is_card_number(digits: &[u8]) -> bool {
    digits.len() >= SHORTEST && has_brand_prefix(digits) && passes_luhn(digits)
}

/// Visa, Mastercard, American Express, Discover, Diners, JCB, `UnionPay`, Maestro.
fn has_brand_prefix(digits: &[u8]) -> bool {
    let two = digits[0] * 10 + digits[1];
    match digits[0] {
        4..=6 => true,
        2 => (22..=27).contains(&two),
        3 => matches!(two, 30 | 34 | 35 | 36 | 37 | 38 | 39),
        _ => false,
    }
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, &digit)| {
            let doubled = u32::from(digit) * 2;
            match index % 2 {
                0 => u32::from(digit),
                _ if doubled > 9 => doubled - 9,
                _ => doubled,
            }
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|&digit| digit != 0)
}
