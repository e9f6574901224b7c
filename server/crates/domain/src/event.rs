//! Events: what can be asked of a payment, what can be learnt about it, and what the shop hears.

use serde::{Deserialize, Serialize};

use crate::id::{DisputeId, RefundId};
use crate::money::Money;
use crate::operation::Try;

/// What somebody asks for. A command may be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Try to authorise the payment at a processor.
    Execute,
    /// Take this much of what is authorised.
    Capture(Money),
    /// Take all that is left of what is authorised.
    CaptureRest,
    /// Make another attempt, since the outcome of the newest one is known: here or at another
    /// processor.
    TryAgain,
    /// Let the shopper pay elsewhere, since the newest attempt certainly led to nothing.
    LetGo,
    /// Release what is authorised.
    Cancel,
    /// Give this much back to the shopper.
    Refund {
        /// The refund that carries it.
        refund: RefundId,
        /// How much.
        amount: Money,
    },
    /// Give all that is left back to the shopper.
    RefundRest {
        /// The refund that carries it.
        refund: RefundId,
    },
    /// Give up because the checkout's time is over.
    Expire,
}

/// What was learnt from an authenticated source. A fact is never refused because of our rules, only
/// if its amounts cannot be booked: another currency, beyond what fits, or a settlement line of
/// nothing or less.
///
/// Amounts are totals so far, not steps: a fact that is repeated, late or out of order says
/// nothing new and changes nothing. The exceptions are those that belong to one settlement line,
/// which is what counts them once: [`Fact::Settled`] and [`Fact::RefundSettled`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// The shopper has to act, for instance pass a 3-D Secure challenge.
    ActionRequired,
    /// The processor is looking at the payment.
    InReview,
    /// The processor waits for the money, for instance for a bank transfer.
    AwaitingFunds,
    /// The processor holds this much for us.
    Authorized {
        /// In total.
        total: Money,
    },
    /// The processor has taken this much for us.
    Captured {
        /// In total.
        total: Money,
    },
    /// The processor or the issuer said no.
    Declined {
        /// Whether this was the last try that the payment has.
        last: bool,
    },
    /// The processor certainly did nothing; the same may be tried again.
    NothingHappened,
    /// The processor or the issuer said no to this try, and we make another one ourselves: the
    /// payment executes, and is in no doubt any more.
    TurnedDown,
    /// The call broke: it may or may not have happened.
    InDoubt,
    /// The hold was released.
    Cancelled,
    /// The hold lapsed, because nobody took the money in time.
    HoldExpired,
    /// The release that we asked for was refused: the payment stays as it is.
    CancelFailed,
    /// The capture that we asked for was refused; only the answer to it can say so.
    CaptureFailed,
    /// A refund that we asked for is on its way.
    RefundPending {
        /// Which refund.
        refund: RefundId,
    },
    /// A refund that we asked for was made.
    RefundSucceeded {
        /// Which refund.
        refund: RefundId,
    },
    /// A refund that we asked for was not made.
    RefundFailed {
        /// Which refund.
        refund: RefundId,
    },
    /// This much went back, in total, by refunds that we did not ask for, whatever came back since.
    RefundedElsewhere {
        /// In total.
        total: Money,
    },
    /// Of refunds that we did not ask for, this much was not made in the end, in total.
    ReturnedElsewhere {
        /// In total.
        total: Money,
    },
    /// The holder's bank took this much back, in total, whatever was won again since.
    ChargedBack {
        /// In total.
        total: Money,
    },
    /// The holder contests the payment, and their bank took the money back.
    DisputeOpened {
        /// Which dispute.
        dispute: DisputeId,
        /// How much was taken back, above zero.
        amount: Money,
    },
    /// The dispute was decided for us: the money came again.
    DisputeWon {
        /// Which dispute.
        dispute: DisputeId,
        /// How much was taken back, above zero.
        amount: Money,
    },
    /// The dispute was decided for the holder.
    DisputeLost {
        /// Which dispute.
        dispute: DisputeId,
        /// How much was taken back, above zero.
        amount: Money,
    },
    /// A settlement line for a capture.
    Settled {
        /// What the line says was captured, above zero.
        gross: Money,
        /// What the line keeps.
        fee: Money,
        /// What the tariff gives.
        expected_fee: Money,
    },
    /// A settlement line for a refund, of this much.
    RefundSettled {
        /// How much the line keeps back, above zero.
        amount: Money,
    },
}

