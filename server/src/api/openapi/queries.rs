//! What routes take behind the question mark.

use domain::payout::Phase;
use domain::period::Grain;
use engine::payouts::PAGE_MAX;
use serde_json::{Value, json};

use crate::api::routes::Route;

/// The parameters of a route's query.
pub(super) fn of(route: Route) -> Vec<Value> {
    match route {
        Route::GetStatement => statement(),
        Route::PreviewRefund => vec![optional(
            "amount",
            "How much goes back; all that is left if left out.",
            component("Amount"),
        )],
        Route::ListExchangeRates => rates(),
        Route::ListPayouts => payouts(),
        Route::GetRevenue => revenue(),
        Route::ListBalances => {
            vec![optional(
                "day",
                "At the end of which day, in UTC; now if left out.",
                component("Day"),
            )]
        }
        _ => Vec::new(),
    }
}

/// Which statement is wanted.
fn statement() -> Vec<Value> {
    let part = json!({ "enum": ["pending", "available", "reserved"] });
    let text = json!({ "type": "string" });
    vec![
        optional("account", "Which part of the wallet; `available` if left out.", part),
        required("currency", "In which currency.", component("Currency")),
        required("from", "The first day, in UTC.", component("Day")),
        required("to", "The last day, in UTC.", component("Day")),
        optional("cursor", "The `next_cursor` of the page before.", text),
    ]
}

/// Which days are reported, and how they are cut.
fn revenue() -> Vec<Value> {
    let by = json!({ "enum": Grain::ALL });
    vec![
        required("from", "The first day, in UTC.", component("Day")),
        required("to", "The last day, in UTC.", component("Day")),
        optional("by", "How long a period is; `month` if left out.", by),
    ]
}

/// Which rates are asked for.
fn rates() -> Vec<Value> {
    let day = "The day; where it has no rates, the last one before. Today if left out.";
    vec![
        optional("day", day, component("Day")),
        optional("from", "What is sold; the euro if left out.", component("Currency")),
        optional("to", "What is bought; all that there are if left out.", component("Currency")),
    ]
}

/// What picks pay-outs, and where a page begins.
fn payouts() -> Vec<Value> {
    let phases: Vec<&str> = Phase::ALL.iter().map(|phase| phase.as_str()).collect();
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": PAGE_MAX });
    let payout = json!({ "type": "string", "pattern": "^pyo_[0-7][0-9a-hjkmnp-tv-z]{25}$" });
    vec![
        optional("seller", "Our id of the seller, or yours.", component("Reference")),
        optional("status", "Only those.", json!({ "type": "string", "enum": phases })),
        optional("after", "The last pay-out of the page before.", payout),
        optional("limit", "How many a page has.", limit),
    ]
}

#[expect(clippy::needless_pass_by_value, reason = "each schema is made where it is given")]
fn optional(name: &str, description: &str, schema: Value) -> Value {
    json!({
        "name": name, "in": "query", "required": false, "description": description,
        "schema": schema,
    })
}

fn required(name: &str, description: &str, schema: Value) -> Value {
    let mut parameter = optional(name, description, schema);
    parameter["required"] = json!(true);
    parameter
}

fn component(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
