//! The practice cards and the other practice methods, as they stand in the documentation.

use time::Duration;

use crate::cards::{Behaviour, Disputes, Group, Refunds, TestCard};

const fn card(
    slug: &'static str,
    number: &'static str,
    group: Group,
    outcome: &'static str,
) -> TestCard {
    TestCard {
        slug,
        number,
        group,
        outcome,
        method: "card",
        brand: "visa",
        behaviour: Behaviour::Approve,
        hold: Duration::days(7),
        refunds: Refunds::Succeed,
        disputes: Disputes::Never,
        fault: "",
    }
}

/// A method without a number: it is chosen by its name.
const fn other(
    slug: &'static str,
    method: &'static str,
    behaviour: Behaviour,
    outcome: &'static str,
) -> TestCard {
    TestCard { method, brand: method, behaviour, ..card(slug, "", Group::OtherMethods, outcome) }
}

/// Every practice card and method, the friendliest first.
pub(crate) const TEST_CARDS: &[TestCard] = &[
    card("visa", "4242424242424242", Group::Pays, "Pays"),
    TestCard { brand: "mastercard", ..card("mastercard", "5555555555554444", Group::Pays, "Pays") },
    TestCard { brand: "amex", ..card("amex", "378282246310005", Group::Pays, "Pays") },
    TestCard {
        behaviour: Behaviour::SecureOnPage,
        ..card("secure", "4000002760003184", Group::Pays, "3-D Secure here, then pays")
    },
    TestCard {
        behaviour: Behaviour::Challenge,
        ..card(
            "challenge",
            "4000002500003155",
            Group::Waits,
            "A challenge for each payment; declined if nobody answers within 15 minutes",
        )
    },
    TestCard {
        behaviour: Behaviour::Decline("generic_decline"),
        ..card("declined", "4000000000000002", Group::Declines, "Declined")
    },
    TestCard {
        behaviour: Behaviour::Decline("insufficient_funds"),
        ..card(
            "insufficient_funds",
            "4000000000009995",
            Group::Declines,
            "Declined: insufficient funds",
        )
    },
    TestCard {
        behaviour: Behaviour::Decline("expired_card"),
        ..card("expired", "4000000000000069", Group::Declines, "Declined: card expired")
    },
    TestCard {
        behaviour: Behaviour::Decline("stolen_card"),
        ..card("stolen", "4000000000009979", Group::Declines, "Declined: card stolen")
    },
    TestCard {
        behaviour: Behaviour::Decline("do_not_honor"),
        ..card(
            "do_not_honor",
            "4000000000100109",
            Group::Declines,
            "Declined: the bank gives no reason",
        )
    },
    TestCard {
        behaviour: Behaviour::Decline("invalid_card"),
        ..card("invalid", "4000000000100208", Group::Declines, "Declined: no such card")
    },
    TestCard {
        behaviour: Behaviour::Decline("risk_blocked"),
        ..card(
            "risk_blocked",
            "4000000000100307",
            Group::Declines,
            "Declined: blocked as too risky",
        )
    },
    TestCard {
        behaviour: Behaviour::Decline("try_again_later"),
        ..card(
            "try_again_later",
            "4000000000100406",
            Group::Declines,
            "Declined: the bank cannot be reached",
        )
    },
    TestCard {
        behaviour: Behaviour::Decline("limit_exceeded"),
        ..card(
            "limit_exceeded",
            "4000000000100505",
            Group::Declines,
            "Declined: over the card's limit",
        )
    },
    TestCard {
        behaviour: Behaviour::Review(None),
        ..card(
            "review",
            "4000000000009235",
            Group::Waits,
            "Held for a manual review until somebody decides",
        )
    },
    TestCard {
        behaviour: Behaviour::Review(Some(true)),
        ..card(
            "review_released",
            "4000000000100604",
            Group::Waits,
            "Held for a review that releases it after one hour",
        )
    },
    TestCard {
        behaviour: Behaviour::Review(Some(false)),
        ..card(
            "review_declined",
            "4000000000100703",
            Group::Waits,
            "Held for a review that declines it after one hour",
        )
    },
    TestCard {
        hold: Duration::hours(1),
        ..card(
            "short_hold",
            "4000000000100802",
            Group::Waits,
            "Pays; a hold lapses after one hour, not seven days",
        )
    },
    TestCard {
        refunds: Refunds::Fail,
        ..card("refund_fails", "4000000000005050", Group::MoneyBack, "Pays, refunds fail")
    },
    TestCard {
        refunds: Refunds::SucceedLater,
        ..card(
            "refund_pending",
            "4000000000100901",
            Group::MoneyBack,
            "Pays, refunds wait for one day and succeed",
        )
    },
    TestCard {
        refunds: Refunds::FailLater,
        ..card(
            "refund_fails_later",
            "4000000000101008",
            Group::MoneyBack,
            "Pays, refunds wait for one day and fail",
        )
    },
    TestCard {
        refunds: Refunds::ComeBack,
        ..card(
            "refund_returned",
            "4000000000101107",
            Group::MoneyBack,
            "Pays, refunds succeed and come back after three days",
        )
    },
    TestCard {
        disputes: Disputes::StayOpen,
        ..card(
            "dispute",
            "4000000000101206",
            Group::MoneyBack,
            "Pays, charged back after one hour, undecided",
        )
    },
    TestCard {
        disputes: Disputes::End(true),
        ..card(
            "dispute_won",
            "4000000000101305",
            Group::MoneyBack,
            "Pays, charged back after one hour, won a day later",
        )
    },
    TestCard {
        disputes: Disputes::End(false),
        ..card(
            "dispute_lost",
            "4000000000101404",
            Group::MoneyBack,
            "Pays, charged back after one hour, lost a day later",
        )
    },
    TestCard {
        fault: "slow(3000)",
        ..card("slow", "4000000000001018", Group::Calls, "Pays, answers after three seconds")
    },
    TestCard {
        fault: "cut_after",
        ..card("lost_answer", "4000000000002024", Group::Calls, "Pays, the answer is lost")
    },
    TestCard {
        fault: "timeout_before",
        ..card("timeout_before", "4000000000003030", Group::Calls, "Hangs, nothing is charged")
    },
    TestCard {
        fault: "timeout_after",
        ..card("timeout_after", "4000000000101503", Group::Calls, "Pays, then hangs")
    },
    TestCard {
        fault: "error_500_before",
        ..card(
            "server_error",
            "4000000000004046",
            Group::Calls,
            "Fails with 500, nothing is charged",
        )
    },
    TestCard {
        fault: "error_500_after",
        ..card("server_error_after", "4000000000101602", Group::Calls, "Pays, then fails with 500")
    },
    TestCard {
        fault: "cut_mid_answer",
        ..card(
            "cut_mid_answer",
            "4000000000101701",
            Group::Calls,
            "Pays, the answer breaks off in the middle",
        )
    },
    TestCard {
        fault: "garbage_body",
        ..card("garbage", "4000000000101800", Group::Calls, "Pays, the answer cannot be read")
    },
    TestCard {
        fault: "rate_limited",
        ..card(
            "rate_limited",
            "4000000000101909",
            Group::Calls,
            "Too many requests at the first two tries, then pays",
        )
    },
    TestCard {
        fault: "unavailable",
        ..card(
            "unavailable",
            "4000000000102006",
            Group::Calls,
            "Unavailable at the first two tries, then pays",
        )
    },
    TestCard {
        fault: "webhook_never",
        ..card(
            "webhook_never",
            "4000000000102105",
            Group::Webhooks,
            "Pays, the webhook never comes",
        )
    },
    TestCard {
        fault: "webhook_late",
        ..card(
            "webhook_late",
            "4000000000102204",
            Group::Webhooks,
            "Pays, the webhook comes ten minutes late",
        )
    },
    TestCard {
        fault: "webhook_twice",
        ..card(
            "webhook_twice",
            "4000000000102303",
            Group::Webhooks,
            "Pays, the webhook comes twice",
        )
    },
    TestCard {
        fault: "webhook_reordered",
        ..card(
            "webhook_reordered",
            "4000000000102402",
            Group::Webhooks,
            "Pays, the webhook comes after the next one",
        )
    },
    TestCard {
        fault: "webhook_before_answer",
        ..card(
            "webhook_before_answer",
            "4000000000102501",
            Group::Webhooks,
            "Pays, the webhook comes before the answer",
        )
    },
    TestCard {
        fault: "webhook_wrong_signature",
        ..card(
            "webhook_wrong_signature",
            "4000000000102600",
            Group::Webhooks,
            "Pays, the webhook is first signed wrongly",
        )
    },
    TestCard {
        fault: "webhook_wrong_reference",
        ..card(
            "webhook_wrong_reference",
            "4000000000102709",
            Group::Webhooks,
            "Pays, the webhook names another payment",
        )
    },
    TestCard {
        fault: "webhook_wrong_amount",
        ..card(
            "webhook_wrong_amount",
            "4000000000102808",
            Group::Webhooks,
            "Pays, the webhook tells another amount",
        )
    },
    other("wallet", "wallet", Behaviour::Approve, "Wallet: pays"),
    other(
        "transfer",
        "bank_transfer",
        Behaviour::AwaitFunds { arrive: true, after: Duration::days(1) },
        "Bank transfer: the money arrives after one day",
    ),
    other(
        "voucher",
        "voucher",
        Behaviour::AwaitFunds { arrive: true, after: Duration::hours(1) },
        "Cash voucher: paid after one hour",
    ),
    other(
        "voucher_unpaid",
        "voucher",
        Behaviour::AwaitFunds { arrive: false, after: Duration::days(3) },
        "Cash voucher: never paid, given up after three days",
    ),
];