/// What happens to a payment: somebody asks, or something is learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Asked.
    Command(Command),
    /// Learnt, from whomever.
    Fact(Fact),
    /// Learnt from the answer to a try of ours. A "no" that comes after the try has ended says
    /// nothing any more.
    Answer(Try, Fact),
}

impl Event {
    /// The event's name in the history, such as `captured`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command(Command::Execute) => "execute",
            Self::Command(Command::Capture(_) | Command::CaptureRest) => "capture_requested",
            Self::Command(Command::TryAgain) => "try_again",
            Self::Command(Command::LetGo) => "let_go",
            Self::Command(Command::Cancel) => "cancel_requested",
            Self::Command(Command::Refund { .. } | Command::RefundRest { .. }) => {
                "refund_requested"
            }
            Self::Command(Command::Expire) => "expired",
            Self::Fact(fact) | Self::Answer(_, fact) => fact.name(),
        }
    }
}

impl Fact {
    const fn name(self) -> &'static str {
        match self {
            Self::ActionRequired => "action_required",
            Self::InReview => "in_review",
            Self::AwaitingFunds => "awaiting_funds",
            Self::Authorized { .. } => "authorized",
            Self::Captured { .. } => "captured",
            Self::Declined { .. } => "declined",
            Self::NothingHappened => "nothing_happened",
            Self::TurnedDown => "turned_down",
            Self::InDoubt => "in_doubt",
            Self::Cancelled => "cancelled",
            Self::HoldExpired => "hold_expired",
            Self::CancelFailed => "cancel_failed",
            Self::CaptureFailed => "capture_failed",
            Self::RefundPending { .. } => "refund_pending",
            Self::RefundSucceeded { .. } => "refund_succeeded",
            Self::RefundFailed { .. } => "refund_failed",
            Self::RefundedElsewhere { .. } => "refunded_elsewhere",
            Self::ReturnedElsewhere { .. } => "returned_elsewhere",
            Self::ChargedBack { .. } => "charged_back",
            Self::DisputeOpened { .. } => "dispute_opened",
            Self::DisputeWon { .. } => "dispute_won",
            Self::DisputeLost { .. } => "dispute_lost",
            Self::Settled { .. } => "settled",
            Self::RefundSettled { .. } => "refund_settled",
        }
    }
}

macro_rules! announcements {
    ($($variant:ident = $word:literal,)*) => {
        /// What the shop is told, by webhook.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the words of the variants are the words of the API")]
        pub enum Announcement {
            $(#[serde(rename = $word)] $variant,)*
        }

        impl Announcement {
            /// All of them: those that can be asked for.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The event's type as it stands in the webhook.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

announcements! {
    ActionRequired = "payment.action_required",
    Pending = "payment.pending",
    Authorized = "payment.authorized",
    Captured = "payment.captured",
    CaptureFailed = "payment.capture_failed",
    CancelFailed = "payment.cancel_failed",
    Settled = "payment.settled",
    Released = "payment.released",
    Failed = "payment.failed",
    Declined = "payment.declined",
    Cancelled = "payment.cancelled",
    Expired = "payment.expired",
    Refunded = "payment.refunded",
    RefundFailed = "payment.refund_failed",
    ChargedBack = "payment.charged_back",
    Disputed = "payment.disputed",
    DisputeWon = "payment.dispute_won",
    DisputeLost = "payment.dispute_lost",
}

impl Announcement {
    /// The announcement of this type.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }
}
