//! Making a pay-out.

use domain::four_eyes::{self, Circumstances, Reason};
use domain::id::{PayoutAccountId, PayoutId, SellerId, ShopId};
use domain::money::{Money, MoneyError};
use domain::payout::decide::{self, Refused};
use domain::payout::event::{Announcement, Command, Event, Order};
use domain::permission::Action;
use serde_json::json;

use crate::audit;
use crate::db::{Fault, Tx, new_id};
use crate::idempotency::{self, Slot};
use crate::ledger;
use crate::payouts::actor::{self, By};
use crate::payouts::change::{self, Applied, Input, Learnt};
use crate::payouts::store::{self, HistoryRow, payees};
use crate::payouts::{PayoutRecord, accounts, announce, commands, row};
use crate::service::Engine;

/// A pay-out to make.
#[derive(Debug, Clone)]
pub struct NewPayout {
    /// Whose books it stands in.
    pub shop: ShopId,
    /// Who is paid.
    pub seller: SellerId,
    /// How much.
    pub amount: Money,
    /// The account of ours that it leaves from; the oldest of its currency if none is named.
    pub account: Option<PayoutAccountId>,
    /// Who makes it.
    pub by: By,
    /// Whether it is approved at once where no second person is needed.
    pub approves: bool,
    /// The idempotency key under which this happens.
    pub slot: Option<Slot>,
}

/// Makes a pay-out.
///
/// # Errors
/// [`CreateError`]: nothing was written.
pub async fn create(engine: &Engine, new: &NewPayout) -> Result<PayoutRecord, CreateError> {
    if !new.by.may(Action::MakePayout) {
        return Err(CreateError::NotAllowed);
    }
    let mut tx = Tx::begin(engine.pool()).await?;
    let id = create_in(&mut tx, new).await?;
    if let Some(slot) = &new.slot
        && !idempotency::attach(&mut tx, &[(slot, id.uuid())]).await?
    {
        return Err(CreateError::KeyLost);
    }
    tx.commit().await?;
    commands::hint(engine);
    let made = super::find(engine.pool(), new.shop, id).await?;
    made.ok_or_else(|| Fault::Broken(format!("{id} vanished")).into())
}

/// Makes a pay-out as part of the caller's transaction.
pub(crate) async fn create_in(tx: &mut Tx, new: &NewPayout) -> Result<PayoutId, CreateError> {
    let (shop, seller, currency) = (new.shop, new.seller, new.amount.currency());
    if !store::has_seller(tx, shop, seller).await? {
        return Err(CreateError::SellerUnknown);
    }
    let account = store::leaves_from(tx, (shop, currency), new.account).await?;
    let account = account.ok_or(CreateError::NoAccount)?;
    let wallet = ledger::lock_wallet(tx, shop, seller, currency).await?;
    let waiting = store::waiting_minor(tx.conn(), seller, currency, None).await?;
    let payee = payees::verified(tx, seller, currency).await?;
    let reasons = match payee {
        None => Vec::new(),
        Some(pays_to) => four_eyes::reasons(&Circumstances {
            amount: new.amount,
            limit: accounts::limit_in(tx, shop, currency).await?,
            last_paid_to: store::last_paid_to(tx, seller, currency).await?,
            pays_to,
        })
        .map_err(Refused::from)?,
    };
    let order = Order {
        amount: new.amount,
        available: wallet.available.checked_sub(waiting).map_err(Refused::from)?,
        payee,
        maker: new.by.actor(),
        needs_second: !reasons.is_empty(),
    };
    let decision = decide::create(&order)?;
    let id: PayoutId = new_id(seller.bucket());
    store::insert(tx, &row::new((id, shop, seller), account, &decision.next, &reasons)).await?;
    note(tx, id, new, &reasons).await?;
    let mut locked = change::lock_one(tx, id, wallet)
        .await?
        .ok_or_else(|| Fault::Broken(format!("{id} vanished")))?;
    announce::announce(tx, &locked.row, &locked.state, Announcement::Created).await?;
    if new.approves && reasons.is_empty() {
        let input = Input {
            event: Event::Command(Command::Approve { by: new.by.actor(), verifier: None }),
            source: new.by.source(),
            by: Some(new.by.actor()),
            detail: json!({}),
            learnt: Learnt::default(),
        };
        if let Applied::Refused(refused) = change::apply(tx, &mut locked, &input).await? {
            return Err(refused.into());
        }
    }
    Ok(id)
}

/// The first row of the history, and the line of the audit log if a person made it.
async fn note(tx: &mut Tx, id: PayoutId, new: &NewPayout, reasons: &[Reason]) -> Result<(), Fault> {
    let (kind, actor_id) = actor::stored(new.by.actor());
    let history = HistoryRow {
        payout: id,
        version: 1,
        event: "create",
        from: None,
        to: "draft",
        source: new.by.source().as_str(),
        actor_kind: Some(kind),
        actor_id,
        detail: &json!({ "reasons": reasons }),
        irregular: None,
    };
    store::append(tx, &history).await?;
    let By::Person(person) = &new.by else { return Ok(()) };
    let entry = audit::Entry {
        shop: Some(new.shop),
        actor: &person.name,
        staff: Some(person.id),
        action: "payout.create",
        object_type: "payout",
        object_id: &id.to_string(),
        detail: json!({ "amount": new.amount.to_decimal_string(),
                        "currency": new.amount.currency() }),
    };
    audit::record(tx, &entry).await
}

/// Why no pay-out was made. Nothing has been written.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The shop has no such seller.
    #[error("the shop has no such seller")]
    SellerUnknown,
    /// The shop has no account that pay-outs in the currency could leave from.
    #[error("no account of the shop pays out in this currency")]
    NoAccount,
    /// The rules do not allow it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Whoever asks may not.
    #[error("this is not allowed to the role")]
    NotAllowed,
    /// Another request has taken the idempotency key over.
    #[error("the idempotency key was taken over by another request")]
    KeyLost,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<MoneyError> for CreateError {
    fn from(error: MoneyError) -> Self {
        Self::Refused(error.into())
    }
}
