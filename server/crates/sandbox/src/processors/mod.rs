//! The processors of one sandbox: what each costs, and which methods and currencies it takes.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    accounts::is_name,
    answer::{Answer, ApiError, read_json},
    app::App,
    money::{Tariff, format_percent, is_currency, parse_percent},
};

pub(crate) mod store;

/// Every method that a processor can take.
pub(crate) const METHODS: [&str; 4] = ["card", "wallet", "bank_transfer", "voucher"];
const LABEL_LENGTH_MAX: usize = 60;

/// One processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Processor {
    pub(crate) name: String,
    /// What shoppers read.
    pub(crate) label: String,
    pub(crate) tariff: Tariff,
    pub(crate) methods: Vec<String>,
    /// Every currency, if absent.
    pub(crate) currencies: Option<Vec<String>>,
}

impl Processor {
    /// Refuses a method or currency that this processor does not take.
    pub(crate) fn must_take(&self, method: &str, currency: &str) -> Result<(), ApiError> {
        if !self.methods.iter().any(|known| known == method) {
            let message = format!("{} does not take the method {method}", self.label);
            return Err(ApiError::unsupported("method_not_supported", message));
        }
        if !self.takes(currency) {
            let message = format!("{} does not take {currency}", self.label);
            return Err(ApiError::unsupported("currency_not_supported", message));
        }
        Ok(())
    }

    /// Says whether this processor takes a currency.
    pub(crate) fn takes(&self, currency: &str) -> bool {
        self.currencies.as_ref().is_none_or(|known| known.iter().any(|known| known == currency))
    }

    pub(crate) fn view(&self) -> Value {
        let share_ppm = u32::try_from(self.tariff.share_ppm).unwrap_or(0);
        json!({
            "name": self.name,
            "label": self.label,
            "fee_percent": format_percent(share_ppm).trim_end_matches('%'),
            "fee_fixed_minor": self.tariff.fixed_minor,
            "methods": self.methods,
            "currencies": self.currencies,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ProcessorBody {
    label: Option<String>,
    fee_percent: Option<String>,
    fee_fixed_minor: Option<i32>,
    methods: Option<Vec<String>>,
    currencies: Option<Vec<String>>,
}

/// `GET /v1/processors`.
pub(crate) async fn list(State(app): State<App>) -> Result<Answer, ApiError> {
    let processors = store::list(&app.pool).await?;
    let data: Vec<Value> = processors.iter().map(Processor::view).collect();
    Ok(Answer::new(StatusCode::OK, &json!({ "data": data })))
}

/// `PUT /v1/processors/{name}`: opens a processor, or changes it.
pub(crate) async fn put(
    State(app): State<App>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Answer, ApiError> {
    let body: ProcessorBody =
        if body.is_empty() { ProcessorBody::default() } else { read_json(&body)? };
    let processor = read(name, body)?;
    store::save(&app.pool, &processor).await?;
    app.accounts.forget_all();
    Ok(Answer::new(StatusCode::OK, &processor.view()))
}

fn read(name: String, body: ProcessorBody) -> Result<Processor, ApiError> {
    if !is_name(&name) {
        return Err(ApiError::invalid("name", "a name is made of letters, digits, '-', '_', '.'"));
    }
    let label = body.label.unwrap_or_else(|| name.clone());
    if label.trim().is_empty() || label.chars().count() > LABEL_LENGTH_MAX {
        return Err(ApiError::invalid("label", "a label has 1 to 60 characters"));
    }
    let share_ppm = match &body.fee_percent {
        None => Some(Tariff::STANDARD.share_ppm),
        Some(text) => parse_percent(text).and_then(|millionths| i32::try_from(millionths).ok()),
    };
    let share_ppm =
        share_ppm.ok_or_else(|| ApiError::invalid("fee_percent", "a share is written like 1.4"))?;
    let fixed_minor = body.fee_fixed_minor.unwrap_or(Tariff::STANDARD.fixed_minor);
    if fixed_minor < 0 {
        return Err(ApiError::invalid("fee_fixed_minor", "a fee is not below zero"));
    }
    let methods = body.methods.unwrap_or_else(|| METHODS.map(str::to_owned).to_vec());
    if methods.is_empty() || !methods.iter().all(|method| METHODS.contains(&method.as_str())) {
        let message = format!("methods are some of {}", METHODS.join(", "));
        return Err(ApiError::invalid("methods", message));
    }
    if body.currencies.iter().flatten().any(|currency| !is_currency(currency)) {
        return Err(ApiError::invalid("currencies", "a currency has three capital letters"));
    }
    let tariff = Tariff { share_ppm, fixed_minor };
    Ok(Processor { name, label, tariff, methods, currencies: body.currencies })
}
