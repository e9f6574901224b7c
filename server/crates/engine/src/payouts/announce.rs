//! What the shop is told about a pay-out, and who of it.

use domain::id::{EventId, PayeeAccountId};
use domain::payout::Payout;
use domain::payout::event::Announcement;
use serde_json::{Value, json};

use crate::db::{Fault, Tx, new_id};
use crate::payments::announce;
use crate::payments::changes::EventRow;
use crate::payments::store::append_events;
use crate::payouts::row::Row;
use crate::payouts::store;

/// Writes the event, and a delivery for each receiver that wants it.
pub(crate) async fn announce(
    tx: &mut Tx,
    row: &Row,
    state: &Payout,
    announcement: Announcement,
) -> Result<(), Fault> {
    let kind = announcement.as_str();
    let event: EventId = new_id(row.id().bucket());
    let told = EventRow {
        bucket: row.bucket,
        object_id: row.payout_id,
        sequence: row.version,
        event_id: event.uuid(),
        shop_id: row.shop_id,
        kind,
        payload: data(row, state),
    };
    append_events(tx, &[told]).await?;
    let receivers = store::receivers(tx, row.shop()).await?;
    let wanted = receivers.iter().filter(|receiver| receiver.wants(kind));
    let at = (row.payout_id, row.version);
    let jobs = wanted.map(|receiver| announce::delivery(at, event, receiver)).collect();
    tx.enqueue(jobs, false).await
}

/// The pay-out as the shop sees it, at the moment of the event.
fn data(row: &Row, state: &Payout) -> Value {
    json!({
        "id": row.id(),
        "seller": row.seller(),
        "seller_account": row.seller_account,
        "payee_account": PayeeAccountId::from_uuid(row.payee_account_id),
        "amount": state.amount.to_decimal_string(),
        "currency": state.amount.currency(),
        "status": state.phase,
        "failure_code": row.failure_code,
        "sequence": row.version,
    })
}
