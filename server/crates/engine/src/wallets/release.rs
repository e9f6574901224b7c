//! Releasing shares: from pending to what can be paid out.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use domain::event::Announcement;
use domain::id::{EventId, Id, PaymentId, SellerId, ShopId};
use domain::money::{Money, MoneyError};
use domain::posting::wallet::WalletMovement;
use domain::release::{Release, Share, release as part};
use serde_json::{Value, json};
use time::Date;

use crate::db::{Fault, Tx, new_id};
use crate::idempotency::{self, Slot};
use crate::ledger;
use crate::payments::changes::{EventRow, TransitionRow};
use crate::payments::row::Row;
use crate::payments::{self, Locked, Source, announce};
use crate::service::Engine;
use crate::wallets::rules::Rules;
use crate::wallets::store;
use crate::wallets::store::shares::{Standing, Written};
use crate::wallets::{ShareRecord, share};

/// The history's names for a delivery and a release.
const DELIVERED: &str = "delivered";
const RELEASED: &str = "released";

/// Says that what was bought with a payment was delivered, and releases the share if the seller's
/// rules allow it now. Said again, the first day stands.
///
/// # Errors
/// [`ReleaseError`]: nothing was written.
pub async fn deliver(
    engine: &Engine,
    (shop, payment): (ShopId, PaymentId),
    delivered_on: Option<Date>,
    slot: Option<Slot>,
) -> Result<ShareRecord, ReleaseError> {
    let mut tx = Tx::begin(engine.pool()).await?;
    let mut locked = payments::lock(&mut tx, &[payment]).await?;
    locked.retain(|_, locked| locked.row.shop_id == shop.uuid());
    let Some(found) = locked.get_mut(&payment) else { return Err(ReleaseError::NotFound) };
    if !found.state.captured.is_positive() {
        return Err(ReleaseError::NotCaptured);
    }
    let today = store::today(&mut tx).await?;
    if delivered_on.is_some_and(|day| day > today) {
        return Err(ReleaseError::InTheFuture(today));
    }
    let day = delivered_on.unwrap_or(today);
    if store::shares::deliver(&mut tx, payment, day).await? {
        let evidence = json!({ "delivered_on": day.to_string() });
        append(&mut tx, &mut found.row, DELIVERED, (None, Source::Api, evidence)).await?;
    }
    release_due(&mut tx, &mut locked, Source::Api).await?;
    if let Some(slot) = &slot
        && !idempotency::attach(&mut tx, &[(slot, payment.uuid())]).await?
    {
        return Err(ReleaseError::KeyLost);
    }
    tx.commit().await?;
    engine.waker().hint(announce::DELIVER);
    let shown = share(engine.pool(), shop, payment).await?;
    shown.ok_or_else(|| Fault::Broken(format!("the share of {payment} vanished")).into())
}

/// Releases of the locked payments what their sellers' rules allow today; returns how many moved.
pub(super) async fn release_due(
    tx: &mut Tx,
    locked: &mut BTreeMap<PaymentId, Locked>,
    source: Source,
) -> Result<usize, Fault> {
    let today = store::today(tx).await?;
    let mut rules = BTreeMap::<SellerId, Rules>::new();
    for found in locked.values() {
        let (shop, seller) = (found.row.shop_id, SellerId::from_uuid(found.row.seller_id));
        if let Entry::Vacant(vacant) = rules.entry(seller) {
            let shop = ShopId::from_uuid(shop);
            vacant.insert(store::rules::of_seller(tx.conn(), shop, seller).await?);
        }
    }
    let mut wallets = BTreeSet::new();
    for found in locked.values() {
        wallets.insert((found.row.shop_id, found.row.seller_id, found.row.currency()?));
    }
    for &(shop, seller, currency) in &wallets {
        ledger::lock_wallet(tx, Id::from_uuid(shop), Id::from_uuid(seller), currency).await?;
    }
    let ids: Vec<PaymentId> = locked.keys().copied().collect();
    let standings = store::shares::standings(tx, &ids).await?;
    let mut moved = 0;
    for standing in standings {
        let found = locked.get_mut(&standing.payment).expect("it was asked for by its lock");
        let rules = &rules[&SellerId::from_uuid(found.row.seller_id)];
        if rules.release.is_due(standing.captured_on, standing.delivered_on, today) {
            moved += usize::from(release_one(tx, found, &standing, rules, (today, source)).await?);
        }
    }
    Ok(moved)
}

