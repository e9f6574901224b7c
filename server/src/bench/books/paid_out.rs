//! Ten thousand pay-outs: made, submitted, and confirmed by the provider's notifications.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, bail, ensure};
use domain::account::Account;
use domain::currency::Currency;
use domain::id::{PaymentId, PayoutId, SellerId, ShopId};
use domain::money::Money;
use domain::payout::Phase;
use domain::permission::Role;
use domain::posting::transfer;
use engine::db::{Tx, new_id, new_plain_id};
use engine::ledger;
use engine::payouts::accounts::{self, Access, PayoutAccount};
use engine::payouts::actor::By;
use engine::payouts::commands::{self, Ask};
use engine::payouts::create::{NewPayout, create};
use engine::payouts::payees::{self, NewPayee};
use engine::reconciliation::actor::{Actor, Person};
use engine::service::Engine;
use engine::staff::{self, NewStaff};
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;
use tokio::task::JoinSet;

use super::{SELLERS, store};
use crate::bench::table::{self, Table};
use crate::bench::world::World;

/// How many pay-outs there are.
const PAYOUTS: usize = 10_000;
/// How many are made at the same time.
const MAKERS: usize = 16;
/// How long all of it may take.
const TIME_MAX: Duration = Duration::from_mins(10);
/// Who does it, for the audit log.
const ACTOR: &str = "paydesk bench";
/// The practice processor pays whatever goes here.
const IBAN: &str = "DE02120300000000202051";
const KEY: &str = "payouts-benchmark";
const SECRET: &str = "whsec_YmVuY2htYXJrLXNlY3JldC1vZi1wYXktb3V0cw==";

/// Adds the time of each step.
pub(super) async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let pool = PgPool::connect(&world.database_url).await?;
    let sellers = seed(world, &pool).await?;
    let engine = Engine::start(pool.clone(), &world.public_url).await?;
    let checker = checker(&pool, world.shop).await?;

    let start = Instant::now();
    make(&engine, world.shop, &sellers, &checker).await?;
    let made = start.elapsed();
    loop {
        let (ended, unpaid) = store::ended(&pool, world.shop).await?;
        ensure!(unpaid == 0, "{unpaid} pay-outs were not paid");
        if ended == i64::try_from(PAYOUTS)? {
            break;
        }
        if start.elapsed() > TIME_MAX {
            bail!("{ended} of {PAYOUTS} pay-outs were paid");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let paid = start.elapsed();
    pool.close().await;
    table.row("10,000 pay-outs made and approved by 16 callers, in", table::seconds(made));
    table.row("  submitted and confirmed by then, after", table::seconds(paid));
    table.row("service memory, highest until then", table::mebibytes(world.memory_peak_kib()?));
    Ok(())
}

/// An account to pay from, and sellers with verified accounts and money, whom one person may pay.
async fn seed(world: &World, pool: &PgPool) -> Result<Vec<SellerId>> {
    let shop = world.shop;
    let access = Access {
        base_url: world.sandbox_url().to_owned(),
        api_key: KEY.into(),
        webhook_secret: SECRET.into(),
    };
    let (id, currency) = (new_plain_id(), Currency::EUR);
    let account = PayoutAccount { id, shop, name: "house bank".into(), currency, access };
    let account = accounts::save(pool, &account, ACTOR).await?;
    let hook = format!("{}/webhooks/{account}", world.public_url);
    let opened = json!({ "api_key": KEY, "webhook_url": hook, "webhook_secret": SECRET });
    world.sandbox(Method::PUT, "accounts/payouts", &opened).await?;
    let plan = json!({ "transfer_ms": [0, 0] });
    world.control(Method::PUT, "faults", &plan).await?;
    accounts::set_limit(pool, shop, euros(100_000), ACTOR).await?;
    let sellers = super::sellers(pool, shop).await?;
    for &seller in &sellers {
        let (iban, holder) = (IBAN.parse()?, "Benchmark".to_owned());
        let new = NewPayee { shop, seller, currency, iban, bic: None, holder, slot: None };
        let added = payees::add(pool, &new).await?;
        payees::verify(pool, shop, added.id, &Actor::Program(ACTOR)).await?;
        let from = Account::SellerAvailable(seller);
        let funds = transfer("given".into(), from, Account::WriteOffs, euros(10_000))?;
        let object: PaymentId = new_id(seller.bucket());
        let mut tx = Tx::begin(pool).await?;
        ledger::post(&mut tx, shop, object.bucket(), object.uuid(), &funds).await?;
        tx.commit().await?;
    }
    Ok(sellers)
}

/// The second person.
async fn checker(pool: &PgPool, shop: ShopId) -> Result<Person> {
    let (name, role) = ("Benchmark".to_owned(), Role::Approver);
    let email = "second@bench.example".to_owned();
    let new = NewStaff { shop, email, name: name.clone(), role, password_hash: "none".into() };
    let mut tx = Tx::begin(pool).await?;
    let id = staff::save(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(Person { id, name, role })
}

fn euros(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

/// Makes and approves them all.
async fn make(engine: &Engine, shop: ShopId, sellers: &[SellerId], checker: &Person) -> Result<()> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut makers = JoinSet::new();
    for _ in 0..MAKERS {
        let (engine, next, sellers) = (engine.clone(), Arc::clone(&next), sellers.to_vec());
        let checker = checker.clone();
        makers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= PAYOUTS {
                    return Ok::<_, color_eyre::Report>(());
                }
                let seller = sellers[number % SELLERS as usize];
                let made = create(&engine, &order(shop, seller)).await?;
                // Until a seller's first pay-out is paid, each takes a second person.
                if made.state.phase == Phase::Draft {
                    commands::approve(&engine, &approval(shop, made.id, &checker)).await?;
                }
            }
        });
    }
    while let Some(made) = makers.join_next().await {
        made??;
    }
    Ok(())
}

fn approval(shop: ShopId, payout: PayoutId, checker: &Person) -> Ask {
    let by = By::Person(checker.clone());
    Ask { shop, payout, by, version: None, reason: None, slot: None }
}

fn order(shop: ShopId, seller: SellerId) -> NewPayout {
    let by = By::Schedule;
    NewPayout { shop, seller, amount: euros(10_00), account: None, by, approves: true, slot: None }
}
