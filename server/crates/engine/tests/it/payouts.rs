//! Pay-outs, from the wallet to the bank and, now and then, back.

mod accounts;
mod bank_files;
mod four_eyes;
mod life;
mod notices;
mod owners;
mod payees;
mod races;
mod remittance;
mod rulings;
mod schedules;
mod unknown;

use domain::account::Account;
use domain::id::{PayeeAccountId, PayoutAccountId, PayoutId, SellerId};
use domain::money::Money;
use domain::payout::Phase;
use domain::posting::{Entry, Posting};
use engine::db::{Tx, new_plain_id};
use engine::ledger;
use engine::payouts::accounts::{Access, PayoutAccount};
use engine::payouts::actor::By;
use engine::payouts::commands::{self, Ask, AskError};
use engine::payouts::create::{CreateError, NewPayout, create};
use engine::payouts::{self, PayoutRecord, payees as payee_accounts};
use engine::reconciliation::actor::{Actor, Person};
use engine::workers;
use jobs::Step;
use sqlx::PgPool;

use crate::desk::Desk;
use crate::fake_provider::FakeProvider;
use crate::world::eur;

const IBAN: &str = "DE89370400440532013000";
const OTHER_IBAN: &str = "FR1420041010050500013M02606";

/// A desk whose seller can be paid.
struct Counter {
    desk: Desk,
    provider: FakeProvider,
    account: PayoutAccountId,
    payee: PayeeAccountId,
}

impl Counter {
    /// A seller with `available` and a verified account; one person may decide on up to 1,000.00.
    async fn open(pool: PgPool, available: Money) -> Self {
        let desk = Desk::open(pool).await;
        let provider = FakeProvider::start().await;
        let account = PayoutAccount {
            id: new_plain_id(),
            shop: desk.world.shop,
            name: "house bank".into(),
            currency: available.currency(),
            access: Access {
                base_url: provider.base_url.clone(),
                api_key: "key".into(),
                webhook_secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
            },
        };
        let account =
            engine::payouts::accounts::save(desk.pool(), &account, "a test").await.unwrap();
        engine::payouts::accounts::set_limit(desk.pool(), desk.world.shop, eur(1_000_00), "a test")
            .await
            .unwrap();
        let counter = Self { payee: new_plain_id(), desk, provider, account };
        counter.earn(available).await;
        let payee = counter.verified(IBAN).await;
        Self { payee, ..counter }
    }

    fn seller(&self) -> SellerId {
        self.desk.world.seller
    }

    /// The seller can be paid so much more.
    async fn earn(&self, amount: Money) {
        let pending = Entry { account: Account::SellerPending(self.seller()), amount };
        self.book("released", pending, amount).await;
    }

    /// The seller can be paid so much less, as after a chargeback.
    async fn lose(&self, amount: Money) {
        let receivable = Account::ProcessorReceivable(self.desk.world.account);
        let back = amount.checked_neg().unwrap();
        self.book("charged_back", Entry { account: receivable, amount: back }, back).await;
    }

