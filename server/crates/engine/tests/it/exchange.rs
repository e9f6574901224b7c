//! Exchange: quotes that are accepted once, in time and with funds, and what they leave in the books.

mod bad_input;
mod rates;
mod results;

use domain::account::Account;
use domain::currency::Currency;
use domain::exchange::Rate;
use domain::id::{ApiKeyId, QuoteId, SellerId, ShopId};
use domain::money::Money;
use domain::posting;
use engine::db::{Tx, new_plain_id};
use engine::exchange::accept::{AcceptError, accept};
use engine::exchange::quotes::{self, NewQuote, QuoteError, QuoteRecord, QuoteStatus, quote};
use engine::exchange::rates::{Imported, import};
use engine::ledger;
use engine::payouts::actor::By;
use sqlx::PgPool;
use time::{Date, Duration, OffsetDateTime};

use crate::invariants;
use crate::world::{World, eur};

/// An amount in dollars.
fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

/// The day that is so many days ago.
fn days_ago(days: i64) -> Date {
    OffsetDateTime::now_utc().date() - Duration::days(days)
}

/// Imports what one euro is worth on a day, such as `1.0837,161.35` dollars and yen.
pub(crate) async fn import_day(world: &World, day: Date, rates: &str) -> Imported {
    let file = format!("Date,USD,JPY,\n{day},{rates},\n");
    import(&world.pool, file.as_bytes(), "a test").await.unwrap()
}

/// A shop whose seller has so much to sell, where a euro is worth 1.0837 dollars and 161.35 yen.
async fn shop_with(pool: PgPool, funds: &[Money]) -> World {
    let world = World::new(pool).await;
    import_day(&world, days_ago(1), "1.0837,161.35").await;
    for &amount in funds {
        give(&world, world.seller, amount).await;
    }
    world
}

/// Lets a seller have something that can be paid out.
async fn give(world: &World, seller: SellerId, amount: Money) {
    let object: QuoteId = new_plain_id();
    let from = Account::SellerAvailable(seller);
    let posting = posting::transfer("given".into(), from, Account::WriteOffs, amount).unwrap();
    let mut tx = Tx::begin(&world.pool).await.unwrap();
    ledger::post(&mut tx, world.shop, object.bucket(), object.uuid(), &posting).await.unwrap();
    tx.commit().await.unwrap();
}

async fn ask(world: &World, sold: Money, buy: Currency) -> Result<QuoteRecord, QuoteError> {
    let seller_account = "books".to_owned();
    let new = NewQuote { shop: world.shop, seller_account, sold, buy, slot: None };
    quote(&world.pool, new).await
}

pub(crate) async fn quoted(world: &World, sold: Money, buy: Currency) -> QuoteRecord {
    ask(world, sold, buy).await.unwrap()
}

/// The shop's own system.
fn shops_system() -> By {
    By::Shop(new_plain_id::<domain::id::kind::ApiKey>() as ApiKeyId)
}

pub(crate) async fn accepted(
    world: &World,
    quote: &QuoteRecord,
) -> Result<QuoteRecord, AcceptError> {
    accept(&world.pool, world.shop, quote.quote.id, &shops_system(), None).await
}

async fn exchanged(world: &World, sold: Money, buy: Currency) -> QuoteRecord {
    let quote = quoted(world, sold, buy).await;
    accepted(world, &quote).await.unwrap()
}

/// What the seller can be paid.
async fn available(world: &World, currency: Currency) -> Money {
    ledger::wallet(&world.pool, world.shop, world.seller, currency).await.unwrap().available
}

