//! The faults by name: `timeout_after`, `slow(1500)`, `webhook_twice(3)`.

use std::{borrow::Cow, fmt};

/// What goes wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CallFault {
    /// Nothing happens, and the connection hangs.
    TimeoutBefore,
    /// It happens, and the connection hangs.
    TimeoutAfter,
    /// Nothing happens, and the answer is 500.
    ErrorBefore,
    /// It happens, and the answer is 500.
    ErrorAfter,
    /// It happens, and the answer is late by so many milliseconds.
    Slow(u32),
    /// Nothing happens, and the connection is cut without a byte.
    CutBefore,
    /// It happens, and the connection is cut without a byte.
    CutAfter,
    /// It happens, and the connection is cut in the middle of the answer.
    CutMidAnswer,
    /// It happens, and the answer is no JSON.
    Garbage,
    /// A payment is declined, with this code.
    Decline(Cow<'static, str>),
    /// Nothing happens: 429, to be tried again after so many seconds.
    RateLimited(u32),
    /// Nothing happens: 503, to be tried again after so many seconds.
    Unavailable(u32),
}

/// What goes wrong with a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WebhookFault {
    Never,
    /// It is sent so many milliseconds later, on the sandbox's clock.
    Late(u32),
    /// It is sent so many times.
    Repeated(u32),
    /// It is sent after the next one.
    Reordered,
    /// It is delivered before the call that caused it is answered.
    BeforeAnswer,
    /// It is signed with another secret; where it is refused, the next try is right.
    WrongSignature,
    /// It names another payment or transfer.
    WrongReference,
    /// It tells another amount.
    WrongAmount,
}

/// Any fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Call(CallFault),
    Webhook(WebhookFault),
}

/// Every fault's name, its argument where it takes one, and what happens, for people.
pub(crate) const FAULTS: &[(&str, &str, &str)] = &[
    ("timeout_before", "", "Nothing happens, and the connection hangs"),
    ("timeout_after", "", "It happens, and the connection hangs"),
    ("error_500_before", "", "Nothing happens, and the answer is 500"),
    ("error_500_after", "", "It happens, and the answer is 500"),
    ("slow", "milliseconds, 3000", "It happens, and the answer is late"),
    ("cut_before", "", "Nothing happens, and the connection is cut without a byte"),
    ("cut_after", "", "It happens, and the connection is cut without a byte"),
    ("cut_mid_answer", "", "It happens, and the connection is cut in the middle of the answer"),
    ("garbage_body", "", "It happens, and the answer is no JSON"),
    ("decline", "code, generic_decline", "A payment is declined"),
    ("rate_limited", "seconds, 1", "Nothing happens: 429 with Retry-After"),
    ("unavailable", "seconds, 1", "Nothing happens: 503 not_processed with Retry-After"),
    ("webhook_never", "", "The webhook is never sent"),
    ("webhook_late", "milliseconds, 600000", "The webhook waits, on the sandbox's clock"),
    ("webhook_twice", "times, 2", "The webhook is sent several times"),
    ("webhook_reordered", "", "The webhook is sent after the next one"),
    ("webhook_before_answer", "", "The webhook is delivered before the call is answered"),
    ("webhook_wrong_signature", "", "The webhook is first signed with another secret"),
    ("webhook_wrong_reference", "", "The webhook names another payment or transfer"),
    ("webhook_wrong_amount", "", "The webhook tells another amount"),
];

/// The longest wait that a fault may be given, in milliseconds: a day.
const ARGUMENT_MAX: u32 = 86_400_000;
/// How often a webhook may be sent in a row.
const REPEATS_MAX: u32 = 20;

impl Fault {
    /// Reads a fault like `slow(1500)`; an error is a sentence for the caller.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (name, argument) = match text.split_once('(') {
            Some((name, rest)) => match rest.strip_suffix(')') {
                Some(argument) => (name, Some(argument.trim())),
                None => return Err(format!("a fault is written like slow(1500), not {text}")),
            },
            None => (text, None),
        };
        let number = |default: u32, max: u32| match argument.map(str::parse) {
            None => Ok(default),
            Some(Ok(number)) if number <= max => Ok(number),
            Some(_) => Err(format!("the number of {name} is at most {max}")),
        };
        let fault = match name {
            "timeout_before" => Self::Call(CallFault::TimeoutBefore),
            "timeout_after" => Self::Call(CallFault::TimeoutAfter),
            "error_500_before" => Self::Call(CallFault::ErrorBefore),
            "error_500_after" => Self::Call(CallFault::ErrorAfter),
            "slow" => Self::Call(CallFault::Slow(number(3_000, ARGUMENT_MAX)?)),
            "cut_before" => Self::Call(CallFault::CutBefore),
            "cut_after" => Self::Call(CallFault::CutAfter),
            "cut_mid_answer" => Self::Call(CallFault::CutMidAnswer),
            "garbage_body" => Self::Call(CallFault::Garbage),
            "decline" => Self::Call(CallFault::Decline(decline_code(argument)?)),
            "rate_limited" => Self::Call(CallFault::RateLimited(number(1, ARGUMENT_MAX)?)),
            "unavailable" => Self::Call(CallFault::Unavailable(number(1, ARGUMENT_MAX)?)),
            "webhook_never" => Self::Webhook(WebhookFault::Never),
            "webhook_late" => Self::Webhook(WebhookFault::Late(number(600_000, ARGUMENT_MAX)?)),
            "webhook_twice" => {
                Self::Webhook(WebhookFault::Repeated(number(2, REPEATS_MAX)?.max(2)))
            }
            "webhook_reordered" => Self::Webhook(WebhookFault::Reordered),
            "webhook_before_answer" => Self::Webhook(WebhookFault::BeforeAnswer),
            "webhook_wrong_signature" => Self::Webhook(WebhookFault::WrongSignature),
            "webhook_wrong_reference" => Self::Webhook(WebhookFault::WrongReference),
            "webhook_wrong_amount" => Self::Webhook(WebhookFault::WrongAmount),
            _ => return Err(format!("there is no fault named {name}")),
        };
        Ok(fault)
    }

    /// The name without its argument, as the counters have it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Call(fault) => fault.name(),
            Self::Webhook(fault) => fault.name(),
        }
    }
}

