//! Pay-outs in the console: made by one person, let go by another, stopped, and explained.

use std::collections::HashMap;

use domain::account::Account;
use domain::currency::Currency;
use domain::id::{PayeeAccountId, PaymentId, SellerId};
use domain::money::Money;
use domain::permission::Role;
use domain::posting::{Entry, Posting};
use engine::db::{Tx, new_plain_id};
use engine::ledger;
use engine::payments;
use engine::payouts::accounts::{self, Access, PayoutAccount};
use engine::payouts::payees::{self, NewPayee};
use engine::workers;
use sqlx::PgPool;

use crate::support::{Answer, WEBHOOK_SECRET, World, basket};

const ANA: &str = "ana@test.example";
const BEN: &str = "ben@test.example";
const CLEO: &str = "cleo@test.example";
const OLA: &str = "ola@test.example";

/// A desk with people who are signed in, and a seller who can be paid 100.00 EUR.
struct Desk {
    world: World,
    seller: SellerId,
    payee: PayeeAccountId,
    /// May make, hold and cancel.
    analyst: String,
    /// May also approve and verify.
    approver: String,
    /// The same.
    other_approver: String,
    /// May only look.
    operator: String,
}

impl Desk {
    async fn open(pool: PgPool) -> Self {
        let world = World::new(pool).await;
        let sellers = engine::shops::sellers(&world.pool, world.shop).await.unwrap();
        let seller = sellers.into_iter().find(|seller| seller.reference == "books").unwrap().id;
        let account = PayoutAccount {
            id: new_plain_id(),
            shop: world.shop,
            name: "house bank".into(),
            currency: Currency::EUR,
            access: Access {
                base_url: "http://127.0.0.1:9".into(),
                api_key: "key".into(),
                webhook_secret: WEBHOOK_SECRET.into(),
            },
        };
        accounts::save(&world.pool, &account, "a test").await.unwrap();
        let new = NewPayee {
            shop: world.shop,
            seller,
            currency: Currency::EUR,
            iban: "DE89370400440532013000".parse().unwrap(),
            bic: None,
            holder: "Test Books GmbH".into(),
            slot: None,
        };
        let payee = payees::add(&world.pool, &new).await.unwrap().id;
        for (email, role) in [
            (ANA, Role::Analyst),
            (BEN, Role::Approver),
            (CLEO, Role::Approver),
            (OLA, Role::Operator),
        ] {
            world.staff(email, role).await;
        }
        let analyst = world.sign_in(ANA).await;
        let approver = world.sign_in(BEN).await;
        let other_approver = world.sign_in(CLEO).await;
        let operator = world.sign_in(OLA).await;
        let desk = Self { world, seller, payee, analyst, approver, other_approver, operator };
        desk.earn(10_000).await;
        desk
    }

