//! The shapes of rates, quotes and exchanges.

use engine::exchange::quotes::QuoteStatus;
use serde_json::{Value, json};

use super::{closed, component, id, instant, list, or_null, words};

pub(super) fn all() -> Value {
    json!({
        "NewExchangeQuote": new_quote(),
        "ExchangeQuote": quote(),
        "ExchangeRate": rate(),
        "ExchangeRateList": list("ExchangeRate"),
    })
}

fn new_quote() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["seller_account", "amount", "currency", "buy_currency"],
        "properties": {
            "seller_account": component("Reference"),
            "amount": component("Amount"),
            "currency": component("Currency"),
            "buy_currency": component("Currency"),
        },
    })
}

fn quote() -> Value {
    closed(&json!({
        "id": id("fxq"),
        "object": { "const": "exchange_quote" },
        "seller_account": component("Reference"),
        "status": words(QuoteStatus::ALL.map(QuoteStatus::as_str)),
        "sold": component("Amount"),
        "sold_currency": component("Currency"),
        "bought": figure(),
        "bought_currency": component("Currency"),
        "rate": units(),
        "rate_source": { "type": "string", "examples": ["ecb/2026-01-30"] },
        "spread_basis_points": { "type": "integer", "minimum": 0, "maximum": 9999 },
        "worth": figure(),
        "spread": figure(),
        "rounding": figure(),
        "created_at": instant(),
        "expires_at": instant(),
        "accepted_at": or_null(&instant()),
    }))
}

fn rate() -> Value {
    closed(&json!({
        "object": { "const": "exchange_rate" },
        "from": component("Currency"),
        "to": component("Currency"),
        "rate": units(),
        "day": { "type": "string", "format": "date" },
        "source": { "type": "string", "examples": ["ecb"] },
    }))
}

/// What is computed may have more digits than what is sent, and rounding may be below zero.
fn figure() -> Value {
    let pattern = "^-?[0-9]{1,19}(\\.[0-9]{1,4})?$";
    json!({ "type": "string", "pattern": pattern, "examples": ["107.83"] })
}

fn units() -> Value {
    json!({
        "type": "string",
        "pattern": "^[0-9]+(\\.[0-9]+)?$",
        "examples": ["1.0837"],
        "description": "How much one of the first currency is worth in the second, in major units.",
    })
}
