//! Turns the body of `POST /v1/payments` into a checkout to accept, or says which field is wrong.

use std::collections::HashSet;
use std::time::Duration;

use domain::checkout::Policy;
use domain::currency::Currency;
use domain::money::Money;
use domain::payment::CaptureMode;
use serde_json::Value;

use super::amount;
use super::fields::Object;
use super::metadata;
use super::problem::{Code, Problem};

/// How many payments one checkout may have.
pub(super) const PAYMENTS_MAX: usize = 20;
pub(super) const REFERENCE_LENGTH_MAX: usize = 64;
pub(super) const DESCRIPTION_LENGTH_MAX: usize = 500;
pub(super) const NAME_LENGTH_MAX: usize = 200;
pub(super) const EMAIL_LENGTH_MAX: usize = 254;
pub(super) const URL_LENGTH_MAX: usize = 2000;
/// The shortest and the longest time in which a checkout can be paid, in seconds.
pub(super) const EXPIRY_SECONDS: std::ops::RangeInclusive<u64> = 60..=604_800;
const EXPIRY_SECONDS_DEFAULT: u64 = 3600;
const POLICIES: &str = "best_effort or all_or_nothing";

/// What a shop asks for, read and checked as far as that needs no database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutRequest {
    /// The shop's name for the checkout.
    pub reference: String,
    /// Who buys.
    pub buyer: Buyer,
    /// What it is for, in the shop's words.
    pub description: Option<String>,
    /// Where the shop wants its buyers back.
    pub return_url: Option<String>,
    /// Whether an authorisation takes the money at once.
    pub capture_mode: CaptureMode,
    /// A stored method to charge at once, as the processor calls it.
    pub payment_method: Option<String>,
    /// The currency of every amount.
    pub currency: Currency,
    /// The sum of the payments.
    pub total: Money,
    /// The payments, in the order given.
    pub payments: Vec<PaymentRequest>,
    /// How long it can be paid.
    pub expires_in: Duration,
    /// Whether its payments are taken all or not at all.
    pub policy: Policy,
    /// What the shop wants to find again.
    pub metadata: Value,
}

/// Who buys, as far as the shop says.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Buyer {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The country, by ISO 3166.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// One payment of a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRequest {
    /// The shop's name for the payment.
    pub reference: String,
    /// The shop's name for the seller.
    pub seller: String,
    /// How much.
    pub amount: Money,
    /// What it is for, in the shop's words.
    pub description: Option<String>,
    /// What the shop wants to find again.
    pub metadata: Value,
}

/// Reads a body.
///
/// # Errors
/// [`Problem`] about the first field that is wrong.
pub fn parse(body: &Value) -> Result<CheckoutRequest, Problem> {
    let body = Object::of_body(body)?;
    let reference = reference(&body, "checkout_id")?;
    let common =
        body.text("currency", 3)?.map(|code| amount::parse_currency(&body, code)).transpose()?;
    let buyer = buyer(&body)?;
    let description = owned(body.text("description", DESCRIPTION_LENGTH_MAX)?);
    let return_url = owned(body.word(
        "return_url",
        URL_LENGTH_MAX,
        is_web_address,
        "an http or https address",
    )?);
    let captures = body.boolean("capture")?.unwrap_or(true);
    let payment_method =
        owned(body.word("payment_method_id", 128, is_token, "a token of the processor")?);
    let seconds = body.integer("expires_in_seconds", EXPIRY_SECONDS)?;
    let policy = body.word("policy", 20, is_policy, POLICIES)?.and_then(Policy::from_word);
    let metadata = metadata::read(&body)?;
    let payments = payments(&body, common)?;
    let currency = payments[0].amount.currency();
    let total = Money::sum(currency, payments.iter().map(|payment| payment.amount))
        .ok()
        .filter(|total| !amount::is_too_large(*total))
        .ok_or_else(|| amount::too_large("payment_orders".into()))?;
    body.finish()?;
    Ok(CheckoutRequest {
        reference,
        buyer,
        description,
        return_url,
        capture_mode: if captures { CaptureMode::Automatic } else { CaptureMode::Manual },
        payment_method,
        currency,
        total,
        payments,
        expires_in: Duration::from_secs(seconds.unwrap_or(EXPIRY_SECONDS_DEFAULT)),
        policy: policy.unwrap_or(Policy::BestEffort),
        metadata,
    })
}

fn payments(body: &Object<'_>, common: Option<Currency>) -> Result<Vec<PaymentRequest>, Problem> {
    let orders = body.required_objects("payment_orders", PAYMENTS_MAX)?;
    let mut payments: Vec<PaymentRequest> = Vec::with_capacity(orders.len());
    let mut references = HashSet::new();
    for order in orders {
        let path = order.path("payment_order_id");
        let currency_path = order.path("currency");
        let payment = payment(order, common)?;
        if !references.insert(payment.reference.clone()) {
            let detail = "Each payment order needs an id of its own.";
            return Err(Problem::of_field(Code::ReferenceRepeated, path, detail));
        }
        let first = payments.first().map(|first| first.amount.currency());
        let wanted = common.or(first).unwrap_or(payment.amount.currency());
        if payment.amount.currency() != wanted {
            let detail = format!("The payments before this one are in {wanted}.");
            return Err(Problem::of_field(Code::MixedCurrencies, currency_path, detail));
        }
        payments.push(payment);
    }
    Ok(payments)
}

fn payment(order: Object<'_>, common: Option<Currency>) -> Result<PaymentRequest, Problem> {
    let name = reference(&order, "payment_order_id")?;
    let seller = reference(&order, "seller_account")?;
    let currency = match (order.text("currency", 3)?, common) {
        (None, Some(common)) => common,
        (_, _) => amount::parse_currency(&order, order.required_text("currency", 3)?)?,
    };
    let amount = amount::required(&order, currency)?;
    let description = owned(order.text("description", DESCRIPTION_LENGTH_MAX)?);
    let metadata = metadata::read(&order)?;
    order.finish()?;
    Ok(PaymentRequest { reference: name, seller, amount, description, metadata })
}

fn buyer(body: &Object<'_>) -> Result<Buyer, Problem> {
    let Some(buyer) = body.object("buyer_info")? else { return Ok(Buyer::default()) };
    let name = owned(buyer.text("name", NAME_LENGTH_MAX)?);
    let email = owned(buyer.word("email", EMAIL_LENGTH_MAX, is_email, "an email address")?);
    let country = owned(buyer.word("country", 2, is_country, "two capital letters of ISO 3166")?);
    buyer.finish()?;
    Ok(Buyer { name, email, country })
}

fn reference(object: &Object<'_>, name: &'static str) -> Result<String, Problem> {
    let wanted = "made of letters, digits and . _ : -";
    object.required_word(name, REFERENCE_LENGTH_MAX, is_reference, wanted).map(str::to_owned)
}

/// Whether `text` can be a name that a shop gives to something.
pub fn is_reference(text: &str) -> bool {
    (1..=REFERENCE_LENGTH_MAX).contains(&text.len())
        // In an address these two would name another place.
        && !matches!(text, "." | "..")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
}

fn is_token(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_policy(text: &str) -> bool {
    Policy::from_word(text).is_some()
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Something, an at sign, something with a dot or not, no white space: the rest is the mail's business.
fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && !text.contains(char::is_whitespace)
}

fn is_web_address(text: &str) -> bool {
    let scheme_fits = text.starts_with("https://") || text.starts_with("http://");
    scheme_fits && text.parse::<http::Uri>().is_ok_and(|address| address.host().is_some())
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}
