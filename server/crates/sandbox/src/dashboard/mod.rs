//! The dashboard: accounts, latest payments, reviews, and a day to be closed. For people, without
//! a login, because nothing here is real.

use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    answer::ApiError,
    app::App,
    control::act::{Act, perform},
    ids,
    pages::{hosted::broken, html},
    settlement::{
        faults::{FAULTS, Fault},
        parse_day, settle,
    },
};

mod page;
mod store;

/// `GET /`.
pub(crate) async fn show(State(app): State<App>) -> Response {
    let read = async {
        let accounts = store::list_accounts(&app.pool).await?;
        let in_review = store::list_in_review(&app.pool).await?;
        let latest = store::list_latest(&app.pool).await?;
        Ok::<_, ApiError>((accounts, in_review, latest))
    };
    match read.await {
        Ok((accounts, in_review, latest)) => {
            page::page(&accounts, &in_review, &latest, app.clock.now().date())
        }
        Err(error) => broken(&error),
    }
}

/// The form that closes a day. A fault's box is there if it was ticked.
#[derive(Deserialize)]
pub(crate) struct DayForm {
    account: i64,
    day: String,
    missing_line: Option<String>,
    wrong_amount: Option<String>,
    duplicate: Option<String>,
    surprise_fee: Option<String>,
}

impl DayForm {
    fn faults(&self) -> Vec<Fault> {
        let is_ticked = |fault| match fault {
            Fault::MissingLine => self.missing_line.is_some(),
            Fault::WrongAmount => self.wrong_amount.is_some(),
            Fault::Duplicate => self.duplicate.is_some(),
            Fault::SurpriseFee => self.surprise_fee.is_some(),
        };
        FAULTS.iter().map(|(fault, ..)| *fault).filter(|fault| is_ticked(*fault)).collect()
    }
}

/// `POST /settlement`: closes a day and downloads its file.
pub(crate) async fn close_day(State(app): State<App>, Form(form): Form<DayForm>) -> Response {
    let closed = async {
        let account = app.accounts.by_id(&app.pool, form.account).await?;
        let account = account.ok_or_else(ApiError::not_found)?;
        settle(&app, &account, parse_day(&form.day)?, &form.faults()).await
    };
    match closed.await {
        Ok(file) => file.into_response(),
        Err(error) => html::notice(
            error.status(),
            "The day was not closed",
            &format!("{}. Go back and try again.", error.message()),
        ),
    }
}

/// What the reviewer decided.
#[derive(Deserialize)]
pub(crate) struct Verdict {
    decision: String,
}

/// `POST /review/{id}`: releases or declines a payment.
pub(crate) async fn review(
    State(app): State<App>,
    Path(id): Path<String>,
    Form(verdict): Form<Verdict>,
) -> Response {
    let Some(payment_id) = ids::read("sp_", &id) else { return html::not_found() };
    let act = Act::Review { released: verdict.decision == "release" };
    match perform(&app, payment_id, act).await {
        Ok(_) => html::see_other("/"),
        Err(error) if error.status() == StatusCode::CONFLICT => html::notice(
            StatusCode::CONFLICT,
            "Already decided",
            "Somebody else decided this payment. Go back to the dashboard.",
        ),
        Err(error) if error.status() == StatusCode::NOT_FOUND => html::not_found(),
        Err(error) => broken(&error),
    }
}
