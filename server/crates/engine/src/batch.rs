//! Group commit: what arrives while a transaction runs is written together by the next one.
//!
//! A batch costs one transaction, one write to disk and a handful of statements, whether it holds
//! one item or a hundred; nobody waits for a batch to fill.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

/// How many items one transaction takes, at most.
const BATCH_MAX: usize = 100;
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
        let receiver = Arc::new(Mutex::new(receiver));
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

type Waiting<In, Out> = mpsc::Receiver<(In, oneshot::Sender<Out>)>;

async fn next<In, Out>(
    receiver: &Mutex<Waiting<In, Out>>,
) -> Option<Vec<(In, oneshot::Sender<Out>)>> {
    let mut receiver = receiver.lock().await;
    let mut batch = Vec::new();
    receiver.recv_many(&mut batch, BATCH_MAX).await;
    (!batch.is_empty()).then_some(batch)
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
