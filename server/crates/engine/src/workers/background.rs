//! What a process does beside its lanes for as long as it runs.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;

/// How long to wait before something that broke is begun again: what breaks at once should not fill
/// the log.
pub(super) const PAUSE: Duration = Duration::from_secs(5);

/// Does `work` until `shutdown`. If it breaks, or comes to its end before, that is in the log and it
/// is begun again: nobody else in this process would do it.
pub(super) async fn keep<Work: Future<Output = ()>>(
    name: &str,
    pause: Duration,
    shutdown: CancellationToken,
    work: impl Fn() -> Work,
) {
    loop {
        let ended = AssertUnwindSafe(work()).catch_unwind().await;
        match ended {
            Ok(()) if shutdown.is_cancelled() => return,
            Ok(()) => tracing::error!(work = name, "ended, and is begun again"),
            Err(panic) => {
                let why = message(&*panic);
                tracing::error!(work = name, why, "broke, and is begun again");
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_breaks_or_ends_is_begun_again_until_the_service_stops() {
        let shutdown = CancellationToken::new();
        let begun = AtomicUsize::new(0);

        let work = || async {
            match begun.fetch_add(1, Ordering::Relaxed) {
                0 => panic!("overflow adding duration to date"),
                1 => {}
                _ => shutdown.cancel(),
            }
        };
        let kept = keep("a test", Duration::ZERO, shutdown.clone(), work);

        let in_time = tokio::time::timeout(Duration::from_secs(20), kept);
        in_time.await.expect("it ends with the service");
        assert_eq!(begun.load(Ordering::Relaxed), 3);
    }
}
