//! Named points at which a test may have the process killed, as by a power cut, to see what is left.
//!
//! With the cargo feature `failpoints`, `PAYDESK_FAILPOINTS` says where: `F5=kill@0.02` kills with
//! that probability whenever the point is reached, `F7=kill@3` at the third time, `F4=kill@1500ms`
//! the first time after a second and a half. Several stand beside each other with a semicolon
//! between them. A point may have several places, each with a word of its own: `F5` kills at any
//! of them, `F5 register` at that one. Without the feature a point is no code at all.
//!
//! | point | what has happened, and what has not |
//! |---|---|
//! | F1 | a call was parsed; nothing is written |
//! | F2 | its idempotency key is claimed; nothing of its effect is written |
//! | F3 | its effect is committed; nobody has been answered |
//! | F4 | a job of whichever kind is leased; nothing was done for it |
//! | F5 | a request is on its way to the processor: `authorize`, `capture`, `cancel`, `register` (a page), `advance` (asks for a page), `inquire` and `ask` (ask for a payment), `submit` (a pay-out) |
//! | F6 | the processor's answer was read; nothing of it is written: `authorize`, `operate`, `register`, `advance`, `inquire`, `submit` |
//! | F7 | everything is written and the transaction is still open: `group` (the committer), `begin` (a page is about to be made), `return` (the shopper came back), `advance`, `basket`, `deliver`, `submit` and `payout`, and `commit` for every transaction there is |
//! | F8 | that transaction is committed; nobody in this process knows: as F7, and `register` (the page's address is stored) |
//! | F9 | a notification's signature was verified; nothing is written |
//! | F10 | the notification is stored; its sender was not answered |
//! | F11 | an event for a shop is leased; nothing was sent. `tell`: an alert is on its way to the operator |
//! | F12 | the shop has taken the event; that is not written. `tell`: the operator has answered |
//! | F13 | a refund is on its way to the processor |

/// Marks a point, or a future during which to kill: `failpoint!("F5", call).await`.
#[cfg(feature = "failpoints")]
#[macro_export]
macro_rules! failpoint {
    ($name:literal) => {
        $crate::failpoint::reached($name)
    };
    ($name:literal, $call:expr) => {
        $crate::failpoint::during($name, $call)
    };
}

/// Marks a point, or a future during which to kill; without the feature it is nothing.
#[cfg(not(feature = "failpoints"))]
#[macro_export]
macro_rules! failpoint {
    ($name:literal) => {};
    ($name:literal, $call:expr) => {
        $call
    };
}

#[cfg(feature = "failpoints")]
pub use armed::{during, reached};

#[cfg(feature = "failpoints")]
mod armed {
    use std::collections::HashMap;
    use std::future::Future;
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, Instant};

    /// Where the plan stands.
    const VARIABLE: &str = "PAYDESK_FAILPOINTS";
    /// Probabilities are counted in millionths.
    const MILLION: u64 = 1_000_000;
    /// How far into a call the kill comes, at most: before, while and after the other side works.
    const MOMENT_MAX_MICROSECONDS: u64 = 20_000;

    static PLAN: LazyLock<HashMap<String, Rule>> =
        LazyLock::new(|| parse(&std::env::var(VARIABLE).unwrap_or_default()));

    /// When a point kills.
    #[derive(Debug)]
    enum Rule {
        /// So many times in a million.
        Millionths(u64),
        /// At this time, counted from 1.
        Nth { nth: u64, seen: AtomicU64 },
        /// The first time after this moment.
        After(Instant),
    }

    impl Rule {
        fn strikes(&self) -> bool {
            match self {
                Self::Millionths(millionths) => random() % MILLION < *millionths,
                Self::Nth { nth, seen } => seen.fetch_add(1, Ordering::Relaxed) + 1 == *nth,
                Self::After(moment) => Instant::now() >= *moment,
            }
        }
    }

    /// Kills this process if the plan says so for `name`.
    pub fn reached(name: &str) {
        if let Some(armed) = strikes(name) {
            kill(name, armed);
        }
    }

    /// As [`reached`], at a random moment while `call` is under way.
    pub async fn during<T>(name: &str, call: impl Future<Output = T>) -> T {
        let Some(armed) = strikes(name) else {
            return call.await;
        };
        let moment = Duration::from_micros(random() % MOMENT_MAX_MICROSECONDS);
        let _cut_off = tokio::time::timeout(moment, call).await;
        kill(name, armed)
    }

    /// Under which name the plan kills here: that of the place, or that of its point.
    fn strikes(name: &str) -> Option<&str> {
        names(name).find(|armed| PLAN.get(*armed).is_some_and(Rule::strikes))
    }

    fn names(name: &str) -> impl Iterator<Item = &str> {
        let point = name.split_once(' ').map(|(point, _)| point);
        std::iter::once(name).chain(point)
    }

    /// SIGKILL, which no handler and no destructor sees. Whoever watches reads where it was.
    fn kill(name: &str, armed: &str) -> ! {
        eprintln!("killed at failpoint {name}, armed as {armed}");
        let own = rustix::process::getpid();
        rustix::process::kill_process(own, rustix::process::Signal::KILL)
            .expect("a process may always kill itself");
        loop {
            std::thread::park();
        }
    }

    /// The seed of a hasher is the one random number that std gives.
    fn random() -> u64 {
        RandomState::new().build_hasher().finish()
    }

    fn parse(plan: &str) -> HashMap<String, Rule> {
        plan.split(';')
            .filter(|rule| !rule.trim().is_empty())
            .map(|rule| {
                let (name, when) = rule
                    .trim()
                    .split_once("=kill@")
                    .unwrap_or_else(|| panic!("{VARIABLE}: {rule:?} is not NAME=kill@WHEN"));
                (name.to_owned(), when_of(when))
            })
            .collect()
    }

    fn when_of(when: &str) -> Rule {
        let malformed = || -> ! { panic!("{VARIABLE}: {when:?} is none of 0.02, 3, 1500ms") };
        let number = |digits: &str| digits.parse::<u64>().unwrap_or_else(|_| malformed());
        if let Some(milliseconds) = when.strip_suffix("ms") {
            return Rule::After(Instant::now() + Duration::from_millis(number(milliseconds)));
        }
        match when.split_once('.') {
            None => Rule::Nth { nth: number(when), seen: AtomicU64::new(0) },
            Some((whole, part)) if part.len() <= 6 => {
                Rule::Millionths(number(whole) * MILLION + number(&format!("{part:0<6}")))
            }
            Some(_) => malformed(),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::{Rule, names, parse};

        #[test]
        fn a_plan_names_points_and_when_each_kills() {
            let plan = parse("F5=kill@0.02; F7=kill@3; F4=kill@0ms; F6=kill@60000ms");

            assert!(matches!(plan["F5"], Rule::Millionths(20_000)), "{plan:?}");
            let struck: Vec<bool> = (0..5).map(|_| plan["F7"].strikes()).collect();
            assert_eq!(struck, [false, false, true, false, false]);
            assert!(plan["F4"].strikes() && !plan["F6"].strikes(), "{plan:?}");
        }

        #[test]
        fn a_place_is_killed_at_under_its_own_name_and_that_of_its_point() {
            assert_eq!(names("F5 register").collect::<Vec<_>>(), ["F5 register", "F5"]);
            assert_eq!(names("F9").collect::<Vec<_>>(), ["F9"]);
        }

        #[test]
        #[should_panic(expected = "is not NAME=kill@WHEN")]
        fn a_plan_that_cannot_be_read_is_said_at_once() {
            parse("F5");
        }
    }
}
