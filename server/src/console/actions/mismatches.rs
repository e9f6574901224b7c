//! The forms of a mismatch's page. The version that a form carries makes each of them act once.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::id::MismatchId;
use domain::matching::Resolution;
use engine::db::Fault;
use engine::reconciliation::actor::Person;
use engine::reconciliation::mismatches::claim::{self, ClaimError};
use engine::reconciliation::mismatches::decide::{self, DecideError};
use engine::reconciliation::mismatches::reopen::{self, ReopenError};
use engine::reconciliation::mismatches::resolve::{self, Resolve, ResolveError, Resolved};
use engine::reconciliation::mismatches::{APPROVAL_LIMIT_MINOR, ReasonError};
use serde::Deserialize;

use super::{Acting, done, refused};
use crate::console::session::role;
use crate::web::{encoded, not_found};
use crate::wiring::Services;

/// What any of the forms sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MismatchForm {
    version: String,
    resolution: String,
    reason: String,
}

impl MismatchForm {
    /// A version that cannot be read is of a page that nobody was shown.
    fn version(&self) -> i32 {
        self.version.parse().unwrap_or(-1)
    }
}

/// Why a form did nothing, as the page says it: a code, and the field to blame.
type Problem = (&'static str, Option<&'static str>);

/// The mismatch that a form is about, and who sends it.
struct Target {
    id: MismatchId,
    page: String,
    person: Person,
}

fn target(id: &str, operator: &app::view::staff::Operator) -> Option<Target> {
    let id: MismatchId = id.parse().ok()?;
    let person = Person { id: operator.id, name: operator.name.clone(), role: role(operator) };
    Some(Target { id, page: format!("/console/mismatches/{id}"), person })
}

pub(super) async fn claim(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<MismatchForm>,
) -> Response {
    let Some(target) = target(&id, &operator) else { return not_found() };
    let pool = services.pool();
    let by = &target.person;
    match claim::claim(pool, operator.shop, target.id, form.version(), by).await {
        Ok(()) => done(&target.page, "claimed"),
        Err(error) => answer(&target.page, of_claim(error)),
    }
}

pub(super) async fn resolve(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<MismatchForm>,
) -> Response {
    let Some(target) = target(&id, &operator) else { return not_found() };
    let Some(resolution) = Resolution::from_word(&form.resolution) else {
        return refused(&target.page, "resolution_missing", Some("resolution"));
    };
    let request = Resolve {
        shop: operator.shop,
        mismatch: target.id,
        version: form.version(),
        resolution,
        reason: &form.reason,
        by: &target.person,
        limit_minor: APPROVAL_LIMIT_MINOR,
    };
    match resolve::resolve(services.pool(), request).await {
        Ok(Resolved::Applied { .. }) => done(&target.page, "resolved"),
        Ok(Resolved::Proposed) => done(&target.page, "proposed"),
        Err(error) => {
            // The choice stays, so that only what was wrong has to be mended.
            let page = format!("{}?resolution={}", target.page, encoded(resolution.as_str()));
            answer(&page, of_resolve(error))
        }
    }
}

pub(super) async fn approve(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<MismatchForm>,
) -> Response {
    let Some(target) = target(&id, &operator) else { return not_found() };
    let pool = services.pool();
    let by = &target.person;
    match decide::approve(pool, operator.shop, target.id, form.version(), by).await {
        Ok(_) => done(&target.page, "approved"),
        Err(error) => answer(&target.page, of_decide(error)),
    }
}

pub(super) async fn reject(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<MismatchForm>,
) -> Response {
    let Some(target) = target(&id, &operator) else { return not_found() };
    let pool = services.pool();
    let by = (&target.person, form.reason.as_str());
    match decide::reject(pool, operator.shop, target.id, form.version(), by).await {
        Ok(()) => done(&target.page, "rejected"),
        Err(error) => answer(&target.page, of_decide(error)),
    }
}

pub(super) async fn reopen(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<MismatchForm>,
) -> Response {
    let Some(target) = target(&id, &operator) else { return not_found() };
    let pool = services.pool();
    let by = (&target.person, form.reason.as_str());
    match reopen::reopen(pool, operator.shop, target.id, form.version(), by).await {
        Ok(()) => done(&target.page, "reopened"),
        Err(error) => answer(&target.page, of_reopen(error)),
    }
}

/// `None` means that there is no such mismatch.
fn answer(page: &str, problem: Option<Problem>) -> Response {
    match problem {
        Some((code, field)) => refused(page, code, field),
        None => not_found(),
    }
}

fn of_claim(error: ClaimError) -> Option<Problem> {
    Some(match error {
        ClaimError::NotFound => return None,
        ClaimError::NotAllowed => ("not_allowed", None),
        ClaimError::Stale(_) => ("stale", None),
        ClaimError::NotOpen(_) => ("already_resolved", None),
        ClaimError::Fault(fault) => broken(&fault),
    })
}

fn of_resolve(error: ResolveError) -> Option<Problem> {
    Some(match error {
        ResolveError::NotFound => return None,
        ResolveError::NotAllowed => ("not_allowed", None),
        ResolveError::Stale(_) => ("stale", None),
        ResolveError::NotOpen(_) => ("already_resolved", None),
        ResolveError::Reason(reason) => of_reason(reason),
        ResolveError::Resolution(_) => ("resolution_not_allowed", Some("resolution")),
        ResolveError::Fault(fault) => broken(&fault),
    })
}

fn of_decide(error: DecideError) -> Option<Problem> {
    Some(match error {
        DecideError::NotFound => return None,
        DecideError::NotAllowed => ("not_allowed", None),
        DecideError::Stale(_) => ("stale", None),
        DecideError::NothingProposed => ("already_resolved", None),
        DecideError::OwnProposal => ("own_proposal", None),
        DecideError::Reason(reason) => of_reason(reason),
        DecideError::Resolution(_) => ("resolution_not_allowed", None),
        DecideError::Fault(fault) => broken(&fault),
    })
}

fn of_reopen(error: ReopenError) -> Option<Problem> {
    Some(match error {
        ReopenError::NotFound => return None,
        ReopenError::NotAllowed => ("not_allowed", None),
        ReopenError::Stale(_) | ReopenError::NotClosed(_) => ("stale", None),
        ReopenError::ByProcedure => ("by_procedure", None),
        ReopenError::Reason(reason) => of_reason(reason),
        ReopenError::Fault(fault) => broken(&fault),
    })
}

fn of_reason(reason: ReasonError) -> Problem {
    let code = match reason {
        ReasonError::TooShort => "reason_missing",
        ReasonError::TooLong => "reason_too_long",
        ReasonError::CardNumber => "card_number",
    };
    (code, Some("reason"))
}

fn broken(fault: &Fault) -> Problem {
    tracing::error!(error = ?fault, "a form of a mismatch could not be carried out");
    ("unavailable", None)
}
