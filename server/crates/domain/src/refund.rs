//! Refunds: money back to the shopper, each an object with a state of its own.

use serde::{Deserialize, Serialize};

use crate::id::RefundId;
use crate::money::Money;

/// One refund of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refund {
    /// Which refund.
    pub id: RefundId,
    /// How much goes back, always above zero.
    pub amount: Money,
    /// Where it stands.
    pub state: RefundState,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Asked for, and reserved; the processor has not answered.
    Requested,
    /// Reserved; the processor has taken it on, and the money is on its way.
    Processing,
    /// The money went back.
    Succeeded,
    /// The money did not go back; the reservation is free again.
    Failed,
    /// The money went back and came again, for instance because the card was closed.
    Returned,
}

impl RefundState {
    /// The word that stands in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Returned => "returned",
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Requested, Self::Processing, Self::Succeeded, Self::Failed, Self::Returned]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}
