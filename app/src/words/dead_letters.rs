//! Words for work that failed for good.

/// What kind of work it is; a kind without words of its own is called what the queue calls it.
pub fn kind(kind: &str) -> &str {
    match kind {
        "execute_payment" => "Carry a payment to its processor",
        "operate_payment" => "Capture, cancel or refund at the processor",
        "handle_webhook" => "Handle a processor's webhook",
        "advance_checkout" => "Follow a hosted page up",
        "expire_checkout" => "Give a checkout up",
        "hold_expiry" => "Ask about a hold whose time is over",
        "settle_basket" => "Settle an all-or-nothing basket",
        "deliver_webhook" => "Deliver a webhook to the shop",
        "poll_payment" => "Ask about a payment that waits",
        "tell_operator" => "Tell the operator of an alert",
        other => other,
    }
}

/// What somebody did, to follow their name.
pub fn action(action: &str) -> &'static str {
    match action {
        "dead_letter.retried" => "had it tried again",
        "dead_letter.discarded" => "discarded it",
        _ => "decided about it",
    }
}
