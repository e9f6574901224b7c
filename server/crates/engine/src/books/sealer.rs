//! Sealing: what was committed is numbered and linked in batches, and days that are over are closed.
//!
//! Each batch is one transaction, which locks the end of the shop's chain. The open accounts are kept
//! in memory between batches; a process that does not have them, or that finds the chain further than
//! it knew, seals what follows the last close again, which must give the same links. That may take
//! minutes, so it is done before the transaction begins.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use domain::id::ShopId;
use proof::chain::Link;
use proof::export::Sealed;
use proof::record::{Posting, Record};
use proof::sealer::Sealer;
use proof::signature::Signer;
use sqlx::{PgConnection, PgPool};
use time::Date;
use uuid::Uuid;

use crate::books::records::{self, Page};
use crate::books::signer;
use crate::books::store::{self, Chain};
use crate::db::{Fault, Tx};

/// How many postings and lines of the audit log are sealed in one transaction, at most.
pub const BATCH: i64 = 1_000;
/// How long after its end, in UTC, a day is closed. What was begun on the day is committed by then;
/// what is not is booked on the next one.
pub const GRACE: Duration = Duration::from_mins(10);
/// How many days of one shop are closed in a row, so that no other waits for long.
const CLOSES_MAX: usize = 31;
/// How long a chain that could not be sealed is left alone at first; twice as long after each further
/// time. Whoever tries again reads everything since the last close, and all other shops wait.
const PAUSE_FIRST: Duration = Duration::from_secs(10);
/// How long it is left alone at most.
const PAUSE_MAX: Duration = Duration::from_mins(10);

/// The ends of all chains, for one process at a time.
#[derive(Debug)]
pub struct Sealers {
    signer: Signer,
    chains: HashMap<ShopId, Sealer>,
    pauses: HashMap<ShopId, Pause>,
}

/// For how long a chain that could not be sealed is left alone.
#[derive(Debug, Clone, Copy)]
struct Pause {
    until: Instant,
    length: Duration,
}