/// Moves a quote's end, as if so many seconds were left.
async fn leave(world: &World, quote: &QuoteRecord, seconds: i32) {
    sqlx::query(
        "update exchange_quote set expires_at = clock_timestamp() + make_interval(secs => $2)
         where exchange_quote_id = $1",
    )
    .bind(quote.quote.id.uuid())
    .bind(seconds)
    .execute(&world.pool)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../../../migrations")]
async fn one_hundred_euro_become_107_83_dollars_and_we_keep_54_cents(pool: PgPool) {
    let world = shop_with(pool, &[eur(150_00)]).await;

    let quote = quoted(&world, eur(100_00), Currency::USD).await;
    let done = accepted(&world, &quote).await.unwrap();

    let rate = Rate::new(Currency::EUR, Currency::USD, "1.0837".parse().unwrap()).unwrap();
    assert_eq!((quote.quote.rate, quote.status()), (rate, QuoteStatus::Open));
    assert_eq!(quote.quote.source, format!("ecb/{}", days_ago(1)));
    assert_eq!((done.exchange, done.status()), (quote.exchange, QuoteStatus::Accepted));
    assert_eq!(available(&world, Currency::EUR).await, eur(50_00));
    assert_eq!(available(&world, Currency::USD).await, usd(107_83));
    let entries = ledger::entries_of(&world.pool, world.shop, quote.quote.id.uuid()).await.unwrap();
    let lines: Vec<_> = entries
        .iter()
        .map(|line| (line.kind.as_str(), line.owner.as_deref(), line.amount))
        .collect();
    assert_eq!(
        lines,
        [
            ("seller_available", Some("Alpine Books"), eur(100_00)),
            ("exchange_position", Some("USD"), eur(-100_00)),
            ("exchange_position", Some("EUR"), usd(108_37)),
            ("seller_available", Some("Alpine Books"), usd(-107_83)),
            ("exchange_spread", None, usd(-54)),
        ]
    );
    let stored = quotes::find(&world.pool, world.shop, quote.quote.id).await.unwrap().unwrap();
    assert_eq!((stored.accepted_at, stored.exchange), (done.accepted_at, done.exchange));
    invariants::assert_hold(&world.pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn dollars_become_yen_across_the_euro_at_twelve_digits(pool: PgPool) {
    let world = shop_with(pool, &[usd(50_00)]).await;

    let done = exchanged(&world, usd(50_00), Currency::JPY).await;

    // 161.35 / 1.0837 = 148.88806865368…; 50 dollars are worth 7444.403… yen.
    assert_eq!(done.quote.rate.units().to_string(), "148.888068654");
    let yen = |minor| Money::from_minor(minor, Currency::JPY);
    let figures = done.exchange;
    assert_eq!((figures.worth, figures.bought, figures.spread), (yen(7444), yen(7407), yen(37)));
    assert_eq!(available(&world, Currency::USD).await, usd(0));
    assert_eq!(available(&world, Currency::JPY).await, yen(7407));
    invariants::assert_hold(&world.pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_quote_that_is_accepted_twice_at_once_exchanges_once(pool: PgPool) {
    let world = shop_with(pool, &[eur(500_00)]).await;
    let quote = quoted(&world, eur(100_00), Currency::USD).await;

    let answers = futures::future::join_all((0..8).map(|_| accepted(&world, &quote))).await;

    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    let late = answers.iter().filter(|answer| matches!(answer, Err(AcceptError::Accepted))).count();
    assert_eq!((done, late), (1, 7), "{answers:?}");
    assert_eq!(available(&world, Currency::EUR).await, eur(400_00));
    assert_eq!(world.count("select count(*) from exchange").await, 1);
    invariants::assert_hold(&world.pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn quotes_that_fit_alone_and_not_together_are_not_all_exchanged(pool: PgPool) {
    let world = shop_with(pool, &[eur(100_00)]).await;
    let mut offers = Vec::new();
    for number in 0..8 {
        let buy = if number % 2 == 0 { Currency::USD } else { Currency::JPY };
        offers.push(quoted(&world, eur(60_00), buy).await);
    }

    let answers = futures::future::join_all(offers.iter().map(|one| accepted(&world, one))).await;

    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(done, 1, "{answers:?}");
    for refused in answers.into_iter().filter_map(Result::err) {
        let AcceptError::InsufficientFunds { available } = refused else { panic!("{refused}") };
        assert_eq!(available, eur(40_00));
    }
    assert_eq!(available(&world, Currency::EUR).await, eur(40_00));
    invariants::assert_hold(&world.pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn two_sellers_money_that_goes_both_ways_at_once_never_waits_in_a_ring(pool: PgPool) {
    let world = shop_with(pool, &[eur(1_000_00), usd(1_000_00)]).await;
    let mut offers = Vec::new();
    for number in 0..12 {
        let is_even = number % 2 == 0;
        let sold = if is_even { eur(10_00) } else { usd(10_00) };
        let buy = if is_even { Currency::USD } else { Currency::EUR };
        offers.push(quoted(&world, sold, buy).await);
    }

    let answers = futures::future::join_all(offers.iter().map(|one| accepted(&world, one))).await;

    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(world.count("select count(*) from exchange").await, 12);
    invariants::assert_hold(&world.pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_quote_is_good_until_it_expires_by_the_databases_clock(pool: PgPool) {
    let world = shop_with(pool, &[eur(100_00)]).await;
    let quote = quoted(&world, eur(10_00), Currency::USD).await;
    assert_eq!(quote.quote.expires_at - quote.created_at, Duration::seconds(60));

    leave(&world, &quote, 0).await;
    let expired = quotes::find(&world.pool, world.shop, quote.quote.id).await.unwrap().unwrap();
    let late = accepted(&world, &quote).await;

    assert_eq!(expired.status(), QuoteStatus::Expired);
    assert!(matches!(late, Err(AcceptError::Expired)), "{late:?}");
    assert_eq!(available(&world, Currency::EUR).await, eur(100_00));
    assert_eq!(world.count("select count(*) from exchange").await, 0);
    leave(&world, &quote, 60).await;
    assert!(accepted(&world, &quote).await.is_ok());
    // What was accepted in time stays accepted.
    let again = accepted(&world, &quote).await;
    assert!(matches!(again, Err(AcceptError::Accepted)), "{again:?}");
    invariants::assert_hold(&world.pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_quote_that_expires_while_it_waits_for_the_wallet_is_not_exchanged(pool: PgPool) {
    let world = shop_with(pool, &[eur(100_00)]).await;
    let quote = quoted(&world, eur(10_00), Currency::USD).await;
    leave(&world, &quote, 1).await;
    let mut holder = Tx::begin(&world.pool).await.unwrap();
    let (shop, seller) = (world.shop, world.seller);
    ledger::lock_wallet(&mut holder, shop, seller, Currency::EUR).await.unwrap();

    let release = async {
        let is_over = "select clock_timestamp() > max(expires_at) from exchange_quote";
        while !sqlx::query_scalar::<_, bool>(is_over).fetch_one(&world.pool).await.unwrap() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        holder.commit().await.unwrap();
    };
    let (answer, ()) = tokio::join!(accepted(&world, &quote), release);

    assert!(matches!(answer, Err(AcceptError::Expired)), "{answer:?}");
    assert_eq!(available(&world, Currency::EUR).await, eur(100_00));
    invariants::assert_hold(&world.pool).await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn another_shops_quote_is_not_found(pool: PgPool) {
    let world = shop_with(pool, &[eur(100_00)]).await;
    let quote = quoted(&world, eur(10_00), Currency::USD).await;
    let other: ShopId = new_plain_id();

    let found = quotes::find(&world.pool, other, quote.quote.id).await.unwrap();
    let answer = accept(&world.pool, other, quote.quote.id, &shops_system(), None).await;

    assert_eq!(found, None);
    assert!(matches!(answer, Err(AcceptError::NotFound)), "{answer:?}");
    assert_eq!(available(&world, Currency::EUR).await, eur(100_00));
}
