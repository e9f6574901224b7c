//! Amounts at the border: decimal strings in major units outside, integers of minor units inside.

/// How many decimals a currency has where it is not two (ISO 4217).
const EXPONENTS: &[(&str, u32)] = &[
    ("BHD", 3),
    ("BIF", 0),
    ("CLP", 0),
    ("DJF", 0),
    ("GNF", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KMF", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("RWF", 0),
    ("TND", 3),
    ("UGX", 0),
    ("VND", 0),
    ("VUV", 0),
    ("XAF", 0),
    ("XOF", 0),
    ("XPF", 0),
];

/// The longest amount that is read, in digits: far below what an `i64` holds.
const DIGITS_MAX: usize = 15;

/// Says whether this looks like a currency code.
pub(crate) fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Counts the decimals of a currency.
pub(crate) fn exponent(currency: &str) -> u32 {
    EXPONENTS.iter().find(|(code, _)| *code == currency).map_or(2, |(_, exponent)| *exponent)
}

/// Reads a positive amount written with exactly the currency's own decimals.
///
/// # Errors
/// A sentence for the caller that says what is wrong.
pub(crate) fn parse_amount(text: &str, currency: &str) -> Result<i64, String> {
    let decimals = exponent(currency) as usize;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits_only = !whole.is_empty()
        && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if !digits_only || leading_zero || fraction.len() != decimals || text.ends_with('.') {
        return Err(format!(
            "an amount in {currency} is written with {decimals} decimals, like {}",
            format_amount(10_i64.pow(exponent(currency)) * 12, currency)
        ));
    }
    if whole.len() + fraction.len() > DIGITS_MAX {
        return Err(format!("an amount has at most {DIGITS_MAX} digits"));
    }
    match format!("{whole}{fraction}").parse() {
        Ok(minor) if minor > 0 => Ok(minor),
        _ => Err("an amount is above zero".to_owned()),
    }
}

/// Writes an amount in major units: `-10.00`.
pub(crate) fn format_amount(minor: i64, currency: &str) -> String {
    let decimals = exponent(currency) as usize;
    let digits = format!("{:0width$}", minor.unsigned_abs(), width = decimals + 1);
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Gives one unit of the currency (one euro, one yen) in minor units.
pub(crate) fn one(currency: &str) -> i64 {
    10_i64.pow(exponent(currency))
}

/// What a processor keeps of captures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tariff {
    /// The share, in millionths.
    pub(crate) share_ppm: i32,
    /// What is kept once per payment, in minor units.
    pub(crate) fixed_minor: i32,
}

impl Tariff {
    /// 1.4 % and 25 minor units.
    pub(crate) const STANDARD: Self = Self { share_ppm: 14_000, fixed_minor: 25 };

    /// Works out what is kept of a capture, rounded half up.
    pub(crate) fn fee(self, captured_minor: i64, is_first_capture: bool) -> i64 {
        let share = (i128::from(captured_minor) * i128::from(self.share_ppm) + 500_000) / 1_000_000;
        let share = i64::try_from(share).expect("a share of an amount is smaller than the amount");
        share + if is_first_capture { i64::from(self.fixed_minor) } else { 0 }
    }
}

/// Reads a share like `1.4` or `2.5%` in percent, as millionths of the whole, at most all of it.
pub(crate) fn parse_percent(text: &str) -> Option<u32> {
    let digits = text.trim().trim_end_matches('%').trim_end();
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || whole.len() > 3 || fraction.len() > 4 {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let fraction: u32 = format!("{fraction:0<4}").parse().ok()?;
    let millionths = whole * 10_000 + fraction;
    (millionths <= 1_000_000).then_some(millionths)
}

/// Writes a share as [`parse_percent`] reads it.
pub(crate) fn format_percent(millionths: u32) -> String {
    let fraction = format!("{:04}", millionths % 10_000);
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{}{dot}{fraction}%", millionths / 10_000)
}

#[cfg(test)]
mod tests {
    use super::{Tariff, format_amount, format_percent, parse_amount, parse_percent};

    #[test]
    fn amounts_have_their_currencys_decimals() {
        assert_eq!(parse_amount("49.99", "EUR"), Ok(4999));
        assert_eq!(parse_amount("0.05", "EUR"), Ok(5));
        assert_eq!(parse_amount("1200", "JPY"), Ok(1200));
        assert_eq!(parse_amount("1.234", "KWD"), Ok(1234));
        for (text, currency) in [
            ("49.9", "EUR"),
            ("49", "EUR"),
            ("49.", "EUR"),
            (".99", "EUR"),
            ("-1.00", "EUR"),
            ("+1.00", "EUR"),
            ("1e2.00", "EUR"),
            ("0.00", "EUR"),
            ("007.00", "EUR"),
            ("1.00", "JPY"),
            ("1.", "JPY"),
            ("", "JPY"),
            ("99999999999999.99", "EUR"),
        ] {
            assert!(parse_amount(text, currency).is_err(), "{text} {currency}");
        }
    }

    #[test]
    fn what_is_read_is_written_the_same() {
        for (text, currency) in
            [("49.99", "EUR"), ("0.05", "USD"), ("1200", "JPY"), ("0.001", "BHD")]
        {
            assert_eq!(format_amount(parse_amount(text, currency).unwrap(), currency), text);
        }
        assert_eq!(format_amount(-1000, "EUR"), "-10.00");
        assert_eq!(format_amount(-5, "EUR"), "-0.05");
    }

    #[test]
    fn the_fee_is_rounded_half_up() {
        let tariff = Tariff::STANDARD;
        assert_eq!(tariff.fee(4999, true), 95, "69.986 is 70");
        assert_eq!(tariff.fee(250, true), 29, "3.5 is 4");
        assert_eq!(tariff.fee(249, false), 3, "3.486 is 3");
    }

    #[test]
    fn shares_are_read_without_floating_point() {
        for (text, millionths) in
            [("1.4", 14_000), ("100%", 1_000_000), ("0.25 %", 2_500), ("0.0001%", 1), ("0", 0)]
        {
            assert_eq!(parse_percent(text), Some(millionths), "{text}");
            assert_eq!(parse_percent(&format_percent(millionths)), Some(millionths), "{text}");
        }
        for text in ["", "%", "-1", "100.1", "1.23456", "a", "1."] {
            assert_eq!(parse_percent(text), None, "{text}");
        }
    }
}
