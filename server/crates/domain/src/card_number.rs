//! The card-data tripwire: finds what looks like a card number in any text.
//!
//! Card data must never enter. A run of 13 to 19 digits, also with single spaces or hyphens
//! between them, that begins like a card of the large brands and passes Luhn's check (ISO/IEC
//! 7812-1) is taken for a card number.

const SHORTEST: usize = 13;
const LONGEST: usize = 19;

/// Whether `text` holds something that looks like a card number.
pub fn is_in(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        if !bytes[start].is_ascii_digit() {
            start += 1;
            continue;
        }
        let (digits, end) = digit_run(bytes, start);
        if holds_card_number(&digits) {
            return true;
        }
        start = end;
    }
    false
}

/// The digits from `start` on, single spaces and hyphens between them left out, and where they end.
fn digit_run(bytes: &[u8], start: usize) -> (Vec<u8>, usize) {
    let mut digits = Vec::new();
    let mut at = start;
    while at < bytes.len() {
        let separator =
            matches!(bytes[at], b' ' | b'-') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if bytes[at].is_ascii_digit() {
            digits.push(bytes[at] - b'0');
        } else if !separator {
            break;
        }
        at += 1;
    }
    (digits, at)
}

fn holds_card_number(digits: &[u8]) -> bool {
    if digits.len() > LONGEST {
        return false;
    }
    digits.len() >= SHORTEST && has_brand_prefix(digits) && passes_luhn(digits)
}

/// Visa, Mastercard, American Express, Discover, Diners, JCB, `UnionPay`, Maestro.
fn has_brand_prefix(digits: &[u8]) -> bool {
    let two = digits[0] * 10 + digits[1];
    match digits[0] {
        4 | 5 | 6 => true,
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
