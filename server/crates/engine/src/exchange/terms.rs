//! On which terms a shop's sellers exchange.

use domain::id::ShopId;
use serde_json::json;
use sqlx::PgPool;

use crate::audit::{self, Entry};
use crate::db::{Fault, Tx};
use crate::exchange::store;

/// The terms of a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What we keep of each exchange, in hundredths of a percent, below 10 000.
    pub spread_basis_points: u32,
    /// For how long a quote holds, from 1 to 86 400.
    pub quote_seconds: u32,
    /// How many days old the rate of a quote may be, up to 366. Banks give none on weekends.
    pub rate_days_max: u32,
}

/// The shop's terms.
///
/// # Errors
/// [`Fault`].
pub async fn find(pool: &PgPool, shop: ShopId) -> Result<Terms, Fault> {
    store::terms(pool, shop).await
}

/// Sets the shop's terms, for the quotes that come.
///
/// # Errors
/// [`TermsError`]; nothing was written then.
pub async fn set(pool: &PgPool, shop: ShopId, terms: Terms, actor: &str) -> Result<(), TermsError> {
    let are_possible = terms.spread_basis_points < 10_000
        && (1..=86_400).contains(&terms.quote_seconds)
        && terms.rate_days_max <= 366;
    if !are_possible {
        return Err(TermsError::OutOfRange);
    }
    let mut tx = Tx::begin(pool).await?;
    store::save_terms(&mut tx, shop, terms).await?;
    let entry = Entry {
        shop: Some(shop),
        actor,
        staff: None,
        action: "shop.exchange_terms_set",
        object_type: "shop",
        object_id: &shop.to_string(),
        detail: json!({ "spread_basis_points": terms.spread_basis_points,
                        "quote_seconds": terms.quote_seconds,
                        "rate_days_max": terms.rate_days_max }),
    };
    audit::record(&mut tx, &entry).await?;
    Ok(tx.commit().await?)
}

/// Why nothing was set.
#[derive(Debug, thiserror::Error)]
pub enum TermsError {
    /// One of them is beyond what can be.
    #[error(
        "a spread is below 10000 basis points, a quote holds 1 to 86400 seconds, and a rate may be \
         366 days old at most"
    )]
    OutOfRange,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
