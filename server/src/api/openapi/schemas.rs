//! The shapes of what the API takes and answers.

mod exchange;
mod payouts;
mod wallets;

use domain::checkout::{CheckoutState, Policy};
use domain::dispute::DisputeState;
use domain::payment::{CaptureMode, ExecutionStatus, Phase, Status};
use engine::webhooks::event_types::EventType;
use serde_json::{Map, Value, json};

use crate::api::amount::INTEGER_DIGITS_MAX;
use crate::api::metadata::{ENTRIES_MAX, NAME_LENGTH_MAX, VALUE_LENGTH_MAX};
use crate::api::new_checkout as limits;
use crate::api::problem::Code;
use crate::api::refunds::REASON_LENGTH_MAX;

/// A text without control characters.
const TEXT: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";
/// A name that a shop gives.
const REFERENCE: &str = "^(?!\\.{1,2}$)[A-Za-z0-9._:-]{1,64}$";
/// `whsec_` and 24 to 62 bytes in base64.
const SECRET: &str = "^whsec_([A-Za-z0-9+/]{4}){8,20}([A-Za-z0-9+/][AQgw]==|\
    [A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";

/// All components, by name.
pub(super) fn all() -> Value {
    let areas = [common(), money_in(), webhooks(), wallets::all(), payouts::all(), exchange::all()];
    let mut all = Map::new();
    for area in areas {
        let Value::Object(schemas) = area else { unreachable!("each is an object") };
        all.extend(schemas);
    }
    Value::Object(all)
}

fn common() -> Value {
    json!({
        "Reference": { "type": "string", "pattern": REFERENCE },
        "Amount": {
            "type": "string",
            "pattern": amount_pattern(),
            "examples": ["12.50"],
            "description": "In major units, with no more decimals than its currency has. An amount \
                that is sent, and the total of a checkout, has 15 digits before the point at most; \
                more is `amount_too_large`.",
        },
        "SignedAmount": {
            "type": "string",
            "pattern": "^-?(0|[1-9][0-9]*)(\\.[0-9]{1,4})?$",
            "examples": ["-12.50"],
        },
        "Currency": { "type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"] },
        "Day": { "type": "string", "format": "date", "examples": ["2026-11-20"] },
        "Metadata": metadata(),
        "Nothing": { "type": "object", "additionalProperties": false },
        "Failure": closed(&json!({ "code": { "type": "string" }, "message": { "type": "string" } })),
        "Problem": problem(),
    })
}

fn money_in() -> Value {
    json!({
        "NewCheckout": new_checkout(),
        "NewPayment": new_payment(),
        "AmountOrAll": optional_amount(&json!({})),
        "NewRefund": optional_amount(&json!({ "reason": text(REASON_LENGTH_MAX) })),
        "Checkout": checkout(),
        "Payment": payment(),
        "Refund": refund(),
        "RefundList": list("Refund"),
        "Dispute": dispute(),
        "DisputeList": list("Dispute"),
        "Change": change(),
        "ChangeList": list("Change"),
    })
}

fn webhooks() -> Value {
    json!({
        "NewWebhookEndpoint": new_webhook_endpoint(),
        "WebhookEndpoint": webhook_endpoint(&json!({})),
        "CreatedWebhookEndpoint": webhook_endpoint(&json!({ "secret": { "type": "string" } })),
        "WebhookEndpointList": list("WebhookEndpoint"),
        "UntakenDelivery": untaken_delivery(),
        "UntakenDeliveryList": list("UntakenDelivery"),
    })
}

fn metadata() -> Value {
    json!({
        "type": "object",
        "description": "What you want to find again. Kept and returned, never read.",
        "maxProperties": ENTRIES_MAX,
        "propertyNames": { "minLength": 1, "maxLength": NAME_LENGTH_MAX, "pattern": TEXT },
        "additionalProperties": { "type": "string", "maxLength": VALUE_LENGTH_MAX, "pattern": TEXT },
    })
}

