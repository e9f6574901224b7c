//! The statement of an account: what stood there before, what moved, and what stands there after.

use std::fmt;
use std::str::FromStr;

use domain::account::Account;
use domain::currency::Currency;
use domain::id::{PaymentId, PostingId, ShopId};
use domain::money::Money;
use sqlx::PgPool;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::ledger::store::statement as store;

/// How many lines one page has, at most.
pub const LINES_MAX: i64 = 1_000;

/// Which account, and of which days, both of them included, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Whose books.
    pub shop: ShopId,
    /// Which account of theirs.
    pub account: Account,
    /// In which currency.
    pub currency: Currency,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// The place of a line among those of its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When it was recorded.
    pub recorded_at: OffsetDateTime,
    /// Its posting.
    pub posting: Uuid,
    /// Which line of it.
    pub line: i16,
}

/// As `2026-11-20T10:12:13.5Z_<posting>_<line>`.
impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.recorded_at.format(&Rfc3339).map_err(|_| fmt::Error)?;
        write!(formatter, "{at}_{}_{}", self.posting.simple(), self.line)
    }
}

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let mut parts = text.split('_');
        let mut part = || parts.next().ok_or(NoPlace);
        let recorded_at = OffsetDateTime::parse(part()?, &Rfc3339).map_err(|_| NoPlace)?;
        let posting = Uuid::parse_str(part()?).map_err(|_| NoPlace)?;
        let line = part()?.parse().map_err(|_| NoPlace)?;
        if parts.next().is_some() {
            return Err(NoPlace);
        }
        Ok(Self { recorded_at, posting, line })
    }
}

/// A text names no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the place of a line in a statement")]
pub struct NoPlace;

/// A statement, or one page of its lines: `opening + debits + credits = closing`, debit positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What stood there before the first day.
    pub opening: Money,
    /// What was added on the debit side, zero or above.
    pub debits: Money,
    /// What was added on the credit side, zero or below.
    pub credits: Money,
    /// What stands there at the end of the last day, or now.
    pub closing: Money,
    /// The lines of this page, in the order of recording.
    pub lines: Vec<Line>,
    /// Where the next page begins, if there is one.
    pub next: Option<Place>,
}

/// One line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub place: Place,
    /// The posting that it belongs to.
    pub posting: PostingId,
    /// The fact behind the posting.
    pub cause: String,
    /// What the fact is about, such as a payment or a pay-out.
    pub object: Uuid,
    /// The payment, if it is about one, with the shop's reference.
    pub payment: Option<(PaymentId, String)>,
    /// Debit positive, credit negative.
    pub amount: Money,
    /// What stood there after it.
    pub balance: Money,
}

/// A page of a statement: the first, or the one after `after`. All figures are of one moment.
///
/// # Errors
/// [`Fault`].
pub async fn statement(
    pool: &PgPool,
    wanted: &Wanted,
    after: Option<Place>,
) -> Result<Statement, Fault> {
    let mut tx = Tx::begin(pool).await?;
    store::of_one_moment(&mut tx).await?;
    let from = wanted.from.midnight().assume_utc();
    let until = wanted.to.next_day().unwrap_or(Date::MAX).midnight().assume_utc();
    let first = Place { recorded_at: from, posting: Uuid::nil(), line: 0 };
    let after = after.unwrap_or(first);
    let totals = store::totals(&mut tx, wanted, (from, until), after).await?;
    let mut rows = store::lines(&mut tx, wanted, until, after, LINES_MAX + 1).await?;
    let page = usize::try_from(LINES_MAX).unwrap_or(usize::MAX);
    let has_more = rows.len() > page;
    rows.truncate(page);
    let money = |minor| Money::from_minor(minor, wanted.currency);
    let mut balance = totals.carried;
    let lines: Vec<Line> = rows
        .into_iter()
        .map(|row| {
            balance += row.amount_minor;
            row.into_line(money(balance), wanted.currency)
        })
        .collect();
    Ok(Statement {
        opening: money(totals.opening),
        debits: money(totals.debits),
        credits: money(totals.credits),
        closing: money(totals.opening + totals.debits + totals.credits),
        next: has_more.then(|| lines.last().map(|line| line.place)).flatten(),
        lines,
    })
}
