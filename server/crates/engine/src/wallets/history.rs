//! How a seller's wallets became what they are, month by month: `before + movements = closing`.

use std::collections::BTreeMap;

use domain::currency::Currency;
use domain::id::{SellerId, ShopId};
use domain::money::{Money, MoneyError};
use domain::period::{Grain, Period};
use sqlx::PgPool;
use time::Date;

use crate::db::{Fault, Tx};
use crate::ledger;
use crate::wallets::store;

/// How many months a history goes back, with the one that it is.
pub const MONTHS: usize = 12;

/// The history of a wallet, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// What stood there before the first month: pending, available and reserved together.
    pub opening: Money,
    /// The months, the oldest first; the last one is that of today.
    pub months: Vec<Month>,
}

/// One month of a wallet; what lowers it is below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// Its days.
    pub period: Period,
    /// What moved.
    pub moved: Moved,
    /// What stood there at its end, or stands there now.
    pub closing: Money,
}

/// What moved in and out of a wallet, by kind. What moves within it is no part of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The seller's shares of sales.
    pub sold: Money,
    /// Their parts of refunds and chargebacks, and what of these came again.
    pub given_back: Money,
    /// Of pay-outs, and what of these came again.
    pub paid_out: Money,
    /// Exchanged from or into other currencies.
    pub exchanged: Money,
    /// Everything else, such as corrections.
    pub other: Money,
}

impl Moved {
    fn nothing(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { sold: zero, given_back: zero, paid_out: zero, exchanged: zero, other: zero }
    }

    /// Whether nothing moved at all.
    pub fn is_nothing(&self) -> bool {
        *self == Self::nothing(self.sold.currency())
    }

    /// All of it together.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn total(&self) -> Result<Money, MoneyError> {
        let Self { sold, given_back, paid_out, exchanged, other } = *self;
        Money::sum(sold.currency(), [sold, given_back, paid_out, exchanged, other])
    }

    /// Adds what moved for a cause, of which this is the word before its `/`.
    fn add(&mut self, word: &str, amount: Money) -> Result<(), MoneyError> {
        let part = match word {
            "captured" | "paid_from_wallet" => &mut self.sold,
            "refunded" | "refund_returned" | "refunded_elsewhere" | "returned_elsewhere"
            | "charged_back" | "disputed" | "dispute_won" | "topped_up" | "clawed_back" => {
                &mut self.given_back
            }
            "begun" | "failed" | "returned" => &mut self.paid_out,
            "exchanged" => &mut self.exchanged,
            _ => &mut self.other,
        };
        *part = part.checked_add(amount)?;
        Ok(())
    }
}

/// The histories of a seller of the shop, by currency; all figures are of one moment.
///
/// # Errors
/// [`Fault`].
pub async fn of_seller(
    pool: &PgPool,
    shop: ShopId,
    seller: SellerId,
) -> Result<Vec<History>, Fault> {
    let mut tx = Tx::begin(pool).await?;
    ledger::of_one_moment(&mut tx).await?;
    let periods = months_until(store::today(&mut tx).await?);
    let Some(first) = periods.first() else { return Ok(Vec::new()) };
    let movements = store::history::movements(&mut tx, shop, seller, first.from).await?;
    let mut moved: BTreeMap<(Currency, Date), Moved> = BTreeMap::new();
    for one in &movements {
        let currency = one.amount.currency();
        let month = moved.entry((currency, one.begins)).or_insert(Moved::nothing(currency));
        month.add(&one.word, one.amount).map_err(too_much)?;
    }
    let held = store::history::held(&mut tx, shop, seller).await?;
    held.into_iter().map(|now| history(now, &periods, &moved).map_err(too_much)).collect()
}

/// Goes back from what stands there now.
fn history(
    now: Money,
    periods: &[Period],
    moved: &BTreeMap<(Currency, Date), Moved>,
) -> Result<History, MoneyError> {
    let currency = now.currency();
    let mut closing = now;
    let mut months = Vec::with_capacity(periods.len());
    for &period in periods.iter().rev() {
        let moved = moved.get(&(currency, period.from)).copied();
        let moved = moved.unwrap_or(Moved::nothing(currency));
        months.push(Month { period, moved, closing });
        closing = closing.checked_sub(moved.total()?)?;
    }
    months.reverse();
    Ok(History { opening: closing, months })
}

/// The last months, each whole but that of `today`.
fn months_until(today: Date) -> Vec<Period> {
    let whole = |day| Period { from: day, to: today }.part(Grain::Month, day);
    let first = |day: Date| day.replace_day(1).ok();
    let begins = std::iter::successors(first(today), |day| first(day.previous_day()?));
    let mut months: Vec<Period> = begins.take(MONTHS).filter_map(whole).collect();
    months.reverse();
    months
}

fn too_much(error: MoneyError) -> Fault {
    Fault::Broken(error.to_string())
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn the_months_are_whole_and_the_last_ends_today() {
        let months = months_until(date!(2026 - 02 - 10));

        assert_eq!(months.len(), MONTHS);
        let of = |from, to| Period { from, to };
        assert_eq!(months[0], of(date!(2025 - 03 - 01), date!(2025 - 03 - 31)));
        assert_eq!(months[10], of(date!(2026 - 01 - 01), date!(2026 - 01 - 31)));
        assert_eq!(months[11], of(date!(2026 - 02 - 01), date!(2026 - 02 - 10)));
    }
}
