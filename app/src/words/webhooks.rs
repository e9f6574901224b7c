//! Words for webhooks in.

use crate::view::webhooks::WebhookState;
use crate::words::Tone;

/// What became of it.
pub fn state(state: WebhookState) -> (&'static str, Tone) {
    match state {
        WebhookState::Unmatched => ("Unmatched", Tone::Warning),
        WebhookState::Refused => ("Refused", Tone::Bad),
        WebhookState::Stored => ("Waiting", Tone::Waiting),
        WebhookState::Handled => ("Handled", Tone::Good),
        WebhookState::Discarded => ("Discarded", Tone::Neutral),
    }
}

/// What that means, in one sentence.
pub fn explanation(state: WebhookState) -> &'static str {
    match state {
        WebhookState::Unmatched => {
            "Its sender signed it, and it speaks of nothing that we know. It can be matched again, or discarded."
        }
        WebhookState::Refused => {
            "It was not believed, so it changed nothing. Only its beginning is kept."
        }
        WebhookState::Stored => "It is stored and waits for a worker.",
        WebhookState::Handled => "It was a reason to ask its sender, whose answer is what counts.",
        WebhookState::Discarded => {
            "It speaks of nothing that we know, and somebody decided that it need not."
        }
    }
}