    async fn book(&self, cause: &str, other: Entry, amount: Money) {
        let available = Account::SellerAvailable(self.seller());
        let amount = amount.checked_neg().unwrap();
        let posting = Posting::new(cause, vec![other, Entry { account: available, amount }]);
        let object = new_plain_id::<domain::id::kind::Payment>();
        let (shop, bucket) = (self.desk.world.shop, object.bucket());
        let mut tx = Tx::begin(self.desk.pool()).await.unwrap();
        ledger::post(&mut tx, shop, bucket, object.uuid(), &posting.unwrap()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Gives the seller an account, which the analyst verifies.
    async fn verified(&self, iban: &str) -> PayeeAccountId {
        self.verified_by(iban, &self.desk.world.analyst).await
    }

    async fn verified_by(&self, iban: &str, person: &Person) -> PayeeAccountId {
        let new = payee_accounts::NewPayee {
            shop: self.desk.world.shop,
            seller: self.seller(),
            currency: domain::currency::Currency::EUR,
            iban: iban.parse().unwrap(),
            bic: None,
            holder: "Alpine Books GmbH".into(),
            slot: None,
        };
        let added = payee_accounts::add(self.desk.pool(), &new).await.unwrap();
        let by = Actor::Person(person.clone());
        let shop = self.desk.world.shop;
        payee_accounts::verify(self.desk.pool(), shop, added.id, &by).await.unwrap().id
    }

    fn analyst(&self) -> By {
        By::Person(self.desk.world.analyst.clone())
    }

    fn approver(&self) -> By {
        By::Person(self.desk.world.approver.clone())
    }

    async fn make(&self, amount: Money, by: By) -> Result<PayoutRecord, CreateError> {
        let new = NewPayout {
            shop: self.desk.world.shop,
            seller: self.seller(),
            amount,
            account: None,
            by,
            approves: true,
            slot: None,
        };
        create(&self.desk.engine, &new).await
    }

    fn ask(&self, payout: PayoutId, by: By) -> Ask {
        Ask { shop: self.desk.world.shop, payout, by, version: None, reason: None, slot: None }
    }

    async fn approve(&self, payout: PayoutId, by: By) -> Result<PayoutRecord, AskError> {
        commands::approve(&self.desk.engine, &self.ask(payout, by)).await
    }

    /// Made by the analyst and approved by the approver.
    async fn approved(&self, amount: Money) -> PayoutId {
        let made = self.make(amount, self.analyst()).await.unwrap();
        if made.state.phase == Phase::Draft {
            self.approve(made.id, self.approver()).await.unwrap();
        }
        made.id
    }

    async fn read(&self, payout: PayoutId) -> PayoutRecord {
        payouts::find(self.desk.pool(), self.desk.world.shop, payout).await.unwrap().unwrap()
    }

    async fn phase(&self, payout: PayoutId) -> Phase {
        self.read(payout).await.state.phase
    }

    /// Runs the lane of submissions once.
    async fn submit(&self) -> Step {
        self.desk.step(&workers::submitter(&self.desk.engine)).await
    }

    /// Makes every job due, and runs the lane of questions once.
    async fn inquire(&self) -> Step {
        self.desk.make_due().await;
        self.desk.step(&workers::inquirer(&self.desk.engine)).await
    }

    /// Lets so much time pass that no call can arrive any more.
    async fn let_calls_expire(&self) {
        sqlx::query("update payout set doubtful_since = doubtful_since - interval '16 minutes'")
            .execute(self.desk.pool())
            .await
            .unwrap();
    }

    /// Takes the pay-out to the seller.
    async fn paid(&self, amount: Money) -> PayoutId {
        let id = self.approved(amount).await;
        self.submit().await;
        self.provider.becomes(&id.to_string(), "paid", None);
        self.inquire().await;
        assert_eq!(self.phase(id).await, Phase::Paid);
        id
    }

    /// The balances of the seller, in transit, and of the bank, what we owe being positive.
    async fn books(&self) -> [i64; 3] {
        [
            -self.desk.world.balance("seller_available").await,
            -self.desk.world.balance("payouts_in_transit").await,
            -self.desk.world.balance("bank").await,
        ]
    }

    async fn events(&self, payout: PayoutId) -> Vec<String> {
        let shop = self.desk.world.shop;
        let history = payouts::history(self.desk.pool(), shop, payout).await.unwrap();
        history.into_iter().map(|change| change.event).collect()
    }

    /// Also sees to it that what is kept for ever does not say where a person's money goes.
    async fn close(self) {
        let told = "select count(*) from payout_history as row, payee_account as payee
                    where strpos(row.detail::text, payee.iban) > 0
                       or strpos(row.detail::text, payee.holder) > 0";
        assert_eq!(self.desk.world.count(told).await, 0);
        self.desk.close().await;
    }
}
