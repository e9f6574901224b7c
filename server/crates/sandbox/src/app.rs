//! What every request handler works with, and the background work behind it.

use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::Mutex;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Options, accounts::Directory, alarms, clock::Clock, control::store as clock_store,
    faults::Faults, ids::Mint, payments::till::Till, webhooks::courier::Courier,
};

/// A running sandbox. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`], which only this crate can use.
pub struct Parts {
    pub(crate) tools: Arc<Tools>,
    pub(crate) till: Till,
    pub(crate) courier: Courier,
    /// Held by whoever rings alarms.
    pub(crate) ringing: Mutex<()>,
    /// Cancelled when the sandbox is told to end: nobody waits on purpose any more.
    pub(crate) closing: CancellationToken,
    /// Cancelled when the last request has its answer: the background work ends.
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// What the background work needs, too.
pub struct Tools {
    pub(crate) pool: PgPool,
    /// The sandbox's own origin, without a slash at the end.
    pub(crate) public_url: Arc<str>,
    pub(crate) accounts: Directory,
    pub(crate) clock: Clock,
    pub(crate) mint: Mint,
    pub(crate) faults: Faults,
    /// Whether webhooks are kept in memory alone until one of them fails.
    pub(crate) is_volatile: bool,
}

impl App {
    /// Starts the background work on a migrated database.
    ///
    /// # Errors
    /// If the database does not say where the clock stood.
    pub async fn start(
        pool: PgPool,
        public_url: &str,
        options: Options,
    ) -> Result<Self, sqlx::Error> {
        let clock = Clock::new(options.clock);
        if let Some(offset_ms) = clock_store::find_offset(&pool, clock.is_standing()).await? {
            clock.resume(offset_ms);
        }
        let tools = Arc::new(Tools {
            pool,
            public_url: public_url.trim_end_matches('/').into(),
            accounts: Directory::default(),
            clock,
            mint: Mint::new(options.seed),
            faults: options.faults.0,
            is_volatile: options.is_volatile,
        });
        let closing = CancellationToken::new();
        let stopping = CancellationToken::new();
        let tasks = TaskTracker::new();
        let courier = Courier::start(Arc::clone(&tools), stopping.clone(), &tasks);
        let till = Till::start(Arc::clone(&tools), courier.clone(), stopping.clone(), &tasks);
        let ringing = Mutex::new(());
        let app = Self(Arc::new(Parts {
            tools,
            till,
            courier,
            ringing,
            closing,
            stopping: stopping.clone(),
            tasks: tasks.clone(),
        }));
        tasks.spawn(alarms::watch(app.clone(), stopping));
        tasks.close();
        Ok(app)
    }

    /// Ends the background work and closes the pool. What was promised is in the database and goes on at the next
    /// start.
    pub async fn stop(&self) {
        self.0.closing.cancel();
        self.0.stopping.cancel();
        self.0.tasks.wait().await;
        self.0.tools.pool.close().await;
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl std::ops::Deref for Parts {
    type Target = Tools;

    fn deref(&self) -> &Tools {
        &self.tools
    }
}
