//! Requests to this process: how many, how they ended, and how long they took to answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::{head, line};
use crate::web::layers::first_segment;

/// The faces, as labels; whatever is none of them comes last.
const FACES: [&str; 5] = ["api", "webhooks", "shopper", "console", "other"];
/// Upper bounds of how long an answer took, in milliseconds.
const BOUNDS: [u64; 9] = [5, 10, 25, 50, 100, 250, 500, 1_000, 5_000];

static BY_FACE: [Counts; FACES.len()] = [const { Counts::new() }; FACES.len()];

/// What is counted of one face.
struct Counts {
    by_class: [AtomicU64; 6],
    within: [AtomicU64; BOUNDS.len()],
    microseconds: AtomicU64,
}

impl Counts {
    const fn new() -> Self {
        Self {
            by_class: [const { AtomicU64::new(0) }; 6],
            within: [const { AtomicU64::new(0) }; BOUNDS.len()],
            microseconds: AtomicU64::new(0),
        }
    }

    fn note(&self, status: u16, took: Duration) {
        let class = usize::from(status / 100).min(self.by_class.len() - 1);
        self.by_class[class].fetch_add(1, Ordering::Relaxed);
        for (bound, within) in BOUNDS.iter().zip(&self.within) {
            if took <= Duration::from_millis(*bound) {
                within.fetch_add(1, Ordering::Relaxed);
            }
        }
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    fn all(&self) -> u64 {
        self.by_class.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }
}

/// Counts the request and how it ended.
pub async fn count(request: Request, next: Next) -> Response {
    let face = face(request.uri().path());
    let start = Instant::now();
    let response = next.run(request).await;
    BY_FACE[face].note(response.status().as_u16(), start.elapsed());
    response
}

fn face(path: &str) -> usize {
    match first_segment(path) {
        "v1" => 0,
        "webhooks" => 1,
        "checkout" | "status" | "return" => 2,
        "console" => 3,
        _ => 4,
    }
}

/// Writes what was counted.
pub(super) fn write(text: &mut String) {
    let name = "paydesk_requests_total";
    head(text, name, "Requests to this process, by face and class of answer.", "counter");
    for (face, counts) in FACES.iter().zip(&BY_FACE) {
        for (class, count) in counts.by_class.iter().enumerate().skip(1) {
            let labels = [("face", (*face).to_owned()), ("answer", format!("{class}xx"))];
            line(text, name, &labels, &count.load(Ordering::Relaxed).to_string());
        }
    }
    let name = "paydesk_request_seconds";
    head(text, name, "How long answers took to begin, in this process.", "histogram");
    for (face, counts) in FACES.iter().zip(&BY_FACE) {
        let label = || ("face", (*face).to_owned());
        for (bound, within) in BOUNDS.iter().zip(&counts.within) {
            let labels = [label(), ("le", seconds(bound * 1_000))];
            line(
                text,
                &format!("{name}_bucket"),
                &labels,
                &within.load(Ordering::Relaxed).to_string(),
            );
        }
        let all = counts.all().to_string();
        line(text, &format!("{name}_bucket"), &[label(), ("le", "+Inf".to_owned())], &all);
        let sum = seconds(counts.microseconds.load(Ordering::Relaxed));
        line(text, &format!("{name}_sum"), &[label()], &sum);
        line(text, &format!("{name}_count"), &[label()], &all);
    }
}

/// `5000` microseconds as `0.005000`.
fn seconds(microseconds: u64) -> String {
    format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000)
}
