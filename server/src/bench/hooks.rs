//! The shop of the benchmark: counts the webhooks that reach it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use color_eyre::eyre::Result;
use tokio::net::TcpListener;

/// How many payments were announced as captured.
#[derive(Debug, Clone, Default)]
pub(super) struct Hooks(Arc<AtomicU64>);

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
        self.0.load(Ordering::Relaxed)
    }
}

async fn count(State(hooks): State<Hooks>, body: Bytes) {
    const CAPTURED: &[u8] = b"\"payment.captured\"";
    if body.windows(CAPTURED.len()).any(|window| window == CAPTURED) {
        hooks.0.fetch_add(1, Ordering::Relaxed);
    }
}
