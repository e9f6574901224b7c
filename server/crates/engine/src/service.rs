//! The engine: everything that use cases share, wired once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use domain::id::{CheckoutId, PaymentId, ProcessorAccountId};
use jobs::Waker;
use psp::Processor;
use sqlx::PgPool;
use subtle::ConstantTimeEq;
use tokio::sync::watch;

use crate::checkouts::accept::Acceptor;
use crate::db::{Database, Fault};
use crate::payments::commit::Committer;
use crate::payouts::providers::Providers;
use crate::processors::health::Board;
use crate::processors::{ProcessorError, Processors};
use crate::reads::Reads;
use crate::routing::Router;

/// What every use case works with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    waker: Waker,
    changes: Changes,
    processors: Processors,
    payout_providers: Providers,
    router: Router,
    committer: Committer,
    acceptor: Acceptor,
    reads: Reads,
    links: Links,
}

impl Engine {
    /// Wires an engine that writes to `database` and is reached by shoppers at `public_url`.
    ///
    /// # Errors
    /// [`Fault`]: the installation's secret could not be read.
    pub async fn start(database: impl Into<Database>, public_url: &str) -> Result<Self, Fault> {
        let database = database.into();
        let pool = database.pool.clone();
        let waker = Waker::default();
        let changes = Changes::default();
        let secret = crate::checkouts::access_secret(&pool).await?;
        let processors = Processors::new(&pool, waker.clone());
        let router = Router::new(pool.clone(), processors.board().clone());
        Ok(Self(Arc::new(Inner {
            committer: Committer::start(database.hot.clone(), changes.clone(), waker.clone()),
            acceptor: Acceptor::start(
                database.hot.clone(),
                router.clone(),
                changes.clone(),
                waker.clone(),
            ),
            reads: Reads::start(&database.hot),
            router,
            processors,
            payout_providers: Providers::default(),
            links: Links::new(public_url, &secret),
            database,
            waker,
            changes,
        })))
    }

    /// The database.
    pub fn pool(&self) -> &PgPool {
        &self.0.database.pool
    }

    /// Connections for the statements that every payment needs; see [`Database::hot`].
    pub fn hot(&self) -> &PgPool {
        &self.0.database.hot
    }

    /// Connections for what a crash of Postgres may forget; see [`Database::relaxed`].
    pub fn relaxed(&self) -> &PgPool {
        &self.0.database.relaxed
    }

    /// Tells lanes that there is work.
    pub fn waker(&self) -> &Waker {
        &self.0.waker
    }

    /// Tells who waits for a checkout that something changed.
    pub fn changes(&self) -> &Changes {
        &self.0.changes
    }

    /// Commits decisions in groups.
    pub fn committer(&self) -> &Committer {
        &self.0.committer
    }

    pub(crate) fn reads(&self) -> &Reads {
        &self.0.reads
    }

    pub(crate) fn acceptor(&self) -> &Acceptor {
        &self.0.acceptor
    }

    /// How processor accounts are doing.
    pub fn health(&self) -> &Board {
        self.0.processors.board()
    }

    /// What routing decides from.
    pub fn router(&self) -> &Router {
        &self.0.router
    }

    /// Addresses that shoppers follow.
    pub fn links(&self) -> &Links {
        &self.0.links
    }

    /// The pay-out providers.
    pub fn payout_providers(&self) -> &Providers {
        &self.0.payout_providers
    }

    /// The adapter of a processor account.
    ///
    /// # Errors
    /// [`ProcessorError`].
    pub async fn processor(
        &self,
        account: ProcessorAccountId,
    ) -> Result<Arc<dyn Processor>, ProcessorError> {
        self.0.processors.find(self.pool(), account).await
    }
}

/// Who waits for which payment, within this process. Others poll. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Changes(Arc<Mutex<HashMap<PaymentId, watch::Sender<u64>>>>);

impl Changes {
    /// Wakes those who wait for any of `payments`.
    pub(crate) fn tell(&self, payments: impl Iterator<Item = PaymentId>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for payment in payments {
            let gone = match waiting.get(&payment) {
                None => continue,
                Some(sender) => {
                    sender.send_modify(|changes| *changes += 1);
                    sender.receiver_count() == 0
                }
            };
            if gone {
                waiting.remove(&payment);
            }
        }
    }

    /// Resolves its `changed()` whenever `payment` changes from now on.
    pub fn watch(&self, payment: PaymentId) -> watch::Receiver<u64> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever stopped waiting for a payment that never changed again is forgotten here.
        if waiting.len() > 4096 {
            waiting.retain(|_, sender| sender.receiver_count() > 0);
        }
        waiting.entry(payment).or_insert_with(|| watch::channel(0).0).subscribe()
    }
}

/// Addresses that shoppers follow. Each carries a key that nobody can guess.
#[derive(Debug)]
pub struct Links {
    public_url: String,
    secret: hmac::Key,
}

impl Links {
    fn new(public_url: &str, secret: &[u8]) -> Self {
        Self {
            public_url: public_url.trim_end_matches('/').to_owned(),
            secret: hmac::Key::new(hmac::HMAC_SHA256, secret),
        }
    }

    /// The page where the shopper pays.
    pub fn checkout(&self, checkout: CheckoutId) -> String {
        self.link("checkout", checkout)
    }

    /// The page where the shopper sees how it stands.
    pub fn status(&self, checkout: CheckoutId) -> String {
        self.link("status", checkout)
    }

    /// Where a processor sends the shopper back to.
    pub fn returned(&self, checkout: CheckoutId) -> String {
        self.link("return", checkout)
    }

    /// The key that opens the shopper's pages of `checkout`.
    pub fn access_key(&self, checkout: CheckoutId) -> String {
        use base64::Engine as _;
        let tag = hmac::sign(&self.secret, checkout.uuid().as_bytes());
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&tag.as_ref()[..16])
    }

    /// Whether `key` opens the shopper's pages of `checkout`; takes the same time for every key.
    pub fn opens(&self, checkout: CheckoutId, key: &str) -> bool {
        self.access_key(checkout).as_bytes().ct_eq(key.as_bytes()).into()
    }

    fn link(&self, page: &str, checkout: CheckoutId) -> String {
        format!("{}/{page}/{checkout}/{}", self.public_url, self.access_key(checkout))
    }
}
