//! What each route takes and answers.

use serde_json::{Map, Value, json};

use super::{problems, queries};
use crate::api::problem::Code;
use crate::api::routes::Route;

/// What any call may be answered.
const ANY: &[Code] = &[Code::Unauthorized, Code::TimedOut, Code::Internal, Code::Unavailable];
/// What a call that names an object may be answered.
const NAMED: &[Code] = &[Code::NotFound];
/// What a call with a body may be answered.
const BODY: &[Code] = &[
    Code::JsonInvalid,
    Code::FieldMissing,
    Code::FieldUnknown,
    Code::FieldInvalid,
    Code::FieldTooLong,
    Code::BodyTooLarge,
    Code::ContentTypeUnsupported,
    Code::CardNumberRefused,
];
/// What a call with an idempotency key may be answered.
const KEY: &[Code] = &[
    Code::IdempotencyKeyMissing,
    Code::IdempotencyKeyInvalid,
    Code::IdempotencyKeyReused,
    Code::IdempotencyInProgress,
];
/// What a call with an amount may be answered.
const AMOUNT: &[Code] = &[
    Code::CurrencyUnknown,
    Code::AmountInvalid,
    Code::AmountTooManyDecimals,
    Code::AmountNotPositive,
    Code::AmountTooLarge,
];
const CREATE: &[Code] = &[
    Code::MixedCurrencies,
    Code::ReferenceRepeated,
    Code::ReferenceTaken,
    Code::SellerUnknown,
    Code::NoProcessor,
];
const CAPTURE: &[Code] = &[
    Code::CurrencyMismatch,
    Code::CaptureExceedsAuthorized,
    Code::InDoubt,
    Code::UnderWay,
    Code::AlreadyCaptured,
    Code::NotAuthorized,
    Code::PaymentEnded,
    Code::BasketIncomplete,
];
const CANCEL: &[Code] = &[Code::InDoubt, Code::UnderWay, Code::AlreadyCaptured, Code::PaymentEnded];
const REFUND: &[Code] = &[
    Code::CurrencyMismatch,
    Code::RefundExceedsCaptured,
    Code::InDoubt,
    Code::UnderWay,
    Code::NotCaptured,
    Code::PaymentEnded,
];
const PAYOUT: &[Code] = &[
    Code::SellerUnknown,
    Code::PayoutExceedsAvailable,
    Code::NoVerifiedAccount,
    Code::NoPayoutAccount,
];
const PAYOUT_CANCEL: &[Code] = &[Code::InDoubt, Code::UnderWay, Code::PayoutEnded];
const PAYEE_ACCOUNT: &[Code] = &[Code::CurrencyUnknown, Code::IbanInvalid, Code::BicInvalid];
const LIST: &[Code] = &[Code::FieldInvalid, Code::FieldUnknown];

/// What a call with parameters may be answered.
const QUERY: &[Code] =
    &[Code::FieldMissing, Code::FieldUnknown, Code::FieldInvalid, Code::CurrencyUnknown];
const QUOTE: &[Code] = &[
    Code::SellerUnknown,
    Code::CurrencyNotSupported,
    Code::RateUnknown,
    Code::RateStale,
    Code::AmountTooSmall,
];
const ACCEPT_QUOTE: &[Code] = &[Code::QuoteExpired, Code::QuoteAccepted, Code::InsufficientFunds];
const RATES: &[Code] = &[Code::FieldUnknown, Code::FieldInvalid, Code::CurrencyUnknown];

const WEBHOOK_ENDPOINT: &[Code] =
    &[Code::WebhookEndpointExists, Code::WebhookEndpointsFull, Code::WebhookUrlRefused];

/// One route in words.
struct Words {
    summary: &'static str,
    description: &'static str,
    /// The schema of the body, if there is one, and whether it may be left out.
    body: Option<(&'static str, bool)>,
    status: u16,
    answer: &'static str,
    problems: &'static [&'static [Code]],
}

