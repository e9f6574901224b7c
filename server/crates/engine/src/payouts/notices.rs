//! Notifications of pay-out providers: stored raw, and a reason to ask, never a fact.

use domain::id::{InboundWebhookId, PayoutAccountId, PayoutId};
use psp::TransferNotification;
use serde_json::Value;

use crate::db::{Fault, Tx, new_plain_id};
use crate::inbound::{self, Problem};
use crate::payouts::{inquire, store};
use crate::service::Engine;

/// A notification, as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The account at whose address it arrived.
    pub account: PayoutAccountId,
    /// The sender's name for the message; a repeat carries the same. Empty if it has none.
    pub message_id: String,
    /// The headers that matter, without the signature.
    pub headers: Value,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// Whether it is believed.
    pub verdict: Verdict,
}

/// Whether a notification is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the provider's. What it is about, if the adapter could read it.
    Verified(Option<TransferNotification>),
    /// It is not, for this reason.
    Refused(Problem),
}

/// Stores a notification and, if it is new and about a pay-out of ours, the job that asks the
/// provider, in one transaction.
///
/// # Errors
/// [`Fault`]: the sender must be told to try again.
pub async fn receive(engine: &Engine, notice: &Notice) -> Result<(), Fault> {
    let id: InboundWebhookId = new_plain_id();
    let mut tx = Tx::begin(engine.pool()).await?;
    let (problem, payout) = match &notice.verdict {
        Verdict::Refused(problem) => (Some(*problem), None),
        Verdict::Verified(read) => about(&mut tx, notice.account, read.as_ref()).await?,
    };
    let subject = payout.map(|(payout, _)| payout);
    let is_new = inbound::store_of_payouts(&mut tx, id, notice, problem, subject).await?;
    if let Some((payout, submission)) = payout.filter(|_| is_new) {
        tx.enqueue(vec![inquire::told(payout, submission)], false).await?;
    }
    tx.commit().await?;
    engine.waker().hint(inquire::INQUIRE_PAYOUT);
    Ok(())
}

/// Looks once more for what a notification is about, as part of the caller's transaction, and has
/// the provider asked if it is a pay-out of ours.
///
/// # Errors
/// [`Fault`].
pub(crate) async fn again(
    tx: &mut Tx,
    id: InboundWebhookId,
    account: PayoutAccountId,
    read: Option<&TransferNotification>,
) -> Result<(), Fault> {
    let (problem, payout) = about(tx, account, read).await?;
    inbound::matched_again(tx, id, problem, payout.map(|(payout, _)| payout)).await?;
    if let Some((payout, submission)) = payout {
        tx.enqueue(vec![inquire::told(payout, submission)], false).await?;
    }
    Ok(())
}

/// What a believed notification is about, or why that is nothing of ours.
async fn about(
    tx: &mut Tx,
    account: PayoutAccountId,
    read: Option<&TransferNotification>,
) -> Result<(Option<Problem>, Option<(PayoutId, u16)>), Fault> {
    let Some(read) = read else { return Ok((Some(Problem::Unreadable), None)) };
    Ok(match named(tx, account, read).await? {
        Some(named) => (None, Some(named)),
        None => (Some(Problem::PayoutUnknown), None),
    })
}

/// The pay-out of the account that a notification names, and its newest submission: also one that we
/// never submitted, since what the provider has of it has to be found out.
async fn named(
    tx: &mut Tx,
    account: PayoutAccountId,
    read: &TransferNotification,
) -> Result<Option<(PayoutId, u16)>, Fault> {
    let Ok(id) = read.reference.parse::<PayoutId>() else { return Ok(None) };
    let row = store::find(tx.conn(), id).await?;
    let ours = row.filter(|row| row.payout_account_id == account.uuid());
    Ok(ours.map(|row| (id, u16::try_from(row.submissions).unwrap_or(0))))
}
