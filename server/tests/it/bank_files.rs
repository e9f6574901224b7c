//! Pay-outs by bank file, from the command line to the bank and back, as the console and the API
//! show them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use axum::body::Body;
use domain::account::Account;
use domain::currency::Currency;
use domain::id::{PaymentId, PayoutId, StaffId};
use domain::money::Money;
use domain::permission::Role;
use domain::posting::{Entry, Posting};
use engine::db::{Tx, new_plain_id};
use engine::payouts::actor::By;
use engine::payouts::commands::{Ask, approve};
use engine::payouts::payees::{self, NewPayee};
use engine::reconciliation::actor::{Actor, Person};
use engine::{ledger, workers};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::World;

const OURS: &str = "NL91ABNA0417164300";
const BEN: &str = "ben@test.example";

/// A shop whose seller `books` can be paid 100.00 EUR, and nothing that pays out yet.
pub(crate) struct Till {
    pub(crate) world: World,
    url: String,
    /// The cookie of an approver.
    pub(crate) ben: String,
    directory: PathBuf,
}

impl Till {
    pub(crate) async fn open(pool: PgPool, name: &str) -> Self {
        let world = World::new(pool).await;
        world.staff(BEN, Role::Approver).await;
        let ben = world.sign_in(BEN).await;
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        let till = Self { url: world.database_url(), world, ben, directory };
        till.earn().await;
        till
    }

    async fn earn(&self) {
        let sellers = engine::shops::sellers(&self.world.pool, self.world.shop).await.unwrap();
        let seller = sellers.into_iter().find(|seller| seller.reference == "books").unwrap().id;
        let (pool, shop, currency) = (&self.world.pool, self.world.shop, Currency::EUR);
        let (iban, holder) = ("DE89370400440532013000".parse().unwrap(), "Test Books GmbH".into());
        let new = NewPayee { shop, seller, currency, iban, bic: None, holder, slot: None };
        let payee = payees::add(pool, &new).await.unwrap().id;
        payees::verify(pool, shop, payee, &Actor::Program("a test")).await.unwrap();
        let entry = |account, minor| Entry { account, amount: Money::from_minor(minor, currency) };
        let entries = vec![
            entry(Account::SellerPending(seller), 10_000),
            entry(Account::SellerAvailable(seller), -10_000),
        ];
        let posting = Posting::new("released", entries).unwrap();
        let object: PaymentId = new_plain_id();
        let mut tx = Tx::begin(pool).await.unwrap();
        ledger::post(&mut tx, shop, object.bucket(), object.uuid(), &posting).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Runs `paydesk payouts`; what it ended with and all that it said.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        self.run_with(arguments, None)
    }

    /// The same, to be killed at a failpoint.
    fn run_with(&self, arguments: &[&str], failpoint: Option<&str>) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paydesk"));
        command.env_remove("DATABASE_URL").args(["payouts", "--database-url", &self.url]);
        if let Some(failpoint) = failpoint {
            command.env("PAYDESK_FAILPOINTS", failpoint);
        }
        let output = command.args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout) + &text(output.stderr))
    }

    fn path(&self, name: &str) -> String {
        self.directory.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn adds_account(&self) {
        let (code, said) = self.run(&[
            "account",
            "our bank",
            "--currency",
            "EUR",
            "--bank-file",
            "--iban",
            OURS,
            "--bic",
            "ABNANL2A",
            "--holder",
            "Alpine Market GmbH",
        ]);
        assert_eq!(code, Some(0), "{said}");
    }

    /// Asked for by the shop, approved, and submitted.
    pub(crate) async fn submitted(&self) -> PayoutId {
        let body = json!({ "seller_account": "books", "amount": "57.00", "currency": "EUR" });
        let request = self
            .world
            .api("POST", "/v1/payouts")
            .header("content-type", "application/json")
            .header("idempotency-key", "payout");
        let made = self.world.send(request.body(Body::from(body.to_string())).unwrap()).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let payout: PayoutId = made.json()["id"].as_str().unwrap().parse().unwrap();
        let id = sqlx::query_scalar("select staff_id from staff").fetch_one(&self.world.pool);
        let id = StaffId::from_uuid(id.await.unwrap());
        let by = By::Person(Person { id, name: "Ben".into(), role: Role::Approver });
        let shop = self.world.shop;
        let ask = Ask { shop, payout, by, version: None, reason: None, slot: None };
        approve(&self.world.services.engine, &ask).await.unwrap();
        let lane = workers::submitter(&self.world.services.engine);
        lane.step(&self.world.pool).await.unwrap();
        payout
    }

    async fn api(&self, payout: PayoutId) -> Value {
        self.world.get(&format!("/v1/payouts/{payout}")).await.json()
    }

    pub(crate) async fn page(&self, payout: PayoutId) -> String {
        self.world.page(&format!("/console/payouts/{payout}"), &self.ben).await.text
    }
}

/// One of our ids as banks repeat it.
pub(crate) fn told(id: &str) -> String {
    id.replace('_', "-")
}

