//! What exchanges have left open between two currencies, and what it is worth.

use domain::currency::Currency;
use domain::exchange::{Rate, worth};
use domain::id::ShopId;
use domain::money::Money;
use domain::posting::exchange::realised;
use serde_json::json;
use sqlx::PgPool;

use crate::audit::{self, Entry};
use crate::db::{Fault, Tx};
use crate::exchange::rates::{self, DayRate};
use crate::exchange::store::positions as store;
use crate::ledger;

/// What a pair of currencies has open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The balance of the side of the currency whose code comes first; debit positive.
    pub first: Money,
    /// The balance of the other side; debit positive.
    pub second: Money,
    /// The newest rate from the first to the second, if there is one.
    pub rate: Option<DayRate>,
    /// What would be gained (above zero) or lost if both sides were closed at that rate, in the
    /// second currency.
    pub unrealised: Option<Money>,
}

/// The positions of a shop, by the codes of their currencies.
///
/// # Errors
/// [`Fault`].
pub async fn positions(pool: &PgPool, shop: ShopId) -> Result<Vec<Position>, Fault> {
    let mut positions = Vec::new();
    for (first, second) in store::pairs(pool, shop).await? {
        let rate = rates::find(pool, (first.currency(), second.currency()), None).await?;
        let unrealised =
            rate.as_ref().map(|found| result(first, second, found.rate)).transpose()?;
        positions.push(Position { first, second, rate, unrealised });
    }
    Ok(positions)
}

/// Credit is gain: what exchanges brought in stands on the other side of what they took out.
fn result(first: Money, second: Money, rate: Rate) -> Result<Money, Fault> {
    let out_of_range = || Fault::Broken("a position is beyond what fits".into());
    let in_second = worth(first, rate).map_err(|_| out_of_range())?;
    let sum = second.checked_add(in_second).map_err(|_| out_of_range())?;
    sum.checked_neg().map_err(|_| out_of_range())
}

/// Books what is left of one side of a pair as gained or lost, once its other side is closed; says
/// how much, above zero for a gain.
///
/// # Errors
/// [`RealiseError`]; nothing was written then.
pub async fn realise(
    pool: &PgPool,
    shop: ShopId,
    (one, other): (Currency, Currency),
    actor: &str,
) -> Result<Money, RealiseError> {
    if one == other {
        return Err(RealiseError::Nothing);
    }
    let mut tx = Tx::begin(pool).await?;
    ledger::lock_positions(&mut tx, shop, one, other).await?;
    // Both by one statement: between two, an exchange could pass.
    let (first, second) = store::pair(&mut tx, shop, (one, other)).await?;
    let (left, against) = match (first.is_zero(), second.is_zero()) {
        (true, true) => return Err(RealiseError::Nothing),
        (false, false) => return Err(RealiseError::Open { first, second }),
        (false, true) => (first, second.currency()),
        (true, false) => (second, first.currency()),
    };
    let fact = format!("realised/{}/{}", first.currency(), second.currency());
    let number = store::posted_before(&mut tx, shop, &fact).await? + 1;
    let posting = realised(format!("{fact}/{number}"), against, left)
        .map_err(|error| Fault::Broken(format!("a position of {left}: {error}")))?;
    ledger::post(&mut tx, shop, shop.bucket(), shop.uuid(), &posting).await?;
    let gain = left.checked_neg().map_err(|error| Fault::Broken(error.to_string()))?;
    let entry = Entry {
        shop: Some(shop),
        actor,
        staff: None,
        action: "exchange_position.realised",
        object_type: "shop",
        object_id: &shop.to_string(),
        detail: json!({ "gain": gain.to_decimal_string(), "currency": gain.currency(),
                        "against": against }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(gain)
}

/// Why nothing was realised. Nothing has been written.
#[derive(Debug, thiserror::Error)]
pub enum RealiseError {
    /// Neither side has a balance.
    #[error("nothing is left on either side of the pair")]
    Nothing,
    /// Both sides have a balance: nobody knows yet what is gained.
    #[error("both sides of the pair are open: {first} and {second}")]
    Open {
        /// The side of the currency whose code comes first.
        first: Money,
        /// The other side.
        second: Money,
    },
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}
