//! The forms of the console: each acts, and answers with a redirect to a page.

mod alerts;
mod bank_files;
mod dead_letters;
mod exchanges;
mod files;
mod mismatches;
mod payouts;
mod processors;
mod rulings;
mod seller_payouts;
mod sign_in;
mod webhooks;

use app::view::staff::Operator;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use crate::console::session;
use crate::web::{csrf, encoded, see_other};
use crate::wiring::Services;

/// The largest file that is taken, a processor's or a bank's, in bytes.
pub const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Everything below `/console/actions`.
pub fn router(services: &Services) -> Router {
    let file_limit = DefaultBodyLimit::max(FILE_BYTES_MAX + 65_536);
    let acting = Router::new()
        .route("/console/actions/sign-out", post(sign_in::sign_out))
        .route("/console/actions/mismatches/{id}/claim", post(mismatches::claim))
        .route("/console/actions/mismatches/{id}/resolve", post(mismatches::resolve))
        .route("/console/actions/mismatches/{id}/approve", post(mismatches::approve))
        .route("/console/actions/mismatches/{id}/reject", post(mismatches::reject))
        .route("/console/actions/mismatches/{id}/reopen", post(mismatches::reopen))
        .route("/console/actions/webhooks/{id}/replay", post(webhooks::again))
        .route("/console/actions/webhooks/{id}/discard", post(webhooks::discarded))
        .route("/console/actions/processors/{id}/force", post(processors::force))
        .route("/console/actions/alerts/{id}/acknowledge", post(alerts::acknowledge))
        .route("/console/actions/alerts/{id}/resolve", post(alerts::resolve))
        .route("/console/actions/dead-letters/{id}/retry", post(dead_letters::retry))
        .route("/console/actions/dead-letters/{id}/retry-like", post(dead_letters::retry_like))
        .route("/console/actions/dead-letters/{id}/discard", post(dead_letters::discard))
        .route("/console/actions/payouts/{id}/approve", post(payouts::approve))
        .route("/console/actions/payouts/{id}/hold", post(payouts::hold))
        .route("/console/actions/payouts/{id}/resume", post(payouts::resume))
        .route("/console/actions/payouts/{id}/cancel", post(payouts::cancel))
        .route("/console/actions/payouts/{id}/ruling", post(rulings::propose))
        .route("/console/actions/payouts/{id}/ruling/confirm", post(rulings::confirm))
        .route("/console/actions/payouts/{id}/ruling/withdraw", post(rulings::withdraw))
        .route("/console/actions/sellers/{id}/payouts", post(seller_payouts::make))
        .route("/console/actions/sellers/{id}/exchange-quotes", post(exchanges::ask))
        .route("/console/actions/exchange-quotes/{id}/accept", post(exchanges::accept))
        .route("/console/actions/payee-accounts/{id}/verify", post(seller_payouts::verify))
        .route("/console/actions/bank-files", post(bank_files::make))
        .route("/console/actions/bank-reports", post(bank_files::read).layer(file_limit))
        .route("/console/actions/files", post(files::upload).layer(file_limit))
        .layer(axum::middleware::from_fn(require_signed_in))
        .layer(from_fn_with_state(services.clone(), session::find_operator));
    let router = Router::new()
        .route("/console/actions/sign-in", post(sign_in::sign_in))
        .merge(acting)
        .with_state(services.clone());
    csrf::protect(router)
}

/// Leads whoever is signed out to the sign-in page, before a form is even read.
async fn require_signed_in(request: Request, next: Next) -> Response {
    if request.extensions().get::<Operator>().is_none() {
        return see_other("/console/sign-in");
    }
    next.run(request).await
}

/// The person who acts.
pub(super) struct Acting(pub(super) Operator);

impl<S: Send + Sync> FromRequestParts<S> for Acting {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let operator = parts.extensions.get::<Operator>().cloned();
        operator.map(Self).ok_or_else(|| see_other("/console/sign-in").into_response())
    }
}

/// Back to `page` with the reason why nothing was done.
fn refused(page: &str, problem: &str, field: Option<&str>) -> Response {
    let joint = if page.contains('?') { '&' } else { '?' };
    let field = field.map(|field| format!("&field={}", encoded(field))).unwrap_or_default();
    see_other(&format!("{page}{joint}problem={}{field}", encoded(problem)))
}

/// On to `page` with a word of what was done.
fn done(page: &str, notice: &str) -> Response {
    see_other(&format!("{page}?notice={}", encoded(notice)))
}