/// The operation as it stands in the description.
pub(super) fn describe(route: Route) -> Value {
    let words = words(route);
    let mut codes: Vec<Code> = ANY.to_vec();
    codes.extend(words.problems.iter().flat_map(|codes| codes.iter().copied()));
    let mut responses: Map<String, Value> = problems(codes.into_iter());
    responses.insert(words.status.to_string(), success(&words));
    let mut operation = json!({
        "operationId": route.name(),
        "summary": words.summary,
        "description": words.description,
        "parameters": parameters(route, &words),
        "responses": responses,
    });
    if let Some((schema, may_be_left_out)) = words.body {
        operation["requestBody"] = json!({
            "required": !may_be_left_out,
            "content": { "application/json": { "schema": reference(schema) } },
        });
    }
    operation
}

fn words(route: Route) -> Words {
    match route {
        Route::CreatePayments => TAKE_CHECKOUT,
        Route::GetPayment => read("Show a payment", "Payment"),
        Route::CapturePayment => CAPTURE_PAYMENT,
        Route::CancelPayment => CANCEL_PAYMENT,
        Route::CreateRefund => REFUND_PAYMENT,
        Route::ListRefunds => read("Show the refunds of a payment", "RefundList"),
        Route::ListChanges => read("Show every change of a payment", "ChangeList"),
        Route::ListDisputes => read("Show the disputes over a payment", "DisputeList"),
        Route::GetDispute => read("Show a dispute", "Dispute"),
        Route::GetRefund => read("Show a refund", "Refund"),
        Route::ReleasePayment => RELEASE,
        Route::GetShare => read("Show what the seller has of a payment", "Share"),
        Route::PreviewRefund => Words {
            problems: &[NAMED, AMOUNT, REFUND, &[Code::FieldUnknown, Code::FieldInvalid]],
            ..read("Show what a refund would take from where", "RefundPreview")
        },
        Route::ListSellers => Words { problems: &[], ..read("Show the sellers", "SellerList") },
        Route::GetSeller => read("Show a seller", "Seller"),
        Route::ListWallets => read("Show what a seller has", "WalletList"),
        Route::GetStatement => Words {
            problems: &[NAMED, QUERY],
            ..read("Show what moved in a seller's wallet", "Statement")
        },
        Route::ListBalances => {
            let problems: &[&[Code]] = &[&[Code::FieldUnknown, Code::FieldInvalid]];
            Words { problems, ..read("Show the balance of every account", "BalanceList") }
        }
        Route::GetRevenue => {
            let problems: &[&[Code]] =
                &[&[Code::FieldUnknown, Code::FieldInvalid, Code::FieldMissing]];
            Words { problems, ..read("Show what the shop earned", "Revenue") }
        }
        Route::GetCheckout => read("Show a checkout", "Checkout"),
        Route::CancelCheckout => CANCEL_CHECKOUT,
        Route::CreateExchangeQuote => NEW_QUOTE,
        Route::GetExchangeQuote => read("Show an offer to exchange", "ExchangeQuote"),
        Route::AcceptExchangeQuote => ACCEPT,
        Route::ListExchangeRates => {
            let problems: &[&[Code]] = &[RATES];
            Words { problems, ..read("Show what currencies are worth", "ExchangeRateList") }
        }
        Route::CreatePayout => MAKE_PAYOUT,
        Route::ListPayouts => Words {
            problems: &[NAMED, LIST],
            ..read("Show pay-outs, the newest first", "PayoutPage")
        },
        Route::GetPayout => read("Show a pay-out", "Payout"),
        Route::CancelPayout => CANCEL_PAYOUT,
        Route::CreatePayeeAccount => ADD_PAYEE_ACCOUNT,
        Route::ListPayeeAccounts => read("Show the bank accounts of a seller", "PayeeAccountList"),
        Route::CreateWebhookEndpoint => ADD_ENDPOINT,
        Route::ListWebhookEndpoints => Words {
            problems: &[],
            ..read("Show the receivers of events that are not disabled", "WebhookEndpointList")
        },
        Route::GetWebhookEndpoint => {
            read("Show a receiver of events, also one that is disabled", "WebhookEndpoint")
        }
        Route::DeleteWebhookEndpoint => DISABLE_ENDPOINT,
        Route::ListUntakenDeliveries => {
            read("Show the last tries that a receiver did not take", "UntakenDeliveryList")
        }
    }
}

