//! Policies as people write them: `exponential 1s 2m x1000`.

use std::str::FromStr;
use std::time::Duration;

use crate::retry::{Policy, Strategy};

/// Why a policy could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no retry policy: write `immediate x5`, `fixed 10s x20`, `incremental 5s x10`, \
     `exponential 1s 2m x1000` or `cancel`"
)]
pub struct NoPolicy(String);

impl FromStr for Policy {
    type Err = NoPolicy;

    fn from_str(text: &str) -> Result<Self, NoPolicy> {
        let words: Vec<&str> = text.split_whitespace().collect();
        read(&words).ok_or_else(|| NoPolicy(text.to_owned()))
    }
}

fn read(words: &[&str]) -> Option<Policy> {
    let (strategy, tries) = match *words {
        ["cancel"] => (Strategy::Cancel, "x1"),
        ["immediate", tries] => (Strategy::Immediate, tries),
        ["fixed", wait, tries] => (Strategy::Fixed(span(wait)?), tries),
        ["incremental", step, tries] => (Strategy::Incremental(span(step)?), tries),
        ["exponential", base, cap, tries] => {
            (Strategy::Exponential { base: span(base)?, cap: span(cap)? }, tries)
        }
        _ => return None,
    };
    let attempts_max: i32 = tries.strip_prefix('x')?.parse().ok()?;
    (attempts_max > 0).then_some(Policy { strategy, attempts_max })
}

/// A time such as `250ms`, `10s`, `2m` or `1h`.
fn span(text: &str) -> Option<Duration> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_strategy_can_be_written() {
        let second = Duration::from_secs(1);
        let policy = |strategy, attempts_max| Ok(Policy { strategy, attempts_max });
        assert_eq!("immediate x5".parse(), policy(Strategy::Immediate, 5));
        assert_eq!("fixed 250ms x2".parse(), policy(Strategy::Fixed(second / 4), 2));
        assert_eq!("incremental 1s x3".parse(), policy(Strategy::Incremental(second), 3));
        let exponential = Strategy::Exponential { base: second, cap: Duration::from_hours(1) };
        assert_eq!("exponential 1s 1h x60".parse(), policy(exponential, 60));
        assert_eq!("cancel".parse(), policy(Strategy::Cancel, 1));
    }

    #[test]
    fn what_says_no_policy_is_refused() {
        for text in
            ["", "fixed", "fixed 10 x3", "fixed 10s 3", "fixed 10s x0", "cancel x3", "fixed 10d x1"]
        {
            assert!(text.parse::<Policy>().is_err(), "`{text}` must be refused");
        }
    }
}
