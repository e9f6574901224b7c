//! The practice cards: what each number or test token makes happen, and how a number is checked.
//!
//! A card number is looked at and forgotten: what is kept is the brand, the last four digits and
//! the behaviour.

use time::Duration;

use crate::faults::fault::Wish;

mod table;

pub(crate) use table::TEST_CARDS;

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
    /// Is looked at by a person first, who decides this after an hour, or never.
    Review(Option<bool>),
    /// Waits for money that the shopper sends.
    AwaitFunds { arrive: bool, after: Duration },
}

/// What becomes of refunds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refunds {
    Succeed,
    Fail,
    SucceedLater,
    FailLater,
    /// Succeed, and fail after all when the shopper's bank sends the money back.
    ComeBack,
}

/// Whether the shopper takes the money back through the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disputes {
    Never,
    StayOpen,
    /// Is decided: won by the merchant, or lost.
    End(bool),
}

/// What belongs together on the page and in the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Pays,
    Declines,
    Waits,
    MoneyBack,
    Calls,
    Webhooks,
    OtherMethods,
}

impl Group {
    pub(crate) const ALL: [Self; 7] = [
        Self::Pays,
        Self::Declines,
        Self::Waits,
        Self::MoneyBack,
        Self::Calls,
        Self::Webhooks,
        Self::OtherMethods,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Pays => "It is paid",
            Self::Declines => "It is declined",
            Self::Waits => "It has to wait",
            Self::MoneyBack => "Refunds and chargebacks",
            Self::Calls => "The shop's call goes wrong",
            Self::Webhooks => "The webhook goes wrong",
            Self::OtherMethods => "Without a card",
        }
    }
}

/// One practice card, or another practice method.
#[derive(Debug)]
pub(crate) struct TestCard {
    /// Names the card in test tokens (`pm_card_<slug>`) and in links that fill the form.
    pub(crate) slug: &'static str,
    /// The full number, without spaces. Empty if it is no card.
    pub(crate) number: &'static str,
    pub(crate) group: Group,
    /// What happens, for people.
    pub(crate) outcome: &'static str,
    /// `card`, `wallet`, `bank_transfer` or `voucher`.
    pub(crate) method: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) behaviour: Behaviour,
    /// How long money is held that was authorised and not captured.
    pub(crate) hold: Duration,
    pub(crate) refunds: Refunds,
    pub(crate) disputes: Disputes,
    /// What goes wrong, as faults are named. Empty if nothing does.
    pub(crate) fault: &'static str,
}

impl TestCard {
    pub(crate) fn is_card(&self) -> bool {
        !self.number.is_empty()
    }

    /// The last four digits; empty if it is no card.
    pub(crate) fn last4(&self) -> &'static str {
        &self.number[self.number.len().saturating_sub(4)..]
    }

    /// What the card wants to go wrong.
    pub(crate) fn wish(&self) -> Wish {
        Wish::parse(self.fault).unwrap_or_default()
    }

    /// The token by which a merchant charges it without a page.
    pub(crate) fn token(&self) -> String {
        if self.is_card() {
            format!("{CARD_PREFIX}{}", self.slug)
        } else {
            format!("{OTHER_PREFIX}{}", self.slug)
        }
    }

    /// Writes the number in groups, as it stands on a card.
    pub(crate) fn grouped(&self) -> String {
        let digits = self.number.as_bytes();
        let sizes: &[usize] = match digits.len() {
            0 => &[],
            15 => &[4, 6, 5],
            _ => &[4, 4, 4, 4],
        };
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

const CARD_PREFIX: &str = "pm_card_";
const OTHER_PREFIX: &str = "pm_";

/// Finds a practice card by its slug.
pub(crate) fn by_slug(slug: &str) -> Option<&'static TestCard> {
    TEST_CARDS.iter().find(|card| card.slug == slug)
}

/// Finds a practice card or method by a test token like `pm_card_visa` or `pm_transfer`.
pub(crate) fn by_token(token: &str) -> Option<&'static TestCard> {
    match token.strip_prefix(CARD_PREFIX) {
        Some(slug) => by_slug(slug).filter(|card| card.is_card()),
        None => by_slug(token.strip_prefix(OTHER_PREFIX)?).filter(|card| !card.is_card()),
    }
}

/// Recalls the card that was charged. One whose slug is no longer known pays.
pub(crate) fn recall(slug: &str) -> &'static TestCard {
    by_slug(slug).unwrap_or(&TEST_CARDS[0])
}

/// Says a decline code in a sentence.
pub(crate) fn decline_message(code: &str) -> &'static str {
    match code {
        "insufficient_funds" => "The card has insufficient funds.",
        "expired_card" => "The card has expired.",
        "stolen_card" => "The card was reported stolen.",
        "authentication_failed" => "The shopper did not pass the challenge.",
        "authentication_abandoned" => "The shopper did not answer the challenge.",
        "review_declined" => "The payment was declined in review.",
        "do_not_honor" => "The bank does not honour the payment and gives no reason.",
        "invalid_card" => "There is no such card.",
        "risk_blocked" => "The payment was blocked as too risky.",
        "try_again_later" => "The bank cannot be reached. Try again later.",
        "limit_exceeded" => "The payment is above the card's limit.",
        "funds_never_came" => "The shopper did not send the money in time.",
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
    TEST_CARDS
        .iter()
        .find(|card| card.is_card() && card.number == digits)
        .ok_or(NumberError::NotForPractice)
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
            assert_eq!(by_token(&card.token()).unwrap().slug, card.slug);
            if !card.is_card() {
                continue;
            }
            assert_eq!(by_number(&card.grouped()).unwrap().slug, card.slug);
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
