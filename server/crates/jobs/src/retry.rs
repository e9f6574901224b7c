//! What happens to a job that failed: when it is tried again, and when it is given up.

use std::time::Duration;

use uuid::Uuid;

/// How long to wait before the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// At once.
    Immediate,
    /// Always the same time.
    Fixed(Duration),
    /// One step more each time.
    Incremental(Duration),
    /// Twice as long each time, up to `cap`, of which a random part is waited (full jitter), so
    /// that what failed together does not come back together.
    Exponential {
        /// The longest wait after the first failure.
        base: Duration,
        /// The longest wait ever.
        cap: Duration,
    },
    /// Never again: the first failure is final.
    Cancel,
}

/// When a kind of job is tried again, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How long to wait.
    pub strategy: Strategy,
    /// After how many tries the job becomes a dead letter.
    pub attempts_max: i32,
}

impl Policy {
    /// The longest wait after the failure of try number `attempt`, and whether a random part of it
    /// is waited; `None` if there is no further try.
    pub fn wait_after(self, attempt: i32) -> Option<(Duration, bool)> {
        if attempt >= self.attempts_max {
            return None;
        }
        let tries = attempt.max(1).unsigned_abs();
        match self.strategy {
            Strategy::Immediate => Some((Duration::ZERO, false)),
            Strategy::Fixed(wait) => Some((wait, false)),
            Strategy::Incremental(step) => Some((step.saturating_mul(tries), false)),
            Strategy::Exponential { base, cap } => {
                let doubled = 2_u32.saturating_pow(tries - 1);
                Some((base.saturating_mul(doubled).min(cap), true))
            }
            Strategy::Cancel => None,
        }
    }
}

/// Why a job failed, and what that means for the next try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The reason, for the log and the dead letter; holds no personal data. What stands before the
    /// first colon is the same for every failure of this cause.
    pub error: String,
    /// What comes of the job.
    pub then: Then,
    /// How long the outside asked us to wait, if it did.
    pub retry_after: Option<Duration>,
    /// What a job that waits is waiting for, such as a processor account; see [`crate::release`].
    pub waits_for: Option<Uuid>,
}

/// What comes of a job that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is tried again as its policy says.
    Retry,
    /// It is tried again after this time, and the try that failed does not count: nothing was tried
    /// in earnest.
    Wait(Duration),
    /// Another try makes no sense.
    GiveUp,
}

impl Failure {
    /// A failure that may pass.
    #[expect(clippy::needless_pass_by_value, reason = "so that it can stand in `map_err`")]
    pub fn passing(error: impl ToString) -> Self {
        Self { error: error.to_string(), then: Then::Retry, retry_after: None, waits_for: None }
    }

    /// A failure that another try would not mend.
    #[expect(clippy::needless_pass_by_value, reason = "so that it can stand in `map_err`")]
    pub fn lasting(error: impl ToString) -> Self {
        Self { then: Then::GiveUp, ..Self::passing(error.to_string()) }
    }

    /// Nothing was tried, since it would have been in vain, such as during an outage: the job is
    /// put back for `wait` without counting the try, so that no outage makes a dead letter.
    #[expect(clippy::needless_pass_by_value, reason = "so that it can stand in `map_err`")]
    pub fn waiting(error: impl ToString, wait: Duration) -> Self {
        Self { then: Then::Wait(wait), ..Self::passing(error.to_string()) }
    }

    /// The same, put back until [`crate::release`] is called for `thing` or its time is over.
    #[must_use]
    pub fn until(self, thing: Uuid) -> Self {
        Self { waits_for: Some(thing), ..self }
    }
}

/// The longest class of an error, in characters.
const CLASS_CHARS_MAX: usize = 120;

/// What is common to errors of one cause: the text before the first colon, without the words that
/// hold digits, such as ids and amounts, which differ from job to job.
pub fn error_class(error: &str) -> String {
    let general = error.split_once(": ").map_or(error, |(general, _)| general);
    let words: Vec<&str> = general
        .split_whitespace()
        .map(|word| if word.bytes().any(|byte| byte.is_ascii_digit()) { "\u{2026}" } else { word })
        .collect();
    words.join(" ").chars().take(CLASS_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn waits(strategy: Strategy) -> Vec<Option<Duration>> {
        let policy = Policy { strategy, attempts_max: 5 };
        (1..=5).map(|attempt| policy.wait_after(attempt).map(|(wait, _)| wait)).collect()
    }

    #[test]
    fn exponential_waits_double_up_to_their_cap_and_end_at_the_threshold() {
        let strategy = Strategy::Exponential { base: SECOND, cap: 5 * SECOND };

        let expected = [Some(SECOND), Some(2 * SECOND), Some(4 * SECOND), Some(5 * SECOND), None];
        assert_eq!(waits(strategy), expected);
    }

    #[test]
    fn the_other_strategies_wait_as_they_are_named() {
        let (one, two, three) = (Some(SECOND), Some(2 * SECOND), Some(3 * SECOND));
        assert_eq!(waits(Strategy::Fixed(SECOND)), [one, one, one, one, None]);
        assert_eq!(waits(Strategy::Incremental(SECOND)), [one, two, three, Some(4 * SECOND), None]);
        assert_eq!(waits(Strategy::Immediate)[..4], [Some(Duration::ZERO); 4]);
        assert_eq!(waits(Strategy::Cancel), [None; 5]);
    }

    #[test]
    fn a_wait_never_overflows() {
        let strategy = Strategy::Exponential { base: SECOND, cap: 60 * SECOND };
        let policy = Policy { strategy, attempts_max: i32::MAX };

        assert_eq!(policy.wait_after(i32::MAX - 1), Some((60 * SECOND, true)));
    }

    #[test]
    fn errors_of_one_cause_have_one_class_whatever_they_name() {
        let class = error_class("the outcome is unknown: connection reset by 10.0.0.1");
        assert_eq!(class, "the outcome is unknown");
        let class = error_class("pay_01j5 was answered 503 by the processor");
        assert_eq!(class, "\u{2026} was answered \u{2026} by the processor");
        assert_eq!(error_class(&"x".repeat(500)).len(), CLASS_CHARS_MAX);
    }
}
