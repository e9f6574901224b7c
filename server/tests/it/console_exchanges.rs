//! Exchanges in the console: a quote that one person asks for and accepts, and why there is none.

use domain::account::Account;
use domain::currency::Currency;
use domain::id::{QuoteId, SellerId};
use domain::money::Money;
use domain::permission::Role;
use domain::posting;
use engine::db::{Tx, new_plain_id};
use engine::exchange::rates::import;
use engine::{ledger, shops};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use crate::support::World;

const ANA: &str = "ana@test.example";
const OLA: &str = "ola@test.example";

/// A shop whose seller has 100.00 EUR, and two people who are signed in.
struct Desk {
    world: World,
    seller: SellerId,
    /// May exchange.
    analyst: String,
    /// May only look.
    operator: String,
}

impl Desk {
    async fn open(pool: PgPool) -> Self {
        let world = World::new(pool).await;
        let sellers = shops::sellers(&world.pool, world.shop).await.unwrap();
        let seller = sellers.into_iter().find(|seller| seller.reference == "books").unwrap().id;
        world.staff(ANA, Role::Analyst).await;
        world.staff(OLA, Role::Operator).await;
        let (analyst, operator) = (world.sign_in(ANA).await, world.sign_in(OLA).await);
        let desk = Self { world, seller, analyst, operator };
        desk.give(Money::from_minor(10_000, Currency::EUR)).await;
        // The wallet makes dollars a currency of the seller.
        desk.give(Money::from_minor(100, Currency::USD)).await;
        desk
    }

