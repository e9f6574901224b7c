//! Storing the notifications of pay-out providers, beside those of processors.

use domain::id::{InboundWebhookId, PayoutAccountId, PayoutId};
use sqlx::PgPool;

use super::{Problem, REFUSED_BYTES_MAX, REFUSED_PER_HOUR_MAX, store};
use crate::db::{Fault, Tx};
use crate::payouts::notices::{Notice, Verdict};

/// Stores a notification as part of the caller's transaction, with what became of it; `false` if it
/// is a repeat, or one refused too many.
///
/// # Errors
/// [`Fault`].
pub(crate) async fn store_of_payouts(
    tx: &mut Tx,
    id: InboundWebhookId,
    notice: &Notice,
    problem: Option<Problem>,
    subject: Option<PayoutId>,
) -> Result<bool, Fault> {
    let is_refused = matches!(notice.verdict, Verdict::Refused(_));
    if is_refused
        && store::payouts::refused_lately(tx, notice.account).await?
            >= i64::from(REFUSED_PER_HOUR_MAX)
    {
        return Ok(false);
    }
    let state = match (is_refused, problem) {
        (true, _) => "refused",
        (false, Some(_)) => "unmatched",
        (false, None) => "handled",
    };
    let kind = match &notice.verdict {
        Verdict::Verified(Some(read)) => Some(read.kind.as_str()),
        Verdict::Verified(None) | Verdict::Refused(_) => None,
    };
    let kept =
        if is_refused { notice.body.len().min(REFUSED_BYTES_MAX) } else { notice.body.len() };
    store::payouts::insert(
        tx,
        &store::payouts::NewRow {
            id,
            account: notice.account,
            message_id: &notice.message_id,
            headers: &notice.headers,
            body: &notice.body[..kept],
            body_bytes: i32::try_from(notice.body.len()).unwrap_or(i32::MAX),
            state,
            problem,
            subject,
            kind,
        },
    )
    .await
}

/// The account and the body of a notification that a pay-out provider sent; `None` if it is none of
/// theirs, or was refused.
///
/// # Errors
/// [`Fault`].
pub(crate) async fn notice(
    pool: &PgPool,
    id: InboundWebhookId,
) -> Result<Option<(PayoutAccountId, Vec<u8>)>, Fault> {
    store::payouts::find(pool, id).await
}

/// Writes down, as part of the caller's transaction, what a notification is about now that it was
/// looked at once more.
///
/// # Errors
/// [`Fault`].
pub(crate) async fn matched_again(
    tx: &mut Tx,
    id: InboundWebhookId,
    problem: Option<Problem>,
    subject: Option<PayoutId>,
) -> Result<(), Fault> {
    store::payouts::match_again(tx, id, problem, subject).await
}
