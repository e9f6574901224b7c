//! Taking a settlement file in: once, in one transaction, settling what agrees.

mod refuse;
mod store;

use aws_lc_rs::digest::{SHA256, digest};
use domain::fee::ProcessorTariff;
use domain::id::{ProcessorAccountId, SettlementFileId, ShopId};
use domain::permission::Action;
use serde_json::json;
use settlement::file::File;
use settlement::redaction;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::db::{Fault, Tx, new_plain_id};
use crate::reconciliation::actor::{Actor, log};
use crate::reconciliation::{gaps, matching};
pub use refuse::Refusal;

/// A file that somebody brings.
#[derive(Debug, Clone)]
pub struct TakeIn<'a> {
    /// Whose books it is compared with.
    pub shop: ShopId,
    /// The account that it is about.
    pub processor_account: ProcessorAccountId,
    /// What it is called.
    pub name: &'a str,
    /// Its bytes.
    pub content: &'a [u8],
    /// Who brings it.
    pub by: Actor,
}

/// What became of a file that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenIn {
    /// It was taken in.
    Now {
        /// The file.
        file: SettlementFileId,
        /// What became of its rows.
        counts: Counts,
    },
    /// The same file was taken in before; nothing was done.
    Before {
        /// The file.
        file: SettlementFileId,
        /// When it was taken in.
        at: OffsetDateTime,
    },
}

/// What became of the rows of a file; `lines = matched + mismatched + refused`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All rows, those included that could not be read.
    pub lines: u32,
    /// Rows that agree with our books.
    pub matched: u32,
    /// Rows that differ from our books.
    pub mismatched: u32,
    /// Payments of ours that the file should have and has not; they are no rows.
    pub missing: u32,
    /// Rows that could not be read.
    pub refused: u32,
}

/// Takes a file in: reads it, matches it with the shop's payments, settles what it reports, and
/// opens a mismatch for each difference.
///
/// # Errors
/// [`TakeInError`]; nothing is booked then. A file that was refused is kept, to be looked at.
pub async fn take_in(pool: &PgPool, request: TakeIn<'_>) -> Result<TakenIn, TakeInError> {
    if !request.by.may(Action::TakeInFile) {
        return Err(TakeInError::NotAllowed);
    }
    let mut tx = Tx::begin(pool).await?;
    let account = store::lock_account(&mut tx, request.shop, request.processor_account)
        .await?
        .ok_or(TakeInError::UnknownAccount)?;
    let sha256 = digest(&SHA256, request.content).as_ref().to_vec();
    if let Some(before) = store::find_by_sha256(&mut tx, request.shop, &sha256).await? {
        return Ok(TakenIn::Before { file: before.id, at: before.at });
    }
    let file = match refuse::read(&mut tx, &account, request.content).await? {
        Ok(file) => file,
        Err((line, why)) => return refuse::keep(tx, &request, &sha256, line, why).await,
    };

    let intake = Intake { shop: request.shop, account, file, id: new_plain_id() };
    store_file(&mut tx, &intake, &request, &sha256).await?;
    let counts = compare(&mut tx, &intake).await?;
    store::save_counts(&mut tx, intake.id, counts).await?;
    let detail = json!({
        "name": refuse::tidy_name(request.name),
        "external_id": intake.file.external_id,
        "lines": counts.lines,
        "matched": counts.matched,
        "mismatched": counts.mismatched,
        "missing": counts.missing,
        "refused": counts.refused,
    });
    let object = ("settlement_file", &*intake.id.to_string());
    let actor = (request.by.name(), request.by.staff());
    log(&mut tx, request.shop, actor, "settlement_file.taken_in", object, detail).await?;
    tx.commit().await?;
    Ok(TakenIn::Now { file: intake.id, counts })
}

/// The shop and the account that `content` is about, if it is readable and exactly one account has
/// the processor and the name that it gives. For programs that are given nothing but a file.
///
/// # Errors
/// [`Fault`].
pub async fn account_of(
    pool: &PgPool,
    content: &[u8],
) -> Result<Option<(ShopId, ProcessorAccountId)>, Fault> {
    let Ok(file) = settlement::read(content) else { return Ok(None) };
    store::find_account(pool, file.format.processor(), &file.account).await
}

/// A file on its way into the books.
pub(super) struct Intake {
    pub(super) shop: ShopId,
    pub(super) account: Account,
    pub(super) file: File,
    pub(super) id: SettlementFileId,
}

/// The processor account of an intake; its row is locked, so that files come one after another.
pub(super) struct Account {
    pub(super) id: ProcessorAccountId,
    pub(super) processor: String,
    pub(super) name: String,
    pub(super) tariff: ProcessorTariff,
}

async fn store_file(
    tx: &mut Tx,
    intake: &Intake,
    request: &TakeIn<'_>,
    sha256: &[u8],
) -> Result<(), Fault> {
    let content = redaction::mask_card_numbers(request.content);
    let new = store::NewFile {
        name: &refuse::tidy_name(request.name),
        sha256,
        content: &content,
        taken_in_by: request.by.name(),
    };
    store::insert_file(tx, intake, &new).await?;
    store::insert_lines(tx, intake).await?;
    store::insert_refused_lines(tx, intake).await?;
    store::insert_balances(tx, intake).await
}

/// Compares the stored lines with our books and writes everything that follows.
async fn compare(tx: &mut Tx, intake: &Intake) -> Result<Counts, Fault> {
    let found = matching::run(tx, intake).await?;
    let missing = gaps::open_missing(tx, intake).await?;
    gaps::compare_balances(tx, intake).await?;

    let (matched, mismatched) = (count(found.matched), count(found.mismatched));
    let missing = count(missing);
    let refused = count(intake.file.refused.len());
    let lines = count(intake.file.lines.len()) + refused;
    if lines != matched + mismatched + refused {
        let why = format!("{lines} lines of {} became {matched} and {mismatched}", intake.id);
        return Err(Fault::Broken(why));
    }
    Ok(Counts { lines, matched, mismatched, missing, refused })
}

/// How many; a file is too small for more than fit.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Why a file was not taken in. Nothing was booked.
#[derive(Debug, thiserror::Error)]
pub enum TakeInError {
    /// Who brings it may not.
    #[error("not allowed to take files in")]
    NotAllowed,
    /// The shop has no such processor account.
    #[error("no such processor account")]
    UnknownAccount,
    /// The file cannot be used. It was kept.
    #[error("line {line}: {why}")]
    Refused {
        /// The refused file, to be looked at.
        file: SettlementFileId,
        /// Where it was noticed, from 1.
        line: u32,
        /// Why.
        why: Refusal,
    },
    /// Not the file's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