    async fn give(&self, amount: Money) {
        let object: QuoteId = new_plain_id();
        let from = Account::SellerAvailable(self.seller);
        let given = posting::transfer("given".into(), from, Account::WriteOffs, amount).unwrap();
        let (shop, bucket) = (self.world.shop, object.bucket());
        let mut tx = Tx::begin(&self.world.pool).await.unwrap();
        ledger::post(&mut tx, shop, bucket, object.uuid(), &given).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// One euro was worth 1.0837 dollars so many days ago.
    async fn import_day(&self, days_ago: i64) {
        let day = OffsetDateTime::now_utc().date() - Duration::days(days_ago);
        let file = format!("Date,USD,JPY,\n{day},1.0837,250,\n");
        import(&self.world.pool, file.as_bytes(), "a test").await.unwrap();
    }

    fn page(&self) -> String {
        format!("/console/sellers/{}/exchange", self.seller)
    }

    /// Asks for a quote, and answers with where that leads.
    async fn ask(&self, amount: &str, sold: &str, buy: &str, cookie: &str) -> String {
        let path = format!("/console/actions/sellers/{}/exchange-quotes", self.seller);
        let form = [("amount", amount), ("sell", sold), ("buy", buy)];
        let answer = self.world.form(&path, cookie, &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.header("location").to_owned()
    }

    /// Asks for a quote of dollars, and answers with its id.
    async fn quoted(&self, amount: &str) -> String {
        let led = self.ask(amount, "EUR", "USD", &self.analyst).await;
        let begin = format!("{}?quote=", self.page());
        let rest = led.strip_prefix(&begin).unwrap_or_else(|| panic!("{led}"));
        rest.strip_suffix("#quote-title").unwrap().to_owned()
    }

    /// Accepts a quote, and answers with what is said behind the address of its page.
    async fn accept(&self, quote: &str, cookie: &str) -> String {
        let path = format!("/console/actions/exchange-quotes/{quote}/accept");
        let answer = self.world.form(&path, cookie, &[]).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let page = format!("{}?quote={quote}&", self.page());
        answer.header("location").strip_prefix(&page).unwrap().to_owned()
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn staff_ask_for_a_quote_look_at_it_and_exchange_once(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import_day(1).await;

    let quote = desk.quoted("60.00").await;
    let address = format!("{}?quote={quote}", desk.page());
    let offered = desk.world.page(&address, &desk.analyst).await.text;
    let seen_by_operator = desk.world.page(&address, &desk.operator).await.text;
    let by_operator = desk.accept(&quote, &desk.operator).await;
    let done = desk.accept(&quote, &desk.analyst).await;
    let again = desk.accept(&quote, &desk.analyst).await;
    let shown = desk.world.page(&address, &desk.analyst).await.text;

    for figure in ["1 EUR = 1.0837 USD", "European Central Bank", "0.5 %", "64.70", "Good until"] {
        assert!(offered.contains(figure), "{figure} is not in {offered}");
    }
    assert!(offered.contains("/accept\"") && !seen_by_operator.contains("/accept\""));
    assert_eq!(by_operator, "problem=not_allowed");
    assert_eq!(done, "notice=exchanged");
    assert_eq!(again, "problem=quote_accepted&field=quote");
    assert_eq!(desk.world.count("exchange").await, 1);
    for part in ["40.00", "65.70", "Staff ana@test.example", "Exchanged"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let statement = link(&shown, "/console/ledger/seller_available?currency=USD");
    let statement = desk.world.page(&statement, &desk.operator).await.text;
    assert!(statement.contains("exchanged") && statement.contains("64.70"), "{statement}");
    let audited: Vec<(String, String, String)> = sqlx::query_as(
        "select actor, object_id, detail ->> 'bought' from audit_log
         where action = 'exchange_quote.accept'",
    )
    .fetch_all(&desk.world.pool)
    .await
    .unwrap();
    assert_eq!(audited, [("Staff ana@test.example".to_owned(), quote, "64.70".to_owned())]);
}

#[sqlx::test(migrations = "../migrations")]
async fn why_there_is_no_quote_is_said_beside_the_field_and_what_was_typed_stays(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let ask = async |amount, sell, buy| {
        let led = desk.ask(amount, sell, buy, &desk.analyst).await;
        led.strip_prefix(&desk.page()).unwrap().to_owned()
    };

    let no_rate = ask("10.00", "EUR", "USD").await;
    desk.import_day(9).await;
    let old = ask("10.00", "EUR", "USD").await;
    desk.import_day(0).await;

    let typed = "?amount=10.00&sell=EUR&buy=USD";
    assert_eq!(no_rate, format!("{typed}&problem=exchange_no_rate&field=buy"));
    assert_eq!(old, format!("{typed}&problem=exchange_rate_old&field=buy"));
    for (amount, sell, buy, code, field) in [
        ("10.00", "EUR", "EUR", "exchange_same", "buy"),
        ("10.00", "EUR", "CHF", "exchange_no_rate", "buy"),
        ("10.00", "EUR", "x<b>", "exchange_no_rate", "buy"),
        ("100.01", "EUR", "USD", "exchange_not_covered", "amount"),
        ("1", "JPY", "EUR", "exchange_not_covered", "amount"),
        ("0", "EUR", "USD", "amount_not_positive", "amount"),
        ("1.001", "EUR", "USD", "amount_too_many_decimals", "amount"),
        ("all", "EUR", "USD", "amount_invalid", "amount"),
        ("99999999999999999999", "EUR", "USD", "exchange_too_large", "amount"),
    ] {
        let led = ask(amount, sell, buy).await;
        let wanted = format!("&problem={code}&field={field}");
        assert!(led.ends_with(&wanted) && !led.contains('<'), "{amount} {sell} {buy}: {led}");
    }
    let card = ask("4242 4242 4242 4242", "EUR", "USD").await;
    assert_eq!(card, "?problem=card_number&field=amount", "it is never repeated");
    let by_operator = desk.ask("10.00", "EUR", "USD", &desk.operator).await;
    assert!(by_operator.ends_with("&problem=not_allowed"));
    let page = desk.world.page(&(desk.page() + &no_rate), &desk.analyst).await.text;
    assert!(page.contains(r#"id="buy-error""#) && page.contains(r#"value="10.00""#), "{page}");
    assert_eq!(desk.world.count("exchange_quote").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_quote_that_has_expired_or_is_not_covered_any_more_exchanges_nothing(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import_day(0).await;
    let [first, second, late] =
        [desk.quoted("60.00").await, desk.quoted("60.00").await, desk.quoted("1.00").await];
    let id: QuoteId = late.parse().unwrap();
    sqlx::query("update exchange_quote set expires_at = now() where exchange_quote_id = $1")
        .bind(id.uuid())
        .execute(&desk.world.pool)
        .await
        .unwrap();

    let done = desk.accept(&first, &desk.analyst).await;
    let not_covered = desk.accept(&second, &desk.analyst).await;
    let expired = desk.accept(&late, &desk.analyst).await;
    let told = format!("{}?quote={late}&{expired}", desk.page());
    let told = desk.world.page(&told, &desk.analyst).await.text;

    assert_eq!(done, "notice=exchanged");
    assert_eq!(not_covered, "problem=exchange_not_covered&field=quote");
    assert_eq!(expired, "problem=quote_expired&field=quote");
    assert!(told.contains("The quote has expired") && told.contains("Was good until"), "{told}");
    assert!(!told.contains("/accept\""));
    assert_eq!(desk.world.count("exchange").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn exchanges_of_another_shop_are_not_found(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import_day(0).await;
    let quote = desk.quoted("10.00").await;
    let other = shops::save_shop(&desk.world.pool, "Another", None).await.unwrap();
    sqlx::query("update staff set shop_id = $1 where email = $2")
        .bind(other.uuid())
        .bind(ANA)
        .execute(&desk.world.pool)
        .await
        .unwrap();

    let page = desk.world.page(&desk.page(), &desk.analyst).await;
    let ask = format!("/console/actions/sellers/{}/exchange-quotes", desk.seller);
    let form = [("amount", "1.00"), ("sell", "EUR"), ("buy", "USD")];
    let asked = desk.world.form(&ask, &desk.analyst, &form).await;
    let accept = format!("/console/actions/exchange-quotes/{quote}/accept");
    let accepted = desk.world.form(&accept, &desk.analyst, &[]).await;
    let nobody = desk.world.form(&accept, "", &[]).await;

    for answer in [&page, &asked, &accepted] {
        assert_eq!(answer.status, 404);
    }
    assert_eq!(nobody.header("location"), "/console/sign-in");
    assert_eq!(desk.world.count("exchange").await, 0);
}

/// The first link of the page that begins so.
fn link(page: &str, begin: &str) -> String {
    let href = format!("href=\"{begin}");
    let at = page.find(&href).unwrap_or_else(|| panic!("no link to {begin} in {page}"));
    let rest = &page[at + "href=\"".len()..];
    rest[..rest.find('"').unwrap()].replace("&amp;", "&")
}