    /// The seller can be paid so much more.
    async fn earn(&self, minor: i64) {
        let seller = self.seller;
        let money = |minor| Money::from_minor(minor, Currency::EUR);
        let pending = Entry { account: Account::SellerPending(seller), amount: money(minor) };
        let available = Entry { account: Account::SellerAvailable(seller), amount: money(-minor) };
        let posting = Posting::new("released/1", vec![pending, available]).unwrap();
        let object: PaymentId = new_plain_id();
        let (shop, bucket) = (self.world.shop, object.bucket());
        let mut tx = Tx::begin(&self.world.pool).await.unwrap();
        ledger::post(&mut tx, shop, bucket, object.uuid(), &posting).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Of the payment, 50.00 are released, of which 5.00 are kept back.
    async fn released(&self, payment: PaymentId) {
        let money = |minor| Money::from_minor(minor, Currency::EUR);
        let entries = [
            (Account::SellerPending(self.seller), 5_000),
            (Account::SellerAvailable(self.seller), -4_500),
            (Account::SellerReserved(self.seller), -500),
        ];
        let entries = entries.map(|(account, minor)| Entry { account, amount: money(minor) });
        let posting = Posting::new("released/5000", entries.into()).unwrap();
        let (shop, bucket) = (self.world.shop, payment.bucket());
        let mut tx = Tx::begin(&self.world.pool).await.unwrap();
        ledger::post(&mut tx, shop, bucket, payment.uuid(), &posting).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Lets the money of an approved pay-out leave; its provider does not answer.
    async fn submit(&self) {
        let lane = workers::submitter(&self.world.services.engine);
        lane.step(&self.world.pool).await.unwrap();
    }

    /// Makes a pay-out, has it approved, and lets its money leave.
    async fn submitted(&self, amount: &str) -> String {
        let page = self.make(amount, &self.analyst).await;
        let approved = self.act(&page, "approve", "", &self.other_approver).await;
        assert_eq!(approved, "?notice=payout_approved");
        self.submit().await;
        page
    }

    /// The amounts of an advice's file by the kinds of their lines, in minor units.
    async fn advice(&self, page: &str) -> HashMap<String, i64> {
        let file = self.world.page(&format!("{page}/remittance.csv"), &self.operator).await;
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8", "{}", file.text);
        let mut sums = HashMap::new();
        for line in file.text.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!((cells.len(), cells[10]), (11, "EUR"), "{line}");
            let minor = Money::parse(cells[9], Currency::EUR).unwrap().minor();
            *sums.entry(cells[0].to_owned()).or_default() += minor;
        }
        sums
    }

    fn of_seller(&self) -> String {
        format!("/console/sellers/{}", self.seller)
    }

    async fn verified(&self) {
        let path = format!("/console/actions/payee-accounts/{}/verify", self.payee);
        let answer = self.world.form(&path, &self.approver, &[]).await;
        assert_eq!(answer.header("location"), self.of_seller() + "?notice=payee_account_verified");
    }

    /// Previews a pay-out, and answers with the key of the form that makes it.
    async fn key(&self, amount: &str, cookie: &str) -> String {
        let address = format!("{}?amount={amount}&currency=EUR", self.of_seller());
        let page = self.world.page(&address, cookie).await.text;
        value(&page, r#"name="key" value=""#)
    }

    async fn send(&self, amount: &str, key: &str, cookie: &str) -> Answer {
        let path = format!("/console/actions/sellers/{}/payouts", self.seller);
        let form = [("amount", amount), ("currency", "EUR"), ("key", key)];
        self.world.form(&path, cookie, &form).await
    }

    /// Makes a pay-out and answers with its page.
    async fn make(&self, amount: &str, cookie: &str) -> String {
        let key = self.key(amount, cookie).await;
        let made = self.send(amount, &key, cookie).await;
        let location = made.header("location").to_owned();
        let (page, notice) = location.split_once('?').unwrap_or_else(|| panic!("{location}"));
        assert_eq!(notice, "notice=payout_made");
        page.to_owned()
    }

    /// Does what a form of the page does, as whoever has just looked at it.
    async fn act(&self, page: &str, what: &str, reason: &str, cookie: &str) -> String {
        let shown = self.world.page(page, &self.analyst).await.text;
        let version = if shown.contains("name=\"version\"") {
            value(&shown, r#"name="version" value=""#)
        } else {
            "1".into()
        };
        let path = page.replace("/console/", "/console/actions/") + "/" + what;
        let form = [("version", version.as_str()), ("reason", reason)];
        let answer = self.world.form(&path, cookie, &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.header("location").strip_prefix(page).unwrap().to_owned()
    }

    async fn audited(&self) -> Vec<(String, String, Option<String>)> {
        let query = "select action, actor, detail ->> 'reason' from audit_log
                     where object_type in ('payout', 'payee_account') order by audit_id";
        sqlx::query_as(query).fetch_all(&self.world.pool).await.unwrap()
    }
}

/// What stands behind the first `begin` up to the next quote.
fn value(page: &str, begin: &str) -> String {
    let at = page.find(begin).unwrap_or_else(|| panic!("no {begin} in {page}"));
    let rest = &page[at + begin.len()..];
    rest[..rest.find('"').unwrap()].to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_pay_out_is_made_by_one_person_and_let_go_by_another(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.verified().await;
    let page = desk.make("57.00", &desk.approver).await;
    let seen_by_maker = desk.world.page(&page, &desk.approver).await.text;
    let seen_by_second = desk.world.page(&page, &desk.other_approver).await.text;

    let by_maker = desk.act(&page, "approve", "", &desk.approver).await;
    let by_analyst = desk.act(&page, "approve", "", &desk.analyst).await;
    let by_second = desk.act(&page, "approve", "", &desk.other_approver).await;
    let again = desk.act(&page, "approve", "", &desk.other_approver).await;

    assert!(!seen_by_maker.contains("/approve\"") && seen_by_second.contains("/approve\""));
    assert!(seen_by_maker.contains("You made this pay-out. A second person has to approve it."));
    for shown in [
        "first pay-out",
        "above one person\u{2019}s limit",
        "Staff ben@test.example",
        r#"value="43.00""#,
    ] {
        assert!(seen_by_second.contains(shown), "{shown} is not in {seen_by_second}");
    }
    assert_eq!(by_maker, "?problem=maker_is_checker");
    assert_eq!(by_analyst, "?problem=not_allowed");
    assert_eq!(by_second, "?notice=payout_approved");
    assert_eq!(again, "?problem=stale");
    let told = desk.world.page(&(page.clone() + "?problem=maker_is_checker"), &desk.approver).await;
    assert!(told.text.contains("A second person has to approve it."));
    let list =
        desk.world.page("/console/payouts?state=approved&currency=EUR", &desk.operator).await;
    assert!(list.text.contains(&page), "{}", list.text);
    let none = desk.world.page("/console/payouts?state=second_person", &desk.operator).await.text;
    assert!(none.contains("No pay-out fits this filter"));
    let log: Vec<_> =
        desk.audited().await.into_iter().map(|(action, by, _)| (action, by)).collect();
    let line = |action: &str, by: &str| (action.to_owned(), format!("Staff {by}"));
    let wanted = [
        line("payee_account.verify", BEN),
        line("payout.create", BEN),
        line("payout.approve", CLEO),
    ];
    assert_eq!(log, wanted);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_pay_out_is_held_goes_on_and_is_cancelled_with_reasons_that_stay(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.verified().await;
    let page = desk.make("57.00", &desk.analyst).await;

    let silent = desk.act(&page, "hold", " ", &desk.analyst).await;
    let by_operator = desk.act(&page, "hold", "just because", &desk.operator).await;
    let held = desk.act(&page, "hold", "the seller <called>", &desk.analyst).await;
    let queue = desk.world.page("/console/payouts?state=held", &desk.operator).await.text;
    let old = [("version", "1"), ("reason", "")];
    let resume = page.replace("/console/", "/console/actions/") + "/resume";
    let stale = desk.world.form(&resume, &desk.analyst, &old).await;
    let resumed = desk.act(&page, "resume", "", &desk.analyst).await;
    let cancelled = desk.act(&page, "cancel", "paid by hand", &desk.analyst).await;
    let over = desk.act(&page, "hold", "too late", &desk.analyst).await;
    let shown = desk.world.page(&page, &desk.analyst).await.text;

    assert_eq!(silent, "?problem=reason_needed&field=reason");
    assert_eq!(by_operator, "?problem=not_allowed");
    assert_eq!(
        [held, resumed, cancelled].join(" "),
        "?notice=payout_held ?notice=payout_resumed ?notice=payout_cancelled"
    );
    assert!(queue.contains(&page), "{queue}");
    assert!(stale.header("location").ends_with("?problem=stale"));
    assert_eq!(over, "?problem=stale");
    assert!(shown.contains("the seller &lt;called&gt;") && shown.contains("paid by hand"));
    assert!(!shown.contains("/console/actions/payouts"), "nothing is left to do");
    assert!(!shown.contains("remittance.csv"), "it pays for nothing");
    let reasons: Vec<_> = desk.audited().await.into_iter().map(|(_, _, reason)| reason).collect();
    let said = |reason: &str| Some(reason.to_owned());
    assert_eq!(reasons, [None, None, said("the seller <called>"), None, said("paid by hand")]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_pay_out_is_looked_at_first_and_made_once(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let looked = format!("{}?currency=EUR&amount=", desk.of_seller());
    let unverified = desk.key("57.00", &desk.analyst).await;
    let refused = desk.send("57.00", &unverified, &desk.analyst).await;
    desk.verified().await;

    for (amount, told) in [
        ("100.01", "more than the seller can be paid"),
        ("0", "more than nothing"),
        ("1.001", "more decimals"),
        ("all", "in digits"),
    ] {
        let page = desk.world.page(&(looked.clone() + amount), &desk.analyst).await.text;
        assert!(page.contains(told) && !page.contains(r#"name="key""#), "{amount}: {page}");
    }
    let key = desk.key("57.00", &desk.analyst).await;
    let first = desk.send("57.00", &key, &desk.analyst).await;
    let again = desk.send("57.00", &key, &desk.analyst).await;
    let other = desk.send("58.00", &key, &desk.analyst).await;
    let keyless = desk.send("1.00", "", &desk.analyst).await;
    let too_much = desk.send("57.00", &desk.key("1.00", &desk.analyst).await, &desk.analyst).await;
    let by_operator = desk.send("1.00", &unverified, &desk.operator).await;

    let problem = |answer: &Answer| answer.header("location").split_once('?').unwrap().1.to_owned();
    assert_eq!(problem(&refused), "problem=no_verified_account&field=amount");
    assert!(first.header("location").ends_with("?notice=payout_made"), "{:?}", first.headers);
    assert_eq!(again.header("location"), first.header("location"), "a second click");
    assert_eq!([problem(&other), problem(&keyless)], ["problem=stale", "problem=stale"]);
    assert_eq!(problem(&too_much), "problem=amount_too_large&field=amount");
    assert_eq!(problem(&by_operator), "problem=not_allowed");
    assert_eq!(desk.world.count("payout").await, 1);
    let page = desk.world.page(&desk.of_seller(), &desk.operator).await.text;
    assert!(
        page.contains("DE89 **** **** **** **30 00") && page.contains("Staff ben@test.example")
    );
    assert!(!page.contains("make-title") && !page.contains("370400440532"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_bank_account_is_verified_by_those_who_may_and_only_in_their_shop(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let path = format!("/console/actions/payee-accounts/{}/verify", desk.payee);
    let other: PayeeAccountId = new_plain_id();
    let offered = |page: &str| page.contains(&path);

    let by_operator = desk.world.form(&path, &desk.operator, &[]).await;
    let nobody = desk.world.form(&path, "", &[]).await;
    let unknown = path.replace(&desk.payee.to_string(), &other.to_string());
    let unknown = desk.world.form(&unknown, &desk.analyst, &[]).await;
    let seen_by_operator = desk.world.page(&desk.of_seller(), &desk.operator).await.text;
    let seen_by_analyst = desk.world.page(&desk.of_seller(), &desk.analyst).await.text;
    desk.verified().await;
    let afterwards = desk.world.page(&desk.of_seller(), &desk.analyst).await.text;

    assert_eq!(by_operator.header("location"), desk.of_seller() + "?problem=not_allowed");
    assert_eq!(nobody.header("location"), "/console/sign-in");
    assert_eq!(unknown.status, 404);
    assert!(!offered(&seen_by_operator) && offered(&seen_by_analyst) && !offered(&afterwards));
    assert!(afterwards.contains("Verified") && afterwards.contains("Staff ben@test.example"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_remittance_advice_lists_what_a_pay_out_pays_for_and_adds_up(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.verified().await;
    desk.world.create("order", &basket("order")).await;
    let payment = payments::find_by_reference(&desk.world.pool, desk.world.shop, "order-1").await;
    let payment: PaymentId = payment.unwrap().unwrap().id;

    let first = desk.submitted("57.00").await;
    desk.released(payment).await;
    let waiting = desk.make("60.00", &desk.analyst).await;
    let before = desk.advice(&waiting).await;
    let approved = desk.act(&waiting, "approve", "", &desk.other_approver).await;
    desk.submit().await;
    desk.earn(900).await;

    assert_eq!(approved, "?notice=payout_approved");
    let of_first = desk.advice(&first).await;
    assert_eq!((of_first["opening"], of_first["other"], of_first["stays"]), (0, 10_000, 4_300));
    let sums = desk.advice(&waiting).await;
    assert_eq!(sums, before, "it was known before it was submitted");
    assert_eq!(sums["opening"] + sums["payment"] + sums["paid"], sums["stays"]);
    assert_eq!((sums["opening"], sums["payment"], sums["stays"]), (4_300, 4_500, 2_800));
    let shown = desk.world.page(&waiting, &desk.operator).await.text;
    for part in
        [&format!("/console/payments/{payment}"), "order-1", "begun/1", "Pay-outs in transit"]
    {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    assert!(shown.contains("since their pay-out before, and what it comes to"), "it is final");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_pay_out_that_is_not_there_or_not_ours_is_not_found(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.verified().await;
    let page = desk.make("57.00", &desk.analyst).await;
    let csv = format!("{page}/remittance.csv");
    let other = engine::shops::save_shop(&desk.world.pool, "Another", None).await.unwrap();
    sqlx::query("update staff set shop_id = $1 where email = $2")
        .bind(other.uuid())
        .bind(CLEO)
        .execute(&desk.world.pool)
        .await
        .unwrap();

    for address in ["/console/payouts/pyo_1", "/console/payouts/pyo_1/remittance.csv"] {
        assert_eq!(desk.world.page(address, &desk.analyst).await.status, 404, "{address}");
    }
    for address in [&page, &csv, &desk.of_seller()] {
        let theirs = desk.world.page(address, &desk.other_approver).await;
        assert_eq!(theirs.status, 404, "{address}");
    }
    for what in ["approve", "hold", "resume", "cancel"] {
        let path = page.replace("/console/", "/console/actions/") + "/" + what;
        let form = [("version", "1"), ("reason", "to see it")];
        let theirs = desk.world.form(&path, &desk.other_approver, &form).await;
        assert_eq!(theirs.status, 404, "{what}");
    }
    let verify = format!("/console/actions/payee-accounts/{}/verify", desk.payee);
    assert_eq!(desk.world.form(&verify, &desk.other_approver, &[]).await.status, 404);
    assert_eq!(desk.world.page(&csv, "").await.status, 303, "whoever is signed out gets nothing");
    assert_eq!(desk.world.page(&csv, &desk.analyst).await.status, 200);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_waits_to_be_paid_out_is_not_offered_for_exchange(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let day = time::OffsetDateTime::now_utc().date();
    let file = format!("Date,USD,\n{day},1.0837,\n");
    engine::exchange::rates::import(&desk.world.pool, file.as_bytes(), "a test").await.unwrap();
    desk.verified().await;
    desk.make("80.00", &desk.analyst).await;
    let page = desk.of_seller() + "/exchange";
    let ask = format!("/console/actions/sellers/{}/exchange-quotes", desk.seller);
    let ask = async |amount| {
        let form = [("amount", amount), ("sell", "EUR"), ("buy", "USD")];
        desk.world.form(&ask, &desk.analyst, &form).await.header("location").to_owned()
    };

    let shown = desk.world.page(&page, &desk.analyst).await.text;
    let too_much = ask("20.01").await;
    let left = ask("20.00").await;

    assert!(shown.contains("Available: 20.00\u{a0}EUR"), "{shown}");
    assert!(too_much.ends_with("&problem=exchange_not_covered&field=amount"), "{too_much}");
    assert!(left.contains("?quote=fxq_"), "{left}");
}