fn decline_code(argument: Option<&str>) -> Result<Cow<'static, str>, String> {
    let code = argument.unwrap_or("generic_decline");
    let is_code = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if (1..=40).contains(&code.len()) && code.bytes().all(is_code) {
        return Ok(Cow::Owned(code.to_owned()));
    }
    Err("a decline code is made of small letters and '_'".to_owned())
}

impl CallFault {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::TimeoutBefore => "timeout_before",
            Self::TimeoutAfter => "timeout_after",
            Self::ErrorBefore => "error_500_before",
            Self::ErrorAfter => "error_500_after",
            Self::Slow(_) => "slow",
            Self::CutBefore => "cut_before",
            Self::CutAfter => "cut_after",
            Self::CutMidAnswer => "cut_mid_answer",
            Self::Garbage => "garbage_body",
            Self::Decline(_) => "decline",
            Self::RateLimited(_) => "rate_limited",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// Says whether the call is not carried out.
    pub(crate) fn is_before(&self) -> bool {
        matches!(
            self,
            Self::TimeoutBefore
                | Self::ErrorBefore
                | Self::CutBefore
                | Self::RateLimited(_)
                | Self::Unavailable(_)
        )
    }
}

impl WebhookFault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Never => "webhook_never",
            Self::Late(_) => "webhook_late",
            Self::Repeated(_) => "webhook_twice",
            Self::Reordered => "webhook_reordered",
            Self::BeforeAnswer => "webhook_before_answer",
            Self::WrongSignature => "webhook_wrong_signature",
            Self::WrongReference => "webhook_wrong_reference",
            Self::WrongAmount => "webhook_wrong_amount",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Call(
                CallFault::Slow(number)
                | CallFault::RateLimited(number)
                | CallFault::Unavailable(number),
            )
            | Self::Webhook(WebhookFault::Late(number) | WebhookFault::Repeated(number)) => {
                write!(formatter, "{name}({number})")
            }
            Self::Call(CallFault::Decline(code)) => write!(formatter, "{name}({code})"),
            Self::Call(_) | Self::Webhook(_) => formatter.write_str(name),
        }
    }
}

/// At most one fault of the call and one of its webhooks, as a caller may wish for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) call: Option<CallFault>,
    pub(crate) webhook: Option<WebhookFault>,
}

impl Wish {
    /// Reads a list like `timeout_after, webhook_never`.
    pub(crate) fn parse(list: &str) -> Result<Self, String> {
        let mut wish = Self::default();
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let is_second = match Fault::parse(name)? {
                Fault::Call(fault) => wish.call.replace(fault).is_some(),
                Fault::Webhook(fault) => wish.webhook.replace(fault).is_some(),
            };
            if is_second {
                return Err("one fault of the call and one of its webhooks are enough".to_owned());
            }
        }
        Ok(wish)
    }
}

#[cfg(test)]
mod tests {
    use super::{CallFault, FAULTS, Fault, WebhookFault, Wish};

    #[test]
    fn every_listed_fault_is_read_and_written_the_same() {
        for (name, ..) in FAULTS {
            let fault = Fault::parse(name).unwrap();
            assert_eq!(fault.name(), *name);
            assert_eq!(Fault::parse(&fault.to_string()), Ok(fault));
        }
    }

    #[test]
    fn arguments_are_read_and_bounded() {
        assert_eq!(Fault::parse("slow(1500)"), Ok(Fault::Call(CallFault::Slow(1500))));
        assert_eq!(Fault::parse("webhook_twice(5)"), Ok(Fault::Webhook(WebhookFault::Repeated(5))));
        for text in ["arson", "slow(", "slow(x)", "webhook_twice(21)", "decline(No!)", ""] {
            assert!(Fault::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_wish_has_one_fault_of_each_sort() {
        let wish = Wish::parse("timeout_after, webhook_never").unwrap();
        assert_eq!(wish.call, Some(CallFault::TimeoutAfter));
        assert_eq!(wish.webhook, Some(WebhookFault::Never));
        assert_eq!(Wish::parse(""), Ok(Wish::default()));
        assert!(Wish::parse("slow, timeout_after").is_err());
    }
}
