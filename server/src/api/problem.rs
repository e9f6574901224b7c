//! Error answers: `application/problem+json` as in RFC 9457, with a code for programs.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::db::Fault;
use serde::Serialize;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $status:ident, $title:literal;)*) => {
        /// What went wrong, for programs. The list only ever grows: texts may change, codes not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// All codes, in the order in which they were added.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word that stands in the answer.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The HTTP status of the answer.
            pub const fn status(self) -> StatusCode {
                match self {
                    $(Self::$variant => StatusCode::$status,)*
                }
            }

            /// The words of the answer's title.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => $title,)*
                }
            }
        }
    };
}

codes! {
    /// No API key, or none that holds.
    Unauthorized = "unauthorized", UNAUTHORIZED, "The API key is missing or does not hold";
    /// There is no such address.
    NotFound = "not_found", NOT_FOUND, "There is no such thing";
    /// The address exists, for another method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// The body is larger than what is read.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is not said to be JSON.
    ContentTypeUnsupported = "content_type_unsupported", UNSUPPORTED_MEDIA_TYPE,
        "The body must be JSON";
    /// The body is not JSON.
    JsonInvalid = "json_invalid", BAD_REQUEST, "The body is not valid JSON";
    /// A field is not there.
    FieldMissing = "field_missing", BAD_REQUEST, "A field is missing";
    /// A field is there that nobody reads.
    FieldUnknown = "field_unknown", BAD_REQUEST, "A field is unknown";
    /// A field has a value of another type or form.
    FieldInvalid = "field_invalid", BAD_REQUEST, "A field has the wrong form";
    /// A text or a list is too long.
    FieldTooLong = "field_too_long", BAD_REQUEST, "A field is too long";
    /// A field holds what looks like a card number.
    CardNumberRefused = "card_number_refused", UNPROCESSABLE_ENTITY,
        "Card numbers are not taken here";
    /// The currency is not one of ISO 4217 that one can pay in.
    CurrencyUnknown = "currency_unknown", UNPROCESSABLE_ENTITY, "The currency is unknown";
    /// A checkout has one currency.
    MixedCurrencies = "mixed_currencies", UNPROCESSABLE_ENTITY,
        "All payments of a checkout have one currency";
    /// The amount is not a decimal string.
    AmountInvalid = "amount_invalid", UNPROCESSABLE_ENTITY, "The amount cannot be read";
    /// The amount is finer than the currency's minor unit.
    AmountTooManyDecimals = "amount_too_many_decimals", UNPROCESSABLE_ENTITY,
        "The amount has more decimals than its currency";
    /// The amount is zero or less.
    AmountNotPositive = "amount_not_positive", UNPROCESSABLE_ENTITY,
        "The amount must be above zero";
    /// The amount, or the sum, is beyond what can be counted.
    AmountTooLarge = "amount_too_large", UNPROCESSABLE_ENTITY, "The amount is too large";
    /// The same `payment_order_id` stands twice in one request.
    ReferenceRepeated = "reference_repeated", UNPROCESSABLE_ENTITY,
        "A reference stands twice in the request";
    /// The shop has used the `checkout_id` or `payment_order_id` before.
    ReferenceTaken = "reference_taken", CONFLICT, "The reference was used before";
    /// The shop has no such seller.
    SellerUnknown = "seller_unknown", UNPROCESSABLE_ENTITY, "The seller is unknown";
    /// The shop has no processor account that could take the payment.
    NoProcessor = "no_processor", UNPROCESSABLE_ENTITY,
        "No processor account can take this payment";
    /// The header `Idempotency-Key` is not there.
    IdempotencyKeyMissing = "idempotency_key_missing", BAD_REQUEST,
        "The header Idempotency-Key is missing";
    /// The header `Idempotency-Key` cannot be a key.
    IdempotencyKeyInvalid = "idempotency_key_invalid", BAD_REQUEST,
        "The header Idempotency-Key has the wrong form";
    /// The key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY,
        "The Idempotency-Key was used for another request";
    /// The first request with the key is still at work.
    IdempotencyInProgress = "idempotency_in_progress", CONFLICT,
        "A request with this Idempotency-Key is still at work";
    /// A form came from another site.
    CrossOrigin = "cross_origin", FORBIDDEN, "The request came from another site";
    /// There is no processor account with this id.
    ProcessorAccountUnknown = "processor_account_unknown", NOT_FOUND,
        "There is no such processor account";
    /// A notification without a signature.
    WebhookUnsigned = "webhook_unsigned", UNAUTHORIZED, "The notification is not signed";
    /// A notification whose signature does not fit it or its time.
    WebhookSignatureInvalid = "webhook_signature_invalid", UNAUTHORIZED,
        "The signature does not fit";
    /// A signed notification that cannot be read. No longer answered: it is stored, and waits for a
    /// person.
    WebhookUnreadable = "webhook_unreadable", BAD_REQUEST, "The notification cannot be read";
    /// The request took too long to arrive or to answer.
    TimedOut = "timed_out", REQUEST_TIMEOUT, "The request took too long";
    /// Something of ours cannot be used for the moment.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The service cannot be used right now";
    /// Something of ours broke.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something broke on our side";
    /// A notification whose signature fits and whose time is too far from ours.
    WebhookOutsideTolerance = "webhook_outside_tolerance", UNAUTHORIZED,
        "The notification is of another time";
    /// An attempt's outcome is not known: nothing may move until it is.
    InDoubt = "in_doubt", CONFLICT, "An outcome at the processor is not known yet";
    /// Something is on its way to the processor.
    UnderWay = "under_way", CONFLICT, "An earlier request is still under way";
    /// The money was taken.
    AlreadyCaptured = "already_captured", CONFLICT, "The payment was captured already";
    /// Nothing was taken that could go back.
    NotCaptured = "not_captured", CONFLICT, "Nothing was captured";
    /// Nothing is held that could be taken.
    NotAuthorized = "not_authorized", CONFLICT, "Nothing is authorized";
    /// The payment failed, expired or was cancelled.
    PaymentEnded = "payment_ended", CONFLICT, "The payment has ended";
    /// Of an all-or-nothing basket, not everything is held.
    BasketIncomplete = "basket_incomplete", CONFLICT, "Not all of the basket is authorized";
    /// More than what is left of the hold.
    CaptureExceedsAuthorized = "capture_exceeds_authorized", UNPROCESSABLE_ENTITY,
        "More than is held cannot be captured";
    /// More than what is left of the capture.
    RefundExceedsCaptured = "refund_exceeds_captured", UNPROCESSABLE_ENTITY,
        "More than was captured cannot be refunded";
    /// The payment is in another currency.
    CurrencyMismatch = "currency_mismatch", UNPROCESSABLE_ENTITY,
        "The payment is in another currency";
    /// The shop has a webhook endpoint of this name.
    WebhookEndpointExists = "webhook_endpoint_exists", CONFLICT,
        "A webhook endpoint has this name already";
    /// The shop has as many webhook endpoints as there can be.
    WebhookEndpointsFull = "webhook_endpoints_full", CONFLICT,
        "There are as many webhook endpoints as there can be";
    /// Nothing may be sent to the address.
    WebhookUrlRefused = "webhook_url_refused", UNPROCESSABLE_ENTITY,
        "Nothing may be sent to this address";
    /// The offer was not accepted in time.
    QuoteExpired = "quote_expired", CONFLICT, "The quote has expired";
    /// The offer was accepted before.
    QuoteAccepted = "quote_accepted", CONFLICT, "The quote was accepted before";
    /// The newest rate is too old to exchange at.
    RateStale = "rate_stale", CONFLICT, "The newest rate is too old";
    /// No day has rates of both currencies.
    RateUnknown = "rate_unknown", UNPROCESSABLE_ENTITY, "There is no rate";
    /// What is sold is worth nothing of what is bought.
    AmountTooSmall = "amount_too_small", UNPROCESSABLE_ENTITY, "The amount is too small";
    /// There is less in the wallet than is to leave it.
    InsufficientFunds = "insufficient_funds", CONFLICT, "There is not enough in the wallet";
    /// The currency is not exchanged.
    CurrencyNotSupported = "currency_not_supported", UNPROCESSABLE_ENTITY,
        "The currency is not exchanged";
    /// More than what the seller can be paid.
    PayoutExceedsAvailable = "payout_exceeds_available", UNPROCESSABLE_ENTITY,
        "More than the seller has cannot be paid out";
    /// The seller has no bank account that is paid to.
    NoVerifiedAccount = "no_verified_account", UNPROCESSABLE_ENTITY,
        "The seller has no verified bank account";
    /// No account of the shop pays out in the currency.
    NoPayoutAccount = "no_payout_account", UNPROCESSABLE_ENTITY,
        "Nothing can be paid out in this currency";
    /// The pay-out was paid, failed, came again or was cancelled.
    PayoutEnded = "payout_ended", CONFLICT, "The pay-out has ended";
    /// No bank account can have this number.
    IbanInvalid = "iban_invalid", UNPROCESSABLE_ENTITY, "This is no account number";
    /// No bank can have this code.
    BicInvalid = "bic_invalid", UNPROCESSABLE_ENTITY, "This is no code of a bank";
}

