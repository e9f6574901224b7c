//! How often a declined payment is tried again by itself, by what kind of decline it was.

use std::time::Duration;

use psp::DeclineClass;

/// What a shop wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a stored method is tried again after a decline that may pass.
    pub soft_retries: u16,
    /// How long to wait before.
    pub soft_retry_after: Duration,
}

/// Where another attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// At the same processor, after this time.
    Same(Duration),
    /// At another processor, at once.
    Elsewhere,
}

/// Whether a decline of `class` leads to another attempt, after `retries` of a soft decline so far.
///
/// A hard decline never does: whoever repeats a stolen card at another processor is the next to be
/// suspected.
pub(super) fn after_decline(
    class: DeclineClass,
    retries: u16,
    policy: RetryPolicy,
) -> Option<Again> {
    match class {
        DeclineClass::Hard => None,
        DeclineClass::Soft => {
            (retries < policy.soft_retries).then_some(Again::Same(policy.soft_retry_after))
        }
        // Bounded by the accounts that there are: each is tried once.
        DeclineClass::Retry => Some(Again::Elsewhere),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy =
        RetryPolicy { soft_retries: 2, soft_retry_after: Duration::from_secs(5) };

    #[test]
    fn a_hard_decline_is_never_tried_again() {
        assert_eq!(after_decline(DeclineClass::Hard, 0, POLICY), None);
    }

    #[test]
    fn a_soft_decline_is_tried_again_as_often_as_the_policy_says() {
        let again = |retries| after_decline(DeclineClass::Soft, retries, POLICY);

        assert_eq!(again(0), Some(Again::Same(Duration::from_secs(5))));
        assert_eq!(again(1), Some(Again::Same(Duration::from_secs(5))));
        assert_eq!(again(2), None);
        assert_eq!(after_decline(DeclineClass::Soft, 0, RetryPolicy::default()), None);
    }

    #[test]
    fn the_processors_own_trouble_leads_to_another_processor() {
        assert_eq!(after_decline(DeclineClass::Retry, 0, POLICY), Some(Again::Elsewhere));
    }
}