fn new_checkout() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["checkout_id", "payment_orders"],
        "anyOf": [
            { "required": ["currency"] },
            { "properties": { "payment_orders": { "items": { "required": ["currency"] } } } },
        ],
        "properties": {
            "checkout_id": component("Reference"),
            "payment_orders": {
                "type": "array",
                "minItems": 1,
                "maxItems": limits::PAYMENTS_MAX,
                "items": component("NewPayment"),
            },
            "currency": component("Currency"),
            "policy": words([Policy::BestEffort, Policy::AllOrNothing].map(Policy::as_str)),
            "capture": {
                "type": "boolean",
                "description": "false: hold the money, and capture it later.",
            },
            "payment_method_id": {
                "type": "string",
                "pattern": "^[A-Za-z0-9._-]{1,128}$",
                "description": "A token of the processor, never a card number.",
            },
            "buyer_info": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "name": text(limits::NAME_LENGTH_MAX),
                    "email": {
                        "type": "string",
                        "maxLength": limits::EMAIL_LENGTH_MAX,
                        "pattern": "^[!-?A-~]+@[!-?A-~]+$",
                    },
                    "country": { "type": "string", "pattern": "^[A-Z]{2}$" },
                },
            },
            "description": text(limits::DESCRIPTION_LENGTH_MAX),
            "return_url": url(),
            "expires_in_seconds": {
                "type": "integer",
                "minimum": limits::EXPIRY_SECONDS.start(),
                "maximum": limits::EXPIRY_SECONDS.end(),
            },
            "metadata": component("Metadata"),
        },
    })
}

fn new_payment() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["payment_order_id", "seller_account", "amount"],
        "properties": {
            "payment_order_id": component("Reference"),
            "seller_account": component("Reference"),
            "amount": component("Amount"),
            "currency": component("Currency"),
            "description": text(limits::DESCRIPTION_LENGTH_MAX),
            "metadata": component("Metadata"),
        },
    })
}

/// An amount as it is sent and answered.
fn amount_pattern() -> String {
    let more = INTEGER_DIGITS_MAX - 1;
    format!("^(0|[1-9][0-9]{{0,{more}}})(\\.[0-9]{{1,4}})?$")
}

/// An object with an amount, or none for all that is left, and with `more`.
fn optional_amount(more: &Value) -> Value {
    let mut properties = more.clone();
    properties["amount"] = component("Amount");
    properties["currency"] = component("Currency");
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn checkout() -> Value {
    let mut schema = closed(&json!({
        "id": id("chk"),
        "object": { "const": "checkout" },
        "checkout_id": component("Reference"),
        "checkout_url": { "type": "string" },
        "status_url": { "type": "string" },
        "state": words(CheckoutState::ALL.iter().map(|state| state.as_str())),
        "is_payment_done": { "type": "boolean" },
        "policy": words([Policy::BestEffort, Policy::AllOrNothing].map(Policy::as_str)),
        "currency": component("Currency"),
        "total": component("Amount"),
        "metadata": component("Metadata"),
        "expires_at": instant(),
        "created_at": instant(),
        "payments": { "type": "array", "items": component("Payment") },
    }));
    schema["properties"]["description"] = json!({ "type": "string" });
    schema["properties"]["return_url"] = json!({ "type": "string" });
    schema
}

fn payment() -> Value {
    let mut schema = closed(&json!({
        "id": id("pay"),
        "object": { "const": "payment" },
        "payment_order_id": component("Reference"),
        "checkout": id("chk"),
        "seller_account": component("Reference"),
        "amount": component("Amount"),
        "currency": component("Currency"),
        "metadata": component("Metadata"),
        "status": words(Status::ALL.iter().map(|status| status.as_str())),
        "execution_status": words(ExecutionStatus::ALL.iter().map(|status| status.as_str())),
        "capture": words([CaptureMode::Automatic, CaptureMode::Manual].map(CaptureMode::as_str)),
        "authorized": component("Amount"),
        "captured": component("Amount"),
        "capture_pending": component("Amount"),
        "refunded": component("Amount"),
        "refund_pending": component("Amount"),
        "settled": component("Amount"),
        "fee": component("Amount"),
        "failure": or_null(&component("Failure")),
        "next_action": or_null(&closed(&json!({
            "type": { "const": "redirect" },
            "redirect_url": { "type": "string" },
        }))),
        "wallet_updated": { "type": "boolean" },
        "ledger_updated": { "type": "boolean" },
        "processor_account": or_null(&id("pac")),
        "processor_reference": { "type": ["string", "null"] },
        "hold_expires_at": or_null(&instant()),
        "created_at": instant(),
        "version": { "type": "integer", "minimum": 0 },
    }));
    schema["properties"]["description"] = json!({ "type": "string" });
    schema
}

fn refund() -> Value {
    closed(&json!({
        "id": id("ref"),
        "object": { "const": "refund" },
        "payment": id("pay"),
        "amount": component("Amount"),
        "currency": component("Currency"),
        "reason": { "type": ["string", "null"] },
        "status": words(["pending", "succeeded", "failed"]),
        "processor_reference": { "type": ["string", "null"] },
        "failure": or_null(&component("Failure")),
        "created_at": instant(),
        "updated_at": instant(),
    }))
}

fn dispute() -> Value {
    let states = [DisputeState::Opened, DisputeState::Won, DisputeState::Lost];
    closed(&json!({
        "id": id("dsp"),
        "object": { "const": "dispute" },
        "payment": id("pay"),
        "amount": component("Amount"),
        "currency": component("Currency"),
        "reason": { "type": "string" },
        "status": words(states.map(DisputeState::as_str)),
        "processor_reference": { "type": "string" },
        "opened_at": instant(),
        "respond_by": or_null(&instant()),
        "created_at": instant(),
        "updated_at": instant(),
    }))
}

fn change() -> Value {
    let phases = || words(Phase::ALL.iter().map(|phase| phase.as_str()));
    closed(&json!({
        "object": { "const": "payment_change" },
        "version": { "type": "integer", "minimum": 0 },
        "event": { "type": "string" },
        "from": phases(),
        "to": phases(),
        "amount": or_null(&component("Amount")),
        "currency": or_null(&component("Currency")),
        "source": { "type": "string" },
        "evidence": { "description": "What proves it, such as the processor's answer." },
        "routing_reason": {
            "type": ["string", "null"],
            "description": "Why this processor account was chosen, in one sentence.",
        },
        "irregular": { "type": ["string", "null"] },
        "at": instant(),
    }))
}

fn new_webhook_endpoint() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "url"],
        "properties": {
            "name": component("Reference"),
            "url": url(),
            "secret": {
                "type": ["string", "null"],
                "pattern": SECRET,
                "description": "What events are signed with; one is made if you give none.",
            },
            "event_types": or_null(&event_types()),
        },
    })
}

