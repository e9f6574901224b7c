//! Reads that many workers and callers need at the same time, made together: one statement is
//! planned and answered for all of them.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;

use domain::id::{CheckoutId, InboundWebhookId, PaymentId};
use sqlx::PgPool;

use crate::batch::{Batcher, Gone};
use crate::checkouts::{self, CheckoutRecord};
use crate::db::Fault;
use crate::inbound;
use crate::payments::row::Row;
use crate::payments::store::{self, WorkRow};

/// How many statements of a kind read at the same time.
const READERS: usize = 1;

/// Reads in groups. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Reads {
    payments: Together<PaymentId, Row>,
    work: Together<PaymentId, WorkRow>,
    checkouts: Together<CheckoutId, CheckoutRecord>,
    notifications: Together<InboundWebhookId, inbound::Stored>,
}

type Together<Key, Value> = Batcher<Key, Result<Option<Value>, NotRead>>;

impl Reads {
    pub(crate) fn start(pool: &PgPool) -> Self {
        Self {
            payments: together(
                pool,
                |pool, ids| async move { store::find_many(&pool, &ids).await },
            ),
            work: together(pool, |pool, ids| async move { store::work(&pool, &ids).await }),
            checkouts: together(pool, |pool, ids| async move {
                checkouts::find_many(&pool, &ids).await
            }),
            notifications: together(pool, |pool, ids| async move {
                inbound::find_many(&pool, &ids).await
            }),
        }
    }

    /// The payment, whosever it is.
    pub(crate) async fn payment(&self, id: PaymentId) -> Result<Option<Row>, NotRead> {
        self.payments.write(id).await?
    }

    /// What a worker needs to carry the payment to its processor.
    pub(crate) async fn work(&self, id: PaymentId) -> Result<Option<WorkRow>, NotRead> {
        self.work.write(id).await?
    }

    /// The checkout, whosever it is.
    pub(crate) async fn checkout(&self, id: CheckoutId) -> Result<Option<CheckoutRecord>, NotRead> {
        self.checkouts.write(id).await?
    }

    /// The stored notification.
    pub(crate) async fn notification(
        &self,
        id: InboundWebhookId,
    ) -> Result<Option<inbound::Stored>, NotRead> {
        self.notifications.write(id).await?
    }
}

/// The database could not be asked; the log says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database could not be asked")]
pub(crate) struct NotRead {
    /// Whether the same may go well in a moment.
    is_passing: bool,
}

impl From<Gone> for NotRead {
    fn from(_: Gone) -> Self {
        Self { is_passing: true }
    }
}

impl From<NotRead> for Fault {
    fn from(error: NotRead) -> Self {
        if error.is_passing {
            Self::Passing("the database could not be asked")
        } else {
            Self::Broken(error.to_string())
        }
    }
}

fn together<Key, Value, Load, Found>(pool: &PgPool, load: Load) -> Together<Key, Value>
where
    Key: Copy + Eq + Hash + Send + Sync + 'static,
    Value: Clone + Send + 'static,
    Load: Fn(PgPool, Vec<Key>) -> Found + Send + Sync + 'static,
    Found: Future<Output = Result<HashMap<Key, Value>, Fault>> + Send + 'static,
{
    let pool = pool.clone();
    Batcher::start(READERS, move |keys: Vec<Key>| {
        let found = load(pool.clone(), keys.clone());
        async move {
            match found.await {
                Ok(found) => keys.iter().map(|key| Ok(found.get(key).cloned())).collect(),
                Err(error) => {
                    tracing::warn!(error = ?error, "a group could not be read");
                    let is_passing = error.is_passing();
                    vec![Err(NotRead { is_passing }); keys.len()]
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::new_plain_id;

    #[sqlx::test]
    async fn a_read_passes_or_is_broken_as_the_database_says(pool: PgPool) {
        let reads = Reads::start(&pool);
        let read = async || Fault::from(reads.checkout(new_plain_id()).await.unwrap_err());

        assert!(!read().await.is_passing(), "there is no such table");
        pool.close().await;
        assert!(read().await.is_passing(), "there is no database");
    }
}
