//! The one decision: what an event does to a pay-out.
//!
//! [`decide`] is total and deterministic, as that of a payment. Commands may be refused. Facts are
//! not: what our rules would not have allowed is booked all the same and marked
//! [`Decision::irregular`]. Our books take a pay-out's money out of the bank once, whatever is said
//! how often; a provider that pays twice is found by its statement.

use crate::decide::Why;
use crate::four_eyes::Objection;
use crate::money::{Money, MoneyError};
use crate::payout::event::{Announcement, Event, Order};
use crate::payout::{Payout, Phase, Place, command, fact};
use crate::posting::payout::{PayoutMovement, Step};

/// Makes a pay-out.
///
/// # Errors
/// [`Refused`] if it is of nothing or less, above what is available, in another currency, or the
/// seller has no verified bank account.
pub fn create(order: &Order) -> Result<Decision, Refused> {
    command::create(order)
}

/// What `event` does to `state`.
///
/// # Errors
/// [`Refused`], and only for commands; nothing is half done, since `state` is only read.
pub fn decide(state: &Payout, event: &Event) -> Result<Outcome, Refused> {
    match event {
        Event::Command(asked) => command::decide(state, *asked),
        Event::Fact(learnt) => Ok(fact::decide(state, *learnt)),
    }
}

/// What an event leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Something changes.
    Changed(Box<Decision>),
    /// Nothing changes, for this reason.
    Nothing(Why),
}

/// Everything that has to be written together when a pay-out changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The state from now on.
    pub next: Payout,
    /// The money that moves in the ledger, in this order: a fact that skips steps makes them all,
    /// so that each line of a bank's statement has its entry.
    pub movements: Vec<PayoutMovement>,
    /// What the shop is told.
    pub announcement: Option<Announcement>,
    /// What has to be done at the provider.
    pub follow: Option<Follow>,
    /// How the fact breaks our rules, in words for staff.
    pub irregular: Option<&'static str>,
    /// Whether the seller's other pay-outs have to wait until somebody has looked at their bank
    /// account.
    pub holds_seller: bool,
    /// Whether those of the seller's other pay-outs that wait because of this one may go on.
    pub frees_seller: bool,
}

/// Work at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// Give it to the provider, under the pay-out's own id.
    Submit {
        /// Which submission, from 1.
        submission: u16,
    },
    /// Ask the provider what became of it.
    Inquire {
        /// Which submission, from 1.
        submission: u16,
    },
}

impl Decision {
    pub(super) fn to(next: Payout) -> Self {
        Self {
            next,
            movements: Vec::new(),
            announcement: None,
            follow: None,
            irregular: None,
            holds_seller: false,
            frees_seller: false,
        }
    }

    /// Moves the money by these steps; the next time it is on its way begins with the first.
    pub(super) fn moving(mut self, steps: &[Step]) -> Self {
        for &step in steps {
            if step == Step::Begun {
                self.next.begun = self.next.begun.saturating_add(1);
            }
            let (number, amount) = (self.next.begun, self.next.amount);
            self.movements.push(PayoutMovement { step, number, amount });
        }
        self
    }

    pub(super) fn announcing(self, announcement: Announcement) -> Self {
        Self { announcement: Some(announcement), ..self }
    }

    pub(super) fn following(self, follow: Follow) -> Self {
        Self { follow: Some(follow), ..self }
    }

    pub(super) fn irregular(self, irregular: Option<&'static str>) -> Self {
        Self { irregular, ..self }
    }

    pub(super) fn holding_seller(self) -> Self {
        Self { holds_seller: true, ..self }
    }

    pub(super) fn changed(self) -> Outcome {
        debug_assert!(
            !self.next.in_doubt || self.next.phase.place() != Place::Wallet,
            "what is in the wallet is in no doubt"
        );
        Outcome::Changed(Box::new(self))
    }
}

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The outcome of a submission is unknown; nothing may be done until it is known.
    #[error("the outcome of the submission is not known yet")]
    InDoubt,
    /// The provider has it, or is about to.
    #[error("the pay-out is under way")]
    UnderWay,
    /// The pay-out has ended.
    #[error("the pay-out has ended as {}", .0.as_str())]
    Ended(Phase),
    /// Nobody has approved it.
    #[error("the pay-out is not approved")]
    NotApproved,
    /// Somebody has approved it already.
    #[error("the pay-out is approved already")]
    AlreadyApproved,
    /// Somebody has stopped it.
    #[error("the pay-out is held")]
    Held,
    /// Nobody has stopped it.
    #[error("the pay-out is not held")]
    NotHeld,
    /// Whoever approves may not.
    #[error(transparent)]
    FourEyes(#[from] Objection),
    /// The amount is zero or negative.
    #[error("the amount must be above zero")]
    NotPositive,
    /// The amount is above what the seller can be paid.
    #[error("{requested} is more than the {available} that can be paid")]
    TooMuch {
        /// How much was asked for.
        requested: Money,
        /// How much there is.
        available: Money,
    },
    /// The seller has no verified bank account.
    #[error("the seller has no verified bank account")]
    NoAccount,
    /// The seller's bank account is not the one that was approved.
    #[error("the seller's bank account has changed since the pay-out was made")]
    AccountChanged,
    /// It was submitted as often as it may be.
    #[error("the pay-out was submitted too often")]
    TooManySubmissions,
    /// Nothing that was said of it contradicts itself so that this could have become of it.
    #[error("what became of the pay-out is not in question so")]
    NotInQuestion,
    /// What became of it was said already, and is to be confirmed or withdrawn first.
    #[error("what became of the pay-out was said already, and waits for a second person")]
    RulingWaits,
    /// Nobody has said what became of it.
    #[error("nobody has said what became of the pay-out")]
    NoRuling,
    /// The amounts do not fit together.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Refused {
    /// The word that stands in the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InDoubt => "in_doubt",
            Self::UnderWay => "under_way",
            Self::Ended(_) => "payout_ended",
            Self::NotApproved => "not_approved",
            Self::AlreadyApproved => "already_approved",
            Self::Held => "payout_held",
            Self::NotHeld => "payout_not_held",
            Self::FourEyes(Objection::MakerIsChecker) => "maker_is_checker",
            Self::FourEyes(Objection::VerifierIsChecker) => "verifier_is_checker",
            Self::FourEyes(Objection::NotAPerson) => "second_person_needed",
            Self::NotPositive => "amount_not_positive",
            Self::TooMuch { .. } => "amount_too_large",
            Self::NoAccount => "no_verified_account",
            Self::AccountChanged => "account_changed",
            Self::TooManySubmissions => "too_many_submissions",
            Self::NotInQuestion => "not_in_question",
            Self::RulingWaits => "ruling_waits",
            Self::NoRuling => "no_ruling",
            Self::Money(MoneyError::CurrencyMismatch { .. }) => "currency_mismatch",
            Self::Money(_) => "amount_out_of_range",
        }
    }
}
