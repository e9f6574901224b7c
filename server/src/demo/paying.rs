//! How the demo's sellers get their money: the accounts that it leaves from and goes to, who has to
//! agree, and what currencies are worth. What somebody has changed since stays as it is.

use color_eyre::eyre::Result;
use domain::currency::Currency;
use domain::id::{PayoutAccountId, SellerId, ShopId};
use domain::money::Money;
use domain::release::Rule;
use domain::reserve::RollingReserve;
use domain::schedule::{Rhythm, Schedule};
use engine::db::new_plain_id;
use engine::exchange::rates;
use engine::payouts::accounts::{self, Access, PayoutAccount};
use engine::payouts::payees::{self, NewPayee};
use engine::payouts::schedules;
use engine::reconciliation::actor::Actor;
use engine::shops;
use engine::wallets::rules::{self, Rules};
use rust_decimal::Decimal;
use sqlx::PgPool;
use time::{OffsetDateTime, Weekday};

use super::Addresses;
use super::keys::Keys;

/// The accounts that sellers are paid from: their names, there and here, and their currencies.
pub(super) const ACCOUNTS: [(&str, Currency); 2] =
    [("alpine-market-payouts", Currency::EUR), ("alpine-market-payouts-usd", Currency::USD)];
/// Up to how much one person decides alone, in either currency.
const LIMIT_MINOR: i64 = 25_000;
/// Where each seller is paid, in whose name; by the account the practice processor decides what becomes of it.
const PAYEES: [(&str, &str, &str); 3] = [
    // Paid, whatever the amount.
    ("alpine-books", "DE02120300000000202051", "Alpine Books GmbH"),
    // Paid, and returned two days later: the account is closed.
    ("summit-gear", "DE56120300000000009504", "Summit Gear AG"),
    // No test account: paid, unless the amount says otherwise.
    ("valley-dairy", "AT611904300234573201", "Valley Dairy KG"),
];
/// The seller who is paid every Monday.
const BY_SCHEDULE: &str = "alpine-books";
/// From how much on.
const SCHEDULE_MINIMUM: Money = Money::from_minor(10_00, Currency::EUR);
/// The seller of whose releases a part is kept back for a while.
const WITH_RESERVE: &str = "summit-gear";
/// How much of them, in hundredths of a percent, and for how many days.
const RESERVE: (u32, u16) = (1_000, 30);
/// How long a sale stays pending if nobody says that it was delivered.
const RELEASED_AFTER_DAYS: u16 = 7;
/// Whose rates the demo begins with: made up, so that exchanging can be tried without a network.
const RATES_SOURCE: &str = "demo";
/// What one euro is worth.
const RATES: [(&str, &str); 4] =
    [("USD", "1.0800"), ("GBP", "0.8500"), ("CHF", "0.9400"), ("JPY", "162.50")];
/// Who did all this, for the audit log.
const ACTOR: &str = "paydesk demo";

/// Seeds everything that pay-outs need, and returns the accounts that they leave from.
pub(super) async fn seed(
    pool: &PgPool,
    shop: ShopId,
    addresses: &Addresses,
    keys: &Keys,
) -> Result<[PayoutAccountId; 2]> {
    let [euros, dollars] = [0, 1].map(|index| {
        let (name, currency) = ACCOUNTS[index];
        let access = Access {
            base_url: addresses.sandbox.clone(),
            api_key: keys.payout_access[index].clone(),
            webhook_secret: keys.payout_webhook_secret.clone(),
        };
        PayoutAccount { id: new_plain_id(), shop, name: name.into(), currency, access }
    });
    let saved =
        [accounts::save(pool, &euros, ACTOR).await?, accounts::save(pool, &dollars, ACTOR).await?];
    for (_, currency) in ACCOUNTS {
        if accounts::limit(pool, shop, currency).await?.is_none() {
            let limit = Money::from_minor(LIMIT_MINOR, currency);
            accounts::set_limit(pool, shop, limit, ACTOR).await?;
        }
    }
    let sellers = shops::sellers(pool, shop).await?;
    for (reference, iban, holder) in PAYEES {
        let known = sellers.iter().find(|seller| seller.reference == reference);
        let seller = known.expect("the sellers were seeded before").id;
        for (_, currency) in ACCOUNTS {
            verified(pool, (shop, seller, currency), (iban, holder)).await?;
        }
        set_rules(pool, shop, seller, reference == WITH_RESERVE).await?;
        if reference == BY_SCHEDULE && schedules::list(pool, shop, seller).await?.is_empty() {
            let rhythm = Rhythm::Weekly(Weekday::Monday);
            let schedule = Schedule { rhythm, minimum: SCHEDULE_MINIMUM };
            schedules::set(pool, shop, seller, schedule, ACTOR).await?;
        }
    }
    enter_rates(pool).await?;
    Ok(saved)
}

/// Gives the seller a bank account in the currency, and says that it is theirs, unless there is one.
async fn verified(
    pool: &PgPool,
    (shop, seller, currency): (ShopId, SellerId, Currency),
    (iban, holder): (&str, &str),
) -> Result<()> {
    let known = payees::list(pool, shop, seller).await?;
    if known.iter().any(|account| account.currency == currency) {
        return Ok(());
    }
    let (iban, holder) = (iban.parse()?, holder.into());
    let new = NewPayee { shop, seller, currency, iban, bic: None, holder, slot: None };
    let added = payees::add(pool, &new).await?;
    payees::verify(pool, shop, added.id, &Actor::Program(ACTOR)).await?;
    Ok(())
}

async fn set_rules(pool: &PgPool, shop: ShopId, seller: SellerId, keeps: bool) -> Result<()> {
    if rules::of_seller(pool, shop, seller).await? != Rules::default() {
        return Ok(());
    }
    let (basis_points, days) = RESERVE;
    let reserve =
        if keeps { RollingReserve::new(basis_points, days)? } else { RollingReserve::NONE };
    let release = Rule::OnDeliveryOrAfterDays(RELEASED_AFTER_DAYS);
    let rules = Rules { release, reserve, ..Rules::default() };
    Ok(rules::save(pool, shop, Some(seller), &rules, ACTOR).await?)
}

/// Enters today's rates, unless there are real ones.
async fn enter_rates(pool: &PgPool) -> Result<()> {
    let known = rates::find(pool, (Currency::EUR, Currency::USD), None).await?;
    if known.is_some_and(|known| known.source != RATES_SOURCE) {
        return Ok(());
    }
    let today = OffsetDateTime::now_utc().date();
    let mut rates: Vec<(Currency, Decimal)> = Vec::with_capacity(RATES.len());
    for (currency, units) in RATES {
        rates.push((currency.parse()?, units.parse()?));
    }
    rates::enter(pool, (RATES_SOURCE, Currency::EUR, today), &rates, ACTOR).await?;
    Ok(())
}
