//! Reading what a bank's files say, each once.
//!
//! A file is parsed as a whole before anything is written. Then each pay-out changes in a
//! transaction of its own, so that a file of thousands holds no seller's wallet for long; that the
//! file was read to its end is written last. Whoever was interrupted reads the same file again:
//! facts that are known change nothing.

use bank::file::Place;
use domain::id::{BankReportId, PayoutId, ShopId};
use domain::payout::Phase;
use domain::permission::Action;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::audit;
use crate::db::{Fault, Tx, new_plain_id};
use crate::payouts::bank_files::parsed::{Parsed, Report};
use crate::payouts::bank_files::reports::Said;
use crate::payouts::bank_files::sayings::{self, Saying, Sayings, Unknown};
use crate::payouts::bank_files::{news, order};
use crate::payouts::change::{Applied, irregular};
use crate::payouts::learn::learn_in;
use crate::payouts::store::{self, bank_files, bank_reports};
use crate::reconciliation::actor::Actor;
use crate::watch;

/// What a person has to look at: our books take the money out of the bank once.
const PAID_TWICE: &str = "the bank\u{2019}s statements show that it was paid twice";

/// A file that somebody brings.
#[derive(Debug, Clone)]
pub struct NewReport<'a> {
    /// Whose pay-outs it may be about.
    pub shop: ShopId,
    /// What it is called.
    pub name: &'a str,
    /// What it says.
    pub parsed: &'a Parsed,
    /// Who brings it.
    pub by: &'a Actor,
}

/// What became of a file.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was read.
    Now(Summary),
    /// It was read before, and nothing was changed.
    Before {
        /// The file.
        id: BankReportId,
        /// When it was read to its end.
        at: OffsetDateTime,
    },
}

/// What a file has changed, and what it has not.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The file.
    pub id: BankReportId,
    /// Pay-outs that changed, and where they stand now.
    pub changed: Vec<(PayoutId, Phase)>,
    /// How often it said what was known.
    pub known: usize,
    /// How often it said that nothing is decided.
    pub undecided: usize,
    /// What a person has to look at: an alert was raised for each.
    pub odd: Vec<(Option<Place>, PayoutId, String)>,
    /// What is about no pay-out that the bank was told of.
    pub unknown: Vec<Unknown>,
    /// How many entries name no pay-out at all.
    pub unrelated: usize,
}

/// Takes in what a file says of the shop's pay-outs.
///
/// # Errors
/// [`ReadError`]; what was written until then stays, and reading the same file again goes on.
pub async fn read(pool: &PgPool, new: &NewReport<'_>) -> Result<Outcome, ReadError> {
    if !new.by.may(Action::ReadBankReport) {
        return Err(ReadError::NotAllowed);
    }
    let id = match bank_reports::begin(pool, new_plain_id(), new).await? {
        (id, Some(at)) => return Ok(Outcome::Before { id, at }),
        (id, None) => id,
    };
    let Sayings { all, unknown, unrelated } = sayings_of(pool, new).await?;
    let mut summary = Summary {
        id,
        changed: Vec::new(),
        known: 0,
        undecided: 0,
        odd: Vec::new(),
        unknown,
        unrelated,
    };
    for saying in &all {
        tell(pool, saying, new.parsed.format(), &mut summary).await?;
    }
    finish(pool, new, &summary).await?;
    Ok(Outcome::Now(summary))
}

/// Why a file was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Whoever brings it may not.
    #[error("this is not allowed to the role")]
    NotAllowed,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

async fn sayings_of(pool: &PgPool, new: &NewReport<'_>) -> Result<Sayings, Fault> {
    Ok(match new.parsed.report() {
        Report::Status(report) => {
            let id = report.original_message_id.as_deref().and_then(order::file_of);
            let file = match id {
                Some(id) => bank_files::told(pool, new.shop, id).await?,
                None => None,
            };
            sayings::of_report(report, file.as_ref())
        }
        Report::Entries(read) => {
            let filed = bank_files::filed(pool, new.shop, &sayings::named(read)).await?;
            sayings::of_entries(read, &filed)
        }
    })
}

/// Writes down one thing that was said.
async fn tell(
    pool: &PgPool,
    saying: &Saying,
    format: &str,
    summary: &mut Summary,
) -> Result<(), Fault> {
    let Some(row) = store::find(pool, saying.payout).await? else { return Ok(()) };
    let shown = row.clone();
    let detail = detail(saying, format, summary.id);
    let Some(news) = news::of(&row.into_record()?, saying, &detail) else {
        summary.undecided += 1;
        return Ok(());
    };
    let mut odd = news.odd.clone();
    let mut tx = Tx::begin(pool).await?;
    let applied = learn_in(&mut tx, saying.payout, news).await?;
    // Whoever else reads of the pay-out waits for its lock, which learning has taken.
    if let Some(booking) = saying.booking
        && odd.is_none()
        && bank_reports::books_again(&mut tx, summary.id, saying.payout, booking).await?
    {
        watch::raise(&mut tx, &irregular(&shown, PAID_TWICE)).await?;
        odd = Some(PAID_TWICE.to_owned());
    }
    tx.commit().await?;
    let odd = match (odd, applied) {
        (Some(odd), _) => odd,
        (None, Applied::Nothing(_) | Applied::Refused(_)) => {
            summary.known += 1;
            return Ok(());
        }
        (None, Applied::Changed) => {
            let Some(row) = store::find(pool, saying.payout).await? else { return Ok(()) };
            let state = row.state()?;
            if !state.in_doubt {
                summary.changed.push((saying.payout, state.phase));
                return Ok(());
            }
            "it contradicts what was said before".to_owned()
        }
    };
    summary.odd.push((saying.place, saying.payout, odd));
    Ok(())
}

fn detail(saying: &Saying, format: &str, report: BankReportId) -> Value {
    json!({
        "bank_report": report,
        "format": format,
        "place": saying.place.map(|place| place.to_string()),
        "said": saying.detail,
        "reasons": news::reasons(&saying.verdict),
    })
}

/// Writes down that the file was read to its end.
async fn finish(pool: &PgPool, new: &NewReport<'_>, summary: &Summary) -> Result<(), Fault> {
    let mut tx = Tx::begin(pool).await?;
    let changed = i32::try_from(summary.changed.len()).unwrap_or(i32::MAX);
    let said = json!(Said::of(new.parsed, summary));
    bank_reports::finish(&mut tx, summary.id, changed, &said).await?;
    let entry = audit::Entry {
        shop: Some(new.shop),
        actor: new.by.name(),
        staff: new.by.staff(),
        action: "bank_report.read",
        object_type: "bank_report",
        object_id: &summary.id.to_string(),
        detail: json!({
            "format": new.parsed.format(),
            "changed": summary.changed.len(),
            "known": summary.known,
            "undecided": summary.undecided,
            "odd": summary.odd.len(),
            "unknown": summary.unknown.len(),
        }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await
}
