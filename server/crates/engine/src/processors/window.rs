//! The outcomes of an account's last calls, as one process saw them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use domain::routing::circuit::Tally;
use time::OffsetDateTime;

/// How many calls are remembered, however many there are within the window.
const CALLS_MAX: usize = 1_000;
/// How many errors are remembered for people.
const ERRORS_MAX: usize = 5;
/// How much of an error is kept, in characters.
const ERROR_LENGTH_MAX: usize = 200;

/// The outcomes of the last calls.
#[derive(Debug, Default)]
pub(super) struct Window {
    calls: VecDeque<Call>,
    failures: u32,
    failures_in_row: u32,
    probes_passed: u32,
    /// The last errors, the newest first.
    pub(super) errors: VecDeque<(OffsetDateTime, String)>,
    /// Whether it changed since somebody was told.
    pub(super) is_news: bool,
}

#[derive(Debug)]
struct Call {
    at: Instant,
    good: bool,
    took: Duration,
}

impl Window {
    /// Adds a call, forgets those older than `span`, and returns the tally.
    pub(super) fn add(
        &mut self,
        error: Option<&str>,
        took: Duration,
        span: Duration,
        at: Instant,
    ) -> Tally {
        let good = error.is_none();
        self.calls.push_back(Call { at, good, took });
        if good {
            self.failures_in_row = 0;
        } else {
            self.failures += 1;
            self.failures_in_row += 1;
        }
        if let Some(error) = error {
            let short = error.chars().take(ERROR_LENGTH_MAX).collect();
            self.errors.push_front((OffsetDateTime::now_utc(), short));
            self.errors.truncate(ERRORS_MAX);
        }
        self.is_news = true;
        self.forget(span, at);
        self.tally()
    }

    /// Counts a call that was let through while the circuit was half-open, and succeeded.
    pub(super) fn pass_probe(&mut self) -> Tally {
        self.probes_passed += 1;
        self.tally()
    }

    /// Begins anew, since the circuit changed; what people read stays.
    pub(super) fn clear(&mut self) {
        self.calls.clear();
        self.failures = 0;
        self.failures_in_row = 0;
        self.probes_passed = 0;
    }

    /// How many calls there were, how many failed, and how long they took: the median, and what one
    /// in twenty exceeds, in milliseconds.
    pub(super) fn figures(&mut self, span: Duration, at: Instant) -> [i32; 4] {
        self.forget(span, at);
        let mut took: Vec<u128> = self.calls.iter().map(|call| call.took.as_millis()).collect();
        took.sort_unstable();
        let at_share = |share: usize| {
            let index = took.len().saturating_sub(1) * share / 100;
            took.get(index).map_or(0, |one| i32::try_from(*one).unwrap_or(i32::MAX))
        };
        let calls = i32::try_from(took.len()).unwrap_or(i32::MAX);
        [calls, i32::try_from(self.failures).unwrap_or(i32::MAX), at_share(50), at_share(95)]
    }

    fn tally(&self) -> Tally {
        Tally {
            calls: u32::try_from(self.calls.len()).unwrap_or(u32::MAX),
            failures: self.failures,
            failures_in_row: self.failures_in_row,
            probes_passed: self.probes_passed,
        }
    }

    fn forget(&mut self, span: Duration, at: Instant) {
        while self.calls.len() > CALLS_MAX
            || self.calls.front().is_some_and(|call| at.duration_since(call.at) > span)
        {
            if self.calls.pop_front().is_some_and(|call| !call.good) {
                self.failures -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn what_is_older_than_the_window_does_not_count() {
        let mut window = Window::default();
        let start = Instant::now();
        window.add(Some("broken"), Duration::ZERO, MINUTE, start);
        window.add(None, Duration::ZERO, MINUTE, start + Duration::from_secs(30));

        let tally = window.add(None, Duration::ZERO, MINUTE, start + Duration::from_secs(61));

        assert_eq!((tally.calls, tally.failures), (2, 0));
    }

    #[test]
    fn the_figures_are_of_what_is_in_the_window() {
        let mut window = Window::default();
        let start = Instant::now();
        for milliseconds in 1..=100 {
            let error = (milliseconds > 90).then_some("broken");
            window.add(error, Duration::from_millis(milliseconds), MINUTE, start);
        }

        assert_eq!(window.figures(MINUTE, start), [100, 10, 50, 95]);
        assert_eq!(window.errors.len(), ERRORS_MAX);
    }
}