/// Releases the share of one payment as far as it goes; says whether anything moved.
async fn release_one(
    tx: &mut Tx,
    locked: &mut Locked,
    standing: &Standing,
    rules: &Rules,
    (today, source): (Date, Source),
) -> Result<bool, Fault> {
    let payment = standing.payment;
    let shop = ShopId::from_uuid(locked.row.shop_id);
    let seller = SellerId::from_uuid(locked.row.seller_id);
    let owed = store::owed(tx, shop, seller, standing.pending.currency()).await?;
    let parts = divide(standing, owed, rules).map_err(|error| misfit(payment, error))?;
    let freed = parts.available.checked_add(parts.reserved);
    let freed = freed.map_err(|error| misfit(payment, error))?;
    let total = standing.released.checked_add(freed).map_err(|error| misfit(payment, error))?;
    let written = Written { payment, released: total, covers: parts.covers };
    store::shares::write(tx, &written, freed.is_positive()).await?;
    if parts.covers.is_positive() {
        store::owe(tx, shop, seller, -parts.covers.minor(), parts.covers.currency()).await?;
    }
    if !freed.is_positive() {
        return Ok(false);
    }
    let movement =
        WalletMovement::Released { total, available: parts.available, reserved: parts.reserved };
    let posting = movement
        .posting(seller)
        .map_err(|error| Fault::Broken(format!("release of {payment}: {error}")))?;
    ledger::post(tx, shop, payment.bucket(), payment.uuid(), &posting).await?;
    if parts.reserved.is_positive() {
        let due_on = rules.reserve.due_on(today);
        store::reserves::keep(tx, (shop, seller), payment, parts.reserved, due_on).await?;
    }
    tell(tx, locked, freed, source).await?;
    Ok(true)
}

fn divide(standing: &Standing, owed: Money, rules: &Rules) -> Result<Release, MoneyError> {
    let pending = standing.pending.checked_sub(standing.covering)?;
    part(Share { pending, before: standing.released, owed }, rules.reserve)
}

/// Adds a change to the payment's history, in which it stays in its phase.
async fn append(
    tx: &mut Tx,
    row: &mut Row,
    event: &'static str,
    (amount, source, evidence): (Option<Money>, Source, Value),
) -> Result<(), Fault> {
    row.version += 1;
    let transition = TransitionRow {
        bucket: row.bucket,
        payment_id: row.payment_id,
        version: row.version,
        event,
        from_phase: row.phase.clone(),
        to_phase: row.phase.clone(),
        amount_minor: amount.map(Money::minor),
        source: source.as_str(),
        attempt_id: None,
        evidence,
        irregular: None,
    };
    payments::store::append_transitions(tx, &[transition]).await
}

/// Adds the release to the payment's history and tells the shop.
async fn tell(tx: &mut Tx, locked: &mut Locked, freed: Money, source: Source) -> Result<(), Fault> {
    append(tx, &mut locked.row, RELEASED, (Some(freed), source, json!({}))).await?;
    let row = &locked.row;
    let kind = Announcement::Released.as_str();
    let event: EventId = new_id(PaymentId::from_uuid(row.payment_id).bucket());
    let payload = announce::payment_data(row, &locked.state);
    let told = EventRow {
        bucket: row.bucket,
        object_id: row.payment_id,
        sequence: row.version,
        event_id: event.uuid(),
        shop_id: row.shop_id,
        kind,
        payload,
    };
    payments::store::append_events(tx, &[told]).await?;
    let receivers = row.receivers.iter().filter(|receiver| receiver.wants(kind));
    let jobs = receivers.map(|receiver| announce::job(row, event, receiver)).collect();
    tx.enqueue(jobs, false).await
}

fn misfit(payment: PaymentId, error: MoneyError) -> Fault {
    Fault::Broken(format!("the share of {payment}: {error}"))
}

/// Why nothing was released. Nothing has been written.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The shop has no such payment.
    #[error("there is no such payment")]
    NotFound,
    /// Nothing was captured of it, so nobody can have anything of it.
    #[error("nothing was captured")]
    NotCaptured,
    /// It is said to be delivered on a day that has not come; today is given.
    #[error("delivered after today, {0}")]
    InTheFuture(Date),
    /// Another request has taken the idempotency key over.
    #[error("the idempotency key was taken over by another request")]
    KeyLost,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
