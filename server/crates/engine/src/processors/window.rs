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

/// What a call is for. Calls of one kind say nothing of those of another: a processor may answer
/// every question and still take no money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallKind {
    /// It moves money.
    Money,
    /// It makes a checkout known.
    Registration,
    /// It asks how something stands: people see what became of it, and it decides nothing.
    Question,
}

/// The outcomes of the last calls.
#[derive(Debug, Default)]
pub(super) struct Window {
    calls: VecDeque<Call>,
    money: Counts,
    registrations: Counts,
    questions: Counts,
    probes_passed: u32,
    /// The last errors, the newest first.
    pub(super) errors: VecDeque<(OffsetDateTime, String)>,
    /// Whether it changed since somebody was told.
    pub(super) is_news: bool,
}

/// How many calls of one kind there were.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    calls: u32,
    failures: u32,
    failures_in_row: u32,
}

#[derive(Debug)]
struct Call {
    kind: CallKind,
    at: Instant,
    good: bool,
    took: Duration,
}

impl Window {
    /// Adds a call, forgets those older than `span`, and returns the tally of its kind.
    pub(super) fn add(
        &mut self,
        (kind, error): (CallKind, Option<&str>),
        took: Duration,
        span: Duration,
        at: Instant,
    ) -> Tally {
        let good = error.is_none();
        self.calls.push_back(Call { kind, at, good, took });
        let counts = self.counts(kind);
        counts.calls += 1;
        if good {
            counts.failures_in_row = 0;
        } else {
            counts.failures += 1;
            counts.failures_in_row += 1;
        }
        if let Some(error) = error {
            let short = error.chars().take(ERROR_LENGTH_MAX).collect();
            self.errors.push_front((OffsetDateTime::now_utc(), short));
            self.errors.truncate(ERRORS_MAX);
        }
        self.is_news = true;
        self.forget(span, at);
        self.tally(kind)
    }

    /// Counts a call that moved money while the circuit was half-open.
    pub(super) fn pass_probe(&mut self) -> Tally {
        self.probes_passed += 1;
        self.tally(CallKind::Money)
    }

    /// Begins anew, since the circuit changed; what people read stays.
    pub(super) fn clear(&mut self) {
        self.calls.clear();
        self.money = Counts::default();
        self.registrations = Counts::default();
        self.questions = Counts::default();
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
        let failures = self.calls.iter().filter(|call| !call.good).count();
        [calls, i32::try_from(failures).unwrap_or(i32::MAX), at_share(50), at_share(95)]
    }

    fn tally(&mut self, kind: CallKind) -> Tally {
        let probes_passed = self.probes_passed;
        let Counts { calls, failures, failures_in_row } = *self.counts(kind);
        Tally { calls, failures, failures_in_row, probes_passed }
    }

    const fn counts(&mut self, kind: CallKind) -> &mut Counts {
        match kind {
            CallKind::Money => &mut self.money,
            CallKind::Registration => &mut self.registrations,
            CallKind::Question => &mut self.questions,
        }
    }

    fn forget(&mut self, span: Duration, at: Instant) {
        while self.calls.len() > CALLS_MAX
            || self.calls.front().is_some_and(|call| at.duration_since(call.at) > span)
        {
            let Some(call) = self.calls.pop_front() else { return };
            let counts = self.counts(call.kind);
            counts.calls -= 1;
            counts.failures -= u32::from(!call.good);
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
        let money = |error| (CallKind::Money, error);
        window.add(money(Some("broken")), Duration::ZERO, MINUTE, start);
        window.add(money(None), Duration::ZERO, MINUTE, start + Duration::from_secs(30));

        let later = start + Duration::from_secs(61);
        let tally = window.add(money(None), Duration::ZERO, MINUTE, later);

        assert_eq!((tally.calls, tally.failures), (2, 0));
    }

    #[test]
    fn what_is_answered_of_one_kind_does_not_hide_what_fails_of_another() {
        let mut window = Window::default();
        let start = Instant::now();
        let mut add = |call| window.add(call, Duration::ZERO, MINUTE, start);
        let mut last = Tally::default();
        for _ in 0..5 {
            last = add((CallKind::Money, Some("broken")));
            add((CallKind::Question, None));
            add((CallKind::Registration, None));
        }

        assert_eq!((last.calls, last.failures, last.failures_in_row), (5, 5, 5));
        assert_eq!(window.figures(MINUTE, start)[..2], [15, 5], "people see all of them");
    }

    #[test]
    fn the_figures_are_of_what_is_in_the_window() {
        let mut window = Window::default();
        let start = Instant::now();
        for milliseconds in 1..=100 {
            let error = (milliseconds > 90).then_some("broken");
            let call = (CallKind::Money, error);
            window.add(call, Duration::from_millis(milliseconds), MINUTE, start);
        }

        assert_eq!(window.figures(MINUTE, start), [100, 10, 50, 95]);
        assert_eq!(window.errors.len(), ERRORS_MAX);
    }
}
