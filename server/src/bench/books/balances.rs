//! Balances that are read while others sleep: of ten thousand entries, and of ten million.

use std::time::Instant;

use color_eyre::eyre::{Result, ensure};
use domain::account::Account;
use domain::currency::Currency;
use domain::id::{PaymentId, ProcessorAccountId};
use engine::db::{Tx, new_id, new_plain_id};
use engine::ledger;
use tokio::task::JoinSet;

use super::postings::captured;
use super::{Books, CLIENTS, store};
use crate::bench::load::Latency;
use crate::bench::table::{self, Table};

/// How many postings of four entries there are before they are copied.
const POSTINGS: usize = 2_500;
/// How many entries there are afterwards.
const ENTRIES: i64 = 10_010_000;
/// How many balances are read each time.
const READS: usize = 20_000;

/// Adds how long a seller's balances take to read, before and after.
pub(super) async fn measure(books: &Books, table: &mut Table) -> Result<()> {
    let processor: ProcessorAccountId = new_plain_id();
    for number in 0..POSTINGS {
        let seller = books.sellers[number % books.sellers.len()];
        let object: PaymentId = new_id(seller.bucket());
        let posting = captured(Account::SellerPending(seller), processor);
        let mut tx = Tx::begin(&books.pool).await?;
        ledger::post(&mut tx, books.shop, object.bucket(), object.uuid(), &posting).await?;
        tx.commit().await?;
    }
    while ledger::fold(&books.pool).await? > 0 {}
    store::analyze(&books.pool).await?;
    read(books).await?;
    let few = read(books).await?.percentile(99);

    store::copy_postings(&books.pool).await?;
    let (entries, wrong) = store::check(&books.pool).await?;
    ensure!(entries == ENTRIES && wrong == 0, "{entries} entries, {wrong} balances are wrong");
    read(books).await?;
    let many = read(books).await?.percentile(99);
    table.row("balance of a seller, p99 beside 10,000 entries", table::micros(few));
    table.row("balance of a seller, p99 beside 10,000,000 entries", table::micros(many));
    table.row("  many to few (goal 2.00 at most)", table::ratio(many, few));
    Ok(())
}

async fn read(books: &Books) -> Result<Latency> {
    let mut readers = JoinSet::new();
    for reader in 0..CLIENTS {
        let (pool, shop, sellers) = (books.pool.clone(), books.shop, books.sellers.clone());
        readers.spawn(async move {
            let mut micros = Vec::new();
            for index in 0..READS / CLIENTS {
                let seller = sellers[(index * CLIENTS + reader) % sellers.len()];
                let begun = Instant::now();
                ledger::wallet(&pool, shop, seller, Currency::EUR).await?;
                micros.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
            }
            Ok::<_, color_eyre::Report>(micros)
        });
    }
    let mut all = Vec::new();
    while let Some(micros) = readers.join_next().await {
        all.extend(micros??);
    }
    Ok(Latency::of(all))
}
