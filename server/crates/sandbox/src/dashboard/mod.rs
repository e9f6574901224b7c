//! The dashboard: what is there, and the buttons of everybody else than the merchant: staff,
//! banks, time and bad luck. For people, without a login, because nothing here is real.

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
    clock, control,
    faults::Down,
    ids,
    pages::{hosted::broken, html},
    processors,
    settlement::{
        faults::{FAULTS, Fault},
        parse_day, settle,
    },
    transfers,
};

mod page;
mod panels;
pub(crate) mod payment;
mod store;
pub(crate) mod transfer;

use page::Shown;

/// `GET /`.
pub(crate) async fn show(State(app): State<App>) -> Response {
    let read = async {
        Ok::<_, ApiError>(Shown {
            accounts: store::list_accounts(&app.pool).await?,
            in_review: store::list_in_review(&app.pool).await?,
            latest: store::list_latest(&app.pool).await?,
            processors: processors::store::list(&app.pool).await?,
            alarms_waiting: store::count_alarms(&app.pool).await?,
            transfers: store::list_latest_transfers(&app.pool).await?,
            sent: transfers::store::list_sent(&app.pool, None).await?,
        })
    };
    match read.await {
        Ok(shown) => page::page(&app, &shown),
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
    wrong_currency: Option<String>,
    fx_rounding: Option<String>,
    late: Option<String>,
}

impl DayForm {
    fn faults(&self) -> Vec<Fault> {
        let is_ticked = |fault| match fault {
            Fault::MissingLine => self.missing_line.is_some(),
            Fault::WrongAmount => self.wrong_amount.is_some(),
            Fault::Duplicate => self.duplicate.is_some(),
            Fault::SurpriseFee => self.surprise_fee.is_some(),
            Fault::WrongCurrency => self.wrong_currency.is_some(),
            Fault::FxRounding => self.fx_rounding.is_some(),
            Fault::Late => self.late.is_some(),
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
        Err(error) => refused("The day was not closed", &error),
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
    let act = control::act::Act::Review { released: verdict.decision == "release" };
    match control::act::perform(&app, payment_id, act).await {
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

/// How far the clock is to be moved: a button's length, or one that was typed.
#[derive(Deserialize)]
pub(crate) struct ClockForm {
    by: Option<String>,
    #[serde(default)]
    typed: String,
}

/// `POST /clock`: moves the clock on.
pub(crate) async fn move_clock(State(app): State<App>, Form(form): Form<ClockForm>) -> Response {
    let text = form.by.as_deref().unwrap_or(&form.typed);
    let Some(by) = clock::parse_duration(text) else {
        let message = "a length of time is written like 3d 12h 30m 10s";
        return refused("The clock was not moved", &ApiError::invalid("by", message));
    };
    match control::advance(&app, by).await {
        Ok(_) => html::see_other("/"),
        Err(error) => refused("The clock was not moved", &error),
    }
}

/// Which storm is to blow: a share like `10%`, `all`, or `none`.
#[derive(Deserialize)]
pub(crate) struct StormForm {
    storm: String,
}

/// `POST /faults`: lets a storm blow, or ends everything that goes wrong.
pub(crate) async fn set_storm(State(app): State<App>, Form(form): Form<StormForm>) -> Response {
    let set = match form.storm.as_str() {
        "none" => {
            app.faults.clear();
            Ok(())
        }
        "all" => app.faults.set_storm(None),
        share => app.faults.set_storm(Some(share)),
    };
    match set {
        Ok(()) => html::see_other("/"),
        Err(message) => refused("Nothing was changed", &ApiError::malformed(message)),
    }
}

/// Whether a processor is to go down, and for how long.
#[derive(Deserialize)]
pub(crate) struct OutageForm {
    processor: String,
    outage: String,
}

/// `POST /outages`: takes a processor down, or brings it back.
pub(crate) async fn set_outage(State(app): State<App>, Form(form): Form<OutageForm>) -> Response {
    match form.outage.as_str() {
        "end" => {
            app.faults.lift(Some(&form.processor));
        }
        "minute" => app.faults.fell(Some(form.processor), Down::default(), Some(60)),
        _ => app.faults.fell(Some(form.processor), Down::default(), None),
    }
    html::see_other("/")
}

/// Says to a person why something was not done.
fn refused(title: &str, error: &ApiError) -> Response {
    let sentence = format!("{}. Go back and try again.", error.message());
    html::notice(error.status(), title, &sentence)
}
