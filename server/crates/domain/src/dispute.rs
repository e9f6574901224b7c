//! Disputes: what a holder contests at their bank, each an object with a state of its own.

use serde::{Deserialize, Serialize};

use crate::id::DisputeId;
use crate::money::Money;

/// One dispute of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dispute {
    /// Which dispute.
    pub id: DisputeId,
    /// How much the holder's bank takes back, always above zero.
    pub amount: Money,
    /// Where it stands.
    pub state: DisputeState,
}

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeState {
    /// The money was taken back; nothing is decided.
    Opened,
    /// Decided for us: the money came again.
    Won,
    /// Decided for the holder.
    Lost,
}

impl DisputeState {
    /// The word that stands in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Opened, Self::Won, Self::Lost].into_iter().find(|state| state.as_str() == word)
    }
}
