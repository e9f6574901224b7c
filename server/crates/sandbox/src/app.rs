//! What every request handler works with, and the background work behind it.

use std::sync::Arc;

use sqlx::PgPool;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{accounts::Directory, payments::till::Till, webhooks::courier::Courier};

/// A running sandbox. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`], which only this crate can use.
pub struct Parts {
    pub(crate) pool: PgPool,
    /// The sandbox's own origin, without a slash at the end.
    pub(crate) public_url: Arc<str>,
    pub(crate) accounts: Arc<Directory>,
    pub(crate) till: Till,
    pub(crate) courier: Courier,
    /// Cancelled when the sandbox is told to end: nobody waits on purpose any more.
    pub(crate) closing: CancellationToken,
    /// Cancelled when the last request has its answer: the background work ends.
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl App {
    /// Starts the background work on a migrated database.
    pub fn start(pool: PgPool, public_url: &str) -> Self {
        let public_url: Arc<str> = public_url.trim_end_matches('/').into();
        let accounts = Arc::new(Directory::default());
        let closing = CancellationToken::new();
        let stopping = CancellationToken::new();
        let tasks = TaskTracker::new();
        let courier = Courier::start(pool.clone(), Arc::clone(&accounts), stopping.clone(), &tasks);
        let till = Till::start(
            pool.clone(),
            Arc::clone(&public_url),
            courier.clone(),
            stopping.clone(),
            &tasks,
        );
        tasks.close();
        Self(Arc::new(Parts {
            pool,
            public_url,
            accounts,
            till,
            courier,
            closing,
            stopping,
            tasks,
        }))
    }

    /// Ends the background work and closes the pool. What was promised is in the database and goes on at the next
    /// start.
    pub async fn stop(&self) {
        self.0.closing.cancel();
        self.0.stopping.cancel();
        self.0.tasks.wait().await;
        self.0.pool.close().await;
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
