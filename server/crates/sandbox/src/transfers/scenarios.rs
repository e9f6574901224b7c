//! What becomes of a transfer: chosen by a test account, or by the last digits of the amount.

use std::time::Duration;

/// What becomes of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is paid.
    Pay,
    /// It fails for the reason of this code before it is on its way.
    FailAtOnce(&'static str),
    /// It fails for the reason of this code when it would be paid.
    FailOnTheWay(&'static str),
    /// It is paid, and comes back for the reason of this code.
    Return(&'static str),
    /// It is on its way for very long, and is paid.
    Dawdle,
}

/// One thing that may become of a transfer.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Names it in the database.
    pub(crate) slug: &'static str,
    /// What happens, for people.
    pub(crate) outcome: &'static str,
    /// The account that chooses it.
    pub(crate) iban: &'static str,
    /// The last four digits of an amount in minor units that choose it. Empty if none do.
    pub(crate) digits: &'static str,
    pub(crate) fate: Fate,
    /// Whether no webhook tells of what happens after acceptance.
    pub(crate) is_silent: bool,
}

impl Scenario {
    /// Writes the account number in groups, as it stands on paper.
    pub(crate) fn grouped(&self) -> String {
        let mut text = String::new();
        for (index, letter) in self.iban.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                text.push(' ');
            }
            text.push(letter);
        }
        text
    }

    /// The end of an amount with two decimals that chooses it. Empty if none does.
    pub(crate) fn amount_end(&self) -> String {
        if self.digits.is_empty() {
            return String::new();
        }
        let (whole, fraction) = self.digits.split_at(self.digits.len() - 2);
        format!("{whole}.{fraction}")
    }
}

const fn scenario(
    slug: &'static str,
    iban: &'static str,
    digits: &'static str,
    fate: Fate,
    outcome: &'static str,
) -> Scenario {
    Scenario { slug, outcome, iban, digits, fate, is_silent: false }
}

/// Everything that may become of a transfer. The first is what becomes of all others.
pub(crate) const SCENARIOS: &[Scenario] = &[
    scenario("paid", "DE02120300000000202051", "", Fate::Pay, "Paid, whatever the amount"),
    scenario(
        "account_closed",
        "DE89120300000000009104",
        "9104",
        Fate::FailAtOnce("AC04"),
        "Fails at once, AC04: the account is closed",
    ),
    scenario(
        "not_covered",
        "DE08120300000000009204",
        "9204",
        Fate::FailAtOnce("AM04"),
        "Fails at once, AM04: the payer has not enough money",
    ),
    scenario(
        "no_account",
        "DE73120300000000009101",
        "9101",
        Fate::FailOnTheWay("AC01"),
        "Fails on its way, AC01: there is no such account",
    ),
    scenario(
        "regulation",
        "DE24120300000000009304",
        "9304",
        Fate::FailOnTheWay("RR04"),
        "Fails on its way, RR04: a regulation forbids it",
    ),
    scenario(
        "returned_closed",
        "DE56120300000000009504",
        "9504",
        Fate::Return("AC04"),
        "Paid, and returned two days later, AC04: the account is closed",
    ),
    scenario(
        "returned_deceased",
        "DE72120300000000009507",
        "9507",
        Fate::Return("MD07"),
        "Paid, and returned two days later, MD07: the account holder has died",
    ),
    Scenario {
        is_silent: true,
        ..scenario(
            "silent",
            "DE83120300000000009600",
            "9600",
            Fate::Pay,
            "Paid, but nothing is heard of it after acceptance until somebody asks",
        )
    },
    scenario(
        "slow",
        "DE02120300000000009700",
        "9700",
        Fate::Dawdle,
        "In transit for thirty days, then paid",
    ),
];

/// Chooses what becomes of a transfer: the account before the amount.
pub(crate) fn choose(iban: &str, amount_minor: i64) -> &'static Scenario {
    let amount = amount_minor.to_string();
    let by_amount = |one: &&Scenario| !one.digits.is_empty() && amount.ends_with(one.digits);
    SCENARIOS
        .iter()
        .find(|one| one.iban == iban)
        .or_else(|| SCENARIOS.iter().find(by_amount))
        .unwrap_or(&SCENARIOS[0])
}

/// Recalls what was chosen. One whose slug is no longer known is paid.
pub(crate) fn recall(slug: &str) -> &'static Scenario {
    SCENARIOS.iter().find(|one| one.slug == slug).unwrap_or(&SCENARIOS[0])
}

/// The codes for which a transfer fails or comes back (ISO 20022, external status and return
/// reasons), each with what it says.
pub(crate) const REASONS: &[(&str, &str)] = &[
    ("AC01", "There is no account with this number."),
    ("AC04", "The payee's account is closed."),
    ("AC06", "The payee's account is blocked."),
    ("AG01", "The payee's account takes no transfers."),
    ("AM04", "The payer's account has not enough money."),
    ("MD07", "The account holder has died."),
    ("MS03", "The bank gives no reason."),
    ("RC01", "There is no such bank."),
    ("RR04", "A regulation forbids the transfer."),
];

/// Finds the code of a reason, if there is one.
pub(crate) fn find_reason(code: &str) -> Option<&'static str> {
    REASONS.iter().find(|(known, _)| *known == code).map(|(known, _)| *known)
}

/// Says the code of a reason in a sentence.
pub(crate) fn reason_message(code: &str) -> &'static str {
    let known = REASONS.iter().find(|(known, _)| *known == code);
    known.map_or("The bank gives a reason that is not known.", |(_, message)| message)
}

/// How long the steps of a transfer take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// From acceptance until it is on its way.
    pub(crate) start: Duration,
    /// From there until it is paid or fails.
    pub(crate) end: Duration,
}

impl Pace {
    /// Two seconds, then five.
    pub(crate) const STANDARD: [u32; 2] = [2_000, 5_000];

    /// The pace of these milliseconds.
    pub(crate) fn of([start_ms, end_ms]: [u32; 2]) -> Self {
        let [start, end] = [start_ms, end_ms].map(|ms| Duration::from_millis(ms.into()));
        Self { start, end }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fate, SCENARIOS, choose, find_reason, recall};
    use crate::transfers::iban;

    #[test]
    fn every_test_account_is_valid_and_chooses_its_own_outcome() {
        for one in SCENARIOS {
            assert_eq!(iban::read(one.iban).as_deref(), Ok(one.iban));
            assert_eq!(choose(one.iban, 9104).slug, one.slug, "the account comes first");
            assert_eq!(recall(one.slug).slug, one.slug);
        }
    }

    #[test]
    fn the_last_digits_of_an_amount_choose_where_the_account_does_not() {
        let other = "NL91ABNA0417164300";
        for one in SCENARIOS.iter().filter(|one| !one.digits.is_empty()) {
            let amount_minor: i64 = one.digits.parse().unwrap();
            assert_eq!(choose(other, amount_minor).slug, one.slug);
            assert_eq!(choose(other, 120_000 + amount_minor).slug, one.slug);
            assert_eq!(choose(other, amount_minor * 10).slug, "paid");
        }
        assert_eq!(choose(other, 104).slug, "paid", "four digits are needed");
    }

    #[test]
    fn every_reason_of_a_scenario_can_be_said() {
        for one in SCENARIOS {
            match one.fate {
                Fate::FailAtOnce(code) | Fate::FailOnTheWay(code) | Fate::Return(code) => {
                    assert_eq!(find_reason(code), Some(code));
                }
                Fate::Pay | Fate::Dawdle => {}
            }
        }
    }
}