impl Code {
    /// When the same request may go better, if it may: it stands in the header `Retry-After`.
    pub const fn retry_after_seconds(self) -> Option<u32> {
        match self {
            Self::IdempotencyInProgress => Some(1),
            Self::UnderWay | Self::Unavailable | Self::TimedOut => Some(2),
            // An inquiry at the processor has to settle it first.
            Self::InDoubt => Some(5),
            _ => None,
        }
    }
}

/// An error answer. `code` is stable and for programs; `detail` may change and is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: String,
    param: Option<String>,
}

impl Problem {
    /// The problem `code`, explained by `detail`, which must hold nothing that the caller sent.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), param: None }
    }

    /// The problem of one field, such as `payment_orders[1].amount`.
    pub fn of_field(code: Code, param: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..Self::new(code, detail) }
    }

    /// A fault of ours: told to the log in full, and to the caller in no detail.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        if error.downcast_ref::<Fault>().is_some_and(Fault::is_passing) {
            tracing::warn!(error = ?error, "a request could not be served for the moment");
            return Self::unavailable();
        }
        tracing::error!(error = ?error, "a request could not be served");
        Self::new(Code::Internal, "The error was recorded. Sending the request again is safe.")
    }

    /// Something of ours cannot be used for the moment.
    pub fn unavailable() -> Self {
        Self::new(
            Code::Unavailable,
            "Send the request again, with the same Idempotency-Key: nothing happens twice.",
        )
    }

    /// Another request has taken the key over while this one was at work.
    pub fn key_lost() -> Self {
        Self::new(
            Code::IdempotencyInProgress,
            "Another request with this key has taken over. Its answer is the answer.",
        )
    }

    /// What went wrong.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The body of the answer.
    ///
    /// # Panics
    /// Never: strings and numbers can be written as JSON.
    pub fn body(&self) -> String {
        let body = Body {
            kind: format!("urn:paydesk:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: &self.detail,
            code: self.code.as_str(),
            param: self.param.as_deref(),
        };
        serde_json::to_string(&body).expect("strings and numbers can be written as JSON")
    }
}

#[derive(Debug, Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<&'a str>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.code.status(), self.body()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.code.retry_after_seconds() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == Code::Unauthorized {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
