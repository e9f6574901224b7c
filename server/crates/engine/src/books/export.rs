//! Reading the books back: a shop's chain, or some of its days, page by page.

use domain::id::ShopId;
use proof::export::{Header, Sealed};
use sqlx::PgPool;
use time::Date;

use crate::books::records;
use crate::books::store::export::{self as store, Extent};
use crate::db::Fault;

/// How many records are in memory at a time.
const PAGE: i64 = 1_000;

/// An export that is under way.
#[derive(Debug)]
pub struct Export {
    pool: PgPool,
    header: Header,
    after: u64,
    through: u64,
}

impl Export {
    /// Begins with the first record, or with the balances that `from` opens with; ends with the
    /// close of `to`, or with the last record that is sealed.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn begin(
        pool: &PgPool,
        shop: ShopId,
        from: Option<Date>,
        to: Option<Date>,
    ) -> Result<Self, ExportError> {
        let extent = store::extent(pool, shop, from, to).await?.ok_or(ExportError::Nothing)?;
        let Extent { open_on, first_on, .. } = extent;
        let (first, last) = (from.unwrap_or(first_on), to.unwrap_or(open_on));
        if first > last {
            return Err(ExportError::Backwards);
        }
        if first > open_on {
            return Err(ExportError::NotClosed(open_on));
        }
        let before = extent.before_anchor.and_then(|before| u64::try_from(before).ok());
        let after = before.unwrap_or(0);
        let through =
            extent.last_close.unwrap_or(if last < first_on { 0 } else { extent.sequence });
        let mut conn = pool.acquire().await.map_err(Fault::from)?;
        let previous = records::link(&mut conn, shop, after).await?;
        let previous = previous
            .ok_or_else(|| Fault::CorruptRow(format!("record {after} of the chain is gone")))?;
        let header = Header { shop, from: first, to: last, previous };
        let through = u64::try_from(through).unwrap_or(0);
        Ok(Self { pool: pool.clone(), header, after, through })
    }

    /// What the file says of itself.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The next records; none at the end.
    ///
    /// What was sealed and is not in its table any more is left out: the numbers have a gap there,
    /// which whoever verifies the export is told of.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn next(&mut self) -> Result<Vec<Sealed>, Fault> {
        let mut conn = self.pool.acquire().await?;
        while self.after < self.through {
            let (shop, after) = (self.header.shop, self.after);
            let page = records::page(&mut conn, shop, after, self.through, PAGE).await?;
            let step = u64::try_from(PAGE).unwrap_or(1);
            self.after = page.last().map_or(after + step, |last| last.link.sequence);
            if !page.is_empty() {
                return Ok(page);
            }
        }
        Ok(Vec::new())
    }
}

/// Why there is nothing to export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Nothing of the shop was sealed yet.
    #[error("nothing of these books is sealed yet")]
    Nothing,
    /// The first day is after the last.
    #[error("the first day is after the last")]
    Backwards,
    /// The day before the first is not closed, so that nothing vouches for what it begins with.
    #[error("the books are open on {0}: an export can begin on that day or before")]
    NotClosed(Date),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
