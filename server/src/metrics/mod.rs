//! `/metrics`: figures for machines, in the text format of Prometheus.
//!
//! They are answered at an address of their own, by `serve` and by `work`. Figures of the queue,
//! payments, webhooks and alerts are one snapshot of the database, so every process answers the
//! same; requests and events are counted by each process for itself. Written by hand: the format is
//! a line for each figure, and nothing else of a metrics library would be used.

pub mod requests;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use color_eyre::eyre::Result;
use engine::watch::{self, Figure, meter};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// The content type of the format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers `/metrics` at `address` until `shutdown`, if one is given.
///
/// # Errors
/// If the address cannot be listened on.
pub async fn listen(
    pool: &PgPool,
    address: Option<SocketAddr>,
    shutdown: &CancellationToken,
) -> Result<()> {
    let Some(address) = address else { return Ok(()) };
    let listener = crate::run::listen(address).await?;
    let (router, stopped) = (router(pool), shutdown.clone().cancelled_owned());
    tracing::info!(%address, "answering /metrics");
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
            tracing::warn!(%error, "metrics are not answered any more");
        }
    });
    Ok(())
}

/// `/metrics` alone.
pub fn router(pool: &PgPool) -> Router {
    Router::new().route("/metrics", get(answer)).with_state(pool.clone())
}

async fn answer(State(pool): State<PgPool>) -> Response {
    match watch::figures(&pool).await {
        Ok(figures) => ([(CONTENT_TYPE, TEXT)], text(&figures)).into_response(),
        Err(fault) => {
            tracing::warn!(error = ?fault, "the figures could not be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn text(figures: &[Figure]) -> String {
    let mut text = String::new();
    for (name, help) in watch::NAMES {
        head(&mut text, name, help, "gauge");
        for figure in figures.iter().filter(|figure| figure.name == name) {
            line(&mut text, name, &figure.labels, &figure.value.to_string());
        }
    }
    events(&mut text, &meter::payment_events());
    requests::write(&mut text);
    text
}

fn events(text: &mut String, events: &BTreeMap<&'static str, u64>) {
    let name = "paydesk_payment_events_total";
    head(text, name, "What has changed payments, by event, in this process.", "counter");
    for (event, count) in events {
        line(text, name, &[("event", (*event).to_owned())], &count.to_string());
    }
}

fn head(text: &mut String, name: &str, help: &str, kind: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, labels: &[(&'static str, String)], value: &str) {
    let labels: Vec<String> =
        labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
    let _ = match labels.as_slice() {
        [] => writeln!(text, "{name} {value}"),
        labels => writeln!(text, "{name}{{{}}} {value}", labels.join(",")),
    };
}

/// A label's value must not end its line or its quotes.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_break_out_of_its_quotes() {
        let mut text = String::new();
        line(&mut text, "figure", &[("name", "a\"b\\c\nd".to_owned())], "1");
        assert_eq!(text, "figure{name=\"a\\\"b\\\\c\\nd\"} 1\n");
    }
}
