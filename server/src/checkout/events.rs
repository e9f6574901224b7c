//! Server-sent events of the status page: the whole status whenever it has changed.

use std::convert::Infallible;
use std::time::Duration;

use app::view::checkouts::StatusView;
use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::id::CheckoutId;
use futures::Stream;

use super::{opened, view};
use crate::web::not_found;
use crate::wiring::Services;

/// How often the status is read, whether or not a change was heard of.
const POLL: Duration = Duration::from_secs(2);
/// A sign of life for whatever stands between us and the browser.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(super) async fn follow(
    State(services): State<Services>,
    Path(address): Path<(String, String)>,
) -> Response {
    let Some(id) = opened(&services, &address) else { return not_found() };
    let follower = Follower { services, id, key: address.1, sent: None, is_over: false };
    Sse::new(stream(follower)).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
}

/// One browser that follows one checkout.
struct Follower {
    services: Services,
    id: CheckoutId,
    key: String,
    sent: Option<StatusView>,
    is_over: bool,
}

/// Ends when nothing more changes, and when the service stops: browsers then connect again.
fn stream(follower: Follower) -> impl Stream<Item = Result<Event, Infallible>> {
    futures::stream::unfold(follower, |mut follower| async move {
        if follower.is_over {
            return None;
        }
        let status = follower.next().await?;
        follower.is_over = status.is_final;
        let event = Event::default()
            .id(status.version.to_string())
            .json_data(&status)
            .expect("a status holds nothing but plain values");
        follower.sent = Some(status);
        Some((Ok(event), follower))
    })
}

impl Follower {
    /// The status, as soon as it differs from what was sent.
    async fn next(&self) -> Option<StatusView> {
        loop {
            let found = engine::checkouts::find_any(self.services.pool(), self.id).await;
            let checkout = match found {
                Ok(found) => found?,
                Err(fault) => {
                    tracing::warn!(error = ?fault, "a status could not be read");
                    return None;
                }
            };
            let mut watches: Vec<_> = checkout
                .payments
                .iter()
                .map(|payment| self.services.engine.changes().watch(payment.id))
                .collect();
            let status = view::status(&self.services, checkout, &self.key).await.ok()?;
            if self.sent.as_ref() != Some(&status) {
                return Some(status);
            }
            let changed = watches.iter_mut().map(|watch| Box::pin(watch.changed()));
            tokio::select! {
                _ = futures::future::select_all(changed) => {}
                () = tokio::time::sleep(POLL) => {}
                () = self.services.shutdown.cancelled() => return None,
            }
        }
    }
}
