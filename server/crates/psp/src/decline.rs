//! Why a payment was declined, in the same words for every processor.

/// Why a payment was declined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// In our words.
    pub code: DeclineCode,
    /// In the processor's words, for staff.
    pub message: String,
    /// The processor's id of what it declined, if it made one.
    pub processor_reference: Option<String>,
}

/// Reasons for a decline, the same for every processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words of the variants are the reasons")]
pub enum DeclineCode {
    Declined,
    InsufficientFunds,
    ExpiredCard,
    StolenCard,
    AuthenticationFailed,
    DoNotHonor,
    InvalidCard,
    RiskBlocked,
    TryAgainLater,
    LimitExceeded,
    Invalid,
}

/// What a decline means for another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeclineClass {
    /// Never again with this method.
    Hard,
    /// Another try may work, for instance after the shopper did something.
    Soft,
    /// The processor had trouble: another processor may take it.
    Retry,
}

impl DeclineCode {
    /// Every code.
    pub const ALL: [Self; 11] = [
        Self::Declined,
        Self::InsufficientFunds,
        Self::ExpiredCard,
        Self::StolenCard,
        Self::AuthenticationFailed,
        Self::DoNotHonor,
        Self::InvalidCard,
        Self::RiskBlocked,
        Self::TryAgainLater,
        Self::LimitExceeded,
        Self::Invalid,
    ];

    /// The word that stands in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::InsufficientFunds => "insufficient_funds",
            Self::ExpiredCard => "expired_card",
            Self::StolenCard => "stolen_card",
            Self::AuthenticationFailed => "authentication_failed",
            Self::DoNotHonor => "do_not_honor",
            Self::InvalidCard => "invalid_card",
            Self::RiskBlocked => "risk_blocked",
            Self::TryAgainLater => "try_again_later",
            Self::LimitExceeded => "limit_exceeded",
            Self::Invalid => "invalid",
        }
    }

    /// The code that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }

    /// What the decline means for another try.
    pub const fn class(self) -> DeclineClass {
        match self {
            Self::ExpiredCard
            | Self::StolenCard
            | Self::InvalidCard
            | Self::RiskBlocked
            | Self::Invalid => DeclineClass::Hard,
            Self::Declined
            | Self::InsufficientFunds
            | Self::AuthenticationFailed
            | Self::DoNotHonor
            | Self::LimitExceeded => DeclineClass::Soft,
            Self::TryAgainLater => DeclineClass::Retry,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_word_of_its_own_that_names_it_again() {
        for code in DeclineCode::ALL {
            assert_eq!(DeclineCode::from_word(code.as_str()), Some(code));
        }
    }

    #[test]
    fn only_the_processors_own_trouble_is_a_reason_to_try_another_processor() {
        let retried = DeclineCode::ALL.map(|code| (code, code.class()));
        let retried: Vec<DeclineCode> = retried
            .into_iter()
            .filter(|(_, class)| *class == DeclineClass::Retry)
            .map(|(code, _)| code)
            .collect();
        assert_eq!(retried, [DeclineCode::TryAgainLater]);
    }
}
