//! `GET /v1/checkouts/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use domain::id::CheckoutId;

use super::auth::Caller;
use super::new_checkout::is_reference;
use super::object::CheckoutObject;
use super::problem::{Code, Problem};
use crate::wiring::Services;

/// Finds a checkout by our id or by the shop's.
pub async fn find(
    State(services): State<Services>,
    Caller(shop): Caller,
    Path(id): Path<String>,
) -> Result<Json<CheckoutObject>, Problem> {
    let pool = services.pool();
    let found = match id.parse::<CheckoutId>() {
        Ok(id) => engine::checkouts::find(pool, shop, id).await,
        Err(_) if is_reference(&id) => engine::checkouts::find_by_reference(pool, shop, &id).await,
        Err(_) => Ok(None),
    };
    let checkout = found
        .map_err(|fault| Problem::internal(&fault))?
        .ok_or_else(|| Problem::new(Code::NotFound, "You have no checkout with this id."))?;
    Ok(Json(CheckoutObject::new(&checkout, services.engine.links())))
}
