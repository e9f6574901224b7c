//! The shop of the benchmark: counts the webhooks that reach it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use color_eyre::eyre::Result;
use tokio::net::TcpListener;

/// How many payments were announced as captured, and as failed.
#[derive(Debug, Clone, Default)]
pub(super) struct Hooks(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    captured: AtomicU64,
    failed: AtomicU64,
}

impl Hooks {
    /// Listens on a free port of this machine and returns its address.
    pub(super) async fn listen(&self) -> Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/hooks", listener.local_addr()?);
        let router = Router::new().route("/hooks", post(count)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(url)
    }

    pub(super) fn captured(&self) -> u64 {
        self.0.captured.load(Ordering::Relaxed)
    }

    /// How many have come to an end, good or bad.
    pub(super) fn ended(&self) -> u64 {
        self.captured() + self.0.failed.load(Ordering::Relaxed)
    }
}

async fn count(State(hooks): State<Hooks>, body: Bytes) {
    let tells = |what: &[u8]| body.windows(what.len()).any(|window| window == what);
    if tells(b"\"payment.captured\"") {
        hooks.0.captured.fetch_add(1, Ordering::Relaxed);
    } else if tells(b"\"payment.failed\"") {
        hooks.0.failed.fetch_add(1, Ordering::Relaxed);
    }
}