const CAPTURE_PAYMENT: Words = Words {
    summary: "Take what is held",
    description: "Captures `amount`, or all that is left of the hold. Several captures \
        may follow each other. What the processor has not answered yet stands in \
        `capture_pending`.",
    body: Some(("AmountOrAll", true)),
    status: 200,
    answer: "Payment",
    problems: &[NAMED, BODY, KEY, AMOUNT, CAPTURE],
};

const CANCEL_PAYMENT: Words = Words {
    summary: "Release what is held",
    description: "Gives the payment up before it is captured.",
    body: Some(("Nothing", true)),
    status: 200,
    answer: "Payment",
    problems: &[NAMED, BODY, KEY, CANCEL],
};

const CANCEL_CHECKOUT: Words = Words {
    summary: "Cancel what is not paid of a checkout",
    description: "Cancels every payment that is not captured, all of them or none: \
        nothing is cancelled while one of them is under way.",
    body: Some(("Nothing", true)),
    status: 200,
    answer: "Checkout",
    problems: &[NAMED, BODY, KEY, CANCEL],
};

const RELEASE: Words = Words {
    summary: "Say that what was bought was delivered",
    description: "Notes the day of the delivery, today if none is given, and releases the seller's \
        share if the seller's rules allow it now. The first day that was said stands.",
    body: Some(("NewRelease", true)),
    status: 200,
    answer: "Share",
    problems: &[NAMED, BODY, KEY, &[Code::NotCaptured]],
};

const NEW_QUOTE: Words = Words {
    summary: "Ask for an offer to exchange",
    description: "Offers to sell `amount` of what a seller can be paid for `buy_currency`, at the \
        newest rate less your spread. Nothing moves, and funds are not looked at, before the \
        offer is accepted.",
    body: Some(("NewExchangeQuote", false)),
    status: 201,
    answer: "ExchangeQuote",
    problems: &[BODY, KEY, AMOUNT, QUOTE],
};

const ACCEPT: Words = Words {
    summary: "Exchange at an offer",
    description: "Takes what is sold out of the seller's wallet and puts what is bought into it, \
        once, if the offer has not expired.",
    body: Some(("Nothing", true)),
    status: 200,
    answer: "ExchangeQuote",
    problems: &[NAMED, BODY, KEY, ACCEPT_QUOTE],
};

const TAKE_CHECKOUT: Words = Words {
    summary: "Take a checkout in",
    description: "Stores a checkout of one payment for each seller. Without \
        `payment_method_id` the shopper pays at `checkout_url`; with it the payments are \
        carried out at once, and the answer waits a few seconds for the outcome, unless \
        the header `Prefer: respond-async` says otherwise.",
    body: Some(("NewCheckout", false)),
    status: 201,
    answer: "Checkout",
    problems: &[BODY, KEY, AMOUNT, CREATE],
};

const REFUND_PAYMENT: Words = Words {
    summary: "Give money back",
    description: "Refunds `amount`, or all that is left of what was captured. The refund \
        is an object with a state of its own; `pending` means that the processor has not \
        answered yet.",
    body: Some(("NewRefund", true)),
    status: 201,
    answer: "Refund",
    problems: &[NAMED, BODY, KEY, AMOUNT, REFUND],
};

const ADD_ENDPOINT: Words = Words {
    summary: "Add a receiver of events",
    description: "Every event that happens from now on, and that is of a type that the endpoint \
        wants, is sent to it until it is taken. The secret is in this answer alone. No key is \
        needed: a repeat is refused by its name.",
    body: Some(("NewWebhookEndpoint", false)),
    status: 201,
    answer: "CreatedWebhookEndpoint",
    problems: &[BODY, WEBHOOK_ENDPOINT],
};

