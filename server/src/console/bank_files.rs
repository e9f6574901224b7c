//! A file for a bank, with the very bytes that were stored.

use app::view::staff::Operator;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::id::PayoutFileId;
use domain::permission::Action;
use engine::payouts::bank_files;

use super::session::role;
use crate::web::see_other;
use crate::wiring::Services;

/// The bytes, for whoever may make such a file: they name the payees in full.
pub(super) async fn file(
    State(services): State<Services>,
    Extension(operator): Extension<Operator>,
    Path(id): Path<String>,
) -> Response {
    let Ok(id) = id.parse::<PayoutFileId>() else { return StatusCode::NOT_FOUND.into_response() };
    if !role(&operator).may(Action::MakeBankFile) {
        return see_other("/console/bank-files?problem=not_allowed");
    }
    match bank_files::bytes(services.pool(), operator.shop, id).await {
        Ok(Some((_, content))) => {
            let headers = [
                (CONTENT_TYPE, "application/xml".to_owned()),
                (CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.xml\"")),
            ];
            (headers, content).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(fault) => {
            tracing::error!(error = ?fault, "a file for a bank could not be fetched");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
