//! What staff can take away from the console as a file.

use app::view::ledger::StatementFilter;
use app::view::staff::Operator;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, extract::Query};
use domain::account::AccountKind;
use engine::db::Fault;
use engine::ledger::statement::{self, Line, Place, Statement, Wanted};
use futures::stream;
use serde::Deserialize;
use sqlx::PgPool;
use time::Date;
use time::format_description::well_known::{Iso8601, Rfc3339};

use super::ports::ledger::{self, Unwanted};
use super::{bank_files, books, remittance, revenue, session};
use crate::web::see_other;
use crate::wiring::Services;

/// The first line of a statement.
const HEAD: &str = "recorded_at,posting,cause,payment,payment_order_id,amount,balance,currency\n";

/// The addresses of the files.
pub(super) fn router(services: &Services) -> Router {
    Router::new()
        .route("/console/ledger/{account}/statement.csv", get(statement_csv))
        .route("/console/ledger/revenue.csv", get(revenue::csv))
        .route("/console/proof/books", get(books::file))
        .route("/console/bank-files/{id}/pain001.xml", get(bank_files::file))
        .route("/console/payouts/{id}/remittance.csv", get(remittance::csv))
        .layer(from_fn(session::require_operator))
        .layer(from_fn_with_state(services.clone(), session::find_operator))
        .with_state(services.clone())
}

/// The part of the address behind the question mark.
#[derive(Debug, Deserialize)]
struct Days {
    owner: Option<String>,
    currency: String,
    from: Option<String>,
    to: Option<String>,
}

/// A statement as comma-separated values, debit positive, however long: it is read page by page.
async fn statement_csv(
    State(services): State<Services>,
    Extension(operator): Extension<Operator>,
    Path(account): Path<String>,
    Query(days): Query<Days>,
) -> Response {
    let wanted = match wanted(&operator, &account, days) {
        Ok(wanted) => wanted,
        // The page of the statement says what is wrong with its days.
        Err(Unwanted::Backwards(wanted)) => return see_other(&page_of(&account, &wanted)),
        Err(Unwanted::NoAccount) => return StatusCode::NOT_FOUND.into_response(),
    };
    let name = format!("{account}-{}-{}-{}.csv", wanted.currency, wanted.from, wanted.to);
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    let pool = services.pool().clone();
    let begin = Some(Next::Head);
    let pages = stream::try_unfold(begin, move |next| page(pool.clone(), wanted, next));
    (headers, Body::from_stream(pages)).into_response()
}

/// The page of the same statement.
fn page_of(account: &str, wanted: &Wanted) -> String {
    let Wanted { currency, from, to, .. } = wanted;
    let owner = wanted.account.owner().map(|owner| format!("&owner={owner}")).unwrap_or_default();
    format!("/console/ledger/{account}?currency={currency}{owner}&from={from}&to={to}")
}

fn wanted(operator: &Operator, account: &str, days: Days) -> Result<Wanted, Unwanted> {
    let day = |text: Option<String>| {
        let day = text.map(|text| Date::parse(&text, &Iso8601::DATE)).transpose();
        day.map_err(|_| Unwanted::NoAccount)
    };
    let filter = StatementFilter {
        account: AccountKind::from_word(account).ok_or(Unwanted::NoAccount)?,
        owner: days.owner,
        currency: days.currency.parse().map_err(|_| Unwanted::NoAccount)?,
        from: day(days.from)?,
        to: day(days.to)?,
        after: None,
    };
    ledger::wanted(operator.shop, &filter)
}

/// What the file goes on with.
enum Next {
    Head,
    Lines(Option<Place>),
}

async fn page(
    pool: PgPool,
    wanted: Wanted,
    next: Option<Next>,
) -> Result<Option<(Bytes, Option<Next>)>, Fault> {
    match next {
        None => Ok(None),
        Some(Next::Head) => {
            Ok(Some((Bytes::from_static(HEAD.as_bytes()), Some(Next::Lines(None)))))
        }
        Some(Next::Lines(after)) => {
            let Statement { lines, next, .. } = statement::statement(&pool, &wanted, after).await?;
            let text: String = lines.iter().map(|line| row(line, &wanted)).collect();
            Ok(Some((text.into(), next.map(|place| Next::Lines(Some(place))))))
        }
    }
}

/// One line; none of its cells needs quotes: references have letters, digits and `._:-` alone.
fn row(line: &Line, wanted: &Wanted) -> String {
    let (payment, reference) = match &line.payment {
        Some((payment, reference)) => (payment.to_string(), reference.as_str()),
        None => (String::new(), ""),
    };
    format!(
        "{},{},{},{payment},{reference},{},{},{}\n",
        line.place.recorded_at.format(&Rfc3339).unwrap_or_default(),
        line.posting,
        line.cause,
        line.amount.to_decimal_string(),
        line.balance.to_decimal_string(),
        wanted.currency,
    )
}
