//! What a merchant may ask of transfers, read and checked.

use serde::Deserialize;

use crate::{
    answer::{ApiError, read_json},
    money::parse_amount,
    processors::Processor,
    transfers::iban,
};

/// The longest reference that a bank carries from end to end.
const REFERENCE_LENGTH_MAX: usize = 35;
const NAME_LENGTH_MAX: usize = 70;
const REMITTANCE_LENGTH_MAX: usize = 140;

/// The currencies in which banks are sent money.
const CURRENCIES: [&str; 46] = [
    "AED", "AUD", "BHD", "BRL", "CAD", "CHF", "CLP", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD",
    "HUF", "IDR", "ILS", "INR", "ISK", "JOD", "JPY", "KRW", "KWD", "MAD", "MXN", "MYR", "NOK",
    "NZD", "OMR", "PEN", "PHP", "PLN", "QAR", "RON", "RSD", "SAR", "SEK", "SGD", "THB", "TND",
    "TRY", "TWD", "UAH", "USD", "VND", "XOF", "ZAR",
];

/// A transfer that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewTransfer {
    pub(crate) reference: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    /// In capitals, without spaces.
    pub(crate) iban: String,
    pub(crate) name: String,
    pub(crate) remittance: String,
}

#[derive(Deserialize)]
struct TransferBody {
    reference: String,
    amount: String,
    currency: String,
    iban: String,
    name: String,
    #[serde(default)]
    remittance: String,
}

impl NewTransfer {
    /// Reads the body of `POST /v1/transfers`.
    pub(crate) fn read(body: &[u8], processor: &Processor) -> Result<Self, ApiError> {
        let body: TransferBody = read_json(body)?;
        check_reference(&body.reference)?;
        check_text("name", &body.name, 1..=NAME_LENGTH_MAX)?;
        check_text("remittance", &body.remittance, 0..=REMITTANCE_LENGTH_MAX)?;
        if !CURRENCIES.contains(&body.currency.as_str()) || !processor.takes(&body.currency) {
            let message = format!("{} sends no money in this currency", processor.label);
            return Err(ApiError::unprocessable("currency_not_supported", "currency", message));
        }
        let amount_minor = parse_amount(&body.amount, &body.currency)
            .map_err(|message| ApiError::unprocessable("invalid_amount", "amount", message))?;
        let iban = iban::read(&body.iban)
            .map_err(|message| ApiError::unprocessable("invalid_iban", "iban", message))?;
        Ok(Self {
            reference: body.reference,
            amount_minor,
            currency: body.currency,
            iban,
            name: body.name,
            remittance: body.remittance,
        })
    }
}

/// Refuses references that no transfer can have.
pub(crate) fn check_reference(reference: &str) -> Result<(), ApiError> {
    check_text("reference", reference, 1..=REFERENCE_LENGTH_MAX)
}

fn check_text(
    param: &'static str,
    text: &str,
    length: std::ops::RangeInclusive<usize>,
) -> Result<(), ApiError> {
    if length.contains(&text.chars().count()) && !text.chars().any(is_unprintable) {
        return Ok(());
    }
    let message = format!("it has {} to {} characters", length.start(), length.end());
    Err(ApiError::invalid(param, message))
}

/// Says whether a character has no place in a bank's statement.
fn is_unprintable(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}')
}