impl Sealers {
    /// Begins without knowing anything of the chains.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn open(pool: &PgPool) -> Result<Self, Fault> {
        let signer = signer(pool).await?;
        Ok(Self { signer, chains: HashMap::new(), pauses: HashMap::new() })
    }

    /// Seals everything that waits, and closes every day that is over. What is wrong with one chain
    /// does not keep others from being sealed: it is returned, and the chain is left alone for a
    /// while.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn round(&mut self, pool: &PgPool) -> Result<Vec<(ShopId, SealError)>, Fault> {
        let finished = store::finished_day(pool, GRACE).await?;
        let mut troubles = Vec::new();
        for shop in store::shops_to_seal(pool, finished).await? {
            if self.pauses.get(&shop).is_some_and(|pause| Instant::now() < pause.until) {
                continue;
            }
            match self.seal_and_close(pool, shop, finished).await {
                Ok(()) => {
                    self.pauses.remove(&shop);
                }
                Err(error) => {
                    self.pause(shop);
                    troubles.push((shop, error));
                }
            }
        }
        Ok(troubles)
    }

    fn pause(&mut self, shop: ShopId) {
        let before = self.pauses.get(&shop);
        let length = before.map_or(PAUSE_FIRST, |pause| (pause.length * 2).min(PAUSE_MAX));
        self.pauses.insert(shop, Pause { until: Instant::now() + length, length });
    }

    /// Seals everything of a shop that waits, and closes its days up to `finished`.
    ///
    /// # Errors
    /// [`SealError`]; what was sealed until then stays sealed.
    pub async fn seal_and_close(
        &mut self,
        pool: &PgPool,
        shop: ShopId,
        finished: Date,
    ) -> Result<(), SealError> {
        for _ in 0..CLOSES_MAX {
            while self.seal(pool, shop, BATCH).await? > 0 {}
            if self.close(pool, shop, finished).await?.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Seals up to `limit` postings and lines of the audit log of the open day, and says how many
    /// that were; none if somebody else is at work on the chain.
    ///
    /// # Errors
    /// [`SealError`]; then nothing was written.
    pub async fn seal(
        &mut self,
        pool: &PgPool,
        shop: ShopId,
        limit: i64,
    ) -> Result<usize, SealError> {
        self.recall(pool, shop).await?;
        let mut tx = Tx::begin(pool).await?;
        store::begin_chain(&mut tx, shop, Link::genesis(shop).hash).await?;
        let Some(chain) = store::lock_chain(&mut tx, shop).await? else { return Ok(0) };
        let waiting = store::unsealed(&mut tx, shop, chain.open_on, limit).await?;
        if waiting.is_empty() {
            // One that is dropped holds its lock until it is rolled back, which is a little later.
            tx.commit().await?;
            return Ok(0);
        }
        let mut sealer = self.take(&mut tx, shop, &chain).await?;
        let mut page = records::load(&mut tx, shop, &waiting, chain.open_on).await?;
        let mut written = Vec::with_capacity(waiting.len());
        let mut done = Vec::with_capacity(waiting.len());
        for subject in waiting {
            // It was deleted a moment ago; that it waits for ever is a breach.
            let Some(record) = page.take(subject.id) else { continue };
            match record {
                Record::Posting(posting) => {
                    seal_posting(&mut sealer, &page, posting, &mut written)?;
                }
                Record::Audit(audit) => written.push(sealer.audit(audit)),
                Record::Account(_) | Record::Balance(_) | Record::Close(_) => continue,
            }
            done.push(subject);
        }
        store::append(&mut tx, shop, chain.open_on, &written).await?;
        store::forget_unsealed(&mut tx, shop, &done).await?;
        store::advance(&mut tx, shop, sealer.tip()).await?;
        tx.commit().await?;
        self.chains.insert(shop, sealer);
        Ok(done.len())
    }

    /// Closes the open day, if it is `finished` or before it and nothing of it waits to be sealed;
    /// says which day that was.
    ///
    /// # Errors
    /// [`SealError`]; then nothing was written.
    pub async fn close(
        &mut self,
        pool: &PgPool,
        shop: ShopId,
        finished: Date,
    ) -> Result<Option<Date>, SealError> {
        self.recall(pool, shop).await?;
        let mut tx = Tx::begin(pool).await?;
        let Some(chain) = store::lock_chain(&mut tx, shop).await? else { return Ok(None) };
        let date = chain.open_on;
        if date > finished || !store::unsealed(&mut tx, shop, date, 1).await?.is_empty() {
            tx.commit().await?;
            return Ok(None);
        }
        let Some(next_day) = date.next_day() else { return Ok(None) };
        let mut sealer = self.take(&mut tx, shop, &chain).await?;
        let written = sealer.close(date, &self.signer);
        store::append(&mut tx, shop, date, &written).await?;
        store::append_balances(&mut tx, shop, &written).await?;
        store::append_close(&mut tx, shop, &written).await?;
        store::open_day(&mut tx, shop, sealer.tip(), next_day).await?;
        tx.commit().await?;
        self.chains.insert(shop, sealer);
        Ok(Some(date))
    }

    /// Has the sealer of a chain in memory, where the chain ends now. Nothing is locked meanwhile:
    /// what is sealed stays as it is.
    async fn recall(&mut self, pool: &PgPool, shop: ShopId) -> Result<(), SealError> {
        let Some(chain) = store::chain(pool, shop).await? else { return Ok(()) };
        if self.chains.get(&shop).is_none_or(|known| known.tip() != chain.tip) {
            let mut conn = pool.acquire().await.map_err(Fault::from)?;
            let sealer = seal_again(&mut conn, shop, &chain).await?;
            self.chains.insert(shop, sealer);
        }
        Ok(())
    }

    /// The sealer of a chain, out of memory if it stands where the chain ends. It is put back only
    /// after the commit: whoever fails before makes the next one seal again what it should know.
    async fn take(
        &mut self,
        tx: &mut Tx,
        shop: ShopId,
        chain: &Chain,
    ) -> Result<Sealer, SealError> {
        match self.chains.remove(&shop) {
            Some(sealer) if sealer.tip() == chain.tip => Ok(sealer),
            // Somebody else has sealed something a moment ago.
            _ => seal_again(tx.conn(), shop, chain).await,
        }
    }
}

/// Opens the accounts of a posting that are not open, and seals it.
fn seal_posting(
    sealer: &mut Sealer,
    page: &Page,
    posting: Posting,
    written: &mut Vec<Sealed>,
) -> Result<(), Fault> {
    let accounts: BTreeSet<_> = posting.entries.iter().map(|entry| entry.account).collect();
    for id in accounts {
        if !sealer.is_open(id) {
            let account = page.account(id).cloned();
            let account = account.ok_or_else(|| {
                Fault::CorruptRow(format!("there is no account {id} for an entry"))
            })?;
            written.extend(sealer.account(account));
        }
    }
    let posted = sealer.posting(posting);
    written.push(posted.map_err(|error| Fault::Broken(error.to_string()))?);
    Ok(())
}

/// Goes through everything since the last close once more. It must give the same links.
async fn seal_again(
    conn: &mut PgConnection,
    shop: ShopId,
    chain: &Chain,
) -> Result<Sealer, SealError> {
    let mut sealer = match chain.closed {
        None => Sealer::new(shop),
        Some(closed) => {
            let balances = store::last_balances(conn, shop, chain.open_on).await?;
            Sealer::resume(shop, closed, &balances)
        }
    };
    while sealer.tip().sequence < chain.tip.sequence {
        let after = sealer.tip().sequence;
        let page = records::page(conn, shop, after, chain.tip.sequence, BATCH).await?;
        if page.is_empty() {
            return Err(SealError::Changed { shop, sequence: after + 1 });
        }
        for known in page {
            let sequence = sealer.tip().sequence + 1;
            let again = match known.record {
                Record::Account(account) => sealer.account(account),
                Record::Posting(posting) => sealer.posting(posting).ok(),
                Record::Audit(audit) => Some(sealer.audit(audit)),
                Record::Balance(_) | Record::Close(_) => None,
            };
            if again.is_none_or(|again| again.link != known.link) {
                return Err(SealError::Changed { shop, sequence });
            }
        }
    }
    if sealer.tip() == chain.tip {
        return Ok(sealer);
    }
    Err(SealError::Changed { shop, sequence: chain.tip.sequence })
}

/// Something that waits to be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) id: Uuid,
    pub(super) is_posting: bool,
}

/// Why nothing was sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// What was sealed is not what stands in the tables any more. Nothing is sealed on top of it:
    /// bring back what was there, for instance from a backup.
    #[error("the books of {shop} were changed after they were sealed, at record {sequence}")]
    Changed {
        /// Whose books they are.
        shop: ShopId,
        /// The first record that is not the one that was sealed.
        sequence: u64,
    },
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