/// A statement that the pay-out of 57.00 was debited.
pub(crate) fn statement(payout: PayoutId) -> String {
    let id = told(&payout.to_string());
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt>\
         <Acct><Id><IBAN>{OURS}</IBAN></Id></Acct><Ntry><Amt Ccy=\"EUR\">57.00</Amt>\
         <CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryDtls><TxDtls><Refs>\
         <EndToEndId>{id}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt>\
         </Document>"
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_was_stored_and_not_written_is_written_again_with_the_same_bytes(pool: PgPool) {
    let till = Till::open(pool, "bank-files").await;
    till.adds_account();
    let payout = till.submitted().await;
    assert!(till.page(payout).await.contains("waits for the next bank file"));
    let out = till.path("pay-outs.xml");
    let file = ["file", "--account", "our bank", "--out", &out];

    let (killed, said) = till.run_with(&file, Some("F8 commit=kill@1"));
    assert_eq!((killed, fs::exists(&out).unwrap()), (None, false), "{said}");
    let (code, said) = till.run(&file);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("nothing waits for a file; the newest is pof_"), "{said}");
    assert!(!fs::exists(&out).unwrap());
    let id = said.split_whitespace().find(|word| word.starts_with("pof_")).unwrap().to_owned();
    let (code, said) = till.run(&["file", "--again", &id, "--out", &out]);
    assert_eq!(code, Some(0), "{said}");
    let first = fs::read(&out).unwrap();
    till.run(&["file", "--again", &id, "--out", &out]);

    assert_eq!(fs::read(&out).unwrap(), first);
    let text = String::from_utf8(first).unwrap();
    for part in [
        format!("<MsgId>{}</MsgId>", told(&id)),
        format!("<EndToEndId>{}</EndToEndId>", told(&payout.to_string())),
        "<CtrlSum>57.00</CtrlSum>".to_owned(),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }
    let (_, listed) = till.run(&["files"]);
    assert!(listed.contains(&id) && listed.contains("1 pay-outs  57.00 EUR"), "{listed}");
    let page = till.page(payout).await;
    assert!(page.contains("in bank file ") && page.contains(&id), "{page}");
    assert_eq!(till.api(payout).await["status"], "submitted");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_statement_that_is_read_pays_once_and_an_unreadable_one_changes_nothing(pool: PgPool) {
    let till = Till::open(pool, "bank-statements").await;
    till.adds_account();
    let payout = till.submitted().await;
    let (code, said) = till.run(&["file", "--account", "our bank", "--out", &till.path("out.xml")]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 pay-outs, 57.00 EUR"), "{said}");
    let (good, bad) = (till.path("good.xml"), till.path("bad.xml"));
    fs::write(&good, statement(payout)).unwrap();
    fs::write(&bad, &statement(payout)[..300]).unwrap();

    let (refused, why) = till.run(&["read", &good, &bad]);
    let unchanged = till.api(payout).await;
    let (read, said) = till.run(&["read", &good]);
    let paid = till.api(payout).await;
    let (again, twice) = till.run(&["read", &good]);

    assert_eq!(refused, Some(1), "{why}");
    assert!(why.contains("nothing was read: bad.xml:1:"), "{why}");
    assert_eq!(unchanged["status"], "submitted");
    assert_eq!(read, Some(0), "{said}");
    assert!(
        said.contains("1 pay-outs changed") && said.contains(&format!("{payout}: paid")),
        "{said}"
    );
    assert_eq!((&paid["status"], &paid["amount"]), (&json!("paid"), &json!("57.00")));
    assert_eq!(again, Some(0), "{twice}");
    assert!(twice.contains("was read before"), "{twice}");
    assert!(till.page(payout).await.contains("A file of the bank"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_is_of_a_provider_or_of_bank_files_and_says_so(pool: PgPool) {
    let till = Till::open(pool, "bank-accounts").await;
    till.adds_account();
    let provider = |name: &'static str| {
        let address =
            ["--base-url", "http://127.0.0.1:9", "--api-key", "k", "--webhook-secret", "s"];
        [&["account", name, "--currency", "EUR"][..], &address].concat()
    };
    let bare = ["account", "third", "--currency", "EUR", "--api-key", "k", "--webhook-secret", "s"];

    let (same_name, why) = till.run(&provider("our bank"));
    let (other_name, said) = till.run(&provider("house"));
    let (neither, usage) = till.run(&bare);
    let (no_number, _) = till.run(&["account", "fourth", "--currency", "EUR", "--bank-file"]);
    let (_, accounts) = till.run(&["accounts"]);
    let nothing = ["file", "--account", "house", "--out", "never"];
    let (not_of_files, refused) = till.run(&nothing);

    assert_eq!(same_name, Some(1));
    assert!(why.contains("our bank is an account of bank files"), "{why}");
    assert_eq!(other_name, Some(0), "{said}");
    assert_eq!((neither, no_number), (Some(2), Some(2)), "{usage}");
    assert!(accounts.contains("bank files, NL91 **** **** **43 00"), "{accounts}");
    assert!(accounts.contains("house  EUR  http://127.0.0.1:9"), "{accounts}");
    assert_eq!(not_of_files, Some(1));
    assert!(refused.contains("no account of bank files with this name"), "{refused}");
}