fn event_types() -> Value {
    json!({
        "type": "array",
        "maxItems": EventType::all().count(),
        "items": words(EventType::all().map(EventType::as_str)),
        "description": "The types of events that it wants; none means all.",
    })
}

/// An endpoint, and `more` that is told but once.
fn webhook_endpoint(more: &Value) -> Value {
    let mut properties = more.clone();
    properties["id"] = id("whe");
    properties["object"] = json!({ "const": "webhook_endpoint" });
    properties["name"] = component("Reference");
    properties["url"] = json!({ "type": "string" });
    properties["event_types"] = event_types();
    properties["created_at"] = instant();
    properties["disabled_at"] = or_null(&instant());
    closed(&properties)
}

fn untaken_delivery() -> Value {
    closed(&json!({
        "object": { "const": "untaken_delivery" },
        "event": id("evt"),
        "attempt": { "type": "integer", "minimum": 1 },
        "status": { "type": ["integer", "null"] },
        "error": { "type": ["string", "null"] },
        "at": instant(),
    }))
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "For people; may change." },
            "code": {
                "description": "For programs; never changes.",
                "enum": Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>(),
            },
            "param": { "type": "string", "description": "The field that it is about." },
        },
    })
}

fn list(item: &str) -> Value {
    closed(&json!({
        "object": { "const": "list" },
        "data": { "type": "array", "items": component(item) },
    }))
}

/// An object with exactly these properties.
fn closed(properties: &Value) -> Value {
    let names: Vec<&String> =
        properties.as_object().map(|fields| fields.keys().collect()).unwrap_or_default();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": names,
        "properties": properties,
    })
}

fn component(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn id(prefix: &str) -> Value {
    json!({ "type": "string", "pattern": format!("^{prefix}_[0-9a-z]{{26}}$") })
}

fn instant() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn url() -> Value {
    json!({
        "type": "string",
        "maxLength": limits::URL_LENGTH_MAX,
        "pattern": "^https?://[a-z0-9][a-z0-9.-]*(:[0-9]{1,4})?(/[A-Za-z0-9/._~-]*)?$",
    })
}

fn text(longest: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": longest, "pattern": TEXT })
}

fn words(words: impl IntoIterator<Item = &'static str>) -> Value {
    json!({ "type": "string", "enum": words.into_iter().collect::<Vec<_>>() })
}
