//! Nothing is charged after the time of its checkout by an attempt that we make by ourselves.

use std::time::Duration;

use domain::event::{Command, Event};
use jobs::Failure;
use serde_json::json;

use crate::checkouts;
use crate::payments::attempt::AttemptEnd;
use crate::payments::commit::{Again, Unit};
use crate::payments::refresh::Work;
use crate::payments::{Details, Input, Source};
use crate::service::Engine;

/// Whether the newest attempt is one that followed a decline, has not been made, and comes too late.
///
/// # Errors
/// [`Failure`].
pub(crate) async fn is_over(engine: &Engine, work: &Work) -> Result<bool, Failure> {
    // The first attempt is what was asked for, however long it took; a shopper's own comes in time.
    if work.row.attempt_number <= 1 || work.row.payment_method.is_none() {
        return Ok(false);
    }
    let is_over = checkouts::is_over(engine.pool(), work.checkout(), Duration::ZERO).await;
    is_over.map_err(Failure::passing)
}

/// The unit that gives the payment up instead of making its newest attempt.
pub(crate) fn give_up(work: &Work) -> Unit {
    let evidence = json!({ "problem": "the checkout's time was over before it was made" });
    let input = |command| Input {
        payment: work.payment,
        event: Event::Command(command),
        source: Source::Clock,
        evidence: evidence.clone(),
        details: Details::default(),
    };
    let end = AttemptEnd::new(work.attempt, "retryable", evidence.clone());
    Unit {
        inputs: vec![input(Command::LetGo), input(Command::Expire)],
        again: Some(Again { end, start: None }),
        ..Unit::default()
    }
}
