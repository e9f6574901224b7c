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

/// Works out what the PSP keeps of a capture: 1.4 %, rounded half up, and 25 minor units once per
/// payment.
pub(crate) fn fee(captured_minor: i64, is_first_capture: bool) -> i64 {
    let share = (i128::from(captured_minor) * 14 + 500) / 1000;
    let share = i64::try_from(share).expect("a share of an amount is smaller than the amount");
    share + if is_first_capture { 25 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::{fee, format_amount, parse_amount};

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
        assert_eq!(fee(4999, true), 95, "69.986 is 70");
        assert_eq!(fee(250, true), 29, "3.5 is 4");
        assert_eq!(fee(249, false), 3, "3.486 is 3");
    }
}
