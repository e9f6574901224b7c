//! The practice cards: what each number or test token makes happen, and how a number is checked.
//!
//! A card number is looked at and forgotten: what is kept is the brand, the last four digits and
//! the behaviour.

/// What a card does when it is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Pays.
    Approve,
    /// Is refused for the reason of this code.
    Decline(&'static str),
    /// Wants 3-D Secure on the hosted page, and pays afterwards.
    SecureOnPage,
    /// Wants a challenge for each single payment.
    Challenge,
    /// Is looked at by a person first.
    Review,
    /// Pays at once, and answers three seconds later.
    Slow,
    /// Pays, and the answer is lost.
    LostAnswer,
    /// Nothing happens, and the connection hangs.
    TimeoutBefore,
    /// Nothing happens, and the answer is 500.
    ServerError,
    /// Pays, and cannot be refunded.
    RefundFails,
}

/// One practice card.
#[derive(Debug)]
pub(crate) struct TestCard {
    /// Names the card in test tokens (`pm_card_<slug>`) and in links that fill the form.
    pub(crate) slug: &'static str,
    /// The full number, without spaces.
    pub(crate) number: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) behaviour: Behaviour,
    /// What happens, for people.
    pub(crate) outcome: &'static str,
}

impl TestCard {
    pub(crate) fn last4(&self) -> &'static str {
        &self.number[self.number.len() - 4..]
    }

    /// Writes the number in groups, as it stands on a card.
    pub(crate) fn grouped(&self) -> String {
        let digits = self.number.as_bytes();
        let sizes: &[usize] = if digits.len() == 15 { &[4, 6, 5] } else { &[4, 4, 4, 4] };
        let mut rest = self.number;
        let mut groups = Vec::with_capacity(sizes.len());
        for size in sizes {
            let (group, tail) = rest.split_at(*size);
            groups.push(group);
            rest = tail;
        }
        groups.join(" ")
    }
}

const fn card(
    slug: &'static str,
    number: &'static str,
    behaviour: Behaviour,
    outcome: &'static str,
) -> TestCard {
    TestCard { slug, number, brand: "visa", behaviour, outcome }
}

/// Every practice card, the friendliest first.
pub(crate) const TEST_CARDS: &[TestCard] = &[
    card("visa", "4242424242424242", Behaviour::Approve, "Pays"),
    TestCard {
        brand: "mastercard",
        ..card("mastercard", "5555555555554444", Behaviour::Approve, "Pays")
    },
    TestCard { brand: "amex", ..card("amex", "378282246310005", Behaviour::Approve, "Pays") },
    card("secure", "4000002760003184", Behaviour::SecureOnPage, "3-D Secure here, then pays"),
    card("declined", "4000000000000002", Behaviour::Decline("generic_decline"), "Declined"),
    card(
        "insufficient_funds",
        "4000000000009995",
        Behaviour::Decline("insufficient_funds"),
        "Declined: insufficient funds",
    ),
    card(
        "expired",
        "4000000000000069",
        Behaviour::Decline("expired_card"),
        "Declined: card expired",
    ),
    card("stolen", "4000000000009979", Behaviour::Decline("stolen_card"), "Declined: card stolen"),
    card("challenge", "4000002500003155", Behaviour::Challenge, "A challenge for each payment"),
    card("review", "4000000000009235", Behaviour::Review, "Held for a manual review"),
    card("slow", "4000000000001018", Behaviour::Slow, "Pays, answers after three seconds"),
    card("lost_answer", "4000000000002024", Behaviour::LostAnswer, "Pays, the answer is lost"),
    card(
        "timeout_before",
        "4000000000003030",
        Behaviour::TimeoutBefore,
        "Hangs, nothing is charged",
    ),
    card(
        "server_error",
        "4000000000004046",
        Behaviour::ServerError,
        "Fails with 500, nothing is charged",
    ),
    card("refund_fails", "4000000000005050", Behaviour::RefundFails, "Pays, refunds fail"),
];

/// Finds a practice card by its slug.
pub(crate) fn by_slug(slug: &str) -> Option<&'static TestCard> {
    TEST_CARDS.iter().find(|card| card.slug == slug)
}

/// Finds a practice card by a test token like `pm_card_visa`.
pub(crate) fn by_token(token: &str) -> Option<&'static TestCard> {
    by_slug(token.strip_prefix("pm_card_")?)
}

/// Recalls the behaviour that a stored card was given. A slug that is no longer known pays.
pub(crate) fn behaviour_of(slug: &str) -> Behaviour {
    by_slug(slug).map_or(Behaviour::Approve, |card| card.behaviour)
}

/// Says a decline code in a sentence.
pub(crate) fn decline_message(code: &str) -> &'static str {
    match code {
        "insufficient_funds" => "The card has insufficient funds.",
        "expired_card" => "The card has expired.",
        "stolen_card" => "The card was reported stolen.",
        "authentication_failed" => "The shopper did not pass the challenge.",
        "review_declined" => "The payment was declined in review.",
        _ => "The card was declined.",
    }
}

/// Why a number typed into the page is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberError {
    /// Nothing was typed.
    Missing,
    /// The length or the check digit is wrong.
    Mistyped,
    /// It may be a real card, and those do not belong here.
    NotForPractice,
}

/// Finds the practice card of a typed number; spaces and hyphens do not matter.
pub(crate) fn by_number(typed: &str) -> Result<&'static TestCard, NumberError> {
    let digits: String =
        typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
    if digits.is_empty() {
        return Err(NumberError::Missing);
    }
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || !(13..=19).contains(&digits.len()) || !passes_luhn(&digits) {
        return Err(NumberError::Mistyped);
    }
    TEST_CARDS.iter().find(|card| card.number == digits).ok_or(NumberError::NotForPractice)
}

fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte - b'0') * if index % 2 == 1 { 2 } else { 1 };
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::{NumberError, TEST_CARDS, by_number, by_token};

    #[test]
    fn every_practice_card_is_found_by_its_number_and_token() {
        for card in TEST_CARDS {
            assert_eq!(by_number(&card.grouped()).unwrap().slug, card.slug);
            assert_eq!(by_token(&format!("pm_card_{}", card.slug)).unwrap().number, card.number);
        }
    }

    #[test]
    fn a_number_is_refused_for_the_right_reason() {
        assert_eq!(by_number(" ").unwrap_err(), NumberError::Missing);
        assert_eq!(by_number("4242 4242 4242 4241").unwrap_err(), NumberError::Mistyped);
        assert_eq!(by_number("4242 4242").unwrap_err(), NumberError::Mistyped);
        assert_eq!(by_number("fortytwo").unwrap_err(), NumberError::Mistyped);
        assert_eq!(by_number("4111 1111 1111 1111").unwrap_err(), NumberError::NotForPractice);
    }
}
