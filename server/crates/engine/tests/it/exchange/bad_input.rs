//! What is refused writes nothing, and what was written cannot be made another.

use domain::currency::Currency;
use engine::exchange::accept::AcceptError;
use engine::exchange::quotes::{NewQuote, QuoteError, quote};
use engine::exchange::terms::{self, Terms, TermsError};
use sqlx::PgPool;

use super::{accepted, ask, available, days_ago, exchanged, import_day, quoted, shop_with, usd};
use crate::world::{World, eur};

fn yen(minor: i64) -> domain::money::Money {
    domain::money::Money::from_minor(minor, Currency::JPY)
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_quote_that_cannot_be_is_refused_with_its_reason(pool: PgPool) {
    let world = shop_with(pool, &[eur(100_00)]).await;
    let chf: Currency = "CHF".parse().unwrap();

    for (sold, buy, reason) in [
        (eur(100), Currency::EUR, "EUR is not exchanged"),
        (eur(100), chf, "CHF is not exchanged"),
        (domain::money::Money::from_minor(100, chf), Currency::EUR, "CHF is not exchanged"),
        (eur(0), Currency::USD, "the amount must be above zero"),
        (eur(-1), Currency::USD, "the amount must be above zero"),
        (usd(0), Currency::JPY, "the amount must be above zero"),
        (yen(1), Currency::EUR, "the amount is too small to be exchanged"),
        (yen(200), Currency::EUR, "a cent of spread at least"),
        (eur(i64::MAX), Currency::JPY, "the amount is out of range"),
    ] {
        let answer = ask(&world, sold, buy).await.map_err(|error| error.to_string());
        let is_fine = reason == "a cent of spread at least";
        let expected = if is_fine { None } else { Some(reason.to_owned()) };
        assert_eq!(answer.err(), expected, "{sold} for {buy}");
    }
    let new = NewQuote {
        shop: world.shop,
        seller_account: "nobody".into(),
        sold: eur(100),
        buy: Currency::USD,
        slot: None,
    };
    let nobody = quote(&world.pool, new).await;
    assert!(matches!(nobody, Err(QuoteError::SellerUnknown)), "{nobody:?}");
    assert_eq!(world.count("select count(*) from exchange_quote").await, 1);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn an_amount_that_buys_nothing_is_too_small(pool: PgPool) {
    let world = World::new(pool).await;
    import_day(&world, days_ago(0), "1.0837,250").await;

    // 0.4 cents.
    let answer = ask(&world, yen(1), Currency::EUR).await;

    assert!(matches!(answer, Err(QuoteError::TooSmall)), "{answer:?}");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn without_rates_there_is_no_quote_and_with_old_ones_neither(pool: PgPool) {
    let world = World::new(pool).await;
    let none = ask(&world, eur(100), Currency::USD).await;
    assert!(matches!(none, Err(QuoteError::RateUnknown { .. })), "{none:?}");

    import_day(&world, days_ago(5), "1.08,N/A").await;
    let stale = ask(&world, eur(100), Currency::USD).await;
    import_day(&world, days_ago(-1), "1.10,N/A").await;
    let of_tomorrow = ask(&world, eur(100), Currency::USD).await;
    import_day(&world, days_ago(4), "1.09,N/A").await;
    let fresh = ask(&world, eur(100), Currency::USD).await.unwrap();
    import_day(&world, days_ago(3), "N/A,161").await;
    let apart = ask(&world, usd(100), Currency::JPY).await;

    let day = days_ago(5);
    assert!(matches!(stale, Err(QuoteError::RateStale { day: of }) if of == day), "{stale:?}");
    assert!(matches!(of_tomorrow, Err(QuoteError::RateStale { .. })), "{of_tomorrow:?}");
    assert_eq!(fresh.quote.source, format!("ecb/{}", days_ago(4)));
    assert!(matches!(apart, Err(QuoteError::RateUnknown { .. })), "{apart:?}");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_seller_who_has_too_little_exchanges_nothing(pool: PgPool) {
    let world = shop_with(pool, &[eur(99_99)]).await;
    let quote = quoted(&world, eur(100_00), Currency::USD).await;

    let answer = accepted(&world, &quote).await;

    let Err(AcceptError::InsufficientFunds { available: left }) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!((left, available(&world, Currency::USD).await), (eur(99_99), usd(0)));
    assert_eq!(world.count("select count(*) from posting where cause = 'exchanged'").await, 0);
    let quote = quoted(&world, eur(99_99), Currency::USD).await;
    assert!(accepted(&world, &quote).await.is_ok());
    assert_eq!(available(&world, Currency::EUR).await, eur(0));
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_shops_terms_hold_for_the_quotes_that_come(pool: PgPool) {
    let world = shop_with(pool, &[eur(500_00)]).await;
    let before = quoted(&world, eur(100_00), Currency::USD).await;
    let mine = Terms { spread_basis_points: 0, quote_seconds: 5, rate_days_max: 0 };
    terms::set(&world.pool, world.shop, mine, "a test").await.unwrap();

    let stale = ask(&world, eur(100_00), Currency::USD).await;
    import_day(&world, days_ago(0), "1.0837,161.35").await;
    let after = quoted(&world, eur(100_00), Currency::USD).await;
    let done = accepted(&world, &before).await.unwrap();

    assert!(matches!(stale, Err(QuoteError::RateStale { .. })), "{stale:?}");
    assert_eq!((after.exchange.bought, after.exchange.spread), (usd(108_37), usd(0)));
    assert_eq!(after.quote.expires_at - after.created_at, time::Duration::seconds(5));
    assert_eq!(done.exchange.bought, usd(107_83));
    assert_eq!(terms::find(&world.pool, world.shop).await.unwrap(), mine);
    for bad in [
        Terms { spread_basis_points: 10_000, ..mine },
        Terms { quote_seconds: 0, ..mine },
        Terms { quote_seconds: 86_401, ..mine },
        Terms { rate_days_max: 367, ..mine },
    ] {
        let answer = terms::set(&world.pool, world.shop, bad, "a test").await;
        assert!(matches!(answer, Err(TermsError::OutOfRange)), "{bad:?}: {answer:?}");
    }
    let audited = "select count(*) from audit_log where action = 'shop.exchange_terms_set'";
    assert_eq!(world.count(audited).await, 1);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_database_refuses_what_no_exchange_can_be(pool: PgPool) {
    let world = shop_with(pool, &[eur(500_00)]).await;
    exchanged(&world, eur(100_00), Currency::USD).await;
    quoted(&world, eur(100_00), Currency::USD).await;

    for (statement, refusal) in [
        ("update exchange_rate set rate = rate * 2", "exchange_rate is append-only"),
        ("delete from exchange_rate", "exchange_rate is append-only"),
        ("update exchange set bought_minor = bought_minor + 1", "exchange is append-only"),
        ("delete from exchange", "exchange is append-only"),
        (
            "insert into exchange_rate (day, source, base_currency, quote_currency, rate)
             values ('2026-01-30', 'ecb', 'EUR', 'USD', 0)",
            "exchange_rate_positive_check",
        ),
        (
            "insert into exchange_rate (day, source, base_currency, quote_currency, rate)
             values ('2026-01-30', 'ecb', 'EUR', 'EUR', 1)",
            "exchange_rate_pair_check",
        ),
        ("update exchange_quote set sold_minor = 0", "exchange_quote_sold_check"),
        ("update exchange_quote set bought_currency = 'EUR'", "exchange_quote_pair_check"),
        ("update exchange_quote set accepted_at = expires_at", "exchange_quote_accepted_check"),
        ("update shop set exchange_spread_basis_points = 10000", "shop_exchange_spread_check"),
        (
            "insert into exchange select exchange_quote_id, shop_id, gen_random_uuid(),
                    sold_currency, sold_minor, bought_currency, 3, 1, 1, 0, now()
             from exchange_quote where accepted_at is null",
            "exchange_sum_check",
        ),
    ] {
        let error = sqlx::query(statement).execute(&world.pool).await.unwrap_err();
        let error = error.into_database_error().unwrap();
        let found = error.constraint().unwrap_or(error.message());
        assert_eq!(found, refusal, "{statement}");
    }
}
