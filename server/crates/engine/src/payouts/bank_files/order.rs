//! From pay-outs to what a bank is told.

use bank::initiation::{Message, Order, OrderError, Party, RefusedTransfer, Transfer};
use bank::text::Reference;
use domain::id::{PayoutFileId, PayoutId};
use domain::money::Money;
use psp::TransferFailure;
use serde_json::json;
use sqlx::PgPool;
use time::{Date, OffsetDateTime};

use crate::db::{Fault, new_plain_id};
use crate::payouts::PayoutRecord;
use crate::payouts::bank_files::accounts::Debtor;
use crate::payouts::learn::News;
use crate::payouts::payees::PayeeAccount;
use crate::payouts::store::bank_files as store;

/// Why a bank was not told of a pay-out: no code of a bank.
const CANNOT_BE_WRITTEN: &str = "cannot_be_written";

/// A submitted pay-out that no bank was told of.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) payout: PayoutId,
    pub(crate) amount: Money,
    pub(crate) creditor: Party,
}

/// The order to pay what waits, on that day.
pub(super) fn order(
    file: PayoutFileId,
    (debtor, execution_on): (&Debtor, Date),
    created_at: OffsetDateTime,
    waiting: &[Waiting],
) -> Order {
    let transfers = waiting.iter().map(|one| Transfer {
        end_to_end_id: reference(&one.payout),
        execution_on,
        debtor: Party {
            name: debtor.holder.clone(),
            iban: debtor.iban.clone(),
            bic: Some(debtor.bic.clone()),
        },
        creditor: one.creditor.clone(),
        amount: one.amount,
        remittance: format!("Pay-out {}", reference(&one.payout)),
    });
    Order {
        message_id: reference(&file),
        created_at,
        initiator: debtor.holder.clone(),
        is_batch_booked: false,
        transfers: transfers.collect(),
    }
}

/// The message, without the pay-outs that cannot be written, and those.
///
/// # Errors
/// [`OrderError`] if nothing is left.
pub(super) fn message(order: Order) -> Result<(Message, Vec<RefusedTransfer>), OrderError> {
    let mut rest = order.clone();
    match Message::new(order) {
        Err(OrderError::Transfers(refused)) if refused.len() < rest.transfers.len() => {
            let is_refused = |transfer: &Transfer| {
                refused.iter().any(|one| one.end_to_end_id == transfer.end_to_end_id)
            };
            rest.transfers.retain(|transfer| !is_refused(transfer));
            Ok((Message::new(rest)?, refused))
        }
        other => Ok((other?, Vec::new())),
    }
}

/// What follows for a pay-out that was just submitted: nothing if it can be written, and else that
/// it has failed, since no bank will ever hear of it.
///
/// # Errors
/// [`Fault`].
pub(in crate::payouts) async fn declined(
    pool: &PgPool,
    debtor: &Debtor,
    (payout, payee): (&PayoutRecord, &PayeeAccount),
) -> Result<Option<News>, Fault> {
    // Before this run was interrupted it may have been told to the bank, as it could be written then.
    if store::file_of(pool, payout.shop, payout.id).await?.is_some() {
        return Ok(None);
    }
    Ok(refusal(debtor, payout, payee))
}

fn refusal(debtor: &Debtor, payout: &PayoutRecord, payee: &PayeeAccount) -> Option<News> {
    let creditor =
        Party { name: payee.holder.clone(), iban: payee.iban.clone(), bic: payee.bic.clone() };
    let alone = [Waiting { payout: payout.id, amount: payout.state.amount, creditor }];
    let now = OffsetDateTime::now_utc();
    let Err(error) = Message::new(order(new_plain_id(), (debtor, now.date()), now, &alone)) else {
        return None;
    };
    let message = match &error {
        OrderError::Transfers(refused) => refused[0].reason.to_string(),
        other => other.to_string(),
    };
    let failure = TransferFailure { code: CANNOT_BE_WRITTEN.to_owned(), message };
    let raw = json!({ "problem": failure.message });
    Some(News::of_refusal(failure, raw))
}

/// What stands for one of our ids in a file.
pub(super) fn reference(id: &impl std::fmt::Display) -> Reference {
    Reference::of_id(&id.to_string())
        .expect("an id of ours is 30 characters that banks take but for the underscore")
}

/// The pay-out that a bank's end-to-end id names.
pub(super) fn payout_of(end_to_end_id: &str) -> Option<PayoutId> {
    end_to_end_id.parse::<Reference>().ok()?.to_id().parse().ok()
}

/// The file that a bank's reference of a message, or of a part of one, names.
pub(super) fn file_of(message_id: &str) -> Option<PayoutFileId> {
    let id = message_id.parse::<Reference>().ok()?.to_id();
    id.parse().ok()
}
