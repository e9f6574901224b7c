//! Group commit: what arrives while a transaction runs is written together by the next one.
//!
//! A batch costs one transaction, one write to disk and a handful of statements, whether it holds
//! one item or a hundred. While little happens, nobody waits for a batch to fill; once several items
//! come at a time, each batch waits a moment for more, which costs less than writing them apart.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::sleep;

/// How many items one transaction takes, at most.
const BATCH_MAX: usize = 100;
/// From how many items in one batch on the next one waits for more.
const BUSY_FROM: usize = 3;
/// How long a batch waits for more, for each item of the batch before it: the busier it is, the more a
/// batch saves.
const LINGER_PER_ITEM: Duration = Duration::from_micros(500);
/// How long a batch waits for more, at most.
const LINGER_MAX: Duration = Duration::from_millis(12);
/// How many items may wait; beyond that, callers wait to hand theirs in.
const WAITING_MAX: usize = 4096;

/// Hands items to a few writers that take whatever has arrived at once. Cheap to clone.
#[derive(Debug)]
pub struct Batcher<In, Out> {
    sender: mpsc::Sender<(In, oneshot::Sender<Out>)>,
}

impl<In, Out> Clone for Batcher<In, Out> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

impl<In: Send + 'static, Out: Send + 'static> Batcher<In, Out> {
    /// Starts `writers` tasks that call `write` with what has arrived; it answers each item in the
    /// order given. They end when the last clone of the batcher is dropped.
    pub fn start<F, Fut>(writers: usize, write: F) -> Self
    where
        F: Fn(Vec<In>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Vec<Out>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let receiver = Arc::new(Mutex::new(Arrivals { receiver, last: 0 }));
        let write = Arc::new(write);
        for _ in 0..writers {
            let (receiver, write) = (Arc::clone(&receiver), Arc::clone(&write));
            tokio::spawn(async move {
                while let Some(batch) = next(&receiver).await {
                    let (items, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
                    // A task of its own: a write that breaks takes its own batch with it, whose
                    // callers hear that it is gone, and not the writer.
                    let Ok(outs) = tokio::spawn(write(items)).await else { continue };
                    for (answer, out) in answers.into_iter().zip(outs) {
                        // The caller may have gone; its item is written all the same.
                        let _ = answer.send(out);
                    }
                }
            });
        }
        Self { sender }
    }

    /// Hands `item` in and waits until its batch is written.
    ///
    /// # Errors
    /// [`Gone`] if the writer broke: whether the item was written is then unknown.
    pub async fn write(&self, item: In) -> Result<Out, Gone> {
        let (answer, written) = oneshot::channel();
        self.sender.send((item, answer)).await.map_err(|_| Gone)?;
        written.await.map_err(|_| Gone)
    }
}

/// What has arrived, and how much of it the batch before this one took.
struct Arrivals<In, Out> {
    receiver: mpsc::Receiver<(In, oneshot::Sender<Out>)>,
    last: usize,
}

async fn next<In, Out>(
    arrivals: &Mutex<Arrivals<In, Out>>,
) -> Option<Vec<(In, oneshot::Sender<Out>)>> {
    let mut arrivals = arrivals.lock().await;
    let mut batch = Vec::new();
    arrivals.receiver.recv_many(&mut batch, BATCH_MAX).await;
    if arrivals.last >= BUSY_FROM && (1..BATCH_MAX).contains(&batch.len()) {
        sleep(linger(arrivals.last)).await;
        while batch.len() < BATCH_MAX
            && let Ok(item) = arrivals.receiver.try_recv()
        {
            batch.push(item);
        }
    }
    arrivals.last = batch.len();
    (!batch.is_empty()).then_some(batch)
}

fn linger(last: usize) -> Duration {
    let items = u32::try_from(last).unwrap_or(u32::MAX);
    LINGER_PER_ITEM.saturating_mul(items).min(LINGER_MAX)
}

/// The writer broke before it answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the writer broke before it answered")]
pub struct Gone;

#[cfg(test)]
mod tests {
    use super::{Batcher, Gone};

    #[tokio::test]
    async fn a_write_that_breaks_takes_its_own_batch_with_it_and_not_the_writer() {
        let doubler = Batcher::start(1, async |items: Vec<u32>| {
            items.into_iter().map(|item| 2 * u32::try_from(10 - i64::from(item)).unwrap()).collect()
        });

        assert_eq!(doubler.write(11).await, Err(Gone));
        assert_eq!(doubler.write(3).await, Ok(14));
    }
}
