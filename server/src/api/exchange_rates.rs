//! `GET /v1/exchange_rates`: what currencies are worth.

use axum::Json;
use axum::extract::State;
use domain::currency::Currency;
use engine::exchange::rates::{self, DayRate};
use serde::Serialize;

use super::auth::Caller;
use super::object::List;
use super::problem::Problem;
use super::query::Query;
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
    query: Query,
) -> Result<Json<List<RateObject>>, Problem> {
    query.takes(&["day", "from", "to"])?;
    let day = query.day("day")?;
    let from = query.currency("from")?.unwrap_or(Currency::EUR);
    let found = match query.currency("to")? {
        Some(to) if to == from => Ok(Vec::new()),
        Some(to) => {
            let found = rates::find(services.pool(), (from, to), day).await;
            found.map(|found| found.into_iter().collect())
        }
        None => rates::list(services.pool(), from, day).await,
    };
    let found = found.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(List::of(found.into_iter().map(RateObject::new))))
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
