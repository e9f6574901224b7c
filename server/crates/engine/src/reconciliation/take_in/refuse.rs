//! Refusing a whole file, and keeping it so that somebody can look at it.

use domain::id::SettlementFileId;
use serde_json::json;
use settlement::file::{File, UnreadableReason};
use settlement::redaction;
use time::OffsetDateTime;

use crate::db::{Fault, Tx};
use crate::reconciliation::actor::log;
use crate::reconciliation::take_in::{Account, TakeIn, TakeInError, TakenIn, store};

/// How long a file's name may be, in characters.
const NAME_MAX: usize = 200;

/// Why a whole file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] UnreadableReason),
    /// Another processor writes files like this.
    #[error("the file is of the processor {theirs}, the account is at {ours}")]
    OtherProcessor {
        /// Who writes such files.
        theirs: &'static str,
        /// Where the account is.
        ours: String,
    },
    /// It is about another account.
    #[error("the file is about the account {theirs}, not about {ours}")]
    OtherAccount {
        /// The account in the file.
        theirs: String,
        /// The account that was chosen.
        ours: String,
    },
    /// The processor has given the same id to another file before.
    #[error("a file with the id {external_id} and another content was taken in on {at}")]
    OtherContent {
        /// The id in the file.
        external_id: String,
        /// The file that was taken in.
        file: SettlementFileId,
        /// When.
        at: OffsetDateTime,
    },
}

/// Reads `content` and checks that it belongs to `account`; otherwise says the line and the reason.
pub(super) async fn read(
    tx: &mut Tx,
    account: &Account,
    content: &[u8],
) -> Result<Result<File, (u32, Refusal)>, Fault> {
    let file = match settlement::read(content) {
        Ok(file) => file,
        Err(unreadable) => return Ok(Err((unreadable.line, unreadable.reason.into()))),
    };
    let theirs = file.format.processor();
    if theirs != account.processor {
        let ours = account.processor.clone();
        return Ok(Err((1, Refusal::OtherProcessor { theirs, ours })));
    }
    if file.account != account.name {
        let ours = account.name.clone();
        return Ok(Err((1, Refusal::OtherAccount { theirs: file.account, ours })));
    }
    if let Some(before) = store::find_by_external_id(tx, account.id, &file.external_id).await? {
        let external_id = file.external_id;
        let refusal = Refusal::OtherContent { external_id, file: before.id, at: before.at };
        return Ok(Err((1, refusal)));
    }
    Ok(Ok(file))
}

/// Stores the refused file and commits that alone.
pub(super) async fn keep(
    mut tx: Tx,
    request: &TakeIn<'_>,
    sha256: &[u8],
    line: u32,
    why: Refusal,
) -> Result<TakenIn, TakeInError> {
    let reason = why.to_string();
    let content = redaction::mask_card_numbers(request.content);
    let new = store::NewFile {
        name: &tidy_name(request.name),
        sha256,
        content: &content,
        taken_in_by: request.by.name(),
    };
    let file = store::insert_refused_file(&mut tx, request, &new, (line, &reason)).await?;
    let detail = json!({ "line": line, "reason": reason });
    let object = ("settlement_file", &*file.to_string());
    let actor = (request.by.name(), request.by.staff());
    log(&mut tx, request.shop, actor, "settlement_file.refused", object, detail).await?;
    tx.commit().await?;
    Err(TakeInError::Refused { file, line, why })
}

/// A file's name as it can be stored and shown.
pub(super) fn tidy_name(name: &str) -> String {
    let visible = name.chars().filter(|character| !character.is_control()).take(NAME_MAX);
    let name = visible.collect::<String>();
    let masked = redaction::mask_card_numbers(name.as_bytes());
    match String::from_utf8_lossy(&masked).trim() {
        "" => "unnamed".to_owned(),
        name => name.to_owned(),
    }
}
