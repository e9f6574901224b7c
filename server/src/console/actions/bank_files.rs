//! The forms of the bank files: making one of what waits, and taking in what a bank says.

use app::view::staff::Operator;
use axum::Form;
use axum::extract::{Multipart, State};
use axum::response::Response;
use bank::file::{Unreadable, UnreadableReason};
use domain::card_number;
use engine::db::Fault;
use engine::payouts::bank_files::{
    self, Made, MakeError, NewFile, NewReport, NewlyMade, Outcome, ReadError,
};
use engine::reconciliation::actor::{Actor, Person};
use serde::Deserialize;
use time::Date;
use time::format_description::well_known::Iso8601;

use super::{Acting, done, files, refused};
use crate::console::session::role;
use crate::wiring::Services;

/// The page of the forms.
const PAGE: &str = "/console/bank-files";
/// How many characters of a file's name are kept.
const NAME_CHARS_MAX: usize = 200;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MakeForm {
    account: String,
    on: String,
}

pub(super) async fn make(
    State(services): State<Services>,
    Acting(operator): Acting,
    Form(form): Form<MakeForm>,
) -> Response {
    let on = (!form.on.is_empty()).then(|| Date::parse(&form.on, &Iso8601::DATE)).transpose();
    let Ok(execution_on) = on else { return refused(PAGE, "day_invalid", Some("on")) };
    let by = actor(&operator);
    let new = NewFile { shop: operator.shop, account: &form.account, execution_on, by: &by };
    match bank_files::make(services.pool(), &new).await {
        Ok(Made::Now(made)) => done(PAGE, notice(&made)),
        Ok(Made::Nothing(_)) => refused(PAGE, "bank_file_nothing_waits", Some("account")),
        Err(MakeError::NoAccount) => refused(PAGE, "bank_file_account", Some("account")),
        Err(MakeError::NotAllowed) => refused(PAGE, "not_allowed", None),
        Err(MakeError::Past { .. }) => refused(PAGE, "bank_file_past", Some("on")),
        Err(MakeError::Order(error)) => {
            tracing::warn!(%error, "none of what waits could be written for the bank");
            refused(PAGE, "bank_file_unwritable", Some("account"))
        }
        Err(MakeError::Money(error)) => broken(&Fault::Broken(error.to_string())),
        Err(MakeError::Fault(fault)) => broken(&fault),
    }
}

const fn notice(made: &NewlyMade) -> &'static str {
    if !made.left_out.is_empty() {
        "bank_file_left_out"
    } else if made.has_more {
        "bank_file_made_more"
    } else {
        "bank_file_made"
    }
}

pub(super) async fn read(
    State(services): State<Services>,
    Acting(operator): Acting,
    form: Multipart,
) -> Response {
    let upload = match files::read(form).await {
        Ok(upload) => upload,
        Err((problem, field)) => return refused(PAGE, problem, Some(field)),
    };
    let parsed = match bank_files::parse(&upload.content) {
        Ok(parsed) => parsed,
        Err(why) => return unreadable(&why),
    };
    let name = card_number::masked(&upload.name);
    let name: String = name.chars().filter(|one| !one.is_control()).take(NAME_CHARS_MAX).collect();
    let by = actor(&operator);
    let new = NewReport { shop: operator.shop, name: &name, parsed: &parsed, by: &by };
    match bank_files::read(services.pool(), &new).await {
        Ok(Outcome::Now(summary)) => done(&page_of(&summary.id), "bank_report_read"),
        Ok(Outcome::Before { id, .. }) => done(&page_of(&id), "bank_report_known"),
        Err(ReadError::NotAllowed) => refused(PAGE, "not_allowed", None),
        Err(ReadError::Fault(fault)) => broken(&fault),
    }
}

fn page_of(id: &impl std::fmt::Display) -> String {
    format!("{PAGE}/reports/{id}")
}

/// Back to the form, with the reason and the place. What stands at that place is not repeated: an
/// address is no place for what a bank writes.
fn unreadable(why: &Unreadable) -> Response {
    let problem = match why.reason {
        UnreadableReason::Empty => "file_empty",
        UnreadableReason::TooLarge => "file_too_large",
        UnreadableReason::Utf16 => "bank_file_utf16",
        UnreadableReason::NotXml(_) | UnreadableReason::AfterEnd => "bank_file_not_xml",
        UnreadableReason::DocumentType => "bank_file_document_type",
        UnreadableReason::TooDeep
        | UnreadableReason::TooManyElements
        | UnreadableReason::TooManyEntries(_) => "bank_file_too_much",
        UnreadableReason::CutOff(_) => "bank_file_cut_off",
        UnreadableReason::NoMessage(_) | UnreadableReason::NoRates => "bank_file_no_message",
        UnreadableReason::SeveralMessages => "bank_file_several",
    };
    let place = format!("{PAGE}?line={}&column={}", why.place.line, why.place.column);
    refused(&place, problem, Some("file"))
}

fn actor(operator: &Operator) -> Actor {
    Actor::Person(Person { id: operator.id, name: operator.name.clone(), role: role(operator) })
}

fn broken(fault: &Fault) -> Response {
    tracing::error!(error = ?fault, "a bank file could not be acted on");
    refused(PAGE, "unavailable", None)
}
