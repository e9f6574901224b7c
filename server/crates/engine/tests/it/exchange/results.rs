//! What exchanges leave open: positions, what they are worth, and what is booked once they close.

use std::collections::BTreeMap;

use domain::currency::Currency;
use domain::money::Money;
use engine::exchange::positions::{Position, RealiseError, positions, realise};
use engine::exchange::terms::{self, Terms};
use engine::ledger;
use sqlx::PgPool;

use super::{days_ago, exchanged, import_day, shop_with, usd};
use crate::invariants;
use crate::world::{World, eur};

async fn the_position(world: &World) -> Position {
    let found = positions(&world.pool, world.shop).await.unwrap();
    let [one] = found.as_slice() else { panic!("{found:?}") };
    one.clone()
}

/// A shop that has exchanged 100 euro into 108.37 dollars, and those back into 98.52 euro.
async fn there_and_back(pool: PgPool) -> World {
    let world = shop_with(pool, &[eur(100_00)]).await;
    let mine = Terms { spread_basis_points: 0, quote_seconds: 60, rate_days_max: 4 };
    terms::set(&world.pool, world.shop, mine, "a test").await.unwrap();
    exchanged(&world, eur(100_00), Currency::USD).await;
    import_day(&world, days_ago(0), "1.1000,161.35").await;
    exchanged(&world, usd(108_37), Currency::EUR).await;
    world
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_position_gains_while_what_it_holds_rises(pool: PgPool) {
    let world = shop_with(pool, &[eur(100_00)]).await;
    exchanged(&world, eur(100_00), Currency::USD).await;

    let at_first = the_position(&world).await;
    import_day(&world, days_ago(0), "1.1000,161.35").await;
    let later = the_position(&world).await;

    assert_eq!((at_first.first, at_first.second), (eur(-100_00), usd(108_37)));
    assert_eq!(at_first.unrealised, Some(usd(0)));
    // We hold 100.00 euro, worth 110.00 dollars, for 108.37.
    assert_eq!((later.first, later.unrealised), (at_first.first, Some(usd(1_63))));
    invariants::assert_hold(&world.pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_is_left_once_a_side_is_closed_is_booked_as_gain_once(pool: PgPool) {
    let world = there_and_back(pool).await;
    assert_eq!(the_position(&world).await.first, eur(-1_48));

    let pair = (Currency::USD, Currency::EUR);
    let (one, other) = tokio::join!(
        realise(&world.pool, world.shop, pair, "a test"),
        realise(&world.pool, world.shop, (pair.1, pair.0), "a test"),
    );

    let mut answers = [one, other];
    answers.sort_by_key(Result::is_err);
    let [done, late] = answers;
    assert_eq!(done.unwrap(), eur(1_48));
    assert!(matches!(late, Err(RealiseError::Nothing)), "{late:?}");
    let left = the_position(&world).await;
    assert_eq!((left.first, left.second), (eur(0), usd(0)));
    assert_eq!(world.balance("exchange_gains").await, -1_48);
    invariants::assert_hold(&world.pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_pair_of_which_both_sides_are_open_is_not_realised(pool: PgPool) {
    let world = shop_with(pool, &[eur(100_00)]).await;
    let pair = (Currency::EUR, Currency::USD);
    let before = realise(&world.pool, world.shop, pair, "a test").await;
    exchanged(&world, eur(100_00), Currency::USD).await;

    let open = realise(&world.pool, world.shop, pair, "a test").await;

    assert!(matches!(before, Err(RealiseError::Nothing)), "{before:?}");
    let Err(RealiseError::Open { first, second }) = open else { panic!("{open:?}") };
    assert_eq!((first, second), (eur(-100_00), usd(108_37)));
    assert_eq!(world.balance("exchange_gains").await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_pair_can_be_realised_again_after_more_exchanges(pool: PgPool) {
    let world = there_and_back(pool).await;
    let pair = (Currency::EUR, Currency::USD);
    assert_eq!(realise(&world.pool, world.shop, pair, "a test").await.unwrap(), eur(1_48));
    // Twice four cents for 4.4, rounded down, and the eight that they bought for 7.27.
    exchanged(&world, eur(4), Currency::USD).await;
    exchanged(&world, eur(4), Currency::USD).await;
    exchanged(&world, usd(8), Currency::EUR).await;

    let again = realise(&world.pool, world.shop, pair, "a test").await;

    assert_eq!(again.unwrap(), eur(1));
    assert_eq!(world.balance("exchange_gains").await, -1_49);
    invariants::assert_hold(&world.pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_trial_balance_is_zero_in_each_currency_and_names_the_pairs(pool: PgPool) {
    let world = there_and_back(pool).await;
    exchanged(&world, eur(50_00), Currency::JPY).await;

    let rows = ledger::trial_balance(&world.pool, world.shop).await.unwrap();

    let mut sums = BTreeMap::<&str, i64>::new();
    for row in &rows {
        *sums.entry(row.balance.currency().code()).or_default() += row.balance.minor();
    }
    assert_eq!(sums, [("EUR", 0), ("JPY", 0), ("USD", 0)].into());
    let yen = |minor| Money::from_minor(minor, Currency::JPY);
    let named: Vec<_> = rows
        .iter()
        .filter(|row| row.kind.as_str() == "exchange_position")
        .map(|row| (row.owner.as_deref(), row.balance))
        .collect();
    assert_eq!(
        named,
        [
            (Some("JPY"), eur(-50_00)),
            (Some("USD"), eur(-1_48)),
            (Some("EUR"), yen(8_068)),
            (Some("EUR"), usd(0)),
        ]
    );
}
