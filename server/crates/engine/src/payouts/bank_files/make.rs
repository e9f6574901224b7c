//! Making a file of what waits: once, whoever asks how often.

use aws_lc_rs::digest::{SHA256, digest};
use bank::initiation::{Change, Message, OrderError, RefusedTransfer};
use bank::pain001::{self, Version};
use domain::id::{PayoutFileId, ShopId};
use domain::money::{Money, MoneyError};
use domain::permission::Action;
use serde_json::json;
use sqlx::PgPool;
use time::Date;

use crate::audit;
use crate::db::{Fault, Tx, new_plain_id};
use crate::payouts::bank_files::PayoutFile;
use crate::payouts::bank_files::accounts::BankAccount;
use crate::payouts::bank_files::order::{self, Waiting};
use crate::payouts::store::bank_accounts;
use crate::payouts::store::bank_files::{self as store, NewFileRow};
use crate::reconciliation::actor::Actor;

/// How many pay-outs one file has, at most; the others are for the next.
const PAYOUTS_MAX: usize = 10_000;

/// A file to make.
#[derive(Debug, Clone)]
pub struct NewFile<'a> {
    /// Whose pay-outs.
    pub shop: ShopId,
    /// The name of the account that they leave from.
    pub account: &'a str,
    /// On which day the bank shall carry them out; today if none is given.
    pub execution_on: Option<Date>,
    /// Who makes it.
    pub by: &'a Actor,
}

/// What became of the wish for a file.
#[derive(Debug, Clone)]
pub enum Made {
    /// It was made and stored.
    Now(Box<NewlyMade>),
    /// Nothing waits, and nothing was written. This one was made last.
    Nothing(Option<PayoutFile>),
}

/// A file that was just stored.
#[derive(Debug, Clone)]
pub struct NewlyMade {
    /// The file.
    pub file: PayoutFile,
    /// Its bytes.
    pub content: Vec<u8>,
    /// Pay-outs that cannot be written, and still wait.
    pub left_out: Vec<RefusedTransfer>,
    /// Texts that were changed, so that banks take them.
    pub changes: Vec<Change>,
    /// Whether more pay-outs wait than one file may have.
    pub has_more: bool,
}

/// Makes one file of all submitted pay-outs of the account that are in none yet, and stores it.
///
/// Of two that ask at once, one finds nothing left.
///
/// # Errors
/// [`MakeError`]: nothing was written.
pub async fn make(pool: &PgPool, new: &NewFile<'_>) -> Result<Made, MakeError> {
    if !new.by.may(Action::MakeBankFile) {
        return Err(MakeError::NotAllowed);
    }
    let mut tx = Tx::begin(pool).await?;
    let account = bank_accounts::lock_account(&mut tx, new.shop, new.account).await?;
    let account = account.ok_or(MakeError::NoAccount)?;
    let mut waiting = store::waiting(&mut tx, account.id, PAYOUTS_MAX + 1).await?;
    if waiting.is_empty() {
        let newest = store::files(tx.conn(), new.shop, Some(account.id), 1).await?.pop();
        return Ok(Made::Nothing(newest));
    }
    let has_more = waiting.len() > PAYOUTS_MAX;
    waiting.truncate(PAYOUTS_MAX);

    let id: PayoutFileId = new_plain_id();
    let created_at = store::now(&mut tx).await?;
    let today = created_at.date();
    let execution_on = new.execution_on.unwrap_or(today);
    if execution_on < today {
        return Err(MakeError::Past { today });
    }
    let order = order::order(id, (&account.debtor, execution_on), created_at, &waiting);
    let (message, left_out) = order::message(order)?;
    waiting.retain(|one| {
        let end_to_end_id = order::reference(&one.payout);
        left_out.iter().all(|refused| refused.end_to_end_id != end_to_end_id)
    });
    let (file, content) = store_file(&mut tx, (&account, new.by), (id, &message), &waiting).await?;
    tx.commit().await?;
    let changes = message.changes;
    Ok(Made::Now(Box::new(NewlyMade { file, content, left_out, changes, has_more })))
}

async fn store_file(
    tx: &mut Tx,
    (account, by): (&BankAccount, &Actor),
    (id, message): (PayoutFileId, &Message),
    waiting: &[Waiting],
) -> Result<(PayoutFile, Vec<u8>), MakeError> {
    let [part] = message.blocks.as_slice() else {
        let found = message.blocks.len();
        return Err(Fault::Broken(format!("{id} has {found} parts, of one account")).into());
    };
    let mut content = Vec::new();
    pain001::write(message, Version::V03, &mut content)
        .map_err(|error| Fault::Broken(format!("{id}: {error}")))?;
    let file = PayoutFile {
        id,
        account: account.id,
        payouts: u32::try_from(waiting.len()).unwrap_or(u32::MAX),
        total: Money::sum(account.currency, waiting.iter().map(|one| one.amount))?,
        execution_on: part.execution_on,
        created_at: message.created_at,
    };
    let sha256 = digest(&SHA256, &content);
    let row = NewFileRow {
        file: &file,
        shop: account.shop,
        message: message.id.as_str(),
        part: part.id.as_str(),
        debtor_iban: account.debtor.iban.as_str(),
        sha256: sha256.as_ref(),
        content: &content,
        by: by.name(),
    };
    store::insert_file(tx, &row).await?;
    let payouts: Vec<_> = waiting.iter().map(|one| one.payout).collect();
    store::insert_lines(tx, id, &payouts).await?;
    let entry = audit::Entry {
        shop: Some(account.shop),
        actor: by.name(),
        staff: by.staff(),
        action: "payout_file.make",
        object_type: "payout_file",
        object_id: &id.to_string(),
        detail: json!({
            "account": account.name,
            "payouts": file.payouts,
            "total": file.total.to_decimal_string(),
            "currency": account.currency,
        }),
    };
    audit::record(tx, &entry).await?;
    Ok((file, content))
}

/// Why no file was made. Nothing has been written.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The shop has no such account, or it is none of bank files.
    #[error("the shop has no account of bank files with this name")]
    NoAccount,
    /// Whoever asks may not.
    #[error("this is not allowed to the role")]
    NotAllowed,
    /// The bank cannot carry anything out yesterday.
    #[error("the day is before today, which is {today}")]
    Past {
        /// Today, by universal time.
        today: Date,
    },
    /// None of what waits can be written.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The amounts add up to more than we can count.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
