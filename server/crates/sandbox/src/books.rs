//! The whole books of an account, for those who compare books.

use axum::{extract::State, http::StatusCode};
use serde_json::{Value, json};

use crate::{
    accounts::Caller,
    answer::{Answer, ApiError},
    app::App,
    money::format_amount,
    payments::{self, payment::Payment},
    transfers::{
        self,
        store::{Booked, Sent},
    },
};

/// `GET /v1/books`: every payment and every transfer of the account.
pub(crate) async fn get(
    State(app): State<App>,
    Caller(account): Caller,
) -> Result<Answer, ApiError> {
    let payments = payments::store::list_all(&app.pool, account.account_id).await?;
    let transfers = transfers::store::list_booked(&app.pool, account.account_id).await?;
    let sent = transfers::store::list_sent(&app.pool, Some(account.account_id)).await?;
    let shown = json!({
        "payments": payments.iter().map(payment).collect::<Vec<_>>(),
        "transfers": transfers.iter().map(transfer).collect::<Vec<_>>(),
        "transferred": sent.iter().map(total).collect::<Vec<_>>(),
    });
    Ok(Answer::new(StatusCode::OK, &shown))
}

fn payment(payment: &Payment) -> Value {
    let amount = |minor| format_amount(minor, &payment.currency);
    json!({
        "reference": payment.reference,
        "status": payment.status,
        "currency": payment.currency,
        "authorized": amount(payment.authorized_minor),
        "captured": amount(payment.captured_minor),
        "refunded": amount(payment.refunded_minor),
        "charged_back": amount(payment.charged_back_minor),
    })
}

fn transfer(booked: &Booked) -> Value {
    json!({
        "reference": booked.reference,
        "state": booked.state,
        "currency": booked.currency,
        "amount": format_amount(booked.amount_minor, &booked.currency),
        "times_paid": booked.times_paid,
        "times_returned": booked.times_returned,
    })
}

fn total(sent: &Sent) -> Value {
    json!({"currency": sent.currency, "amount": format_amount(sent.amount_minor, &sent.currency)})
}
