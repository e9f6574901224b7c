//! Transfers to sellers: what becomes of them, once per reference, whatever goes wrong.

use sandbox::{ClockMode, Options, parse_time};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Receiver, Reply, Sandbox};

mod bad_input;
mod dashboard;
mod faults;
mod once;
mod outcomes;
mod statement;
mod webhooks;

/// The time at which the clock of these tests stands first.
const START: &str = "2026-01-05T09:00:00Z";
/// An account that no scenario knows.
const IBAN: &str = "NL91ABNA0417164300";

/// Starts a sandbox whose clock moves only when it is advanced.
async fn standing(pool: PgPool, receiver: Option<&Receiver>) -> Sandbox {
    let clock = ClockMode::StandingAt(parse_time(START).unwrap());
    let options = Options { clock, ..Options::default() };
    Sandbox::start_as(pool, receiver, options, None).await
}

/// The body of a transfer in EUR.
fn transfer(reference: &str, amount: &str, iban: &str) -> Value {
    json!({
        "reference": reference,
        "amount": amount,
        "currency": "EUR",
        "iban": iban,
        "name": "Alpine Books GmbH",
        "remittance": format!("Pay-out {reference}"),
    })
}

impl Sandbox {
    /// Sends money, with the reference as the only key.
    async fn send(&self, reference: &str, amount: &str, iban: &str) -> Reply {
        self.post("/v1/transfers", "", &transfer(reference, amount, iban)).await
    }

    /// What the processor has of a transfer.
    async fn sent(&self, reference: &str) -> Value {
        let found = self.get(&format!("/v1/transfers?reference={reference}")).await;
        assert_eq!(found.status, 200, "{}", found.json);
        found.json["data"][0].clone()
    }

    /// What the books say of a transfer: how often it was paid, and returned.
    async fn times(&self, reference: &str) -> (i64, i64) {
        let books = self.get("/v1/books").await.json;
        let transfers = books["transfers"].as_array().unwrap();
        let lines: Vec<_> =
            transfers.iter().filter(|line| line["reference"] == reference).collect();
        assert_eq!(lines.len(), 1, "{reference} stands in the books once: {books}");
        let count = |name: &str| lines[0][name].as_i64().unwrap();
        (count("times_paid"), count("times_returned"))
    }
}
