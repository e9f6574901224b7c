//! The bank accounts of sellers, and who says that they are theirs.

use domain::bic::Bic;
use domain::currency::Currency;
use domain::iban::Iban;
use domain::id::{PayeeAccountId, SellerId, ShopId};
use domain::permission::Action;
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::audit;
use crate::db::{Fault, Tx, new_plain_id};
use crate::idempotency::{self, Slot};
use crate::payouts::store;
use crate::reconciliation::actor::Actor;

/// A seller's bank account as it was given once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayeeAccount {
    /// Its id.
    pub id: PayeeAccountId,
    /// Whose it is.
    pub seller: SellerId,
    /// What can be paid to it.
    pub currency: Currency,
    /// The account number.
    pub iban: Iban,
    /// Its bank, where that has to be named.
    pub bic: Option<Bic>,
    /// Who has the account.
    pub holder: String,
    /// Whether it is paid to.
    pub state: PayeeState,
    /// Who said that it is the seller's.
    pub verified_by: Option<String>,
    /// When.
    pub verified_at: Option<OffsetDateTime>,
    /// Since when it is paid to no more.
    pub retired_at: Option<OffsetDateTime>,
    /// When it was given.
    pub created_at: OffsetDateTime,
}

/// Whether a seller's bank account is paid to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayeeState {
    /// Nobody has looked at it.
    New,
    /// It is paid to.
    Verified,
    /// Another one took its place.
    Retired,
}

impl PayeeState {
    /// The word that stands in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Verified => "verified",
            Self::Retired => "retired",
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::New, Self::Verified, Self::Retired].into_iter().find(|state| state.as_str() == word)
    }
}

/// A bank account to add.
#[derive(Debug, Clone)]
pub struct NewPayee {
    /// Whose books the seller stands in.
    pub shop: ShopId,
    /// Whose it is.
    pub seller: SellerId,
    /// What can be paid to it.
    pub currency: Currency,
    /// The account number.
    pub iban: Iban,
    /// Its bank, where that has to be named.
    pub bic: Option<Bic>,
    /// Who has the account.
    pub holder: String,
    /// The idempotency key under which this happens.
    pub slot: Option<Slot>,
}

/// Adds a bank account that nobody has verified.
///
/// # Errors
/// [`PayeeError`]: nothing was written.
pub async fn add(pool: &PgPool, new: &NewPayee) -> Result<PayeeAccount, PayeeError> {
    let id: PayeeAccountId = new_plain_id();
    let mut tx = Tx::begin(pool).await?;
    if !store::has_seller(&mut tx, new.shop, new.seller).await? {
        return Err(PayeeError::NotFound);
    }
    store::payees::insert(&mut tx, id, new).await?;
    if let Some(slot) = &new.slot
        && !idempotency::attach(&mut tx, &[(slot, id.uuid())]).await?
    {
        return Err(PayeeError::KeyLost);
    }
    tx.commit().await?;
    find(pool, new.shop, id).await?.ok_or(PayeeError::NotFound)
}

/// The bank account, if it is of a seller of the shop.
///
/// # Errors
/// [`Fault`].
pub async fn find(
    pool: &PgPool,
    shop: ShopId,
    id: PayeeAccountId,
) -> Result<Option<PayeeAccount>, Fault> {
    store::payees::find(pool, shop, id).await
}

/// The bank accounts of a seller of the shop, the newest first.
///
/// # Errors
/// [`Fault`].
pub async fn list(
    pool: &PgPool,
    shop: ShopId,
    seller: SellerId,
) -> Result<Vec<PayeeAccount>, Fault> {
    store::payees::list(pool, shop, seller).await
}

/// Says that a bank account is its seller's: from now on they are paid to it, and to the one before
/// no more. Verifying it again changes nothing.
///
/// # Errors
/// [`PayeeError`]: nothing was written.
pub async fn verify(
    pool: &PgPool,
    shop: ShopId,
    id: PayeeAccountId,
    by: &Actor,
) -> Result<PayeeAccount, PayeeError> {
    if !by.may(Action::VerifyPayeeAccount) {
        return Err(PayeeError::NotAllowed);
    }
    let mut tx = Tx::begin(pool).await?;
    let locked = store::payees::lock(&mut tx, shop, id).await?;
    match locked.ok_or(PayeeError::NotFound)? {
        PayeeState::Verified => {}
        PayeeState::Retired => return Err(PayeeError::Retired),
        PayeeState::New => {
            store::payees::verify(&mut tx, id, (by.name(), by.staff())).await?;
            let entry = audit::Entry {
                shop: Some(shop),
                actor: by.name(),
                staff: by.staff(),
                action: "payee_account.verify",
                object_type: "payee_account",
                object_id: &id.to_string(),
                detail: json!({}),
            };
            audit::record(&mut tx, &entry).await?;
        }
    }
    tx.commit().await?;
    find(pool, shop, id).await?.ok_or(PayeeError::NotFound)
}

/// Why nothing was done about a bank account. Nothing has been written.
#[derive(Debug, thiserror::Error)]
pub enum PayeeError {
    /// The shop has no such seller, or the seller no such account.
    #[error("there is no such seller or account")]
    NotFound,
    /// Another account took its place: give it anew.
    #[error("the account is retired")]
    Retired,
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
