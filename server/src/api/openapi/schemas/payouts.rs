//! The shapes of pay-outs and of sellers' bank accounts.

use domain::four_eyes::Reason;
use domain::payout::Phase;
use serde_json::{Value, json};

use super::{closed, component, id, instant, list, or_null, text, words};
use crate::api::payee_accounts::HOLDER_LENGTH_MAX;

pub(super) fn all() -> Value {
    json!({
        "NewPayout": new_payout(),
        "Payout": payout(),
        "PayoutPage": page(),
        "NewPayeeAccount": new_payee_account(),
        "PayeeAccount": payee_account(),
        "PayeeAccountList": list("PayeeAccount"),
    })
}

fn new_payout() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["seller_account", "amount", "currency"],
        "properties": {
            "seller_account": component("Reference"),
            "amount": component("Amount"),
            "currency": component("Currency"),
        },
    })
}

fn payout() -> Value {
    closed(&json!({
        "id": id("pyo"),
        "object": { "const": "payout" },
        "seller": id("sel"),
        "seller_account": component("Reference"),
        "payee_account": id("pya"),
        "payout_account": id("poa"),
        "amount": component("Amount"),
        "currency": component("Currency"),
        "status": words(Phase::ALL.iter().map(|phase| phase.as_str())),
        "in_doubt": { "type": "boolean" },
        "second_person": {
            "type": "array",
            "items": words(Reason::ALL.iter().map(|reason| reason.as_str())),
            "description": "Why a second person has to approve it.",
        },
        "refusal": {
            "type": ["string", "null"],
            "description": "Why it was not submitted when that was last tried.",
        },
        "failure": or_null(&component("Failure")),
        "provider_reference": { "type": ["string", "null"] },
        "created_at": instant(),
        "updated_at": instant(),
        "version": { "type": "integer", "minimum": 1 },
    }))
}

fn page() -> Value {
    closed(&json!({
        "object": { "const": "list" },
        "data": { "type": "array", "items": component("Payout") },
        "has_more": { "type": "boolean" },
    }))
}

fn new_payee_account() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["currency", "iban", "holder"],
        "properties": {
            "currency": component("Currency"),
            "iban": { "type": "string", "examples": ["DE89370400440532013000"] },
            "bic": { "type": ["string", "null"] },
            "holder": text(HOLDER_LENGTH_MAX),
        },
    })
}

fn payee_account() -> Value {
    closed(&json!({
        "id": id("pya"),
        "object": { "const": "payee_account" },
        "seller": id("sel"),
        "currency": component("Currency"),
        "iban": { "type": "string", "examples": ["DE89 **** **** **** **30 00"] },
        "bic": { "type": ["string", "null"] },
        "holder": { "type": "string" },
        "status": words(["new", "verified", "retired"]),
        "verified_at": or_null(&instant()),
        "created_at": instant(),
    }))
}
