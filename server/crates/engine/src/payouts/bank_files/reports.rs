//! What was read of a bank's files, for whoever looks at it later.
//!
//! Kept is what a file said of our pay-outs, and where it said something else: of that the words are
//! not kept, since a bank's file tells of others as well.

use bank::file::Place;
use domain::card_number;
use domain::id::{BankReportId, PayoutId, ShopId};
use domain::payout::Phase;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::db::Fault;
use crate::payouts::bank_files::{Parsed, Summary};
use crate::payouts::store::bank_reports as store;

/// How many reports are listed, at most.
const REPORTS_MAX: i64 = 20;
/// How many sayings of one kind are kept.
const KEPT_MAX: usize = 100;
/// How many characters of a warning are kept.
const WARNING_CHARS_MAX: usize = 200;

/// A file of a bank that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its id.
    pub id: BankReportId,
    /// What it is called.
    pub name: String,
    /// Its format, such as `camt.053`.
    pub format: String,
    /// Who brought it first.
    pub read_by: String,
    /// How many pay-outs it changed.
    pub changed: u32,
    /// When it was read to its end, if it was.
    pub finished_at: Option<OffsetDateTime>,
    /// When it was brought first.
    pub created_at: OffsetDateTime,
}

/// What a file said when it was read last, up to a hundred of each kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Said {
    /// Pay-outs that changed, and where they stood then.
    pub changed: Vec<(PayoutId, Phase)>,
    /// How many of them there were.
    pub changed_total: usize,
    /// How often it said what was known.
    pub known: usize,
    /// How often it said that nothing is decided.
    pub undecided: usize,
    /// What a person has to look at: where, of which pay-out, and why.
    pub odd: Vec<(Option<Spot>, PayoutId, String)>,
    /// How much of that there was.
    pub odd_total: usize,
    /// What is about no pay-out that the bank was told of: where, and why it was not taken.
    pub unknown: Vec<(Option<Spot>, String)>,
    /// How much of that there was.
    pub unknown_total: usize,
    /// How many entries name no pay-out at all.
    pub unrelated: usize,
    /// What is odd about the file itself.
    pub warnings: Vec<(Spot, String)>,
    /// How much of that there was.
    pub warnings_total: usize,
}

/// A place in a file: the line and the byte of it, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// The line.
    pub line: u32,
    /// The byte of the line.
    pub column: u32,
}

impl From<Place> for Spot {
    fn from(place: Place) -> Self {
        Self { line: place.line, column: place.column }
    }
}

impl Said {
    /// What is kept of a file that was just read.
    pub(super) fn of(parsed: &Parsed, summary: &Summary) -> Self {
        let spot = |place: Option<Place>| place.map(Spot::from);
        let odd = summary.odd.iter().take(KEPT_MAX);
        let unknown = summary.unknown.iter().take(KEPT_MAX);
        let warnings = parsed.warnings().iter().take(KEPT_MAX);
        Self {
            changed: summary.changed.iter().take(KEPT_MAX).copied().collect(),
            changed_total: summary.changed.len(),
            known: summary.known,
            undecided: summary.undecided,
            odd: odd.map(|(place, payout, why)| (spot(*place), *payout, why.clone())).collect(),
            odd_total: summary.odd.len(),
            unknown: unknown.map(|one| (spot(one.place), one.why.to_owned())).collect(),
            unknown_total: summary.unknown.len(),
            unrelated: summary.unrelated,
            warnings: warnings
                .map(|warning| (warning.place.into(), short(&warning.reason.to_string())))
                .collect(),
            warnings_total: parsed.warnings().len(),
        }
    }
}

/// A warning as it is kept: it may repeat what stands in the file.
fn short(text: &str) -> String {
    card_number::masked(text).chars().take(WARNING_CHARS_MAX).collect()
}

/// The newest files of banks that were read for the shop, the newest first.
///
/// # Errors
/// [`Fault`].
pub async fn reports(pool: &PgPool, shop: ShopId) -> Result<Vec<Report>, Fault> {
    let rows = store::list(pool, shop, None, REPORTS_MAX).await?;
    Ok(rows.into_iter().map(|(report, _)| report).collect())
}

/// One of them with what it said; that is nothing as long as it was not read to its end, and of one
/// that a release before this one has read.
///
/// # Errors
/// [`Fault`].
pub async fn report(
    pool: &PgPool,
    shop: ShopId,
    id: BankReportId,
) -> Result<Option<(Report, Option<Said>)>, Fault> {
    let Some((report, said)) = store::list(pool, shop, Some(id), 1).await?.pop() else {
        return Ok(None);
    };
    let corrupt = |_| Fault::CorruptRow(format!("bank report {id}"));
    let said = said.map(serde_json::from_value).transpose().map_err(corrupt)?;
    Ok(Some((report, said)))
}
