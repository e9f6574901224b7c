//! The shapes of sellers, their wallets and their statements.

use domain::account::{AccountKind, AccountType};
use domain::period::Grain;
use engine::ledger::revenue::accounts;
use serde_json::{Value, json};

use super::{closed, component, id, instant, list, or_null, words};

pub(super) fn all() -> Value {
    json!({
        "NewRelease": new_release(),
        "Share": share(),
        "RefundPreview": refund_preview(),
        "Seller": seller(),
        "SellerList": list("Seller"),
        "Wallet": wallet(),
        "WalletList": list("Wallet"),
        "Balance": balance(),
        "BalanceList": list("Balance"),
        "Statement": statement(),
        "Revenue": revenue(),
    })
}

fn new_release() -> Value {
    let properties = json!({ "delivered_on": component("Day") });
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn share() -> Value {
    closed(&json!({
        "object": { "const": "share" },
        "payment": id("pay"),
        "currency": component("Currency"),
        "delivered_on": or_null(&component("Day")),
        "due_on": or_null(&component("Day")),
        "pending": component("SignedAmount"),
        "covering": component("SignedAmount"),
        "released": component("SignedAmount"),
        "reserved": component("SignedAmount"),
    }))
}

fn refund_preview() -> Value {
    closed(&json!({
        "object": { "const": "refund_preview" },
        "payment": id("pay"),
        "currency": component("Currency"),
        "amount": component("Amount"),
        "fee_given_back": component("Amount"),
        "pending": component("Amount"),
        "available": component("Amount"),
        "reserved": component("Amount"),
        "debt": component("Amount"),
        "next_sales": component("Amount"),
    }))
}

fn seller() -> Value {
    closed(&json!({
        "id": id("sel"),
        "object": { "const": "seller" },
        "seller_account": component("Reference"),
        "name": { "type": "string" },
        "fee_basis_points": { "type": "integer", "minimum": 0, "maximum": 10_000 },
    }))
}

fn wallet() -> Value {
    closed(&json!({
        "object": { "const": "wallet" },
        "seller": id("sel"),
        "seller_account": component("Reference"),
        "currency": component("Currency"),
        "pending": component("SignedAmount"),
        "available": component("SignedAmount"),
        "reserved": component("SignedAmount"),
        "owed": component("SignedAmount"),
    }))
}

fn balance() -> Value {
    let types = [
        AccountType::Asset,
        AccountType::Liability,
        AccountType::Equity,
        AccountType::Revenue,
        AccountType::Expense,
    ];
    closed(&json!({
        "object": { "const": "balance" },
        "account": words(AccountKind::ALL.iter().map(|kind| kind.as_str())),
        "account_type": words(types.map(AccountType::as_str)),
        "owner": { "type": ["string", "null"] },
        "currency": component("Currency"),
        "balance": component("SignedAmount"),
    }))
}

fn statement() -> Value {
    let line = closed(&json!({
        "posting": id("pst"),
        "cause": { "type": "string" },
        "payment": or_null(&id("pay")),
        "payment_order_id": or_null(&component("Reference")),
        "amount": component("SignedAmount"),
        "balance": component("SignedAmount"),
        "at": instant(),
    }));
    closed(&json!({
        "object": { "const": "statement" },
        "seller": id("sel"),
        "account": words(["pending", "available", "reserved"]),
        "currency": component("Currency"),
        "from": component("Day"),
        "to": component("Day"),
        "opening": component("SignedAmount"),
        "added": component("SignedAmount"),
        "taken": component("SignedAmount"),
        "closing": component("SignedAmount"),
        "lines": { "type": "array", "items": line },
        "next_cursor": { "type": ["string", "null"] },
    }))
}

fn revenue() -> Value {
    let mut earned = json!({
        "from": component("Day"),
        "to": component("Day"),
        "currency": component("Currency"),
        "result": component("SignedAmount"),
    });
    for account in accounts() {
        earned[account.as_str()] = component("SignedAmount");
    }
    let earned = json!({ "type": "array", "items": closed(&earned) });
    closed(&json!({
        "object": { "const": "revenue" },
        "from": component("Day"),
        "to": component("Day"),
        "by": { "enum": Grain::ALL },
        "periods": earned.clone(),
        "totals": earned,
    }))
}