const MAKE_PAYOUT: Words = Words {
    summary: "Pay a seller",
    description: "Makes a pay-out to the seller's verified bank account. If no second person is \
        needed it is approved at once; otherwise it stays a `draft`, with the reasons in \
        `second_person`, until somebody of your staff approves it.",
    body: Some(("NewPayout", false)),
    status: 201,
    answer: "Payout",
    problems: &[BODY, KEY, AMOUNT, PAYOUT],
};

const CANCEL_PAYOUT: Words = Words {
    summary: "Give a pay-out up",
    description: "Gives up a pay-out that was not submitted to the provider yet.",
    body: Some(("Nothing", true)),
    status: 200,
    answer: "Payout",
    problems: &[NAMED, BODY, KEY, PAYOUT_CANCEL],
};

const ADD_PAYEE_ACCOUNT: Words = Words {
    summary: "Add a seller's bank account",
    description: "The account is `new` until somebody of your staff has verified it; then the \
        seller is paid to it, and to the one before no more.",
    body: Some(("NewPayeeAccount", false)),
    status: 201,
    answer: "PayeeAccount",
    problems: &[NAMED, BODY, KEY, PAYEE_ACCOUNT],
};

const DISABLE_ENDPOINT: Words = Words {
    summary: "Disable a receiver of events",
    description: "Nothing more is sent to it; what waits ends. Its name is free again. A repeat \
        changes nothing.",
    body: None,
    status: 200,
    answer: "WebhookEndpoint",
    problems: &[NAMED],
};

/// Whether a call is repeated by its key.
fn wants_key(words: &Words) -> bool {
    words.problems.contains(&KEY)
}

fn read(summary: &'static str, answer: &'static str) -> Words {
    let problems: &[&[Code]] = &[NAMED];
    Words { summary, description: "Changes nothing.", body: None, status: 200, answer, problems }
}

fn success(words: &Words) -> Value {
    let mut headers = Map::new();
    if wants_key(words) {
        headers.insert("Idempotency-Replayed".into(), header("Idempotency-Replayed"));
    }
    if words.status == 201 {
        headers.insert("Location".into(), header("Location"));
    }
    json!({
        "description": words.summary,
        "headers": headers,
        "content": { "application/json": { "schema": reference(words.answer) } },
    })
}

fn parameters(route: Route, words: &Words) -> Vec<Value> {
    let mut parameters = Vec::new();
    if route.path().contains("{id}") {
        parameters.push(id(route.path()));
    }
    parameters.extend(queries::of(route));
    if wants_key(words) {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": true,
            "description": "A new random value for each thing that you want done. A repeat with \
                the same key and the same body gets the same answer and does nothing twice.",
            "schema": { "type": "string", "pattern": "^[!-~]{1,255}$" },
        }));
        parameters.push(json!({
            "name": "Prefer",
            "in": "header",
            "required": false,
            "description": "`respond-async`: answer at once, without the outcome.",
            "schema": { "type": "string" },
            "example": "respond-async",
        }));
    }
    parameters
}

/// What the path names.
fn id(path: &str) -> Value {
    let (description, example) = if path.starts_with("/payments") {
        ("Our id of the payment, or your `payment_order_id`.", "order-1001-a")
    } else if path.starts_with("/checkouts") {
        ("Our id of the checkout, or your `checkout_id`.", "order-1001")
    } else if path.starts_with("/sellers") {
        ("Our id of the seller, or your `seller_account`.", "books")
    } else if path.starts_with("/exchange_quotes") {
        ("Our id of the quote.", "fxq_01jd8r5q2fe9v8b0m3x4c6n7ka")
    } else if path.starts_with("/payouts") {
        ("Our id of the pay-out.", "pyo_01jd8r5q2fe9v8b0m3x4c6n7ka")
    } else if path.starts_with("/webhook_endpoints") {
        ("Our id of the endpoint.", "whe_01jd8r5q2fe9v8b0m3x4c6n7ka")
    } else {
        ("Our id.", "ref_01jd8r5q2fe9v8b0m3x4c6n7ka")
    };
    json!({
        "name": "id",
        "in": "path",
        "required": true,
        "description": description,
        "schema": reference("Reference"),
        "example": example,
    })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}
