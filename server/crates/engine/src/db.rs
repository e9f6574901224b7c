//! The transaction type, the minting of ids, spans of time, and faults.
//!
//! Lock order, everywhere: checkout, payment, wallet, pay-out, ledger account by id. Transactions are
//! READ COMMITTED with explicit row locks, and never open across a call to the outside.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::id::{Bucket, Id, Kind};
use jobs::{Claimed, NewJob, Place, Waker};
use sqlx::postgres::types::PgInterval;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use uuid::{NoContext, Timestamp, Uuid};

/// The connections that a process works with.
#[derive(Debug, Clone)]
pub struct Database {
    /// Commits are on disk before they are confirmed: money, and whatever was promised to anybody.
    pub pool: PgPool,
    /// As strict, for the few statements that every payment needs: planned once per connection, and
    /// always by way of an index, since a plan that was made while the tables were empty stays.
    pub hot: PgPool,
    /// Commits are confirmed at once and on disk a moment later (`synchronous_commit = off`).
    /// Planned as those of `hot`.
    ///
    /// For what a crash of Postgres may forget without harm, because it is only made again: leases
    /// of jobs that may be done twice, claims of idempotency keys before their effect (whose commit
    /// takes the claim to disk with it), answers that are kept for repeats, and the notes of
    /// deliveries. Not for leases of jobs that carry money: the number of a try says whether the
    /// processor may have been called before, and must not be forgotten
    /// ([`claims_are_on_disk`](crate::workers::Kind::claims_are_on_disk)).
    pub relaxed: PgPool,
}

impl From<PgPool> for Database {
    fn from(pool: PgPool) -> Self {
        Self { relaxed: pool.clone(), hot: pool.clone(), pool }
    }
}

/// An open transaction. Dropped without [`Tx::commit`], it rolls back.
///
/// A function that takes `&mut Tx` writes as part of its caller's unit of work: it never commits,
/// and it never opens a transaction of its own.
#[derive(Debug)]
pub struct Tx {
    transaction: Transaction<'static, Postgres>,
    after: Option<After>,
}

/// What follows the commit.
#[derive(Debug)]
struct After {
    waker: Waker,
    handed: Vec<(Place, Claimed)>,
    hints: BTreeSet<&'static str>,
}

impl Tx {
    /// Opens a transaction on a connection of `pool`.
    ///
    /// A caller may go away meanwhile, as requests do. sqlx forgets a BEGIN that is dropped before it
    /// is answered: the connection would go back with a transaction open, and whoever writes on it
    /// next would be told that it is there, and lose it. So it is begun in a task of its own.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn begin(pool: &PgPool) -> Result<Self, Fault> {
        let pool = pool.clone();
        let begun = tokio::spawn(async move { pool.begin().await }).await;
        let transaction = begun.map_err(|_| Fault::Passing("the database pool broke"))??;
        Ok(Self { transaction, after: None })
    }

    /// Has lanes of this process begin what is enqueued by [`Tx::enqueue`], right after the commit.
    #[must_use]
    pub fn handing_over(self, waker: &Waker) -> Self {
        let after = After { waker: waker.clone(), handed: Vec::new(), hints: BTreeSet::new() };
        Self { after: Some(after), ..self }
    }

    /// Adds jobs. Those of `fresh` ordering keys, which no other job can hold, and those of none are
    /// handed over to lanes of this process, if they have room; lanes are told of the others.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn enqueue(&mut self, jobs: Vec<NewJob>, fresh: bool) -> Result<(), Fault> {
        let Some(after) = &mut self.after else {
            return Ok(jobs::enqueue(&mut self.transaction, &jobs).await?);
        };
        let (mut leased, mut others) = (Vec::new(), Vec::new());
        for job in jobs {
            let may_begin = job.delay.is_zero() && (fresh || job.ordering_key.is_none());
            match may_begin.then(|| after.waker.place(job.kind)).flatten() {
                Some(place) => leased.push((job, place)),
                None => others.push(job),
            }
        }
        after.hints.extend(others.iter().filter(|job| job.delay.is_zero()).map(|job| job.kind));
        jobs::enqueue(&mut self.transaction, &others).await?;
        let claimed = jobs::enqueue_leased(&mut self.transaction, &leased).await?;
        let places = leased.into_iter().map(|(_, place)| place);
        after.handed.extend(places.zip(claimed));
        Ok(())
    }

    /// Makes everything written so far visible, or nothing.
    ///
    /// # Errors
    /// [`Fault`]. An error here leaves it unknown whether the transaction was committed: read again.
    pub async fn commit(self) -> Result<(), Fault> {
        // If it is unknown whether they exist, jobs are not begun: their leases will run out.
        crate::failpoint!("F7 commit");
        self.transaction.commit().await.map_err(Fault::CommitUnknown)?;
        crate::failpoint!("F8 commit");
        if let Some(after) = self.after {
            after.handed.into_iter().for_each(|(place, job)| place.hand_over(job));
            after.hints.into_iter().for_each(|kind| after.waker.hint(kind));
        }
        Ok(())
    }

    /// The connection to run a statement on.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

/// Mints an id in `bucket`: a UUID version 7 whose last byte is the bucket.
pub fn new_id<K: Kind>(bucket: Bucket) -> Id<K> {
    Id::from_uuid(bucket.stamp(new_uuid()))
}

/// Mints an id of something that belongs to no checkout.
pub fn new_plain_id<K: Kind>() -> Id<K> {
    Id::from_uuid(new_uuid())
}

fn new_uuid() -> Uuid {
    Uuid::new_v7(Timestamp::now(NoContext))
}

/// A duration as Postgres counts it, to the microsecond.
pub(crate) fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}

/// Brings the database to the newest schema.
///
/// # Errors
/// [`sqlx::migrate::MigrateError`], also if the database is newer than this program.
pub async fn migrate(pool: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    sqlx::migrate!("../../../migrations").run(pool).await
}

/// Not the caller's doing: the database could not be asked, or holds what it must not.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database refused, or could not be reached.
    #[error("the database could not be used")]
    Database(#[from] sqlx::Error),
    /// The commit was not confirmed: it is unknown whether it took place. Read again.
    #[error("the commit was not confirmed")]
    CommitUnknown(#[source] sqlx::Error),
    /// What was done for several callers together failed for a reason that passes; the log says
    /// which. It is unknown whether anything was written: read again.
    #[error("{0}")]
    Passing(&'static str),
    /// A row holds what the program never writes.
    #[error("a row cannot be read: {0}")]
    CorruptRow(String),
    /// A rule of ours does not hold. A bug.
    #[error("a rule does not hold: {0}")]
    Broken(String),
}

impl Fault {
    /// Whether the same may go well in a moment: the database was out of reach, starting, stopping
    /// or without room, and not of another opinion.
    pub fn is_passing(&self) -> bool {
        let error = match self {
            Self::Database(error) | Self::CommitUnknown(error) => error,
            Self::Passing(_) => return true,
            Self::CorruptRow(_) | Self::Broken(_) => return false,
        };
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            // Connections (08), resources such as disk and connections (53), operators (57), faults
            // of the system (58).
            sqlx::Error::Database(error) => error.code().is_some_and(|code| {
                ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class))
            }),
            _ => false,
        }
    }

    /// The name of the constraint that refused a write, if one did.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Database(sqlx::Error::Database(error))
            | Self::CommitUnknown(sqlx::Error::Database(error)) => error.constraint(),
            _ => None,
        }
    }
}
