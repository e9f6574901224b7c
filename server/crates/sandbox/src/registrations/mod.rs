//! Registrations over the API: a whole checkout is made known, and gets one page.

use std::collections::HashSet;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    accounts::{Account, Caller, is_web_address},
    answer::{Answer, ApiError, read_json},
    app::App,
    clock,
    idempotency::Attempt,
    money::format_amount,
    payments::request::{check_reference, read_amount},
    processors::METHODS,
    transaction,
};

pub(crate) mod store;

use store::{Named, Registration};

const PAYMENTS_MAX: usize = 100;
const DESCRIPTION_LENGTH_MAX: usize = 300;

impl Registration {
    /// What people call its state: an open one that is past its time is expired.
    pub(crate) fn status_at(&self, at: OffsetDateTime) -> &str {
        if self.status == "open" && self.expires_at <= at { "expired" } else { &self.status }
    }

    /// Where its shopper pays.
    pub(crate) fn page_url(&self, public_url: &str) -> String {
        format!("{public_url}/pay/{}", self.token)
    }

    /// Shows the registration to its merchant.
    pub(crate) fn view(&self, public_url: &str, at: OffsetDateTime) -> Value {
        let status = self.status_at(at);
        let payment_method = (status == "completed").then(|| {
            json!({
                "token": self.payment_method,
                "type": self.brand.as_deref().map_or("card", method_of),
                "brand": self.brand,
                "last4": self.last4,
                "expiry": self.expiry,
            })
        });
        json!({
            "token": self.token,
            "nonce": self.nonce,
            "status": status,
            "page_url": self.page_url(public_url),
            "amount": format_amount(self.amount_minor, &self.currency),
            "currency": self.currency,
            "payment_method": payment_method,
            "failure_code": self.failure_code,
            "expires_at": clock::rfc3339(self.expires_at),
        })
    }
}

/// The method of a brand: what is no method has the brand of a card.
fn method_of(brand: &str) -> &str {
    if METHODS.contains(&brand) { brand } else { "card" }
}

#[derive(Deserialize)]
struct RegistrationBody {
    nonce: String,
    amount: String,
    currency: String,
    payments: Vec<NamedBody>,
    return_url: String,
    expires_at: String,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
struct NamedBody {
    reference: String,
    amount: String,
    #[serde(default)]
    description: String,
}

/// `POST /v1/registrations`.
pub(crate) async fn create(
    State(app): State<App>,
    Caller(account): Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let attempt = Attempt::read(account.account_id, "POST /v1/registrations", &headers, &body)?;
    let (registration, named) = read(&app, &account, &body)?;

    let mut transaction = transaction::begin(&app.pool).await?;
    if let Some(answer) = attempt.claim(&mut transaction).await? {
        return Ok(answer);
    }
    let answer = if store::insert(&mut transaction, &registration, &named).await? {
        Answer::new(StatusCode::CREATED, &registration.view(&app.public_url, app.clock.now()))
    } else {
        let known = find_same(&mut transaction, &registration, &named).await?;
        Answer::new(StatusCode::OK, &known.view(&app.public_url, app.clock.now()))
    };
    attempt.remember(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

/// Finds the registration of a repeated nonce, if it says the same.
///
/// The same means the same money for the same payments and the same way back; a caller that tries
/// again may have moved the expiry or mended a description.
async fn find_same(
    connection: &mut PgConnection,
    asked: &Registration,
    asked_named: &[Named],
) -> Result<Registration, ApiError> {
    let known = store::find_by_nonce(connection, asked.account_id, &asked.nonce).await?;
    let known = known.ok_or_else(ApiError::internal)?;
    let known_named = store::list_named(connection, &known.token).await?;
    let money = |named: &[Named]| {
        let mut pairs: Vec<_> =
            named.iter().map(|one| (one.reference.clone(), one.amount_minor)).collect();
        pairs.sort();
        pairs
    };
    let is_same = (known.amount_minor, &known.currency, &known.return_url)
        == (asked.amount_minor, &asked.currency, &asked.return_url)
        && money(&known_named) == money(asked_named);
    if is_same {
        return Ok(known);
    }
    Err(ApiError::conflict_of("nonce_conflict", "this nonce stands for another checkout"))
}

/// `GET /v1/registrations/{token}`.
pub(crate) async fn get(
    State(app): State<App>,
    Caller(account): Caller,
    Path(token): Path<String>,
) -> Result<Answer, ApiError> {
    let registration = store::find(&app.pool, &token)
        .await?
        .filter(|registration| registration.account_id == account.account_id)
        .ok_or_else(ApiError::not_found)?;
    Ok(Answer::new(StatusCode::OK, &registration.view(&app.public_url, app.clock.now())))
}

fn read(app: &App, account: &Account, body: &[u8]) -> Result<(Registration, Vec<Named>), ApiError> {
    let body: RegistrationBody = read_json(body)?;
    check_reference("nonce", &body.nonce)?;
    let amount_minor = read_amount(&body.amount, &body.currency)?;
    account.processor.must_take("card", &body.currency)?;
    let named = read_named(&body, amount_minor)?;
    if !is_web_address(&body.return_url) {
        return Err(ApiError::invalid("return_url", "the address starts with http:// or https://"));
    }
    let expires_at = clock::parse(&body.expires_at)
        .ok_or_else(|| ApiError::invalid("expires_at", "a time is written as in RFC 3339"))?;
    check_description("description", &body.description)?;
    let registration = Registration {
        token: app.mint.token("reg_", &["registration", &account.name, &body.nonce]),
        account_id: account.account_id,
        nonce: body.nonce,
        status: "open".to_owned(),
        amount_minor,
        currency: body.currency,
        description: body.description,
        return_url: body.return_url,
        failure_code: None,
        expires_at,
        payment_method: None,
        brand: None,
        last4: None,
        expiry: None,
    };
    Ok((registration, named))
}

fn read_named(body: &RegistrationBody, amount_minor: i64) -> Result<Vec<Named>, ApiError> {
    if !(1..=PAYMENTS_MAX).contains(&body.payments.len()) {
        let message = format!("a registration names 1 to {PAYMENTS_MAX} payments");
        return Err(ApiError::invalid("payments", message));
    }
    let mut references = HashSet::new();
    let mut named = Vec::with_capacity(body.payments.len());
    for payment in &body.payments {
        check_reference("payments.reference", &payment.reference)?;
        check_description("payments.description", &payment.description)?;
        if !references.insert(payment.reference.as_str()) {
            return Err(ApiError::invalid("payments.reference", "each payment is named once"));
        }
        named.push(Named {
            reference: payment.reference.clone(),
            amount_minor: read_amount(&payment.amount, &body.currency)?,
            description: payment.description.clone(),
        });
    }
    let sum: i128 = named.iter().map(|one| i128::from(one.amount_minor)).sum();
    if sum != i128::from(amount_minor) {
        return Err(ApiError::invalid("amount", "the amount is the sum of the payments"));
    }
    Ok(named)
}

fn check_description(param: &'static str, description: &str) -> Result<(), ApiError> {
    let fits = description.chars().count() <= DESCRIPTION_LENGTH_MAX;
    if fits && !description.chars().any(char::is_control) {
        return Ok(());
    }
    let message = format!("a description is a line of {DESCRIPTION_LENGTH_MAX} characters at most");
    Err(ApiError::invalid(param, message))
}
