//! Reasons that people give.

use domain::card_number;

const SHORTEST: usize = 3;
const LONGEST: usize = 1_000;

/// The reason as it is stored.
pub(crate) fn check(reason: &str) -> Result<String, ReasonError> {
    let visible = |character: &char| !character.is_control() || *character == '\n';
    let reason = reason.trim().chars().filter(visible).collect::<String>();
    let length = reason.chars().count();
    if length < SHORTEST {
        return Err(ReasonError::TooShort);
    }
    if length > LONGEST {
        return Err(ReasonError::TooLong);
    }
    if card_number::is_in(&reason) {
        return Err(ReasonError::CardNumber);
    }
    Ok(reason)
}

/// Why a reason is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    /// It says nothing.
    #[error("a reason of at least {SHORTEST} characters is needed")]
    TooShort,
    /// It is longer than anybody reads.
    #[error("the reason may have at most {LONGEST} characters")]
    TooLong,
    /// It looks like it holds a card number.
    #[error("the reason looks like it holds a card number")]
    CardNumber,
}

#[cfg(test)]
mod tests {
    use super::{ReasonError, check};

    #[test]
    fn a_reason_says_something_and_holds_no_card() {
        assert_eq!(check("  the bank rounds\u{0} \n"), Ok("the bank rounds".to_owned()));
        assert_eq!(check(" ok "), Err(ReasonError::TooShort));
        assert_eq!(check(&"x".repeat(1_001)), Err(ReasonError::TooLong));
        assert_eq!(check("card 4242 4242 4242 4242"), Err(ReasonError::CardNumber));
    }
}
