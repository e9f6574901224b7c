//! Why a payment stands where it stands, and whose turn it is: one reason, chosen from what is known.
//!
//! The words are chosen by whoever shows the reason.

use serde::{Deserialize, Serialize};

use crate::payment::{CaptureMode, Payment, Phase, Status};

/// What is known of a payment beside its state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
pub struct Circumstances {
    /// Whether the checkout's time is over.
    pub is_overdue: bool,
    /// Whether the processor's page was opened for the shopper and nothing came of it yet.
    pub page_is_open: bool,
    /// Whether another payment of its basket ended and all of them hang together.
    pub basket_failed: bool,
    /// Why it was declined last, in our word.
    pub decline: Option<String>,
    /// Whether the processor takes part: its circuit is closed.
    pub processor_is_out: bool,
    /// The work that waits at the processor for it.
    pub jobs: Vec<Work>,
    /// Whether any work on it failed for good and waits for a person.
    pub has_dead_letter: bool,
    /// The operation whose outcome is unknown, if one is.
    pub unknown_operation: Option<String>,
    /// How the newest try of each operation stands.
    pub tries: Vec<Try>,
}

/// The newest try of one operation at a processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    /// What the processor was, or is about to be, asked: `authorize`, `capture`, `cancel`, `refund`.
    pub operation: String,
    /// How it stands.
    pub state: TryState,
}

/// How a try at a processor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryState {
    /// It was written down before the call; whether the call was made is written nowhere.
    Started,
    /// The processor answered.
    Answered,
    /// It is certain that nothing happened.
    NothingHappened,
    /// It is not known what happened.
    Unknown,
}

impl TryState {
    /// The state that an attempt's word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "started" => Some(Self::Started),
            "done" | "declined" => Some(Self::Answered),
            "retryable" => Some(Self::NothingHappened),
            "unknown" => Some(Self::Unknown),
            _ => None,
        }
    }
}

impl Circumstances {
    fn newest(&self, operation: &str) -> Option<TryState> {
        self.tries.iter().find(|one| one.operation == operation).map(|one| one.state)
    }
}

/// Work that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// What kind of work.
    pub kind: String,
    /// How often it was tried.
    pub tries: i32,
    /// Why the last try failed, if it did.
    pub error: Option<String>,
}

/// Who has to do something next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// The shopper.
    Shopper,
    /// The shop.
    Shop,
    /// The processor, or a bank behind it.
    Processor,
    /// Paydesk: it goes on by itself.
    Paydesk,
    /// A person in the console.
    Staff,
    /// Nobody: it has ended.
    Nobody,
}

/// Why a payment stands where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// The shopper has not begun to pay.
    NotBegun,
    /// The shopper is on the processor's page, or has left it.
    OnTheProcessorsPage,
    /// Nobody paid in time.
    NobodyPaid,
    /// It was declined and can be tried again.
    DeclinedOnce {
        /// Why, in our word.
        code: String,
    },
    /// Its processor could not be called, and it was given back to the shopper.
    GivenBack,
    /// It was declined for good.
    Declined {
        /// Why, in our word.
        code: String,
    },
    /// It is being carried to the processor.
    UnderWay,
    /// The processor is out, and its work is kept until it is back.
    ProcessorOut,
    /// The processor does not take the call: nothing happened there, and it is tried again.
    Retrying {
        /// How often it was tried.
        tries: i32,
        /// What went wrong last.
        error: String,
    },
    /// Nobody knows yet whether the processor did what it was asked.
    OutcomeUnknown {
        /// What it was asked.
        operation: String,
    },
    /// Work on it was given up and waits for a person.
    GivenUp,
    /// The shopper has to pass a challenge.
    ChallengeOpen,
    /// The processor reviews it.
    InReview,
    /// The money has not arrived yet.
    AwaitingFunds,
    /// The money is held, and the shop has to capture it.
    AwaitingCapture,
    /// The money is held until the other payments of the basket are.
    AwaitingBasket,
    /// A capture is under way.
    Capturing,
    /// Another seller's payment of the basket failed, and all were to be paid or none.
    BasketFailed,
    /// It was cancelled.
    Cancelled,
    /// Its hold or its time ended.
    Expired,
    /// It was captured, and the processor has not settled it yet.
    AwaitingSettlement,
    /// It was captured and settled.
    Settled,
    /// A refund is under way.
    Refunding,
    /// It was given back in part.
    PartlyRefunded,
    /// It was given back.
    Refunded,
    /// The holder contests it.
    Disputed,
    /// The holder's bank took it back.
    ChargedBack,
}

