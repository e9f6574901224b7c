//! Amounts in requests: decimal strings, of a currency that is known.

use domain::currency::Currency;
use domain::money::{Money, MoneyError};

use super::fields::Object;
use super::problem::{Code, Problem};

/// How many digits an amount, or the total of a checkout, has before the point at most. More than
/// anybody pays at once, and so little that the books can still add up nine thousand of them.
pub const INTEGER_DIGITS_MAX: usize = 15;

/// The field `amount` of `object`, above zero, in `currency`.
///
/// # Errors
/// [`Problem`] if it is not there or no such amount.
pub fn required(object: &Object<'_>, currency: Currency) -> Result<Money, Problem> {
    parse(object, object.required_text("amount", 32)?, currency)
}

/// The field `amount` of `object`, above zero, in `currency`; none means all that is left.
///
/// # Errors
/// [`Problem`] if it is no such amount, or if the field `currency` is another one.
pub fn optional(object: &Object<'_>, currency: Currency) -> Result<Option<Money>, Problem> {
    if let Some(code) = object.text("currency", 3)?
        && parse_currency(object, code)? != currency
    {
        let detail = format!("The payment is in {currency}; nothing else can be moved.");
        return Err(Problem::of_field(Code::CurrencyMismatch, object.path("currency"), detail));
    }
    object.text("amount", 32)?.map(|text| parse(object, text, currency)).transpose()
}

/// The currency that the field `currency` of `object` names by `code`.
///
/// # Errors
/// [`Problem`].
pub fn parse_currency(object: &Object<'_>, code: &str) -> Result<Currency, Problem> {
    code.parse().map_err(|_| {
        let detail = "This is not a currency of ISO 4217 that one can pay in, such as EUR.";
        Problem::of_field(Code::CurrencyUnknown, object.path("currency"), detail)
    })
}

/// The problem of an amount, or of a sum, that is beyond [`INTEGER_DIGITS_MAX`].
pub fn too_large(path: String) -> Problem {
    let detail = format!("An amount has {INTEGER_DIGITS_MAX} digits before the point at most.");
    Problem::of_field(Code::AmountTooLarge, path, detail)
}

/// Whether there are too many digits before the point.
pub fn is_too_large(amount: Money) -> bool {
    let text = amount.to_decimal_string();
    text.bytes().take_while(u8::is_ascii_digit).count() > INTEGER_DIGITS_MAX
}

fn parse(object: &Object<'_>, text: &str, currency: Currency) -> Result<Money, Problem> {
    let path = object.path("amount");
    let amount = Money::parse(text, currency).map_err(|error| match error {
        MoneyError::TooManyDecimals { allowed } => {
            let detail = format!("An amount in {currency} has {allowed} decimals at most.");
            Problem::of_field(Code::AmountTooManyDecimals, &path, detail)
        }
        MoneyError::OutOfRange => too_large(path.clone()),
        MoneyError::NotANumber | MoneyError::CurrencyMismatch { .. } => {
            let detail = "Write the amount as a decimal string such as \"12.50\".";
            Problem::of_field(Code::AmountInvalid, &path, detail)
        }
    })?;
    if !amount.is_positive() {
        let detail = "An amount is more than nothing.";
        return Err(Problem::of_field(Code::AmountNotPositive, path, detail));
    }
    if is_too_large(amount) {
        return Err(too_large(path));
    }
    Ok(amount)
}
