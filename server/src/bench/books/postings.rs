//! Postings alone: through the ledger, one by one and in batches, and the same by plain SQL.

use std::time::{Duration, Instant};

use color_eyre::eyre::Result;
use domain::account::Account;
use domain::currency::Currency;
use domain::id::{PaymentId, ProcessorAccountId};
use domain::money::Money;
use domain::posting::{Entry, Posting};
use engine::db::{Tx, new_id, new_plain_id};
use engine::ledger::{self, Draft};
use tokio::task::JoinSet;

use super::{Books, CLIENTS, store};
use crate::bench::table::{self, Table};
use crate::bench::world::World;
use crate::bench::yardstick;

/// How long each of a round takes.
const SPAN: Duration = Duration::from_secs(5);
/// How many rounds; the table shows medians.
const ROUNDS: usize = 3;
/// How many postings one transaction of a batch writes.
const BATCH: usize = 100;

/// Adds the rates, and what they are to those of plain SQL in the same rounds.
pub(super) async fn measure(world: &World, books: &Books, table: &mut Table) -> Result<()> {
    let processor: ProcessorAccountId = new_plain_id();
    rate(books, processor, BATCH).await?;
    store::analyze(&books.pool).await?;
    let (mut plain, mut single, mut batched) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        plain.push(yardstick::run_postings(world, SPAN.as_secs()).await?);
        single.push(rate(books, processor, 1).await?);
        batched.push(rate(books, processor, BATCH).await?);
    }
    let [plain, single, batched] =
        [&mut plain, &mut single, &mut batched].map(|rates| crate::bench::median(rates));
    table.row("postings/s of four entries by plain SQL (pgbench, 8 clients)", plain);
    table.row("postings/s through the ledger, one a transaction", single);
    table.row("  ratio to plain SQL (goal 0.80)", table::ratio(single, plain));
    table.row("postings/s through the ledger, 100 a transaction", batched);
    table.row("  ratio to plain SQL (goal 3.00)", table::ratio(batched, plain));
    Ok(())
}

/// How many postings are written per second, by transactions of so many.
async fn rate(books: &Books, processor: ProcessorAccountId, batch: usize) -> Result<u64> {
    let start = Instant::now();
    let mut writers = JoinSet::new();
    for writer in 0..CLIENTS {
        let (pool, shop, sellers) = (books.pool.clone(), books.shop, books.sellers.clone());
        writers.spawn(async move {
            let mut written = 0;
            while start.elapsed() < SPAN {
                let drafts: Vec<Draft> = (0..batch)
                    .map(|index| {
                        let seller = sellers[(writer + written + index) % sellers.len()];
                        let object: PaymentId = new_id(seller.bucket());
                        let posting = captured(Account::SellerPending(seller), processor);
                        ledger::draft(shop, object.bucket(), object.uuid(), posting)
                    })
                    .collect();
                let mut tx = Tx::begin(&pool).await?;
                ledger::write(&mut tx, &drafts).await?;
                tx.commit().await?;
                written += batch;
            }
            Ok::<_, color_eyre::Report>(written)
        });
    }
    let mut written = 0;
    while let Some(by_one) = writers.join_next().await {
        written += by_one??;
    }
    let millis = u64::try_from(start.elapsed().as_millis())?.max(1);
    Ok(written as u64 * 1_000 / millis)
}

/// What a capture of 49.99 posts, as the yardstick does: 0.95 for the processor, 2.50 for us.
pub(super) fn captured(seller: Account, processor: ProcessorAccountId) -> Posting {
    let entry = |account, minor| Entry { account, amount: Money::from_minor(minor, Currency::EUR) };
    let entries = vec![
        entry(Account::ProcessorReceivable(processor), 49_04),
        entry(Account::ProcessorFees(processor), 95),
        entry(seller, -47_49),
        entry(Account::PlatformFees, -2_50),
    ];
    Posting::new("captured", entries).expect("it balances")
}