/// Why `payment` stands where it stands, and whose turn it is.
///
/// The most urgent reason wins: what needs a person, then what nobody knows, then the payment's own
/// state.
pub fn why(payment: &Payment, known: &Circumstances) -> (Reason, Turn) {
    if known.has_dead_letter {
        return (Reason::GivenUp, Turn::Staff);
    }
    if payment.status() == Status::Unknown {
        let operation = known.unknown_operation.clone().unwrap_or_else(|| "authorize".into());
        return (Reason::OutcomeUnknown { operation }, Turn::Paydesk);
    }
    match payment.phase {
        Phase::Created => not_paid(payment, known),
        Phase::Executing => under_way(known, "authorize", Reason::UnderWay),
        Phase::ActionRequired => (Reason::ChallengeOpen, Turn::Shopper),
        Phase::InReview => (Reason::InReview, Turn::Processor),
        Phase::AwaitingFunds => (Reason::AwaitingFunds, Turn::Shopper),
        Phase::Authorized => held(payment, known),
        Phase::Captured => paid(payment, known),
        Phase::Failed => (Reason::Declined { code: decline(known) }, Turn::Nobody),
        Phase::Cancelled if known.basket_failed => (Reason::BasketFailed, Turn::Nobody),
        Phase::Cancelled => (Reason::Cancelled, Turn::Nobody),
        Phase::Expired if payment.attempts == 0 => (Reason::NobodyPaid, Turn::Nobody),
        Phase::Expired => (Reason::Expired, Turn::Nobody),
    }
}

fn not_paid(payment: &Payment, known: &Circumstances) -> (Reason, Turn) {
    if known.is_overdue {
        (Reason::NobodyPaid, Turn::Nobody)
    } else if payment.attempts > 0 && known.newest("authorize") == Some(TryState::NothingHappened) {
        (Reason::GivenBack, Turn::Shopper)
    } else if payment.attempts > 0 {
        (Reason::DeclinedOnce { code: decline(known) }, Turn::Shopper)
    } else if known.page_is_open {
        (Reason::OnTheProcessorsPage, Turn::Shopper)
    } else {
        (Reason::NotBegun, Turn::Shopper)
    }
}

fn held(payment: &Payment, known: &Circumstances) -> (Reason, Turn) {
    if payment.capture_reserved.is_positive() {
        under_way(known, "capture", Reason::Capturing)
    } else if payment.capture_mode == CaptureMode::Automatic {
        (Reason::AwaitingBasket, Turn::Paydesk)
    } else {
        (Reason::AwaitingCapture, Turn::Shop)
    }
}

fn paid(payment: &Payment, known: &Circumstances) -> (Reason, Turn) {
    if payment.refund_reserved.is_positive() {
        return under_way(known, "refund", Reason::Refunding);
    }
    if payment.capture_reserved.is_positive() {
        return under_way(known, "capture", Reason::Capturing);
    }
    match payment.status() {
        Status::Disputed => (Reason::Disputed, Turn::Shop),
        Status::ChargedBack => (Reason::ChargedBack, Turn::Nobody),
        Status::Refunded => (Reason::Refunded, Turn::Nobody),
        Status::PartiallyRefunded => (Reason::PartlyRefunded, Turn::Nobody),
        Status::Settled => (Reason::Settled, Turn::Nobody),
        _ => (Reason::AwaitingSettlement, Turn::Processor),
    }
}

/// What keeps an operation that is under way from its end, or `otherwise`.
///
/// Of a try that stands as started, an earlier run may have called the processor and been lost
/// before it wrote the answer down. That nothing happened is said only where it is written.
fn under_way(known: &Circumstances, operation: &str, otherwise: Reason) -> (Reason, Turn) {
    let newest = known.newest(operation);
    let was_run = known.jobs.iter().any(|job| job.tries > 1 || job.error.is_some());
    if newest == Some(TryState::Unknown) || (newest == Some(TryState::Started) && was_run) {
        return (Reason::OutcomeUnknown { operation: operation.to_owned() }, Turn::Paydesk);
    }
    if known.processor_is_out {
        return (Reason::ProcessorOut, Turn::Processor);
    }
    let failed = known.jobs.iter().find_map(|job| Some((job.tries, job.error.clone()?)));
    match failed {
        Some((tries, error)) if newest == Some(TryState::NothingHappened) => {
            (Reason::Retrying { tries, error }, Turn::Paydesk)
        }
        _ => (otherwise, Turn::Paydesk),
    }
}

fn decline(known: &Circumstances) -> String {
    known.decline.clone().unwrap_or_else(|| "declined".into())
}
