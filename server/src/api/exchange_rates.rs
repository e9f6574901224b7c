//! `GET /v1/exchange_rates`: what currencies are worth.

use axum::Json;
use axum::extract::{RawQuery, State};
use domain::currency::Currency;
use engine::exchange::rates::{self, DayRate};
use serde::Serialize;
use time::Date;
use time::macros::format_description;

use super::auth::Caller;
use super::object::List;
use super::problem::{Code, Problem};
use crate::wiring::Services;

/// What one unit of a currency is worth in another, on one day.
#[derive(Debug, Serialize)]
pub struct RateObject {
    object: &'static str,
    from: Currency,
    to: Currency,
    /// Before any spread.
    rate: String,
    day: String,
    source: String,
}

/// The rates of the newest day up to the one that is asked for.
///
/// # Errors
/// [`Problem`].
pub async fn list(
    State(services): State<Services>,
    Caller(_): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<List<RateObject>>, Problem> {
    let asked = Asked::read(query.as_deref().unwrap_or_default())?;
    let from = asked.from.unwrap_or(Currency::EUR);
    let found = match asked.to {
        Some(to) if to == from => Ok(Vec::new()),
        Some(to) => {
            let found = rates::find(services.pool(), (from, to), asked.day).await;
            found.map(|found| found.into_iter().collect())
        }
        None => rates::list(services.pool(), from, asked.day).await,
    };
    let found = found.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(List::of(found.into_iter().map(RateObject::new))))
}

/// What stands behind the question mark.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    day: Option<Date>,
    from: Option<Currency>,
    to: Option<Currency>,
}

impl Asked {
    fn read(query: &str) -> Result<Self, Problem> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query)
            .map_err(|_| Problem::new(Code::FieldInvalid, "The address cannot be read."))?;
        let mut asked = Self::default();
        for (name, value) in pairs {
            let is_repeated = match name.as_str() {
                "day" => asked.day.replace(day(&value)?).is_some(),
                "from" => asked.from.replace(currency("from", &value)?).is_some(),
                "to" => asked.to.replace(currency("to", &value)?).is_some(),
                _ => {
                    let detail = "What is read here: day, from, to.";
                    return Err(Problem::new(Code::FieldUnknown, detail));
                }
            };
            if is_repeated {
                let detail = "This stands twice in the address.";
                return Err(Problem::of_field(Code::FieldInvalid, name, detail));
            }
        }
        Ok(asked)
    }
}

fn day(text: &str) -> Result<Date, Problem> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).map_err(|_| {
        Problem::of_field(Code::FieldInvalid, "day", "This must be a day such as 2026-01-30.")
    })
}

fn currency(name: &str, code: &str) -> Result<Currency, Problem> {
    code.parse().map_err(|_| {
        let detail = "This is not a currency of ISO 4217 that one can pay in, such as EUR.";
        Problem::of_field(Code::CurrencyUnknown, name, detail)
    })
}

impl RateObject {
    fn new(found: DayRate) -> Self {
        Self {
            object: "exchange_rate",
            from: found.rate.from(),
            to: found.rate.to(),
            rate: found.rate.units().to_string(),
            day: found.day.to_string(),
            source: found.source,
        }
    }
}
