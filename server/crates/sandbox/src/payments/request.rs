//! What a merchant may ask of payments, read and checked.

use serde::Deserialize;

use crate::{
    accounts::is_web_address,
    answer::{ApiError, read_json},
    faults::fault::Wish,
    money::{is_currency, parse_amount},
};

const REFERENCE_LENGTH_MAX: usize = 200;

/// A payment that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct NewPayment {
    pub(crate) reference: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) capture: bool,
    pub(crate) source: Source,
    pub(crate) return_url: Option<String>,
    /// What the caller wants to go wrong.
    pub(crate) wish: Wish,
}

/// What is charged.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// The method that was entered on the page of this registration.
    Registration(String),
    /// A stored method, or a test token.
    PaymentMethod(String),
}

impl Source {
    pub(crate) fn registration(&self) -> Option<&str> {
        match self {
            Self::Registration(token) => Some(token),
            Self::PaymentMethod(_) => None,
        }
    }

    pub(crate) fn payment_method(&self) -> Option<&str> {
        match self {
            Self::Registration(_) => None,
            Self::PaymentMethod(token) => Some(token),
        }
    }
}

#[derive(Deserialize)]
struct PaymentBody {
    reference: String,
    amount: String,
    currency: String,
    #[serde(default)]
    capture: bool,
    source: Source,
    return_url: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

/// What the merchant notes; only wishes for faults mean something here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    sandbox_fault: String,
}

impl NewPayment {
    /// Reads the body of `POST /v1/payments`.
    pub(crate) fn read(body: &[u8]) -> Result<Self, ApiError> {
        let body: PaymentBody = read_json(body)?;
        check_reference("reference", &body.reference)?;
        let (Source::Registration(token) | Source::PaymentMethod(token)) = &body.source;
        check_reference("source", token)?;
        let amount_minor = read_amount(&body.amount, &body.currency)?;
        if body.return_url.as_deref().is_some_and(|url| !is_web_address(url)) {
            return Err(ApiError::invalid(
                "return_url",
                "the address starts with http:// or https://",
            ));
        }
        let wish = Wish::parse(&body.metadata.sandbox_fault)
            .map_err(|message| ApiError::invalid("metadata", message))?;
        Ok(Self {
            wish,
            reference: body.reference,
            amount_minor,
            currency: body.currency,
            capture: body.capture,
            source: body.source,
            return_url: body.return_url,
        })
    }
}

/// The body of a capture or a refund. Without an amount, all that is left is meant.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PartBody {
    amount: Option<String>,
    pub(crate) reference: Option<String>,
}

impl PartBody {
    /// Reads a body, which may be empty.
    pub(crate) fn read(body: &[u8]) -> Result<Self, ApiError> {
        if body.is_empty() { Ok(Self::default()) } else { read_json(body) }
    }

    /// The amount in the payment's currency.
    pub(crate) fn amount_minor(&self, currency: &str) -> Result<Option<i64>, ApiError> {
        let amount = self.amount.as_deref().map(|text| parse_amount(text, currency));
        amount.transpose().map_err(|message| ApiError::invalid("amount", message))
    }
}

/// Reads an amount in a currency.
pub(crate) fn read_amount(amount: &str, currency: &str) -> Result<i64, ApiError> {
    if !is_currency(currency) {
        return Err(ApiError::invalid("currency", "a currency has three capital letters"));
    }
    parse_amount(amount, currency).map_err(|message| ApiError::invalid("amount", message))
}

/// Refuses references that are empty, too long, or hold control characters.
pub(crate) fn check_reference(param: &'static str, reference: &str) -> Result<(), ApiError> {
    let fits = (1..=REFERENCE_LENGTH_MAX).contains(&reference.len());
    if fits && !reference.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ApiError::invalid(param, format!("a reference has 1 to {REFERENCE_LENGTH_MAX} characters")))
}
