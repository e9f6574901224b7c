//! What a seller has exchanged.

use domain::exchange::{Exchange, Rate};
use domain::id::{QuoteId, SellerId, ShopId};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::db::Fault;
use crate::exchange::store::list as store;

/// An exchange that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// The quote that it was made at.
    pub quote: QuoteId,
    /// The figures that were posted.
    pub figures: Exchange,
    /// The rate before our spread.
    pub rate: Rate,
    /// Where the rate is from, such as `ecb/2026-01-30`.
    pub source: String,
    /// When it was made.
    pub at: OffsetDateTime,
    /// The person who accepted it; nobody if the shop's own system did.
    pub by: Option<String>,
}

/// The last exchanges of a seller of the shop, the newest first.
///
/// # Errors
/// [`Fault`].
pub async fn of_seller(
    pool: &PgPool,
    shop: ShopId,
    seller: SellerId,
    limit: u16,
) -> Result<Vec<Exchanged>, Fault> {
    let mut found = store::of_seller(pool, shop, seller, limit).await?;
    let ids: Vec<QuoteId> = found.iter().map(|one| one.quote).collect();
    let mut people = store::people(pool, shop, &ids).await?;
    for one in &mut found {
        one.by = people.remove(&one.quote.to_string());
    }
    Ok(found)
}
